"""One connection to an SMTP server: opening it, and carrying mails over it one after another."""

import asyncio
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.vendors.mail import Mail
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.smtp_settings import SmtpSettings

Subject: TypeAlias = Literal["sender", "recipient", "content"]

_RATE_LIMIT = re.compile(r"4\.7\.\d")
_READY_FOR_CONTENT = 354
_TAKEN = 250
# Enhanced status codes (RFC 3463, 5336) that say of the mailbox itself that it is not there, or is no more.
_NO_SUCH_MAILBOX = re.compile(r"5\.(?:1\.1|1\.6|1\.10|2\.1)\b")
_GOING_AWAY = 421
_NOT_LOGGED_IN = (530, 534, 535, 538)


@dataclass(frozen=True, slots=True)
class Stale:
    """A kept connection was dead before it heard of the message: another one may carry it."""


@dataclass(slots=True, eq=False)
class Session:
    """An open connection and how many messages it has carried."""

    client: SMTP
    timeout_seconds: float
    messages: int = 0
    is_ready: bool = True
    expiry: asyncio.TimerHandle | None = field(default=None, repr=False)

    @property
    def is_open(self) -> bool:
        """Whether another message can be tried."""
        return self.is_ready and self.client.is_connected

    async def deliver(self, mail: Mail) -> Outcome | Stale:
        """Carry one mail; afterwards the connection is either ready for the next or closed."""
        self.messages += 1
        self.is_ready = False
        try:
            refusal = await self._announce_in_time(mail)
            if refusal is None:
                return await self._hand_over(mail)
            await self._forget_envelope(refusal)
            return refusal
        finally:
            if not self.is_ready:
                self.client.close()

    async def farewell(self) -> None:
        """Say goodbye, and close whatever the server answers."""
        try:
            with suppress(SMTPException, OSError):
                async with asyncio.timeout(1):
                    await self.client.quit()
        finally:
            self.client.close()

    async def _announce_in_time(self, mail: Mail) -> Outcome | Stale | None:
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await self._announce(mail)
        except TimeoutError:
            # A reply that still comes would be taken for that of the next command.
            self.client.close()
            return Deferred("vendor_unavailable", f"no answer within {self.timeout_seconds:g} s")
        except (SMTPException, OSError) as error:
            self.client.close()
            return _broken(error)

    async def _announce(self, mail: Mail) -> Outcome | Stale | None:
        """Envelope and DATA; None where the server now waits for the content."""
        client, options, encoding = self.client, [], "ascii"
        if mail.needs_unicode_addresses:
            if not client.supports_extension("smtputf8"):
                return Rejected("address", "the server takes no addresses beyond ASCII (it lacks SMTPUTF8)")
            options, encoding = ["SMTPUTF8"], "utf-8"
        if client.supports_extension("size"):
            options.append(f"SIZE={len(mail.data)}")
        try:
            await client.mail(mail.sender, options=options, encoding=encoding)
        except SMTPSenderRefused as refusal:
            if refusal.code == _GOING_AWAY and self.messages > 1:
                return Stale()
            return judge(refusal.code, refusal.message, "sender")
        except (SMTPServerDisconnected, ConnectionError) as error:
            return Stale() if self.messages > 1 else _broken(error)
        for position, recipient in enumerate(mail.recipients):
            try:
                await client.rcpt(recipient, encoding=encoding)
            except SMTPRecipientRefused as refusal:
                # Copies are a courtesy: one that is refused does not keep the message from its recipient.
                if position == 0 or refusal.code == _GOING_AWAY:
                    return judge(refusal.code, refusal.message, "recipient")
        answer = await client.execute_command(b"DATA")
        return None if answer.code == _READY_FOR_CONTENT else judge(answer.code, answer.message, "content")

    async def _forget_envelope(self, refusal: Outcome | Stale) -> None:
        """Make the connection ready again, where it still stands after a reply."""
        if isinstance(refusal, Stale) or not self.client.is_connected:
            return
        with suppress(SMTPException, OSError):
            async with asyncio.timeout(self.timeout_seconds):
                await self.client.rset()
                self.is_ready = True

    async def _hand_over(self, mail: Mail) -> Outcome:
        """The content itself: from the first byte on, a lost answer leaves the outcome unknown."""
        protocol = self.client.protocol
        if protocol is None:
            return Deferred("vendor_unreachable", "the connection was lost before the content was sent")
        try:
            async with asyncio.timeout(self.timeout_seconds):
                protocol.write(mail.data.replace(b"\r\n.", b"\r\n..") + b".\r\n")
                answer = await protocol.read_response()
        except TimeoutError:
            return Uncertain("answer_lost", f"no answer within {self.timeout_seconds:g} s after the content was sent")
        except SMTPResponseException as error:
            return Uncertain("answer_unreadable", make_printable(error.message))
        except (SMTPException, OSError) as error:
            return Uncertain("answer_lost", f"the connection was lost after the content was sent: {_say(error)}")
        self.is_ready = answer.code != _GOING_AWAY
        return (
            Accepted(f"<{mail.message_id}>") if answer.code == _TAKEN else judge(answer.code, answer.message, "content")
        )


