"""What every HTTP stand-in does with a message: treats it as it was told to, and keeps what it took."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, assert_never

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.simulators.behaviour import Accept, Behaviours, Delay, Drop, Fail, RateLimit, Refuse
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer
from suprsend_hub.simulators.received import Received, ReceivedMessages, Report, report_nothing


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that was asked for in the right way; `read` shows its bytes to people, `report` tells of it."""

    channel: Channel
    vendor: str
    recipient: str
    message_id: str | None
    raw: bytes
    read: Callable[[bytes], Document]
    report: Report = report_nothing


@dataclass(frozen=True, slots=True)
class Manners:
    """What a vendor says on each occasion; a Retry-After is added to what it says of its limits."""

    taken: Callable[[], Answer]
    refused: Answer
    failed: Answer
    limited: Answer


class StandIn(Protocol):
    """A vendor's API behind one address, and the settings of an account that points at it."""

    server: HttpServer

    def settings(self) -> Document:
        """The settings, with credentials that it made up itself."""
        ...


class Reception:
    """The behaviours and the outbox that all stand-ins share.

    `reports_to` has, by vendor, the URL that somebody would enter in that vendor's own console.
    """

    def __init__(self, behaviours: Behaviours, received: ReceivedMessages, now: Callable[[], datetime]) -> None:
        self._behaviours = behaviours
        self._received = received
        self.now = now
        self.reports_to: dict[str, str] = {}

    @property
    def total(self) -> int:
        """How many messages were taken so far, by all stand-ins."""
        return self._received.total

    async def take(self, arrival: Arrival, manners: Manners) -> Answer | Disconnect:
        """Treat a message as its address is to be treated."""
        applied = self._behaviours.apply(arrival.recipient)
        match applied.behaviour:
            case Refuse():
                return manners.refused
            case Fail():
                return manners.failed
            case RateLimit(retry_after=seconds):
                limited = manners.limited
                return Answer(limited.status, limited.body, {**limited.headers, "Retry-After": str(seconds)})
            case Accept() | Delay() | Drop():
                self._keep(arrival, applied.attempt, applied.name)
            case _:
                assert_never(applied.behaviour)
        if isinstance(applied.behaviour, Delay):
            await asyncio.sleep(applied.behaviour.seconds)
        if isinstance(applied.behaviour, Drop):
            return Disconnect()
        return manners.taken()

    def _keep(self, arrival: Arrival, attempt: int, behaviour: str) -> None:
        self._received.add(
            Received(
                channel=arrival.channel,
                vendor=arrival.vendor,
                recipient=arrival.recipient,
                message_id=arrival.message_id,
                received_at=self.now(),
                attempt=attempt,
                behaviour=behaviour,
                raw=arrival.raw,
                read=arrival.read,
                report=arrival.report,
            )
        )
