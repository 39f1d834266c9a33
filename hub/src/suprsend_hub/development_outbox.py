"""Development mode as the console shows it: the stand-ins' arrivals and the clock, as values."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from itertools import islice

from suprsend_hub.actions.audit import Along
from suprsend_hub.simulators.behaviour import normalise
from suprsend_hub.simulators.clock import TestClock
from suprsend_hub.simulators.received import Received
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.ui.development import Arrival, Development, Sought


def make_development(
    simulation: Simulation, clock: TestClock, put_forward: Callable[[timedelta, Along], Awaitable[None]]
) -> Development:
    """What the console is told of development mode; nothing is copied until somebody looks."""
    received = simulation.received

    def read(sought: Sought, limit: int) -> list[Arrival]:
        wanted = normalise(sought.recipient) if sought.recipient else None
        fitting = (
            arrival
            for number, each in received.newest_first()
            if sought.channel in (None, each.channel) and (wanted is None or normalise(each.recipient) == wanted)
            for arrival in [_arrival(number, each)]
            if sought.before is None or arrival.place < sought.before
        )
        return [*islice(fitting, limit)]

    def find(number: int) -> Arrival | None:
        return next(_with_number(received.newest_first(), number), None)

    return Development(read, find, lambda: clock.ahead, put_forward)


def _with_number(numbered: Iterator[tuple[int, Received]], wanted: int) -> Iterator[Arrival]:
    return (_arrival(number, each) for number, each in numbered if number == wanted)


def _arrival(number: int, received: Received) -> Arrival:
    return Arrival(
        number,
        received.channel,
        received.vendor,
        received.recipient,
        received.received_at,
        received.message_id,
        received.behaviour,
        received.content,
    )
