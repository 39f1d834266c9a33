"""What reached the stand-ins, newest last, up to a limit."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.simulators.behaviour import normalise

MOST_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Post:
    """What a vendor posts to whoever listens to it."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


# How a vendor tells that something happened to a message; None where it does not tell such things.
Report: TypeAlias = Callable[[Happening, datetime], Post | None]


def report_nothing(_happening: Happening, _at: datetime) -> Post | None:
    """The reports of a vendor that makes none, or was not told where to."""
    return None


@dataclass(frozen=True, slots=True)
class Received:
    """One message as its vendor took it; the content is only read when somebody looks at it."""

    channel: Channel
    vendor: str
    recipient: str
    message_id: str | None
    received_at: datetime
    attempt: int
    behaviour: str
    raw: bytes = field(repr=False)
    read: Callable[[bytes], Document] = field(repr=False)
    report: Report = field(default=report_nothing, repr=False)

    @property
    def content(self) -> Document:
        """The message as rendered; its keys depend on the channel, `title` is always there."""
        return self.read(self.raw)

    @property
    def title(self) -> str:
        """Subject or title."""
        return str(self.content.get("title", ""))


class ReceivedMessages:
    """Keeps what came, and wakes those who wait for it."""

    def __init__(self, most_kept: int = MOST_KEPT) -> None:
        self._kept: deque[Received] = deque(maxlen=most_kept)
        self._total = 0
        self._arrival = asyncio.Event()

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Received]:
        return iter(tuple(self._kept))

    def newest_first(self) -> Iterator[tuple[int, Received]]:
        """Each with its number, which counts from 1 since the start."""
        return zip(range(self._total, 0, -1), reversed(tuple(self._kept)), strict=False)

    @property
    def total(self) -> int:
        """How many came since the start, also those no longer kept."""
        return self._total

    def add(self, message: Received) -> None:
        """Keep one more."""
        self._kept.append(message)
        self._total += 1
        self._arrival.set()

    def find(self, recipient: str | None = None, channel: Channel | None = None) -> list[Received]:
        """Those for an address, on a channel, or both."""
        wanted = None if recipient is None else normalise(recipient)
        return [
            each
            for each in self._kept
            if (channel is None or each.channel == channel) and (wanted is None or normalise(each.recipient) == wanted)
        ]

    async def wait_for(
        self, count: int, recipient: str | None = None, channel: Channel | None = None
    ) -> list[Received]:
        """Wait until at least so many have come that fit, and give them."""
        while True:
            self._arrival.clear()
            unfiltered = recipient is None and channel is None
            if (self._total if unfiltered else len(self.find(recipient, channel))) >= count:
                return self.find(recipient, channel)
            await self._arrival.wait()

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._total = 0
