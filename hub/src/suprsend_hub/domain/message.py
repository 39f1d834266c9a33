"""One message to one address: what is sent, and the states that it passes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias, get_args

import msgspec
from msgspec import Struct, field

from suprsend_hub.domain.attachment import Attachment
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document

Status: TypeAlias = Literal[
    "to_be_triggered",
    "triggered",
    "sent_by_vendor",
    "delivered",
    "seen",
    "clicked",
    "dismissed",
    "not_to_be_triggered",
    "trigger_failed",
    "delivery_failure",
]

STATUSES: tuple[Status, ...] = get_args(Status)

# Only these two wait for a worker; every other state is an end, or moved on by a receipt.
UNSETTLED: tuple[Status, ...] = ("to_be_triggered", "triggered")

# The groups that the `status` filter of GET /v1/message/ understands (wire.md 3.12), and the names that clients have
# for states which are called otherwise here, or of which there are none.
STATUS_GROUPS: dict[str, tuple[Status, ...]] = {
    "triggered": ("triggered", "sent_by_vendor", "to_be_triggered", "not_to_be_triggered"),
    "delivery_failed": ("trigger_failed", "delivery_failure"),
    "failure_by_vendor": ("delivery_failure",),
    "trigger_blocked": (),
}

# What the inbox knows of a message beside its state; the `status` filter understands these too.
InboxMark: TypeAlias = Literal["read", "unread", "archived"]
INBOX_MARKS: tuple[InboxMark, ...] = get_args(InboxMark)


class OutgoingMessage(Struct, frozen=True):
    """A rendered message, ready for a vendor; `id` never changes between attempts.

    `details` is what is known of the address beside its value, such as the app that a device token belongs to.
    `reports_to` is the URL at which the hub listens to this vendor, empty where it can't be reached from outside.
    `unsubscribe_url` is set where the recipient may unsubscribe with one click (RFC 8058).
    """

    id: str
    channel: Channel
    address: str
    content: Document
    attachments: Sequence[Attachment]
    created_at: datetime
    details: Document = field(default_factory=dict)
    reports_to: str = ""
    unsubscribe_url: str = ""


def shown_address(channel: str, address: str) -> str:
    """An address as people outside may see it; tokens and other credentials are shortened."""
    if channel in ("email", "sms", "whatsapp", "inbox", "messenger"):
        return address
    return _shortened(address)


_OPEN_FIELDS = ("$email", "$sms", "$whatsapp", "$channels", "$timezone", "$preferred_language")

# What of an address that is a document opens nothing.
_OPEN_KEYS = ("channel_id", "user_id", "email", "tenant_id", "conversation_id", "service_url", "expirationTime")


def shown_value(channel: str, address: str) -> object:
    """As shown_address; what is a document stays one, in which whatever may be a credential is shortened."""
    if channel in ("webpush", "slack", "ms_teams"):
        return _without_credentials(msgspec.json.decode(address))
    return shown_address(channel, address)


def shown_body(body: Document) -> Document:
    """The body of a trigger in which whatever may be a credential of an address is shortened."""
    return {
        name: [_shown_recipient(each) for each in value] if name in ("users", "recipients") else value
        for name, value in body.items()
    }


def _shown_recipient(recipient: object) -> object:
    if not isinstance(recipient, dict):
        return recipient
    return {
        name: value if not name.startswith("$") or name in _OPEN_FIELDS else _without_credentials(value)
        for name, value in recipient.items()
    }


def _without_credentials(value: object) -> object:
    match value:
        case dict():
            return {key: item if key in _OPEN_KEYS else _without_credentials(item) for key, item in value.items()}
        case list():
            return [_without_credentials(item) for item in value]
        case str():
            return _shortened(value)
        case _:
            return value


def _shortened(text: str) -> str:
    return text if len(text) <= 12 else f"{text[:6]}…{text[-4:]}"
