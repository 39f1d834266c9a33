"""Subscriber lists change: they are made, filled, synchronised and deleted."""

from collections.abc import Sequence
from datetime import datetime

from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.actions.record import record_events
from suprsend_hub.domain.fault import Conflict, Invalid, NotFound
from suprsend_hub.domain.subscriber_list import (
    MOST_DRAFTS,
    ListForm,
    ListVersion,
    SubscriberList,
    Verb,
)
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.events import NewEvent
from suprsend_hub.store.list_members import add_members, read_difference, remove_members
from suprsend_hub.store.subscriber_lists import (
    find_list,
    insert_draft,
    lock_list,
    mark_deleted,
    put_draft_live,
    put_list,
    retire_versions,
)


async def find_list_or_refuse(connection: Connection, workspace_id: int, list_id: str) -> SubscriberList:
    """The list of that id, or NotFound."""
    found = await find_list(connection, workspace_id, list_id)
    if found is None:
        raise NotFound(f"there is no list {list_id!r} in this workspace")
    return found


async def save_list(pool: Pool, workspace_id: int, list_id: str, form: ListForm, now: datetime) -> SubscriberList:
    """Make a list, or change what is said of it; Invalid if it would become one of another type."""

    async def work(connection: Connection) -> SubscriberList:
        await put_list(connection, workspace_id, list_id, form, make_id(now), now)
        saved = await find_list_or_refuse(connection, workspace_id, list_id)
        if form.list_type not in (None, saved.list_type):
            raise Invalid("list_type", f"can't be changed; {list_id!r} is {saved.list_type}")
        return saved

    return await transact(pool, work)


async def change_members(
    pool: Pool, workspace_id: int, list_id: str, verb: Verb, distinct_ids: Sequence[str], now: datetime
) -> int:
    """Add people to a list or remove them; how many this made a difference for."""

    async def work(connection: Connection) -> int:
        found = await _lock_static(connection, workspace_id, list_id)
        change = add_members if verb == "add" else remove_members
        changed = await change(connection, workspace_id, found.live, distinct_ids, now)
        name = found.event_of(verb)
        if name is not None:
            await _record(connection, workspace_id, name, changed, now)
        return len(changed)

    return await transact(pool, work)


async def change_draft_members(
    pool: Pool,
    workspace_id: int,
    list_id: str,
    version_id: str,
    verb: Verb,
    distinct_ids: Sequence[str],
    now: datetime,
) -> int:
    """Add people to a draft or remove them; how many this made a difference for."""

    async def work(connection: Connection) -> int:
        draft = (await _lock_static(connection, workspace_id, list_id)).draft(version_id)
        change = add_members if verb == "add" else remove_members
        return len(await change(connection, workspace_id, draft, distinct_ids, now))

    return await transact(pool, work)


async def start_sync(pool: Pool, workspace_id: int, list_id: str, now: datetime) -> tuple[SubscriberList, ListVersion]:
    """Begin an empty draft that can replace the list; the list and the draft."""

    async def work(connection: Connection) -> tuple[SubscriberList, ListVersion]:
        found = await _lock_static(connection, workspace_id, list_id)
        if len(found.drafts) >= MOST_DRAFTS:
            raise Conflict(f"{list_id!r} has {MOST_DRAFTS} drafts already; finish or delete one")
        version_id = make_id(now)
        await insert_draft(connection, workspace_id, found.id, version_id, now)
        changed = await find_list_or_refuse(connection, workspace_id, list_id)
        return changed, changed.draft(version_id)

    return await transact(pool, work)


async def finish_sync(pool: Pool, workspace_id: int, list_id: str, version_id: str, now: datetime) -> SubscriberList:
    """Put a draft in the place of the list; one that is there already stays, so a second time changes nothing."""

    async def work(connection: Connection) -> SubscriberList:
        found = await _lock_static(connection, workspace_id, list_id)
        if found.live.version_id != version_id:
            draft = found.draft(version_id)
            await put_draft_live(connection, workspace_id, found, draft, now)
            changes: list[tuple[Verb, ListVersion, ListVersion]]
            changes = [("add", draft, found.live), ("remove", found.live, draft)]
            for verb, version, without in changes:
                name = found.event_of(verb)
                if name is not None:
                    async for part in read_difference(connection, workspace_id, version, without):
                        await _record(connection, workspace_id, name, part, now)
        return await find_list_or_refuse(connection, workspace_id, list_id)

    return await transact(pool, work)


async def delete_draft(pool: Pool, workspace_id: int, list_id: str, version_id: str, now: datetime) -> None:
    """Drop a draft that was never finished."""

    async def work(connection: Connection) -> None:
        draft = (await _lock(connection, workspace_id, list_id)).draft(version_id)
        await retire_versions(connection, workspace_id, [draft.id], now)

    await transact(pool, work)


async def delete_list(pool: Pool, workspace_id: int, list_id: str, now: datetime) -> None:
    """Take a list out of use; broadcasts that were accepted go on."""

    async def work(connection: Connection) -> None:
        await mark_deleted(connection, workspace_id, await _lock(connection, workspace_id, list_id), now)

    await transact(pool, work)


async def _lock(connection: Connection, workspace_id: int, list_id: str) -> SubscriberList:
    await lock_list(connection, workspace_id, list_id)
    return await find_list_or_refuse(connection, workspace_id, list_id)


async def _lock_static(connection: Connection, workspace_id: int, list_id: str) -> SubscriberList:
    found = await _lock(connection, workspace_id, list_id)
    found.require_members()
    return found


async def _record(
    connection: Connection, workspace_id: int, name: str, distinct_ids: Sequence[str], now: datetime
) -> None:
    events = [NewEvent(make_id(now), each, name, {}, None, now) for each in distinct_ids]
    await record_events(connection, workspace_id, events, now)
