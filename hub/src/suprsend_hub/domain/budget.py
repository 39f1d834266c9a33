"""How many messages a second an account may send in the whole fleet: leases from one purse, the urgent first.

The purse holds at most a second's worth. What finds it empty queues: it is told when to come again, behind everything
that is as urgent or more so and waits already. Nobody new passes those: who has not queued takes from the purse only
once they all have had their time. What comes and finds that the more urgent were faster queues anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from suprsend_hub.domain.category import ROOTS, Root

# What less urgent messages leave in the purse, as shares of it; a system message may even borrow a second's worth.
_LEFT: Mapping[Root, float] = MappingProxyType({"system": -1.0, "transactional": 0.1, "promotional": 0.2})
# What was put off so often comes again after as many seconds at least, up to this many, so that a purse that the more
# urgent use up altogether is not asked every second.
_MOST_PATIENT = 30
# Where nobody took anything for so long, those who queued are gone (cancelled, or sent by another account).
_GONE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Budget:
    """What was in the purse when something was taken last, and until when those who wait are spread.

    They are for each root, the most urgent first.
    """

    tokens: float
    counted_at: datetime
    queued_until: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Lease:
    """How many may be sent now; the others come `share` at a time, the first after `wait`, then one every `pause`."""

    granted: int
    share: int = 1
    wait: timedelta = timedelta(0)
    pause: timedelta = timedelta(0)


def most_tokens(rate: float) -> float:
    """A second's worth, but never less than one message."""
    return max(rate, 1.0)


def full_budget(rate: float, now: datetime) -> Budget:
    """The purse of an account that has sent nothing yet."""
    return Budget(most_tokens(rate), now, (now,) * len(ROOTS))


def refill(tokens: float, counted_at: datetime, rate: float, now: datetime) -> float:
    """What is in a purse by now that had so many tokens then."""
    elapsed = max((now - counted_at).total_seconds(), 0.0)
    return min(most_tokens(rate), tokens + rate * elapsed)


def lease(budget: Budget, rate: float, wanted: int, root: Root, now: datetime, *, turn: int) -> tuple[Budget, Lease]:
    """Take up to `wanted` from the purse for messages of this root; what is left of it, and the lease.

    `turn` is how often they were told to come again: from 1 on they have queued.
    """
    now = max(now, budget.counted_at)
    tokens = refill(budget.tokens, budget.counted_at, rate, now)
    queued_until, urgency = _queued_until(budget, rate, now), ROOTS.index(root)
    those_first = queued_until[:urgency] if turn else queued_until[: urgency + 1]
    may_take = all(each <= now for each in those_first)
    # Of a purse of a few messages nothing is left for others, or nobody would ever get one.
    kept = int(most_tokens(rate) * _LEFT[root])
    granted = max(0, min(wanted, int(tokens - kept + 1e-9))) if may_take else 0
    missing = wanted - granted
    # The less urgent find so much less in the purse: what comes after them has to wait so much longer.
    unforeseen = timedelta(seconds=(missing if turn else wanted) / rate)
    queues = [*queued_until[: urgency + 1], *(_moved(each, unforeseen, now) for each in queued_until[urgency + 1 :])]
    begin = max(now + timedelta(seconds=min(turn, _MOST_PATIENT)), *queues[: urgency + 1])
    if missing:
        queues[urgency] = begin + timedelta(seconds=missing / rate)
    share = max(1, min(missing, int(min(most_tokens(rate) - kept, rate))))
    pause = timedelta(seconds=share / rate)
    after = replace(budget, queued_until=tuple(queues))
    if granted:
        after = replace(after, tokens=tokens - granted, counted_at=now)
    return after, Lease(granted, share, begin - now + pause, pause) if missing else Lease(granted)


def _queued_until(budget: Budget, rate: float, now: datetime) -> tuple[datetime, ...]:
    is_forsaken = (now - budget.counted_at).total_seconds() > _GONE_SECONDS + 2 / rate
    return (now,) * len(ROOTS) if is_forsaken else budget.queued_until


def _moved(until: datetime, by: timedelta, now: datetime) -> datetime:
    return until + by if until > now else until
