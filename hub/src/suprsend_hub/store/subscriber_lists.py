"""Subscriber lists and the versions of their members."""

from collections.abc import Sequence
from datetime import datetime

from suprsend_hub.domain.subscriber_list import ListForm, ListVersion, SubscriberList
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.json_columns import to_column
from suprsend_hub.store.keyset import Keyset, fetch_page
from suprsend_hub.store.list_members import NOW

_VERSION = "v.id, v.version_id, v.status, v.subscribers_count, v.revision, v.created_at, v.updated_at"
_LIST = "l.id, l.list_id, l.name, l.description, l.list_type, l.tracks_entry, l.tracks_exit, l.created_at, l.updated_at"


async def put_list(
    connection: Connection, workspace_id: int, list_id: str, form: ListForm, version_id: str, now: datetime
) -> None:
    """Write a list, with an empty live version of this id where it is new; what the form leaves out stays."""
    await connection.execute(
        "with list as (insert into subscriber_list"
        " (workspace_id, list_id, name, description, list_type, query, tracks_entry, tracks_exit, created_at,"
        " updated_at) values ($1, $2, coalesce($3, ''), coalesce($4, ''), coalesce($5, 'static_list'), $6,"
        " coalesce($7, false), coalesce($8, false), $9, $9)"
        " on conflict (workspace_id, list_id) where deleted_at is null do update set"
        " name = coalesce($3, subscriber_list.name), description = coalesce($4, subscriber_list.description),"
        " query = coalesce($6, subscriber_list.query), updated_at = $9,"
        " tracks_entry = coalesce($7, subscriber_list.tracks_entry),"
        " tracks_exit = coalesce($8, subscriber_list.tracks_exit) returning id)"
        " insert into list_version (workspace_id, subscriber_list_id, version_id, status, created_at, updated_at)"
        " select $1, id, $10, 'live', $9, $9 from list"
        " on conflict (subscriber_list_id) where status = 'live' do nothing",
        workspace_id,
        list_id,
        form.list_name,
        form.list_description,
        form.list_type,
        None if form.query is None else to_column(form.query),
        form.track_user_entry,
        form.track_user_exit,
        now,
        version_id,
    )


async def find_list(connection: Connection, workspace_id: int, list_id: str) -> SubscriberList | None:
    """The list of that id with its live version and its drafts."""
    rows = await connection.fetch(
        f"select {_LIST} from subscriber_list l"  # noqa: S608 - made of constants
        " where l.workspace_id = $1 and l.list_id = $2 and l.deleted_at is null",
        workspace_id,
        list_id,
    )
    return next(iter(await _with_versions(connection, workspace_id, rows)), None)


async def lock_list(connection: Connection, workspace_id: int, list_id: str) -> None:
    """Let nobody else change a list and its members until the transaction ends."""
    await _lock(connection, workspace_id, list_id, "for update")


async def hold_list(connection: Connection, workspace_id: int, list_id: str) -> None:
    """Let a list and its members stay as they are until the transaction ends."""
    await _lock(connection, workspace_id, list_id, "for share")


async def _lock(connection: Connection, workspace_id: int, list_id: str, lock: str) -> None:
    await connection.execute(
        f"select from subscriber_list where workspace_id = $1 and list_id = $2 and deleted_at is null {lock}",
        workspace_id,
        list_id,
    )


async def page_lists(
    connection: Connection, workspace_id: int, limit: int, offset: int
) -> tuple[int, list[SubscriberList]]:
    """How many lists there are, and a page of them by their ids."""
    count = await connection.fetchval(
        "select count(*) from subscriber_list where workspace_id = $1 and deleted_at is null", workspace_id
    )
    rows = await connection.fetch(
        f"select {_LIST} from subscriber_list l"  # noqa: S608 - made of constants
        " where l.workspace_id = $1 and l.deleted_at is null order by l.list_id limit $2 offset $3",
        workspace_id,
        limit,
        offset,
    )
    return count, await _with_versions(connection, workspace_id, rows)


