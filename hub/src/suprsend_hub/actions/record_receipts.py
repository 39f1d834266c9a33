"""Recording what became of messages: states only move forward, whatever comes twice or in another order."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from suprsend_hub.domain.receipt import PATH, STATE_AFTER, Happening, Receipt
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.receipts import Progress, move_forward


async def record_receipts(pool: Pool, workspace_id: int, receipts: Sequence[Receipt], now: datetime) -> list[str]:
    """Write receipts; returns the ids of the messages that there are."""

    async def work(connection: Connection) -> list[str]:
        return await apply_receipts(connection, workspace_id, receipts, now)

    return await transact(pool, work)


async def apply_receipts(
    connection: Connection, workspace_id: int, receipts: Iterable[Receipt], now: datetime
) -> list[str]:
    """Write receipts inside a transaction; returns the ids of the messages that there are."""
    by_message: dict[str, list[Receipt]] = {}
    for receipt in receipts:
        by_message.setdefault(receipt.message_id, []).append(receipt)
    if not by_message:
        return []
    # One order everywhere, so that two that write the same messages never wait for one another in a ring.
    progress = [_sum_up(message_id, by_message[message_id]) for message_id in sorted(by_message)]
    return await move_forward(connection, workspace_id, progress, now)


def _sum_up(message_id: str, receipts: Sequence[Receipt]) -> Progress:
    failure = next((each for each in receipts if each.happening == "failed"), None)
    return Progress(
        message_id=message_id,
        status=max((STATE_AFTER[each.happening] for each in receipts), key=PATH.index),
        delivered_at=_first(receipts, "delivered"),
        dismissed_at=_first(receipts, "dismissed"),
        seen_at=_first(receipts, "seen"),
        clicked_at=_first(receipts, "clicked"),
        code=failure.code if failure else None,
        detail=failure.detail if failure else None,
    )


def _first(receipts: Sequence[Receipt], happening: Happening) -> datetime | None:
    return min((each.happened_at for each in receipts if each.happening == happening), default=None)
