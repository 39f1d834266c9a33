"""Broadcasts: how far each has come through the list that it is for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.store.database import Connection
from suprsend_hub.store.keyset import Keyset, fetch_page
from suprsend_hub.store.requests import StoredRequest, lock_accepted

_BROADCASTS = (
    "select q.id as request_id, b.list_id, q.name as template, q.category, q.state, b.total, b.expanded,"
    " q.accepted_at, q.due_at, b.moved_at from request q join broadcast b on b.request_id = q.id"
    " where q.workspace_id = $1 and q.list_version_id is not null"
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an accepted broadcast has come: its members up to the cursor have their runs."""

    request: StoredRequest
    list_version_id: int
    revision: int
    expanded: int
    cursor: str


@dataclass(frozen=True, slots=True)
class ListedBroadcast:
    """A broadcast as people see it."""

    request_id: str
    list_id: str
    template: str
    category: str
    state: str
    total: int
    expanded: int
    accepted_at: datetime
    due_at: datetime
    moved_at: datetime | None


async def insert_broadcast(
    connection: Connection, workspace_id: int, request_id: str, list_id: str, revision: int, total: int
) -> None:
    """Note whom a request is for that was written in the same transaction."""
    await connection.execute(
        "insert into broadcast (request_id, workspace_id, list_id, revision, total) values ($1, $2, $3, $4, $5)",
        request_id,
        workspace_id,
        list_id,
        revision,
        total,
    )


async def lock_progress(connection: Connection, workspace_id: int, request_id: str) -> Progress | None:
    """How far a broadcast has come, locked until the transaction ends; None where nothing is left to do for it."""
    accepted = await lock_accepted(connection, workspace_id, [request_id])
    row = await connection.fetchrow(
        "select revision, expanded, cursor from broadcast where request_id = $2 and workspace_id = $1",
        workspace_id,
        request_id,
    )
    if not accepted or row is None or accepted[0].list_version_id is None:
        return None
    return Progress(request=accepted[0], list_version_id=accepted[0].list_version_id, **row)


async def move_on(
    connection: Connection, workspace_id: int, request_id: str, *, cursor: str, added: int, now: datetime
) -> None:
    """Note that so many more members of a locked broadcast have their runs."""
    await connection.execute(
        "update broadcast set cursor = $3, expanded = expanded + $4, moved_at = $5"
        " where workspace_id = $1 and request_id = $2",
        workspace_id,
        request_id,
        cursor,
        added,
        now,
    )


async def list_broadcasts(
    connection: Connection, workspace_id: int, *, limit: int, request_ids: Sequence[str] | None = None
) -> list[ListedBroadcast]:
    """The newest broadcasts of a workspace, or those that are named."""
    chosen = "" if request_ids is None else " and q.id = any($3)"
    rows = await connection.fetch(
        f"{_BROADCASTS}{chosen} order by q.id desc limit $2",
        workspace_id,
        limit,
        *([] if request_ids is None else [request_ids]),
    )
    return [ListedBroadcast(**row) for row in rows]


async def page_broadcasts(connection: Connection, workspace_id: int, keyset: Keyset) -> list[ListedBroadcast]:
    """The broadcasts of a workspace, newest first."""
    rows = await fetch_page(connection, _BROADCASTS, "q.id", keyset, workspace_id)
    return [ListedBroadcast(**row) for row in rows]


async def count_messages(
    connection: Connection, workspace_id: int, request_id: str, *, patience_seconds: float
) -> dict[tuple[str, str], int]:
    """How many messages of a request there are of each channel in each state; reads all of them."""
    async with connection.transaction():
        await connection.execute("select set_config('statement_timeout', $1, true)", f"{patience_seconds:.0f}s")
        rows = await connection.fetch(
            "select m.channel, m.status, count(*) as count from run r join message m on m.run_id = r.id"
            " where r.workspace_id = $1 and m.workspace_id = $1 and r.request_id = $2"
            " group by m.channel, m.status order by m.channel, m.status",
            workspace_id,
            request_id,
            timeout=patience_seconds + 5,
        )
    return {(row["channel"], row["status"]): row["count"] for row in rows}
