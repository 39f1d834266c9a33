"""Rewriting what requests say of a person: those without runs are looked through, as bodies alone name all people."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.request_people import people_in
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.erasure import NewBody, Unplanned, lock_bodies, look_through_unplanned, replace_bodies
from suprsend_hub.store.json_columns import to_column

# None where nothing of the body is to change.
Change: TypeAlias = Callable[[Document], Document | None]

AT_ONCE = 500
# They are only looked at; few of them are this person's.
MOST_LOOKED_AT = 5_000

_BODY = msgspec.json.Decoder(Document)


async def rewrite_unplanned(pool: Pool, workspace_id: int, distinct_id: str, change: Change) -> bool:
    """Change the requests that have no runs and may name a person; False where none was changed."""
    found, place = False, Unplanned()

    while True:
        going_on, ids = await _look_through(pool, workspace_id, distinct_id, place)
        for start in range(0, len(ids), AT_ONCE):
            chunk = ids[start : start + AT_ONCE]

            async def work(connection: Connection, chunk: list[str] = chunk) -> bool:
                return await rewrite_requests(connection, workspace_id, chunk, change)

            found |= await transact(pool, work)
        if going_on is None:
            return found
        place = going_on


async def rewrite_requests(
    connection: Connection, workspace_id: int, request_ids: Sequence[str], change: Change
) -> bool:
    """Change these requests; False where none was changed."""
    locked = await lock_bodies(connection, workspace_id, request_ids)
    changed = {
        request_id: NewBody(to_column(left), people_in(left))
        for request_id, body in locked.items()
        if (left := change(_BODY.decode(body))) is not None
    }
    if changed:
        await replace_bodies(connection, workspace_id, changed)
    return bool(changed)


async def _look_through(
    pool: Pool, workspace_id: int, distinct_id: str, place: Unplanned
) -> tuple[Unplanned | None, list[str]]:
    async with pool.acquire() as connection:
        return await look_through_unplanned(connection, workspace_id, distinct_id, place, MOST_LOOKED_AT)
