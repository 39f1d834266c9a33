"""Counting what happens, for the console; and adding it up, a bounded step at a time."""

from collections import Counter
from collections.abc import Iterable

from suprsend_hub.domain.activity import Counted, Kind
from suprsend_hub.domain.message import Status
from suprsend_hub.store.activity import fold_activity
from suprsend_hub.store.database import Pool, transact
from suprsend_hub.store.settlements import Settled

_KINDS: dict[Status, Kind] = {
    "sent_by_vendor": "sent",
    "delivered": "sent",
    "trigger_failed": "failed",
    "delivery_failure": "failed",
    "not_to_be_triggered": "left_out",
}
BATCH = 10_000


def count_settled(settled: Iterable[Settled]) -> list[Counted]:
    """What tries came to, those of one channel and account together; what is tried again counts when it ends."""
    counts = Counter(
        (kind, each.channel, each.vendor_nickname or "")
        for each in settled
        if (kind := _KINDS.get(each.status)) is not None
    )
    return [Counted(kind, count, channel, vendor) for (kind, channel, vendor), count in sorted(counts.items())]


async def add_up(pool: Pool) -> None:
    """Add what was appended to the counts that pages read."""
    while await transact(pool, lambda connection: fold_activity(connection, BATCH)) == BATCH:
        pass
