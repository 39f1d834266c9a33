"""Email through Postmark."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.vendors.callbacks import UNSIGNED, is_same, read_document
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.http_outcome import judge_status
from suprsend_hub.vendors.mail import MailParts, check_sender, prepare_parts
from suprsend_hub.vendors.mailbox import Mailbox, read_mailbox
from suprsend_hub.vendors.mime import show_mailbox
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import HTTP_URL, Secret

# https://postmarkapp.com/developer/api/overview#error-codes
_BAD_ADDRESS = 300
_INACTIVE = 406
_ACCOUNT = frozenset({10, 400, 401, 405, 411, 412, 413})
_THROTTLED = 429

# Bounces that are an end though they say little of the address: Postmark reports them once it has stopped trying.
# https://postmarkapp.com/support/article/1159-how-to-fix-soft-bounces
_GIVEN_UP = frozenset(
    {
        "Blocked",
        "BadEmailAddress",
        "ManuallyDeactivated",
        "DMARCPolicy",
        "SoftBounce",
        "Transient",
        "DnsError",
    }
)


class PostmarkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose server sends, and who is the sender."""

    server_token: Annotated[Secret, Meta(description="the API token of the server")]
    from_address: Annotated[str, Meta(min_length=1, description="sender where a template names none")]
    from_name: Annotated[str, Meta(description="sender's name where a template gives none")] = ""
    message_stream: Annotated[str, Meta(min_length=1, description="the stream, such as broadcast")] = "outbound"
    webhook_login: Annotated[
        Secret | None,
        Meta(description="name:password that the webhook logs in with; without it no report is believed"),
    ] = None
    base_url: Annotated[str, Meta(pattern=HTTP_URL, description="where mails are sent")] = "https://api.postmarkapp.com"

    def __post_init__(self) -> None:
        """Check the sender now, when somebody can still mend it."""
        check_sender(self.from_address)


class _AnswerForm(msgspec.Struct, frozen=True, rename="pascal"):
    error_code: int
    message: str = ""
    message_id: str | None = msgspec.field(name="MessageID", default=None)


class _Record(msgspec.Struct, frozen=True, rename="pascal"):
    record_type: str
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    type: str = ""
    recipient: str | None = None
    email: str | None = None
    description: str = ""
    details: str = ""
    delivered_at: datetime | None = None
    bounced_at: datetime | None = None
    received_at: datetime | None = None


def write_request(
    settings: PostmarkSettings, message: OutgoingMessage, _token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one mail."""
    parts = prepare_parts(message, read_mailbox(settings.from_address, settings.from_name))
    if isinstance(parts, Rejected):
        return parts
    return HttpRequest(
        "POST",
        f"{settings.base_url.rstrip('/')}/email",
        {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-Postmark-Server-Token": settings.server_token.reveal(),
        },
        msgspec.json.encode(_document(parts, message.id, settings.message_stream)),
    )


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What Postmark made of a mail."""
    try:
        said = msgspec.json.decode(answer.body, type=_AnswerForm)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return judge_status(answer)
    if answer.status == 200 and said.error_code == 0 and said.message_id:
        return Accepted(said.message_id)
    detail = make_printable(f"{said.error_code}: {said.message}")
    match said.error_code:
        case code if code == _BAD_ADDRESS and "'To'" in said.message:
            return Rejected("address", detail)
        case code if code == _INACTIVE:
            # It bounced, complained, or was switched off by hand: the answer does not tell which.
            return Rejected("address", detail)
        case code if code in _ACCOUNT:
            return Deferred("vendor_credentials", detail)
        case code if code == _THROTTLED:
            return Deferred("vendor_rate_limited", detail)
        case _ if answer.status == 200:
            return Uncertain("answer_unreadable", f"HTTP 200 with the error {detail}")
        case _:
            return judge_status(answer, said.message)


def read_report(settings: PostmarkSettings, callback: Callback, _fetched: HttpAnswer | None) -> Heard | Unheard:
    """What Postmark tells of a mail; it signs nothing, but logs in (https://postmarkapp.com/developer/webhooks)."""
    login = settings.webhook_login
    right = f"Basic {b64encode(login.reveal().encode()).decode()}" if login else ""
    if not login or not is_same(callback.headers.get("authorization", ""), right):
        return UNSIGNED
    record = read_document(callback, _Record)
    if isinstance(record, Unheard):
        return record
    receipt = _receipt(record, callback.received_at)
    return Heard((receipt,) if receipt else ())


def _document(parts: MailParts, message_id: str, stream: str) -> Document:
    document: Document = {
        "From": _people((parts.sender,)),
        "To": _people(parts.to),
        "Subject": parts.subject,
        "TextBody": parts.text,
        "MessageStream": stream,
        "Metadata": {"message_id": message_id},
    }
    document |= {
        name: _people(group)
        for name, group in (("Cc", parts.cc), ("Bcc", parts.bcc), ("ReplyTo", parts.reply_to))
        if group
    }
    if parts.html is not None:
        document["HtmlBody"] = parts.html
    if parts.headers:
        document["Headers"] = [{"Name": name, "Value": value} for name, value in parts.headers.items()]
    if parts.files:
        document["Attachments"] = [
            {"Name": each.filename, "Content": b64encode(each.data).decode(), "ContentType": each.content_type}
            for each in parts.files
        ]
    return document


def _people(mailboxes: tuple[Mailbox, ...]) -> str:
    return ", ".join(show_mailbox(each) for each in mailboxes)


def _receipt(record: _Record, received_at: datetime) -> Receipt | None:
    message_id = record.metadata.get("message_id")
    if message_id is None:
        return None
    told = record.delivered_at or record.bounced_at or record.received_at or received_at
    at, address = told if told.tzinfo else told.replace(tzinfo=UTC), record.recipient or record.email
    match record.record_type:
        case "Delivery":
            return Receipt(message_id, "delivered", at, address=address)
        case "Open":
            return Receipt(message_id, "seen", at, address=address)
        case "Click":
            return Receipt(message_id, "clicked", at, address=address)
        case "SpamComplaint":
            return Receipt(message_id, "complained", at, cause="complaint", address=address)
        case "Bounce" if record.type == "HardBounce":
            said = make_printable(f"{record.description} {record.details}")
            return Receipt(message_id, "failed", at, "hard_bounce", said, "hard_bounce", address)
        case "Bounce" if record.type in _GIVEN_UP:
            said = make_printable(f"{record.type}: {record.description} {record.details}")
            return Receipt(message_id, "failed", at, "vendor_reported_failure", said, address=address)
        case _:
            return None


POSTMARK_VENDOR = HttpVendor(
    name="postmark",
    title="Postmark",
    channel="email",
    documentation="https://postmarkapp.com/developer/api/email-api",
    settings=PostmarkSettings,
    request=write_request,
    outcome=read_outcome,
    listen=read_report,
    takes_attachments=True,
)
