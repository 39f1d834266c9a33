"""Forgetting: one batch of what is over and old, in one transaction that also notes how far it has come."""

from datetime import datetime, timedelta

from suprsend_hub.domain.retention import DataClass
from suprsend_hub.domain.ulid import first_id
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.retention import (
    Age,
    Progress,
    delete_events,
    delete_notifications,
    delete_requests,
    delete_runs,
    end_pass,
    lock_progress,
    look_at_requests,
    move_on,
    next_workspace,
)

BATCH = 5_000
# Runs have some messages each, and requests some runs.
RUNS_AT_ONCE = 2_000
REQUESTS_AT_ONCE = 1_000
# What is old but not over is looked at again in every pass.
REST = timedelta(hours=1)


async def forget(pool: Pool, data_class: DataClass, kept_since: datetime, now: datetime) -> bool:
    """Forget one batch of a class of data; False where there is nothing to do for now, or another worker does it."""
    age = Age(first_id(kept_since), kept_since)

    async def work(connection: Connection) -> bool:
        progress = await lock_progress(connection, data_class, now)
        if progress is None:
            return False
        if data_class == "messages":
            following = await _forget_runs(connection, progress, age)
        else:
            following = await _forget_rows(connection, data_class, progress, age)
        if following is None:
            await end_pass(connection, data_class, now + REST)
            return False
        await move_on(connection, data_class, following)
        return True

    return await transact(pool, work)


async def _forget_runs(connection: Connection, progress: Progress, age: Age) -> Progress | None:
    """Delete the next part of what is over; where to go on, None at the end."""
    position, ending = progress.position, progress.ending
    if not ending:
        found = await look_at_requests(connection, position, age, REQUESTS_AT_ONCE)
        if not found:
            return None
        position, ending = found[-1][0], [request_id for request_id, is_over in found if is_over]
    if await delete_runs(connection, ending, RUNS_AT_ONCE) == RUNS_AT_ONCE:
        return Progress(0, position, ending)
    await delete_requests(connection, ending)
    return Progress(0, position)


async def _forget_rows(connection: Connection, data_class: DataClass, progress: Progress, age: Age) -> Progress | None:
    """Delete the next rows of one workspace; where to go on, None at the end."""
    workspace_id = await next_workspace(connection, data_class, progress.workspace_id, age)
    if workspace_id is None:
        return None
    after = progress.position if workspace_id == progress.workspace_id else ""
    delete = delete_events if data_class == "events" else delete_notifications
    last = await delete(connection, workspace_id, after, age, BATCH)
    return Progress(workspace_id + 1) if last is None else Progress(workspace_id, last)
