"""The members of subscriber lists: changed in sets, read in pages, and kept as they were while a broadcast needs it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from suprsend_hub.domain.subscriber_list import ListVersion
from suprsend_hub.store.database import Connection, count_changed

# The `until` of whoever is a member now.
NOW = 2**63 - 1
_PAGE = 5000

_UNPINNED = "not exists (select from request q where q.list_version_id = {} and q.state = 'accepted')"


async def add_members(
    connection: Connection, workspace_id: int, version: ListVersion, distinct_ids: Sequence[str], now: datetime
) -> list[str]:
    """Add people to a version of a locked list; those who were not members before."""
    rows = await connection.fetch(
        "insert into list_member (list_version_id, distinct_id, since)"
        " select v.id, each, v.revision + 1 from list_version v, unnest($3::text[]) as each"
        " where v.workspace_id = $1 and v.id = $2"
        " on conflict (list_version_id, distinct_id, until) do nothing returning distinct_id",
        workspace_id,
        version.id,
        distinct_ids,
    )
    await _note_change(connection, workspace_id, version.id, len(rows), now)
    return [row["distinct_id"] for row in rows]


async def remove_members(
    connection: Connection, workspace_id: int, version: ListVersion, distinct_ids: Sequence[str], now: datetime
) -> list[str]:
    """Take people out of a version of a locked list; those who were members."""
    if await is_pinned(connection, version.id):
        # A broadcast that was accepted earlier is still to reach them.
        statement = "update list_member m set until = v.revision + 1 from list_version v"
    else:
        statement = "delete from list_member m using list_version v"
    rows = await connection.fetch(
        f"{statement} where v.workspace_id = $1 and v.id = $2 and m.list_version_id = v.id and m.list_version_id = $2"
        f" and m.distinct_id = any($3) and m.until = {NOW} returning m.distinct_id",
        workspace_id,
        version.id,
        distinct_ids,
    )
    await _note_change(connection, workspace_id, version.id, -len(rows), now)
    return [row["distinct_id"] for row in rows]


async def leave_lists(connection: Connection, workspace_id: int, distinct_id: str, now: datetime) -> int:
    """Take somebody off every list, as if they had never been on it; returns how many memberships there were."""
    # Whoever expands a broadcast just now is waited for, and whoever goes on with it later finds nobody here.
    await connection.execute(
        "select from request where workspace_id = $1 and list_version_id is not null and state = 'accepted'"
        " order by id for share",
        workspace_id,
    )
    rows = await connection.fetch(
        "delete from list_member m using list_version v where v.workspace_id = $1 and m.list_version_id = v.id"
        " and m.distinct_id = $2 returning m.list_version_id, m.until",
        workspace_id,
        distinct_id,
    )
    for version_id in sorted(row["list_version_id"] for row in rows if row["until"] == NOW):
        await _note_change(connection, workspace_id, version_id, -1, now)
    return len(rows)


async def _note_change(connection: Connection, workspace_id: int, version_id: int, count: int, now: datetime) -> None:
    if count:
        await connection.execute(
            "update list_version set subscribers_count = subscribers_count + $3, revision = revision + 1,"
            " updated_at = $4 where workspace_id = $1 and id = $2",
            workspace_id,
            version_id,
            count,
            now,
        )


async def is_pinned(connection: Connection, version_id: int) -> bool:
    """Whether a broadcast is still to reach members of this version."""
    found = await connection.fetchval(
        "select exists (select from request where list_version_id = $1 and state = 'accepted')", version_id
    )
    return bool(found)


async def page_members(
    connection: Connection, workspace_id: int, version_id: int, revision: int, *, after: str, limit: int
) -> list[str]:
    """The next members of a version as it was at that revision, in the order of their ids."""
    rows = await connection.fetch(
        "select m.distinct_id from list_member m join list_version v on v.id = m.list_version_id"
        " where v.workspace_id = $1 and m.list_version_id = $2 and m.distinct_id > $4"
        " and m.since <= $3 and m.until > $3 order by m.distinct_id limit $5",
        workspace_id,
        version_id,
        revision,
        after,
        limit,
    )
    return [row["distinct_id"] for row in rows]


async def read_difference(
    connection: Connection, workspace_id: int, version: ListVersion, without: ListVersion
) -> AsyncIterator[list[str]]:
    """The members of one version who are none of another, in parts; inside a transaction, and read once."""
    part: list[str] = []
    async for row in connection.cursor(
        # Whatever the planner knows of the table yet, each side is read once; "not exists" may look at all of the other
        # version for each member.
        "select m.distinct_id from list_member m join list_version v on v.id = m.list_version_id"  # noqa: S608
        f" where v.workspace_id = $1 and m.list_version_id = $2 and m.until = {NOW} except"
        f" select o.distinct_id from list_member o where o.list_version_id = $3 and o.until = {NOW}",
        workspace_id,
        version.id,
        without.id,
        prefetch=_PAGE,
    ):
        part.append(row["distinct_id"])
        if len(part) == _PAGE:
            yield part
            part = []
    if part:
        yield part


async def prune_members(connection: Connection, most: int) -> int:
    """Forget so many who left, and so many of a version that is past, where no broadcast is to reach them any more.

    How many rows went; 0 where nothing is left to forget.
    """
    gone = await connection.execute(
        "delete from list_member where ctid = any(array(select m.ctid from list_member m"  # noqa: S608
        f" where m.until < {NOW} and {_UNPINNED.format('m.list_version_id')} limit $1))",
        most,
    )
    version_id = await connection.fetchval(
        f"select v.id from list_version v where v.status = 'past' and {_UNPINNED.format('v.id')} limit 1"  # noqa: S608
    )
    past = await connection.execute(
        # In the order of the index, so that it is the index that is read.
        "delete from list_member where ctid = any(array("
        "select ctid from list_member where list_version_id = $1 order by distinct_id limit $2))",
        version_id,
        most,
    )
    count = count_changed(gone) + count_changed(past)
    if count_changed(past) < most:
        # Nobody joins a version that is past, so none is left.
        count += count_changed(await connection.execute("delete from list_version where id = $1", version_id))
    return count
