"""Cancelling: once it is acknowledged, nothing more of a run leaves the hub.

What waits is ended. What a worker holds is marked: it can't be claimed again, and whatever the worker could not begin
within seconds it has to claim again. So after those seconds only what has left already is under way.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from suprsend_hub.actions.announce import announcing
from suprsend_hub.actions.audit import Along, nothing_along
from suprsend_hub.actions.send import FRESH_SECONDS
from suprsend_hub.domain.fault import Overloaded
from suprsend_hub.store.cancellations import (
    RunFilter,
    cancel_messages,
    cancel_requests,
    cancel_runs,
    find_accepted,
    find_runs,
    find_stopped,
    is_held,
    list_planners,
    write_tombstones,
)
from suprsend_hub.store.database import Connection, Pool, transact

# As long as a worker may take to begin what it has claimed, and a moment for what it began last.
_PATIENCE_SECONDS = FRESH_SECONDS + 1
_LOOK_SECONDS = 0.1
# Planning for hundreds of thousands of people in one request takes about as long.
PLANNING_SECONDS = 60.0
_BATCH = 2_000
# The reply names no more runs than this; all that fit are cancelled.
MOST_NAMED = 10_000


@dataclass(slots=True)
class _Ended:
    """What a cancellation has found so far, and which of it it ended, by the ids that callers know it by.

    `held` are the messages that workers have in hand, each with the execution that is ended if it does not leave.
    """

    found: dict[str, None]
    ended: set[str]
    held: dict[str, str]


async def cancel(
    pool: Pool, workspace_id: int, narrowed: RunFilter, now: datetime, along: Along = nothing_along
) -> Sequence[str]:
    """Cancel what fits and has not ended; the ids of requests that had no runs yet, and of runs, or of broadcasts.

    A run is not named if all that was left of it was in the hands of workers, and left the hub all the same.
    """
    seen = _Ended({}, set(), {})

    async def keep_in_mind(connection: Connection) -> None:
        await write_tombstones(connection, workspace_id, narrowed, now)
        await along(connection)

    async def go_on(connection: Connection) -> int:
        runs = await find_runs(connection, workspace_id, narrowed, _BATCH)
        names = {each.id: each.request_id if narrowed.of_broadcasts else each.id for each in runs}
        messages = await cancel_runs(connection, workspace_id, list(names), now)
        async with announcing(connection, workspace_id, list(messages), now):
            held = await cancel_messages(connection, workspace_id, list(messages), now)
        seen.held |= {each: names[messages[each]] for each in held}
        seen.found |= dict.fromkeys(names.values())
        seen.ended |= {names[each.id] for each in runs if each.is_waiting}
        seen.ended |= {names[run_id] for message_id, run_id in messages.items() if message_id not in seen.held}
        return len(runs)

    await transact(pool, keep_in_mind)
    requests = await _end_requests(pool, workspace_id, narrowed)
    seen.found |= dict.fromkeys(requests)
    seen.ended.update(requests)
    while await transact(pool, go_on):
        pass
    await _until_let_go(pool, workspace_id, list(seen.held))
    async with pool.acquire() as connection:
        seen.ended |= {seen.held[each] for each in await find_stopped(connection, workspace_id, list(seen.held))}
    return list(islice((each for each in seen.found if each in seen.ended), MOST_NAMED))


async def _end_requests(pool: Pool, workspace_id: int, narrowed: RunFilter) -> list[str]:
    """End what is not planned, and wait for whoever began to plan before the tombstones could be seen."""
    give_up_at = asyncio.get_running_loop().time() + PLANNING_SECONDS
    async with pool.acquire() as connection:
        left = await find_accepted(connection, workspace_id, narrowed)
        planners = await list_planners(connection, workspace_id) if narrowed.recipients else frozenset()
    ended: list[str] = []
    while left or planners:
        now_ended, left = await transact(pool, partial(cancel_requests, workspace_id=workspace_id, request_ids=left))
        ended += now_ended
        async with pool.acquire() as connection:
            planners &= await list_planners(connection, workspace_id)
        if left or planners:
            if asyncio.get_running_loop().time() > give_up_at:
                raise Overloaded("some of this is being planned for very many people; ask again in a minute")
            await asyncio.sleep(_LOOK_SECONDS)
    return sorted(ended)


async def _until_let_go(pool: Pool, workspace_id: int, message_ids: Sequence[str]) -> None:
    """Wait for what workers have in hand; what they keep longer has left already."""
    give_up_at = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while message_ids and asyncio.get_running_loop().time() < give_up_at:
        async with pool.acquire() as connection:
            if not await is_held(connection, workspace_id, message_ids):
                return
        await asyncio.sleep(_LOOK_SECONDS)