async def open_session(settings: SmtpSettings, tls: ssl.SSLContext | None, hello_name: str) -> Session | Deferred:
    """Connect, encrypt and log in; Deferred says what failed."""
    client = SMTP(
        hostname=settings.host,
        port=settings.port,
        use_tls=settings.security == "tls",
        start_tls=False,
        tls_context=tls,
        local_hostname=hello_name,
        timeout=None,
    )
    try:
        async with asyncio.timeout(settings.timeout_seconds):
            failure = await _reach(client, settings) or await _log_in(client, settings)
    except TimeoutError:
        failure = Deferred("vendor_unreachable", f"no connection within {settings.timeout_seconds:g} s")
    except BaseException:
        client.close()
        raise
    if failure is not None:
        client.close()
        return failure
    return Session(client, settings.timeout_seconds)


async def _reach(client: SMTP, settings: SmtpSettings) -> Deferred | None:
    try:
        await client.connect()
        await _greet(client)
        if settings.security == "starttls":
            if not client.supports_extension("starttls"):
                return Deferred("vendor_tls", "the server does not offer STARTTLS; set security to tls or none")
            await client.starttls()
            await _greet(client)
    except SMTPResponseException as error:
        return Deferred("vendor_unavailable", make_printable(f"{error.code} {error.message}"))
    except (SMTPException, OSError) as error:
        is_tls = isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError)
        return Deferred("vendor_tls" if is_tls else "vendor_unreachable", _say(error))
    return None


async def _greet(client: SMTP) -> None:
    try:
        await client.ehlo()
    except SMTPHeloError:
        await client.helo()


async def _log_in(client: SMTP, settings: SmtpSettings) -> Deferred | None:
    if settings.username is None or settings.password is None:
        return None
    try:
        await client.login(settings.username, settings.password.reveal())
    except SMTPAuthenticationError as error:
        code = "vendor_credentials" if error.code >= 500 else "vendor_unavailable"
        return Deferred(code, make_printable(f"{error.code} {error.message}"))
    except (SMTPServerDisconnected, OSError) as error:
        return Deferred("vendor_unreachable", _say(error))
    except SMTPException as error:
        return Deferred("vendor_credentials", make_printable(error.message))
    return None


def judge(code: int, said: str, subject: Subject) -> Outcome:
    """What a reply that is no success means for the message."""
    detail = make_printable(f"{code} {said}")
    match code // 100:
        case 4 if code == _GOING_AWAY:
            return Deferred("vendor_unavailable", detail)
        case 4 if _RATE_LIMIT.match(said):
            return Deferred("vendor_rate_limited", detail)
        case 4:
            return Deferred("recipient_deferred" if subject == "recipient" else "vendor_unavailable", detail)
        case 5 if code in _NOT_LOGGED_IN:
            return Deferred("vendor_credentials", detail)
        case 5:
            is_dead = subject == "recipient" and _NO_SUCH_MAILBOX.match(said) is not None
            return Rejected(f"{subject}_refused", detail, "hard_bounce" if is_dead else None)
        case _ if subject == "content":
            return Uncertain("answer_unreadable", detail)
        case _:
            return Deferred("vendor_unavailable", detail)


def _broken(error: SMTPException | OSError) -> Deferred:
    if isinstance(error, SMTPResponseException):
        return Deferred("vendor_unavailable", make_printable(f"{error.code} {error.message}"))
    return Deferred("vendor_unreachable", f"the connection was lost: {_say(error)}")


def _say(error: BaseException) -> str:
    return make_printable(str(error) or type(error).__name__)
