"""How well an account's vendor does, and how much of its traffic it keeps for that.

A vendor that fails loses its turns in steps and gets them back in steps, so that neither one bad second nor one good
one moves everything. Weights count only beside one another: where all accounts look sick, nothing moves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

from suprsend_hub.domain.outcome import Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.vendor import VendorAccount

# How long is looked before a weight is changed by one step.
WINDOW = timedelta(seconds=10)
# A sick account still gets a few messages, or nobody would notice that it is well again.
LEAST_WEIGHT = 0.02
RECOVERY_STEP = 0.1
# Below so many tries a fault is chance; a silence needs as many.
LEAST_SEEN = 5
SICK_SHARE, WELL_SHARE = 0.2, 0.05

# What lies with the vendor or with the account; everything else says nothing of how well it does.
FAULTS = frozenset(
    {
        "vendor_unreachable",
        "vendor_tls",
        "vendor_credentials",
        "vendor_unavailable",
        "vendor_settings",
        "answer_lost",
        "answer_unreadable",
    }
)

Circuit: TypeAlias = Literal["closed", "half_open", "open"]


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of an account: tries and those that failed, reports that were due and those that never came."""

    tried: int = 0
    faulted: int = 0
    awaited: int = 0
    silent: int = 0

    def __add__(self, other: "Observed") -> "Observed":
        return Observed(
            self.tried + other.tried,
            self.faulted + other.faulted,
            self.awaited + other.awaited,
            self.silent + other.silent,
        )

    @property
    def fault_share(self) -> float:
        """How many of its tries failed, from 0 to 1."""
        return self.faulted / self.tried if self.tried else 0.0

    @property
    def silent_share(self) -> float:
        """How many of the reports that were due did not come, from 0 to 1."""
        return self.silent / self.awaited if self.awaited else 0.0


def observe(outcome: Outcome) -> Observed:
    """What one answer says of the account."""
    is_fault = isinstance(outcome, Deferred | Uncertain | Rejected) and outcome.code in FAULTS
    return Observed(tried=1, faulted=int(is_fault))


def adjust(weight: float, observed: Observed) -> float:
    """The weight after a window in which this was seen; one that saw nothing gives a little back."""
    seen = [(observed.tried, observed.fault_share), (observed.awaited, observed.silent_share)]
    # An account that is under suspicion has few turns left: then even a few faults count.
    least = LEAST_SEEN if weight == 1 else 1
    if any(count >= least and share >= SICK_SHARE for count, share in seen):
        return max(weight / 2, LEAST_WEIGHT)
    if all(share <= WELL_SHARE for _, share in seen):
        return min(round(weight + RECOVERY_STEP, 6), 1.0)
    return weight


def circuit(weight: float) -> Circuit:
    """The weight in the words that people know from circuit breakers."""
    if weight == 1:
        return "closed"
    return "open" if weight < 0.1 else "half_open"


def arrange(accounts: Sequence[VendorAccount], chance: Callable[[], float]) -> tuple[VendorAccount, ...]:
    """The order in which a message is offered: an account that misses its turn comes after those that don't."""
    if all(each.weight == 1 for each in accounts):
        return tuple(accounts)
    best = max(each.weight for each in accounts)
    missed = {each.nickname for each in accounts if each.weight < best and chance() >= each.weight / best}
    return (
        *(each for each in accounts if each.nickname not in missed),
        *(each for each in accounts if each.nickname in missed),
    )
