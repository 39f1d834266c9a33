"""Expanding broadcasts: one page of members after another becomes runs."""

from datetime import datetime

from suprsend_hub.actions.begin_runs import begin_runs, unnamed
from suprsend_hub.actions.programs import read_assignments
from suprsend_hub.domain.job import Expand, Job
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.store.broadcasts import lock_progress, move_on
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.list_members import page_members
from suprsend_hub.store.queue import enqueue
from suprsend_hub.store.requests import mark_planned

PAGE = 500


async def expand(pool: Pool, job: Expand, now: datetime) -> None:
    """Give the next members their runs, and queue what follows.

    Runs, cursor and the next job are one transaction, and a job that starts elsewhere than where the cursor is does
    nothing: whenever a worker is killed, nobody is left out and nobody comes twice.
    """

    async def work(connection: Connection) -> None:
        progress = await lock_progress(connection, job.workspace_id, job.request_id)
        if progress is None or progress.cursor != job.after:
            return
        members = await page_members(
            connection,
            job.workspace_id,
            progress.list_version_id,
            progress.revision,
            after=job.after,
            limit=PAGE,
        )
        if members:
            (assignment,) = await read_assignments(connection, [progress.request])
            cases = [unnamed(assignment, ProfileKey(each)) for each in members]
            await begin_runs(connection, job.workspace_id, cases, now)
        is_more = len(members) == PAGE
        # At the end nobody's id is kept: whoever is erased must not be found here.
        cursor, added = members[-1] if is_more else "", len(members)
        await move_on(connection, job.workspace_id, job.request_id, cursor=cursor, added=added, now=now)
        if is_more:
            following = Expand(job.workspace_id, job.request_id, job.root, members[-1])
            await enqueue(connection, [Job(following)])
        else:
            await mark_planned(connection, job.workspace_id, [job.request_id], now)

    await transact(pool, work)
