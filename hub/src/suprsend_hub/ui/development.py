"""What the console knows of development mode; whoever puts a hub together passes it in."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from suprsend_hub.actions.audit import Along
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an arrival stands among all; `key` tells those of one moment apart."""

    at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as a stand-in for a vendor got it; numbers grow with time. Those of inboxes have the number 0."""

    number: int
    channel: Channel
    vendor: str
    recipient: str
    received_at: datetime
    message_id: str | None
    behaviour: str
    content: Document

    @property
    def place(self) -> Place:
        """Where it stands among all."""
        return Place(self.received_at, f"{self.number:020}" if self.number else self.message_id or "")


@dataclass(frozen=True, slots=True)
class Sought:
    """Which arrivals are wanted; None is any."""

    channel: Channel | None = None
    recipient: str | None = None
    before: Place | None = None


# The newest arrivals that fit, newest first, and no more than so many.
ReadArrivals: TypeAlias = Callable[[Sought, int], Sequence[Arrival]]


@dataclass(frozen=True, slots=True)
class Development:
    """The stand-ins' arrivals, and the clock that can be put forward."""

    read: ReadArrivals
    find: Callable[[int], Arrival | None]
    ahead: Callable[[], timedelta]
    put_forward: Callable[[timedelta, Along], Awaitable[None]]
