"""Email through Twilio SendGrid's v3 API."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Outcome, Rejected, Uncertain
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.vendors.callbacks import UNSIGNED, read_document
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.http_outcome import judge_status
from suprsend_hub.vendors.mail import MailParts, check_sender, prepare_parts
from suprsend_hub.vendors.mailbox import Mailbox, read_mailbox
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import HTTP_URL, Secret

# Our id travels with every event; a name that SendGrid's own fields don't have.
_OUR_ID = "hub_message_id"


class SendgridSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose key sends, and who is the sender."""

    api_key: Annotated[Secret, Meta(description="an API key that may send mail, SG.…")]
    from_address: Annotated[str, Meta(min_length=1, description="sender where a template names none")]
    from_name: Annotated[str, Meta(description="sender's name where a template gives none")] = ""
    webhook_public_key: Annotated[
        str, Meta(description="the verification key of the signed Event Webhook; without it no report is believed")
    ] = ""
    base_url: Annotated[
        str, Meta(pattern=HTTP_URL, description="where mails are sent; https://api.eu.sendgrid.com in the EU")
    ] = "https://api.sendgrid.com"

    def __post_init__(self) -> None:
        """Check what somebody can still mend now."""
        check_sender(self.from_address)
        if self.webhook_public_key:
            _load_key(self.webhook_public_key)


class _FaultLine(msgspec.Struct, frozen=True):
    message: str = ""
    field: str | None = None


class _FaultForm(msgspec.Struct, frozen=True):
    errors: Annotated[list[_FaultLine], Meta(min_length=1)]


class _Event(msgspec.Struct, frozen=True):
    event: str
    email: str = ""
    timestamp: float = 0
    hub_message_id: str | None = None
    type: str = ""
    status: str = ""
    reason: str = ""


def write_request(
    settings: SendgridSettings, message: OutgoingMessage, _token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one mail."""
    parts = prepare_parts(message, read_mailbox(settings.from_address, settings.from_name))
    if isinstance(parts, Rejected):
        return parts
    return HttpRequest(
        "POST",
        f"{settings.base_url.rstrip('/')}/v3/mail/send",
        {"Content-Type": "application/json", "Authorization": f"Bearer {settings.api_key.reveal()}"},
        msgspec.json.encode(_document(parts, message.id)),
    )


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What SendGrid made of a mail; it takes one without a word and names it in a header."""
    if answer.status == 202:
        return Accepted(answer.headers.get("x-message-id"))
    if 200 <= answer.status < 300:
        return Uncertain("answer_unreadable", f"HTTP {answer.status} where 202 was expected")
    try:
        fault = msgspec.json.decode(answer.body, type=_FaultForm).errors[0]
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return judge_status(answer)
    outcome = judge_status(answer, fault.message)
    if isinstance(outcome, Rejected) and (fault.field or "").startswith("personalizations"):
        return Rejected("address", outcome.detail)
    return outcome


def read_report(settings: SendgridSettings, callback: Callback, _fetched: HttpAnswer | None) -> Heard | Unheard:
    """What SendGrid's Event Webhook tells, many events at a time.

    https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
    """
    headers = callback.headers
    stamp = headers.get("x-twilio-email-event-webhook-timestamp", "")
    given = headers.get("x-twilio-email-event-webhook-signature", "")
    if not settings.webhook_public_key or not _is_signed(settings.webhook_public_key, given, stamp, callback.body):
        return UNSIGNED
    events = read_document(callback, list[_Event])
    if isinstance(events, Unheard):
        return events
    return Heard(tuple(receipt for each in events if (receipt := _receipt(each)) is not None))


def _document(parts: MailParts, message_id: str) -> Document:
    personalization: Document = {"to": _people(parts.to), "custom_args": {_OUR_ID: message_id}}
    personalization |= {name: _people(group) for name, group in (("cc", parts.cc), ("bcc", parts.bcc)) if group}
    bodies = [{"type": "text/plain", "value": parts.text or " "}]
    if parts.html is not None:
        bodies.append({"type": "text/html", "value": parts.html})
    document: Document = {
        "personalizations": [personalization],
        "from": _people((parts.sender,))[0],
        "subject": parts.subject,
        "content": bodies,
    }
    if parts.reply_to:
        document["reply_to_list"] = _people(parts.reply_to)
    if parts.headers:
        document["headers"] = dict(parts.headers)
    if parts.files:
        document["attachments"] = [
            {"content": b64encode(each.data).decode(), "type": each.content_type, "filename": each.filename}
            for each in parts.files
        ]
    return document


def _people(mailboxes: tuple[Mailbox, ...]) -> list[dict[str, str]]:
    return [{"email": each.address, **({"name": each.name} if each.name else {})} for each in mailboxes]


def _receipt(event: _Event) -> Receipt | None:
    if event.hub_message_id is None:
        return None
    at = datetime.fromtimestamp(event.timestamp, UTC)
    happened: Literal["delivered", "seen", "clicked"] | None = None
    match event.event:
        case "delivered":
            happened = "delivered"
        case "open":
            happened = "seen"
        case "click":
            happened = "clicked"
        case "spamreport":
            return Receipt(event.hub_message_id, "complained", at, cause="complaint", address=event.email)
        case "bounce" | "dropped":
            # "blocked" is the receiving server's mood of today; a bounce says that the mailbox is not there.
            is_hard = (event.event, event.type) == ("bounce", "bounce") or event.reason == "Bounced Address"
            return Receipt(
                event.hub_message_id,
                "failed",
                at,
                "hard_bounce" if is_hard else "vendor_reported_failure",
                make_printable(f"{event.event} {event.status}: {event.reason}"),
                "hard_bounce" if is_hard else None,
                event.email,
            )
        case _:
            return None
    return Receipt(event.hub_message_id, happened, at, address=event.email)


def _is_signed(key: str, given: str, stamp: str, body: bytes) -> bool:
    try:
        _load_key(key).verify(b64decode(given, validate=True), stamp.encode() + body, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _load_key(text: str) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(b64decode(text, validate=True))
    except ValueError:
        key = None
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("webhook_public_key: must be the key in base64, as SendGrid shows it")
    return key


SENDGRID_VENDOR = HttpVendor(
    name="sendgrid",
    title="Twilio SendGrid",
    channel="email",
    documentation="https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send",
    settings=SendgridSettings,
    request=write_request,
    outcome=read_outcome,
    listen=read_report,
    takes_attachments=True,
)