async def page_newest_lists(connection: Connection, workspace_id: int, keyset: Keyset) -> list[SubscriberList]:
    """The lists of a workspace, newest first."""
    rows = await fetch_page(
        connection,
        f"select {_LIST} from subscriber_list l where l.workspace_id = $1 and l.deleted_at is null",  # noqa: S608 - made of constants
        "l.id",
        keyset,
        workspace_id,
    )
    return await _with_versions(connection, workspace_id, rows)


async def page_lists_of(
    connection: Connection, workspace_id: int, distinct_id: str, keyset: Keyset
) -> list[SubscriberList]:
    """The lists that somebody is on now, newest first."""
    rows = await fetch_page(
        connection,
        f"select {_LIST} from subscriber_list l where l.workspace_id = $1 and l.deleted_at is null and exists ("  # noqa: S608 - made of constants
        "select from list_version v join list_member m on m.list_version_id = v.id where v.subscriber_list_id = l.id"
        f" and v.status = 'live' and m.distinct_id = $2 and m.until = {NOW})",
        "l.id",
        keyset,
        workspace_id,
        distinct_id,
    )
    return await _with_versions(connection, workspace_id, rows)


async def _with_versions(connection: Connection, workspace_id: int, rows: Sequence[Record]) -> list[SubscriberList]:
    live: dict[int, ListVersion] = {}
    drafts: dict[int, list[ListVersion]] = {row["id"]: [] for row in rows}
    for row in await connection.fetch(
        f"select v.subscriber_list_id, {_VERSION} from list_version v"  # noqa: S608 - made of constants
        " where v.workspace_id = $1 and v.subscriber_list_id = any($2) and v.status = 'live'"
        f" union all select v.subscriber_list_id, {_VERSION} from list_version v"
        " where v.workspace_id = $1 and v.subscriber_list_id = any($2) and v.status = 'draft' order by id",
        workspace_id,
        list(drafts),
    ):
        values = dict(row)
        owner = values.pop("subscriber_list_id")
        version = ListVersion(**values)
        if version.status == "live":
            live[owner] = version
        else:
            drafts[owner].append(version)
    return [SubscriberList(**row, live=live[row["id"]], drafts=tuple(drafts[row["id"]])) for row in rows]


async def insert_draft(
    connection: Connection, workspace_id: int, subscriber_list_id: int, version_id: str, now: datetime
) -> None:
    """Begin an empty version."""
    await connection.execute(
        "insert into list_version (workspace_id, subscriber_list_id, version_id, status, created_at, updated_at)"
        " values ($1, $2, $3, 'draft', $4, $4)",
        workspace_id,
        subscriber_list_id,
        version_id,
        now,
    )


async def put_draft_live(
    connection: Connection, workspace_id: int, subscriber_list: SubscriberList, draft: ListVersion, now: datetime
) -> None:
    """Replace the live version of a locked list by one of its drafts."""
    await retire_versions(connection, workspace_id, [subscriber_list.live.id], now)
    await connection.execute(
        "update list_version set status = 'live', updated_at = $3 where workspace_id = $1 and id = $2",
        workspace_id,
        draft.id,
        now,
    )


async def retire_versions(connection: Connection, workspace_id: int, ids: Sequence[int], now: datetime) -> None:
    """Take versions out of use; upkeep forgets them."""
    await connection.execute(
        "update list_version set status = 'past', updated_at = $3 where workspace_id = $1 and id = any($2)",
        workspace_id,
        ids,
        now,
    )


async def mark_deleted(
    connection: Connection, workspace_id: int, subscriber_list: SubscriberList, now: datetime
) -> None:
    """Take a locked list out of use with all its versions."""
    await connection.execute(
        "update subscriber_list set deleted_at = $3 where workspace_id = $1 and id = $2",
        workspace_id,
        subscriber_list.id,
        now,
    )
    versions = (subscriber_list.live, *subscriber_list.drafts)
    await retire_versions(connection, workspace_id, [each.id for each in versions], now)
