"""Email through Mailgun: the same mail as by SMTP, handed over whole."""

import hmac
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import quote

import msgspec
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Outcome, Rejected, Uncertain
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.domain.suppression import Cause
from suprsend_hub.vendors.callbacks import UNSIGNED, is_same, read_document
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.http_outcome import judge_status
from suprsend_hub.vendors.mail import check_sender, prepare_mail
from suprsend_hub.vendors.mailbox import read_mailbox
from suprsend_hub.vendors.multipart import FormFile, write_form
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import HTTP_URL, Secret

# Mailgun tries a webhook again for eight hours, always with the signature of the first time.
_OLDEST_SIGNATURE = timedelta(hours=9)


class MailgunSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose key sends, from which domain, and who is the sender."""

    api_key: Annotated[Secret, Meta(description="a sending key of the domain, or the account's key")]
    domain: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.-]+$", description="the sending domain, such as mg.example.com")]
    from_address: Annotated[str, Meta(min_length=1, description="sender where a template names none")]
    from_name: Annotated[str, Meta(description="sender's name where a template gives none")] = ""
    signing_key: Annotated[
        Secret | None, Meta(description="the HTTP webhook signing key; without it no report is believed")
    ] = None
    base_url: Annotated[
        str, Meta(pattern=HTTP_URL, description="where mails are sent; https://api.eu.mailgun.net in the EU")
    ] = "https://api.mailgun.net"

    def __post_init__(self) -> None:
        """Check the sender now, when somebody can still mend it."""
        check_sender(self.from_address)


class _SentForm(msgspec.Struct, frozen=True):
    id: Annotated[str, Meta(min_length=1)]


class _FaultForm(msgspec.Struct, frozen=True):
    message: str = ""


class _Signature(msgspec.Struct, frozen=True):
    timestamp: str
    token: str
    signature: str


class _Status(msgspec.Struct, frozen=True):
    code: int | str = ""
    message: str | None = None
    description: str | None = None


class _Event(msgspec.Struct, frozen=True, rename="kebab"):
    event: str
    timestamp: float = 0
    severity: str = ""
    reason: str = ""
    recipient: str | None = None
    delivery_status: _Status = msgspec.field(default_factory=_Status)
    user_variables: dict[str, str] = msgspec.field(default_factory=dict)


class _CallbackForm(msgspec.Struct, frozen=True, rename="kebab"):
    signature: _Signature
    event_data: _Event


def write_request(
    settings: MailgunSettings, message: OutgoingMessage, _token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one mail."""
    mail = prepare_mail(message, read_mailbox(settings.from_address, settings.from_name))
    if isinstance(mail, Rejected):
        return mail
    fields = [*(("to", each) for each in mail.recipients), ("v:message_id", message.id)]
    content_type, body = write_form(fields, FormFile("message", "mail.eml", "message/rfc822", mail.data))
    login = b64encode(f"api:{settings.api_key.reveal()}".encode()).decode()
    return HttpRequest(
        "POST",
        f"{settings.base_url.rstrip('/')}/v3/{quote(settings.domain, safe='')}/messages.mime",
        {"Content-Type": content_type, "Authorization": f"Basic {login}"},
        body,
    )


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What Mailgun made of a mail."""
    if answer.status == 200:
        try:
            return Accepted(msgspec.json.decode(answer.body, type=_SentForm).id)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Uncertain("answer_unreadable", "HTTP 200 without the id of the message")
    try:
        said = msgspec.json.decode(answer.body, type=_FaultForm).message
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return judge_status(answer)
    outcome = judge_status(answer, said)
    if isinstance(outcome, Rejected) and "'to' parameter" in said:
        return Rejected("address", outcome.detail)
    return outcome


def read_report(settings: MailgunSettings, callback: Callback, _fetched: HttpAnswer | None) -> Heard | Unheard:
    """What Mailgun tells of a mail; its signature covers a time and a token that it never uses twice.

    https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
    """
    form = read_document(callback, _CallbackForm)
    if isinstance(form, Unheard):
        return form
    signed, key = form.signature, settings.signing_key
    if key is None or not signed.timestamp.isascii() or not signed.timestamp.isdecimal():
        return UNSIGNED
    right = hmac.digest(key.reveal().encode(), f"{signed.timestamp}{signed.token}".encode(), "sha256").hex()
    age = callback.received_at.timestamp() - int(signed.timestamp[:12])
    if not is_same(signed.signature, right) or abs(age) > _OLDEST_SIGNATURE.total_seconds():
        return UNSIGNED
    receipt = _receipt(form.event_data)
    return Heard((receipt,) if receipt else ())


def _receipt(event: _Event) -> Receipt | None:
    message_id = event.user_variables.get("message_id")
    if message_id is None:
        return None
    at = datetime.fromtimestamp(event.timestamp, UTC)
    match event.event:
        case "delivered":
            return Receipt(message_id, "delivered", at, address=event.recipient)
        case "opened":
            return Receipt(message_id, "seen", at, address=event.recipient)
        case "clicked":
            return Receipt(message_id, "clicked", at, address=event.recipient)
        case "complained":
            return Receipt(message_id, "complained", at, cause="complaint", address=event.recipient)
        case "failed" if event.severity == "permanent":
            status = event.delivery_status
            said = make_printable(f"{status.code} {status.message or status.description or event.reason}")
            cause = _cause(event.reason)
            return Receipt(message_id, "failed", at, cause or "vendor_reported_failure", said, cause, event.recipient)
        case _:
            return None


def _cause(reason: str) -> Cause | None:
    match reason:
        case "bounce" | "suppress-bounce":
            return "hard_bounce"
        case "suppress-complaint":
            return "complaint"
        case _:
            return None


MAILGUN_VENDOR = HttpVendor(
    name="mailgun",
    title="Mailgun",
    channel="email",
    documentation="https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages",
    settings=MailgunSettings,
    request=write_request,
    outcome=read_outcome,
    listen=read_report,
    takes_attachments=True,
)
