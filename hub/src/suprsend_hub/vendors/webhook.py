"""Messages of any channel to an HTTP endpoint of your own, signed as Standard Webhooks has it."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Outcome, Rejected
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.domain.suppression import Cause
from suprsend_hub.domain.webhook_signature import is_webhook_signed, read_secret, sign_webhook
from suprsend_hub.vendors.callbacks import UNSIGNED, read_document
from suprsend_hub.vendors.channel_content import read_channel_content
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.http_outcome import judge_status
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import HTTP_URL, Secret


class WebhookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where messages go, and what signs them."""

    base_url: Annotated[str, Meta(pattern=HTTP_URL, description="the endpoint that takes messages")]
    secret: Annotated[Secret, Meta(description="signs both ways: whsec_ and at least 16 random bytes in base64")]

    def __post_init__(self) -> None:
        """Check the secret now, when somebody can still mend it."""
        try:
            read_secret(self.secret.reveal())
        except ValueError as fault:
            raise ValueError(f"secret: {fault}") from None


class _Taken(msgspec.Struct, frozen=True):
    id: Annotated[str, Meta(min_length=1)]


class _Report(msgspec.Struct, frozen=True):
    message_id: Annotated[str, Meta(min_length=1, max_length=64)]
    status: Literal["delivered", "failed", "seen", "clicked", "dismissed", "complained"]
    at: datetime | None = None
    code: str = "vendor_reported_failure"
    detail: str = ""
    permanent: bool = False


def write_request(
    settings: WebhookSettings, message: OutgoingMessage, _token: Token | None, now: datetime
) -> HttpRequest | Outcome:
    """The request that hands one message over, with everything that is known of it."""
    content = read_channel_content(message)
    if isinstance(content, Rejected):
        return content
    body = msgspec.json.encode(
        {
            "message_id": message.id,
            "channel": message.channel,
            "address": message.address,
            "details": message.details,
            "content": message.content,
            "attachments": [
                {
                    "filename": each.filename,
                    "content_type": each.content_type,
                    "data": b64encode(each.data or b"").decode(),
                }
                for each in message.attachments
            ],
            "created_at": message.created_at,
            "reports_to": message.reports_to or None,
            "unsubscribe_url": message.unsubscribe_url or None,
        }
    )
    signed = sign_webhook(read_secret(settings.secret.reveal()), message.id, now, body)
    return HttpRequest("POST", settings.base_url, {"Content-Type": "application/json", **signed}, body)


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What the endpoint made of a message; it takes it by naming it, so that no page of a proxy is taken for that."""
    if answer.status in (200, 201, 202):
        try:
            return Accepted(msgspec.json.decode(answer.body, type=_Taken).id)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return judge_status(answer)
    return judge_status(answer)


def read_report(settings: WebhookSettings, callback: Callback, _fetched: HttpAnswer | None) -> Heard | Unheard:
    """What the endpoint tells afterwards, signed with the same secret."""
    key = read_secret(settings.secret.reveal())
    if not is_webhook_signed(key, callback.headers, callback.body, callback.received_at):
        return UNSIGNED
    report = read_document(callback, _Report)
    if isinstance(report, Unheard):
        return report
    told = report.at or callback.received_at
    at = told if told.tzinfo else told.replace(tzinfo=UTC)
    cause: Cause | None = None
    if report.status == "complained":
        cause = "complaint"
    elif report.status == "failed" and report.permanent:
        cause = "hard_bounce"
    if report.status != "failed":
        return Heard((Receipt(report.message_id, report.status, at, cause=cause),))
    code, detail = make_printable(report.code[:64]), make_printable(report.detail or report.code)
    return Heard((Receipt(report.message_id, "failed", at, code, detail, cause),))


WEBHOOK_VENDOR = HttpVendor(
    name="webhook",
    title="An endpoint of your own",
    channel=None,
    documentation="https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
    settings=WebhookSettings,
    request=write_request,
    outcome=read_outcome,
    listen=read_report,
    takes_attachments=True,
)
