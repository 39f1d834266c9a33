"""Cancelling: once it is acknowledged, nothing more of a run leaves the hub.

What waits is ended. What a worker holds is marked: it can't be claimed again, and whatever the worker could not begin
within seconds it has to claim again. So after those seconds only what has left already is under way.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.actions.announce import announcing
from suprsend_hub.actions.audit import Along, nothing_along
from suprsend_hub.actions.send import FRESH_SECONDS
from suprsend_hub.store.cancellations import (
    RunFilter,
    cancel_messages,
    cancel_requests,
    cancel_runs,
    find_runs,
    hold_planning,
    is_held,
    write_tombstones,
)
from suprsend_hub.store.database import Connection, Pool, transact

# As long as a worker may take to begin what it has claimed, and a moment for what it began last.
_PATIENCE_SECONDS = FRESH_SECONDS + 1
_LOOK_SECONDS = 0.1
_BATCH = 2_000
# The reply names no more runs than this; all that fit are cancelled.
MOST_NAMED = 10_000


@dataclass(slots=True)
class _Ended:
    """What a cancellation has ended so far."""

    run_ids: list[str]
    held: list[str]


async def cancel(
    pool: Pool, workspace_id: int, narrowed: RunFilter, now: datetime, along: Along = nothing_along
) -> Sequence[str]:
    """Cancel what fits and has not ended; the ids of requests that had no runs yet, and of runs."""
    ended = _Ended([], [])

    async def begin(connection: Connection) -> list[str]:
        # Whoever plans just now is waited for, and whoever plans later sees what is written here.
        await hold_planning(connection, workspace_id)
        await write_tombstones(connection, workspace_id, narrowed, now)
        await along(connection)
        return await cancel_requests(connection, workspace_id, narrowed)

    async def go_on(connection: Connection) -> int:
        runs = await find_runs(connection, workspace_id, narrowed, _BATCH)
        messages = await cancel_runs(connection, workspace_id, runs, now)
        async with announcing(connection, workspace_id, messages, now):
            ended.held += await cancel_messages(connection, workspace_id, messages, now)
        ended.run_ids += runs
        return len(runs)

    requests = await transact(pool, begin)
    while await transact(pool, go_on) == _BATCH:
        pass
    await _until_let_go(pool, workspace_id, ended.held)
    return [*requests, *ended.run_ids][:MOST_NAMED]


async def _until_let_go(pool: Pool, workspace_id: int, message_ids: Sequence[str]) -> None:
    """Wait for what workers have in hand; what they keep longer has left already."""
    give_up_at = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while message_ids and asyncio.get_running_loop().time() < give_up_at:
        async with pool.acquire() as connection:
            if not await is_held(connection, workspace_id, message_ids):
                return
        await asyncio.sleep(_LOOK_SECONDS)
