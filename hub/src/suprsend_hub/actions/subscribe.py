"""Subscribing users and objects to an object."""

from collections.abc import Sequence
from datetime import datetime

from suprsend_hub.domain.details import Details, Member
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.profile import Profile, ProfileKey
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.profiles import lock_profiles, read_profiles, write_profiles
from suprsend_hub.store.subscriptions import delete_subscriptions, put_subscriptions


async def subscribe(
    pool: Pool,
    workspace_id: int,
    parent: Member,
    members: Sequence[Member],
    properties: Document,
    now: datetime,
) -> None:
    """Subscribe members to an object; whoever is missing is made, and inline details are added to profiles."""
    told: dict[ProfileKey, Details] = {each.key: each.details for each in members}
    if parent.key in told:
        raise Invalid("recipients", "an object can't subscribe to itself")

    async def work(connection: Connection) -> None:
        stored = await lock_profiles(connection, workspace_id, {parent.key, *told}, now)
        changes: dict[int, tuple[Profile, Profile]] = {}
        for each in (parent, *members):
            found = stored[each.key]
            changes[found.id] = (found.profile, each.details.added_to(found.profile))
        await write_profiles(connection, workspace_id, changes, now)
        ids = {stored[key].id: key for key in told}
        await put_subscriptions(connection, stored[parent.key].id, ids, properties, now)

    await transact(pool, work)


async def unsubscribe_members(pool: Pool, workspace_id: int, parent: ProfileKey, members: Sequence[ProfileKey]) -> None:
    """End subscriptions to an object; whoever does not subscribe is passed over."""

    async def work(connection: Connection) -> None:
        stored = await read_profiles(connection, workspace_id, {parent, *members})
        if parent in stored:
            ids = [stored[each].id for each in members if each in stored]
            await delete_subscriptions(connection, stored[parent].id, ids)

    await transact(pool, work)
