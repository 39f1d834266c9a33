"""Email through Resend."""

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
from suprsend_hub.domain.webhook_signature import is_webhook_signed, read_secret
from suprsend_hub.vendors.callbacks import UNSIGNED, read_document
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.http_outcome import judge_status, read_retry_after
from suprsend_hub.vendors.mail import MailParts, check_sender, prepare_parts
from suprsend_hub.vendors.mailbox import Mailbox, read_mailbox
from suprsend_hub.vendors.mime import show_mailbox
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import HTTP_URL, Secret


class ResendSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose key sends, and who is the sender."""

    api_key: Annotated[Secret, Meta(description="an API key that may send, re_…")]
    from_address: Annotated[str, Meta(min_length=1, description="sender where a template names none")]
    from_name: Annotated[str, Meta(description="sender's name where a template gives none")] = ""
    webhook_secret: Annotated[
        Secret | None, Meta(description="the signing secret of the webhook, whsec_…; without it no report is believed")
    ] = None
    base_url: Annotated[str, Meta(pattern=HTTP_URL, description="where mails are sent")] = "https://api.resend.com"

    def __post_init__(self) -> None:
        """Check what somebody can still mend now."""
        check_sender(self.from_address)
        if self.webhook_secret is not None:
            try:
                read_secret(self.webhook_secret.reveal())
            except ValueError as fault:
                raise ValueError(f"webhook_secret: {fault}") from None


class _SentForm(msgspec.Struct, frozen=True):
    id: Annotated[str, Meta(min_length=1)]


class _FaultForm(msgspec.Struct, frozen=True):
    name: str = ""
    message: str = ""


class _Tag(msgspec.Struct, frozen=True):
    name: str
    value: str


class _Bounce(msgspec.Struct, frozen=True, rename="camel"):
    message: str = ""
    type: str = ""
    sub_type: str = ""


class _Data(msgspec.Struct, frozen=True):
    to: list[str] = msgspec.field(default_factory=list)
    # Events name the tags as an object; older ones as they were sent.
    tags: dict[str, str] | list[_Tag] = msgspec.field(default_factory=dict)
    bounce: _Bounce = msgspec.field(default_factory=_Bounce)


class _Event(msgspec.Struct, frozen=True):
    type: str
    created_at: datetime
    data: _Data


def write_request(
    settings: ResendSettings, message: OutgoingMessage, _token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one mail; Resend itself sees to it that a second one sends nothing for a day."""
    parts = prepare_parts(message, read_mailbox(settings.from_address, settings.from_name))
    if isinstance(parts, Rejected):
        return parts
    return HttpRequest(
        "POST",
        f"{settings.base_url.rstrip('/')}/emails",
        {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {settings.api_key.reveal()}",
            "Idempotency-Key": message.id,
        },
        msgspec.json.encode(_document(parts, message.id)),
    )


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What Resend made of a mail."""
    if answer.status in (200, 201):
        try:
            return Accepted(msgspec.json.decode(answer.body, type=_SentForm).id)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Uncertain("answer_unreadable", f"HTTP {answer.status} without the id of the message")
    try:
        fault = msgspec.json.decode(answer.body, type=_FaultForm)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return judge_status(answer)
    detail = make_printable(f"{fault.name or answer.status}: {fault.message}")
    match fault.name:
        case "rate_limit_exceeded" | "daily_quota_exceeded" | "monthly_quota_exceeded":
            return Deferred("vendor_rate_limited", detail, read_retry_after(answer))
        case "concurrent_idempotent_requests":
            return Deferred("vendor_unavailable", detail)
        case "validation_error" if "`to`" in fault.message:
            return Rejected("address", detail)
        case _:
            return judge_status(answer, f"{fault.name} {fault.message}".strip())


def read_report(settings: ResendSettings, callback: Callback, _fetched: HttpAnswer | None) -> Heard | Unheard:
    """What Resend tells of a mail (https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests)."""
    secret = settings.webhook_secret
    if secret is None or not is_webhook_signed(
        read_secret(secret.reveal()), callback.headers, callback.body, callback.received_at, prefix="svix-"
    ):
        return UNSIGNED
    event = read_document(callback, _Event)
    if isinstance(event, Unheard):
        return event
    receipt = _receipt(event)
    return Heard((receipt,) if receipt else ())


def _document(parts: MailParts, message_id: str) -> Document:
    document: Document = {
        "from": show_mailbox(parts.sender),
        "to": _people(parts.to),
        "subject": parts.subject,
        "text": parts.text,
        "tags": [{"name": "message_id", "value": message_id}],
    }
    document |= {
        name: _people(group)
        for name, group in (("cc", parts.cc), ("bcc", parts.bcc), ("reply_to", parts.reply_to))
        if group
    }
    if parts.html is not None:
        document["html"] = parts.html
    if parts.headers:
        document["headers"] = dict(parts.headers)
    if parts.files:
        document["attachments"] = [
            {"filename": each.filename, "content": b64encode(each.data).decode(), "content_type": each.content_type}
            for each in parts.files
        ]
    return document


def _people(mailboxes: tuple[Mailbox, ...]) -> list[str]:
    return [show_mailbox(each) for each in mailboxes]


def _receipt(event: _Event) -> Receipt | None:
    tags = event.data.tags
    named = tags if isinstance(tags, dict) else {each.name: each.value for each in tags}
    message_id = named.get("message_id")
    if message_id is None:
        return None
    address = event.data.to[0] if len(event.data.to) == 1 else None
    at = event.created_at if event.created_at.tzinfo else event.created_at.replace(tzinfo=UTC)
    match event.type:
        case "email.delivered":
            return Receipt(message_id, "delivered", at, address=address)
        case "email.opened":
            return Receipt(message_id, "seen", at, address=address)
        case "email.clicked":
            return Receipt(message_id, "clicked", at, address=address)
        case "email.complained":
            return Receipt(message_id, "complained", at, cause="complaint", address=address)
        case "email.bounced" | "email.failed":
            bounce = event.data.bounce
            said = make_printable(f"{event.type} {bounce.type} {bounce.sub_type}: {bounce.message}")
            if bounce.type == "Permanent":
                return Receipt(message_id, "failed", at, "hard_bounce", said, "hard_bounce", address)
            return Receipt(message_id, "failed", at, "vendor_reported_failure", said, address=address)
        case _:
            return None


RESEND_VENDOR = HttpVendor(
    name="resend",
    title="Resend",
    channel="email",
    documentation="https://resend.com/docs/api-reference/emails/send-email",
    settings=ResendSettings,
    request=write_request,
    outcome=read_outcome,
    listen=read_report,
    takes_attachments=True,
)
