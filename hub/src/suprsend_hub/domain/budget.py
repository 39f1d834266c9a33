"""How many messages a second an account may send in the whole fleet: leases from one purse, the urgent first.

The purse holds at most a second's worth. What finds it empty is told when to come again, spread over the time that the
messages before it take; when it comes, it takes from the purse like everybody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from suprsend_hub.domain.category import Root

# What less urgent messages leave in the purse, as shares of it; a system message may even borrow a second's worth.
_LEFT: Mapping[Root, float] = MappingProxyType({"system": -1.0, "transactional": 0.1, "promotional": 0.2})
# Whoever was told to come now and finds that more urgent ones were faster.
_ONCE_MORE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Budget:
    """The purse as it was counted last, and until when those who wait are spread."""

    tokens: float
    counted_at: datetime
    queued_until: datetime


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
    return Budget(most_tokens(rate), now, now)


def refill(tokens: float, counted_at: datetime, rate: float, now: datetime) -> float:
    """What is in a purse by now that had so many tokens then."""
    elapsed = max((now - counted_at).total_seconds(), 0.0)
    return min(most_tokens(rate), tokens + rate * elapsed)


def lease(
    budget: Budget, rate: float, wanted: int, root: Root, now: datetime, *, has_waited: bool
) -> tuple[Budget, Lease]:
    """Take up to `wanted` from the purse for messages of this root; what is left of it, and the lease."""
    tokens = refill(budget.tokens, budget.counted_at, rate, now)
    # Of a purse of a few messages nothing is left for others, or nobody would ever get one.
    granted = max(0, min(wanted, int(tokens - int(most_tokens(rate) * _LEFT[root]) + 1e-9)))
    after = replace(budget, tokens=tokens - granted, counted_at=max(now, budget.counted_at))
    missing = wanted - granted
    if not missing:
        return after, Lease(granted)
    if has_waited:
        return after, Lease(granted, missing, _ONCE_MORE)
    share = max(1, int(rate))
    pause = timedelta(seconds=share / rate)
    begin = max(budget.queued_until, now)
    end = begin + timedelta(seconds=missing / rate)
    return replace(after, queued_until=end), Lease(granted, share, begin - now + pause, pause)
