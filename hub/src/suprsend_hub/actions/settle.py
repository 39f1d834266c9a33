"""Writing down what tries came to; tries that end together share one commit."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from suprsend_hub.actions.announce import announcing
from suprsend_hub.actions.count_activity import count_settled
from suprsend_hub.domain.job import Job, Send
from suprsend_hub.domain.message_try import MessageTry
from suprsend_hub.store.activity import append_activity
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.inbox_notifications import NewNotification, insert_notifications
from suprsend_hub.store.message_contents import NewContent, put_contents
from suprsend_hub.store.message_tries import insert_tries
from suprsend_hub.store.queue import enqueue
from suprsend_hub.store.settlements import Settlement, settle_messages
from suprsend_hub.store.suppressions import NewSuppression, put_suppressions

# A migration may hold the table for minutes.
PATIENCE_SECONDS = 600.0


class Again(Struct, frozen=True):
    """A message that comes to its turn again, so long from now; `send` names no messages yet: many may share it."""

    send: Send
    after: timedelta


class Result(Struct, frozen=True):
    """All that one try leaves behind, to be written together.

    `at_once` is the next vendor's turn, should the one that has the message have failed meanwhile.
    """

    workspace_id: int
    settlement: Settlement
    again: Again | None = None
    at_once: Again | None = None
    notification: NewNotification | None = None
    suppression: NewSuppression | None = None
    tries: Sequence[MessageTry] = ()
    content: NewContent | None = None


async def settle(pool: Pool, results: Sequence[Result], now: datetime) -> list[bool]:
    """Write results in one transaction; False for each whose claim was lost to another worker."""

    async def work(connection: Connection) -> list[bool]:
        written: set[str] = set()
        for workspace_id in sorted({each.workspace_id for each in results}):
            own = [each for each in results if each.workspace_id == workspace_id]
            written |= set(await _settle_workspace(connection, workspace_id, own, now))
        return [each.settlement.message_id in written for each in results]

    # The vendor has the messages already: giving up while the database restarts, or is migrated, would send them twice.
    return await transact(pool, work, patience_seconds=PATIENCE_SECONDS)


async def _settle_workspace(
    connection: Connection, workspace_id: int, results: Sequence[Result], now: datetime
) -> Collection[str]:
    # One order everywhere: two workers that settle the same messages must not wait for one another in a ring.
    ordered = sorted(results, key=lambda each: each.settlement.message_id)
    async with announcing(connection, workspace_id, [each.settlement.message_id for each in ordered], now):
        written = await settle_messages(connection, workspace_id, [each.settlement for each in ordered], now)
    counted = [each for each in ordered if each.settlement.message_id in written]
    notifications = [each.notification for each in counted if each.notification is not None]
    if notifications:
        await insert_notifications(connection, workspace_id, notifications, now)
    suppressions = [each.suppression for each in counted if each.suppression is not None]
    if suppressions:
        await put_suppressions(connection, workspace_id, suppressions, now)
    contents = [each.content for each in counted if each.content is not None]
    if contents:
        await put_contents(connection, workspace_id, contents)
    tries = [one for each in counted for one in each.tries]
    tries += [each.reported for each in written.values() if each.reported is not None]
    if tries:
        await insert_tries(connection, workspace_id, tries)
    jobs = [
        # What failed while it was in hand is the next vendor's turn now, and not once a report is late.
        replace(each, again=each.at_once or each.again) if written[each.settlement.message_id].reported else each
        for each in counted
    ]
    await enqueue(connection, _jobs(jobs))
    await append_activity(connection, workspace_id, count_settled(written.values()), now)
    return written.keys()


def _jobs(results: Sequence[Result]) -> list[Job]:
    grouped: dict[Again, list[str]] = {}
    for each in results:
        if each.again is not None:
            # Whole seconds, so that messages that failed together are tried again in one job.
            seconds = -int(-each.again.after.total_seconds() // 1)
            key = replace(each.again, after=timedelta(seconds=seconds))
            grouped.setdefault(key, []).append(each.settlement.message_id)
    return [Job(replace(again.send, message_ids=tuple(ids)), again.after) for again, ids in grouped.items()]
