"""Counting what happens, for the console; and adding it up, a bounded step at a time."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

from suprsend_hub.domain.activity import Counted, Kind
from suprsend_hub.domain.message import Status
from suprsend_hub.domain.receipt import PATH
from suprsend_hub.store.activity import fold_activity
from suprsend_hub.store.database import Pool, transact
from suprsend_hub.store.messages import NewMessage
from suprsend_hub.store.receipts import Moved
from suprsend_hub.store.settlements import Settled

_KINDS: dict[Status, Kind] = {
    "sent_by_vendor": "sent",
    "delivered": "sent",
    "trigger_failed": "failed",
    "delivery_failure": "failed",
    "not_to_be_triggered": "left_out",
}
# What is heard of a message that was sent; each is a state too.
_HEARD: tuple[Literal["delivered", "seen", "clicked"], ...] = ("delivered", "seen", "clicked")
BATCH = 10_000


def count_planned(messages: Iterable[NewMessage]) -> list[Counted]:
    """What planning ended at once, those of one channel together."""
    return _sum_up((_KINDS[each.status], each.channel, "") for each in messages if each.status in _KINDS)


def count_settled(settled: Iterable[Settled]) -> list[Counted]:
    """What tries came to, those of one channel and account together; what is tried again counts when it ends."""
    return _sum_up(
        (kind, each.channel, each.vendor_nickname or "")
        for each in settled
        for kind in (_KINDS.get(each.status), "returned" if each.is_returned else None)
        if kind is not None
    )


def count_moved(moved: Iterable[Moved]) -> list[Counted]:
    """What was heard of messages for the first time, those of one channel and account together.

    Whoever saw a message has got it, whether or not a vendor says so.
    """
    return _sum_up((kind, each.channel, each.vendor_nickname or "") for each in moved for kind in _heard(each))


def _heard(moved: Moved) -> Iterator[Kind]:
    if moved.before == moved.after:
        return
    before, after = PATH.index(moved.before), PATH.index(moved.after)
    is_settled = moved.before != "triggered"
    # Its answer was lost: no try will count it any more.
    if not is_settled and not moved.is_held:
        yield "failed" if moved.after == "delivery_failure" else "sent"
    if is_settled and moved.after == "delivery_failure":
        yield "returned"
    yield from (kind for kind in _HEARD if before < PATH.index(kind) <= after)


def _sum_up(happened: Iterable[tuple[Kind, str, str]]) -> list[Counted]:
    counts = Counter(happened)
    return [Counted(kind, count, channel, vendor) for (kind, channel, vendor), count in sorted(counts.items())]


async def add_up(pool: Pool) -> None:
    """Add what was appended to the counts that pages read."""
    while await transact(pool, lambda connection: fold_activity(connection, BATCH)) == BATCH:
        pass
