"""An SMTP server that takes mail for everybody and keeps it to be looked at."""

import asyncio
import hmac
import re
import ssl
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern_policy
from typing import assert_never, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from suprsend_hub.domain.document import Document
from suprsend_hub.simulators.behaviour import (
    Accept,
    Applied,
    Behaviours,
    Delay,
    Drop,
    Fail,
    RateLimit,
    Refuse,
)
from suprsend_hub.simulators.certificate import Certificate
from suprsend_hub.simulators.received import Received, ReceivedMessages

_MESSAGE_ID = re.compile(rb"^message-id:\s*<([^@>\r\n]+)[@>]", re.IGNORECASE | re.MULTILINE)
_MOST_MAIL_BYTES = 40 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SmtpDemands:
    """What the server asks of its clients before it takes mail."""

    certificate: Certificate | None = None
    username: str | None = None
    password: str = field(default="", repr=False)
    knows_unicode_addresses: bool = True


@dataclass(slots=True)
class _Visit:
    """What one envelope has been promised so far."""

    applied: dict[str, Applied] = field(default_factory=dict)


class _Handler:
    """Decides each step of a mail; the names of its methods are aiosmtpd's."""

    def __init__(
        self,
        behaviours: Behaviours,
        received: ReceivedMessages,
        demands: SmtpDemands,
        now: Callable[[], datetime],
    ) -> None:
        self._behaviours = behaviours
        self._received = received
        self._demands = demands
        self._now = now
        self._visits: weakref.WeakKeyDictionary[Envelope, _Visit] = weakref.WeakKeyDictionary()

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._demands.username is not None and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        applied = self._behaviours.apply(address)
        match applied.behaviour:
            case Refuse():
                return "550 5.1.1 No such mailbox"
            case Fail():
                return "451 4.3.0 Try again later"
            case RateLimit(retry_after=seconds):
                return f"450 4.7.1 Too many messages, try again in {seconds} s"
            case Accept() | Delay() | Drop():
                envelope.rcpt_tos.append(address)
                self._visits.setdefault(envelope, _Visit()).applied[address] = applied
                return "250 2.1.5 Ok"
            case _:
                assert_never(applied.behaviour)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        applied = self._visits.setdefault(envelope, _Visit()).applied
        raw = envelope.original_content or b""
        found = _MESSAGE_ID.search(raw[: raw.find(b"\r\n\r\n")])
        message_id = found[1].decode("utf-8", "replace") if found else None
        for recipient, each in applied.items():
            self._received.add(
                Received(
                    channel="email",
                    vendor="smtp",
                    recipient=recipient,
                    message_id=message_id,
                    received_at=self._now(),
                    attempt=each.attempt,
                    behaviour=each.name,
                    raw=raw,
                    read=read_mail,
                )
            )
        behaviours = [each.behaviour for each in applied.values()]
        await asyncio.sleep(max((each.seconds for each in behaviours if isinstance(each, Delay)), default=0))
        if any(isinstance(each, Drop) for each in behaviours) and server.transport is not None:
            cast(asyncio.Transport, server.transport).abort()
        return f"250 2.0.0 Ok: kept as {self._received.total}"


class SmtpSimulator:
    """The server; runs in the event loop that starts it."""

    def __init__(
        self,
        behaviours: Behaviours,
        received: ReceivedMessages,
        now: Callable[[], datetime],
        demands: SmtpDemands | None = None,
    ) -> None:
        self._demands = demands or SmtpDemands()
        self._handler = _Handler(behaviours, received, self._demands, now)
        self._server: asyncio.Server | None = None
        self._protocols: weakref.WeakSet[SMTP] = weakref.WeakSet()
        self._connections = 0

    @property
    def connections(self) -> int:
        """How many connections clients have opened so far."""
        return self._connections

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        if self._server is None:
            raise RuntimeError("the SMTP stand-in is not started")
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self, port: int = 0) -> None:
        """Listen; port 0 takes any free one."""
        certificate = self._demands.certificate
        tls = certificate.server_context() if certificate else None
        self._server = await asyncio.get_running_loop().create_server(lambda: self._serve(tls), "127.0.0.1", port)

    async def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._server is not None:
            self._server.close()
            self.disconnect_everybody()
            await self._server.wait_closed()
            self._server = None

    def disconnect_everybody(self) -> None:
        """Close every connection as a restart would, and keep listening."""
        for protocol in list(self._protocols):
            if protocol.transport is not None:
                protocol.transport.close()

    def _serve(self, tls: ssl.SSLContext | None) -> SMTP:
        self._connections += 1
        protocol = SMTP(
            self._handler,
            data_size_limit=_MOST_MAIL_BYTES,
            enable_SMTPUTF8=self._demands.knows_unicode_addresses,
            hostname="localhost",
            ident="stand-in",
            tls_context=tls,
            require_starttls=tls is not None,
            auth_require_tls=tls is not None,
            authenticator=self._check_login,
            loop=asyncio.get_running_loop(),
        )
        self._protocols.add(protocol)
        return protocol

    def _check_login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword
    ) -> AuthResult:
        wanted = f"{self._demands.username}\0{self._demands.password}".encode()
        return AuthResult(success=hmac.compare_digest(login.login + b"\0" + login.password, wanted), handled=False)


def read_mail(raw: bytes) -> Document:
    """A mail as people see it: title, text, html, headers and the names and sizes of its files."""
    mail = message_from_bytes(raw, policy=modern_policy)
    text, html = _readable(mail, "plain"), _readable(mail, "html")
    return {
        "title": str(mail.get("subject", "")),
        "text": text,
        "html": html,
        "headers": {name: str(value) for name, value in mail.items()},
        "attachments": [_describe(part) for part in mail.iter_attachments()],
    }


def _readable(mail: EmailMessage, subtype: str) -> str | None:
    part = mail.get_body(preferencelist=(subtype,))
    return None if part is None else str(part.get_content()).replace("\r\n", "\n")


def _describe(part: EmailMessage) -> Document:
    content = part.get_payload(decode=True)
    size = len(content) if isinstance(content, bytes) else 0
    return {"filename": part.get_filename(), "content_type": part.get_content_type(), "bytes": size}
