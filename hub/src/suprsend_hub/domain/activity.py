"""What is counted of what happens, and the widths of the stretches of time that it is counted in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

# A request was accepted; a message was sent, failed, or was not sent after all; of one that was sent it was heard that
# it could not be delivered, was delivered, seen, clicked.
Kind: TypeAlias = Literal["accepted", "sent", "failed", "left_out", "returned", "delivered", "seen", "clicked"]

MINUTES, HOUR, DAY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)
WIDTHS = (MINUTES, HOUR, DAY)

# For how long counts of each width are kept: a page never asks further back.
KEPT_FOR = {MINUTES: timedelta(days=3), HOUR: timedelta(days=35), DAY: timedelta(days=800)}


@dataclass(frozen=True, slots=True)
class Counted:
    """How often something happened; `vendor` is the nickname of the account, empty where there is none."""

    kind: Kind
    count: int
    channel: str = ""
    vendor: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What happened from a moment on, for as long as the width says."""

    began_at: datetime
    counts: Mapping[Kind, int]

    def of(self, *kinds: Kind) -> list[int]:
        """How often each of these happened."""
        return [self.counts.get(kind, 0) for kind in kinds]


def begin_of(at: datetime, width: timedelta) -> datetime:
    """The beginning of the stretch that holds a moment; those of a day begin at midnight UTC."""
    seconds = int(width.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)


def lay_stretches(
    rows: Iterable[tuple[datetime, Counted]], since: datetime, until: datetime, width: timedelta
) -> list[Stretch]:
    """Stretches without a gap, the oldest first, with what was counted in each."""
    totals: dict[datetime, dict[Kind, int]] = {}
    for began_at, counted in rows:
        kinds = totals.setdefault(begin_of(began_at, width), {})
        kinds[counted.kind] = kinds.get(counted.kind, 0) + counted.count
    first = begin_of(since, width)
    number = int((begin_of(until, width) - first) / width) + 1
    moments = (first + width * index for index in range(number))
    return [Stretch(moment, totals.get(moment, {})) for moment in moments]
