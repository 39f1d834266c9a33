"""What became of a message after it was sent, as a vendor, a device or the person's app tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal, TypeAlias

from suprsend_hub.domain.message import Status

Happening: TypeAlias = Literal["failed", "delivered", "dismissed", "seen", "clicked"]

# A message only moves to the right. Whatever the order in which receipts come, the state furthest to the right stays.
PATH: tuple[Status, ...] = (
    "to_be_triggered",
    "triggered",
    "sent_by_vendor",
    "delivery_failure",
    "delivered",
    "dismissed",
    "seen",
    "clicked",
)

STATE_AFTER: Mapping[Happening, Status] = MappingProxyType(
    {
        "failed": "delivery_failure",
        "delivered": "delivered",
        "dismissed": "dismissed",
        "seen": "seen",
        "clicked": "clicked",
    }
)


# The events by which a device tells of a message (wire.md 4.6).
RECEIPT_EVENTS: Mapping[str, Happening] = MappingProxyType(
    {
        "$notification_delivered": "delivered",
        "$notification_dismiss": "dismissed",
        "$notification_clicked": "clicked",
    }
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One such report; `code` and `detail` say why a message failed."""

    message_id: str
    happening: Happening
    happened_at: datetime
    code: str | None = None
    detail: str | None = None


def advance(status: Status, happening: Happening) -> Status:
    """The state of a message after a report; one that was never to be sent stays as it is."""
    if status not in PATH:
        return status
    told = STATE_AFTER[happening]
    return told if PATH.index(told) > PATH.index(status) else status
