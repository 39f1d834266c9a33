"""How many requests a second a key may make in the whole fleet: every API process draws from one purse."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from suprsend_hub.domain.budget import most_tokens, refill


@dataclass(frozen=True, slots=True)
class Purse:
    """What was left when it was counted last; it holds at most a second's worth."""

    tokens: float
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class Draw:
    """How many requests were granted; where none was, how long it takes until there is one."""

    granted: int
    wait: timedelta


def full_purse(rate: float, now: datetime) -> Purse:
    """The purse of a key that was not used yet."""
    return Purse(most_tokens(rate), now)


def draw(purse: Purse, rate: float, wanted: int, returned: int, now: datetime) -> tuple[Purse, Draw]:
    """Put back what was drawn and not used, and take up to `wanted`; what is left, and what was granted."""
    tokens = min(most_tokens(rate), refill(purse.tokens, purse.counted_at, rate, now) + returned)
    granted = max(0, min(wanted, int(tokens + 1e-9)))
    wait = timedelta(0) if granted else timedelta(seconds=(1 - tokens) / rate)
    return replace(purse, tokens=tokens - granted, counted_at=max(now, purse.counted_at)), Draw(granted, wait)
