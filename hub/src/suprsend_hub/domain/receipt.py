"""What became of a message after it was sent, as a vendor, a device or the person's app tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal, TypeAlias

from suprsend_hub.domain.message import Status
from suprsend_hub.domain.suppression import Cause

Happening: TypeAlias = Literal["failed", "delivered", "complained", "dismissed", "seen", "clicked"]

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
        # Who complains has got it.
        "complained": "delivered",
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
    """One such report; `code` and `detail` say why a message failed, `cause` whether that lies with the address.

    `address` is given where the vendor tells of one of several recipients: only what is told of the one that the
    message was for counts.
    """

    message_id: str
    happening: Happening
    happened_at: datetime
    code: str | None = None
    detail: str | None = None
    cause: Cause | None = None
    address: str | None = None


def advance(status: Status, happening: Happening) -> Status:
    """The state of a message after a report; one that was never to be sent stays as it is."""
    if status not in PATH:
        return status
    told = STATE_AFTER[happening]
    return told if PATH.index(told) > PATH.index(status) else status
