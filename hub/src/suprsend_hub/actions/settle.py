"""Writing down what tries came to; tries that end together share one commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from suprsend_hub.domain.category import Root
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.job import Job, Send
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.inbox_notifications import NewNotification, insert_notifications
from suprsend_hub.store.messages import Settlement, settle_messages
from suprsend_hub.store.queue import enqueue

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Retry:
    """A message that is tried again, for the `attempt`-th time (from 0), so long from now."""

    channel: Channel
    root: Root
    attempt: int
    after: timedelta


@dataclass(frozen=True, slots=True)
class Result:
    """All that one try leaves behind, to be written together."""

    workspace_id: int
    settlement: Settlement
    retry: Retry | None = None
    notification: NewNotification | None = None


async def settle(pool: Pool, results: Sequence[Result], now: datetime) -> list[bool]:
    """Write results in one transaction; False for each whose claim was lost to another worker."""

    async def work(connection: Connection) -> list[bool]:
        written: set[str] = set()
        for workspace_id in sorted({each.workspace_id for each in results}):
            own = [each for each in results if each.workspace_id == workspace_id]
            written |= await _settle_workspace(connection, workspace_id, own, now)
        return [each.settlement.message_id in written for each in results]

    # The vendor has the messages already: giving up while the database restarts would send them twice.
    return await transact(pool, work, patience_seconds=PATIENCE_SECONDS)


async def _settle_workspace(
    connection: Connection, workspace_id: int, results: Sequence[Result], now: datetime
) -> frozenset[str]:
    # One order everywhere: two workers that settle the same messages must not wait for one another in a ring.
    ordered = sorted(results, key=lambda each: each.settlement.message_id)
    written = await settle_messages(connection, workspace_id, [each.settlement for each in ordered], now)
    counted = [each for each in ordered if each.settlement.message_id in written]
    notifications = [each.notification for each in counted if each.notification is not None]
    if notifications:
        await insert_notifications(connection, workspace_id, notifications, now)
    await enqueue(connection, _retry_jobs(workspace_id, counted))
    return written


def _retry_jobs(workspace_id: int, results: Sequence[Result]) -> list[Job]:
    grouped: dict[tuple[Channel, Root, int, int], list[str]] = {}
    for each in results:
        if each.retry is not None:
            # Whole seconds, so that messages that failed together are tried again in one job.
            seconds = -int(-each.retry.after.total_seconds() // 1)
            key = (each.retry.channel, each.retry.root, each.retry.attempt, seconds)
            grouped.setdefault(key, []).append(each.settlement.message_id)
    return [
        Job(Send(workspace_id, channel, tuple(ids), attempt, root), timedelta(seconds=seconds))
        for (channel, root, attempt, seconds), ids in grouped.items()
    ]
