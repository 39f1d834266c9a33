"""Email through an SMTP server, over connections that are kept open between messages."""

import asyncio
import re
import socket
import ssl

from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Deferred, Outcome, Rejected
from suprsend_hub.vendors.contract import ConnectionVendor
from suprsend_hub.vendors.mail import Mail, prepare_mail
from suprsend_hub.vendors.mailbox import read_mailbox
from suprsend_hub.vendors.smtp_session import Session, Stale, open_session
from suprsend_hub.vendors.smtp_settings import SmtpSettings

_UNUSUAL = re.compile(r"[^A-Za-z0-9.-]")


class SmtpConnection:
    """The connections to one account's server; the sender bounds how many are in use at a time."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._default_sender = read_mailbox(settings.from_address, settings.from_name)
        self._hello_name = settings.hello_name or _UNUSUAL.sub("-", socket.gethostname()) or "localhost"
        self._idle: list[Session] = []
        self._farewells: set[asyncio.Task[None]] = set()
        self._tls: ssl.SSLContext | None = None
        self._is_closed = False

    async def send(self, message: OutgoingMessage) -> Outcome:
        """Hand one mail over."""
        mail = prepare_mail(message, self._default_sender)
        if isinstance(mail, Rejected):
            return mail
        kept = self._take()
        if kept is not None:
            outcome = await self._send_over(kept, mail)
            if not isinstance(outcome, Stale):
                return outcome
        opened = await self._open()
        if isinstance(opened, Deferred):
            return opened
        outcome = await self._send_over(opened, mail)
        if isinstance(outcome, Stale):
            return Deferred("vendor_unreachable", "the server closes new connections at once")
        return outcome

    async def close(self) -> None:
        """Close what is idle; what is in use closes when its message is done."""
        self._is_closed = True
        while (session := self._take()) is not None:
            self._part_from(session)
        await asyncio.gather(*self._farewells)

    async def _send_over(self, session: Session, mail: Mail) -> Outcome | Stale:
        try:
            return await session.deliver(mail)
        finally:
            self._keep(session)

    async def _open(self) -> Session | Deferred:
        if self._tls is None and self._settings.security != "none":
            self._tls = await asyncio.to_thread(_trust, self._settings.ca_certificate)
        return await open_session(self._settings, self._tls, self._hello_name)

    def _take(self) -> Session | None:
        while self._idle:
            session = self._idle.pop()
            if session.expiry is not None:
                session.expiry.cancel()
            if session.is_open:
                return session
        return None

    def _keep(self, session: Session) -> None:
        if not session.is_open:
            return
        if self._is_closed or session.messages >= self._settings.messages_per_connection:
            self._part_from(session)
            return
        loop = asyncio.get_running_loop()
        session.expiry = loop.call_later(self._settings.idle_seconds, self._expire, session)
        self._idle.append(session)

    def _expire(self, session: Session) -> None:
        if session in self._idle:
            self._idle.remove(session)
            self._part_from(session)

    def _part_from(self, session: Session) -> None:
        task = asyncio.get_running_loop().create_task(session.farewell())
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)


def _trust(ca_certificate: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_certificate is not None:
        context.load_verify_locations(cadata=ca_certificate)
    return context


SMTP_VENDOR = ConnectionVendor(
    name="smtp",
    title="SMTP server",
    channel="email",
    documentation="https://www.rfc-editor.org/rfc/rfc5321",
    settings=SmtpSettings,
    connect=SmtpConnection,
    places=lambda settings: settings.max_connections,
    takes_attachments=True,
)
