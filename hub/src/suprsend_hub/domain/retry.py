"""When a message is tried again, decided without waiting."""

from dataclasses import dataclass
from datetime import timedelta

from suprsend_hub.domain.outcome import Deferred, Uncertain

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
# A vendor that asks for more patience than this is treated as if it had asked for this.
LONGEST_RETRY_AFTER = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a message is tried at all, by class of failure.

    A lost answer may hide a delivered message, so each retry after one risks a duplicate: fewer tries.
    """

    deferred_attempts: int = 10
    uncertain_attempts: int = 3


def next_wait(
    policy: RetryPolicy, outcome: Deferred | Uncertain, attempt: int, chance: float, lost: int = 0
) -> timedelta | None:
    """How long to wait after try number `attempt` (from 1) failed, or None to give up.

    `lost` is how many answers were lost so far, this one included: only those use up the tries that there are for them.
    `chance` in [0, 1) draws the jitter: the wait lies between half of the back-off and the whole of it,
    and never before the moment that the vendor asked for.
    """
    match outcome:
        case Deferred(retry_after=retry_after):
            most = policy.deferred_attempts
        case Uncertain():
            retry_after, most = None, policy.uncertain_attempts
    if (lost or attempt if isinstance(outcome, Uncertain) else attempt) >= most:
        return None
    doubled: int = 1 << min(attempt - 1, 20)
    backoff = min(FIRST_WAIT * doubled, LONGEST_WAIT)
    jittered = backoff * (0.5 + chance / 2)
    return max(jittered, min(retry_after or timedelta(0), LONGEST_RETRY_AFTER))
