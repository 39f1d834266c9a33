"""Merging one user into another."""

from datetime import datetime

from suprsend_hub.actions.rewrite_requests import AT_ONCE, rewrite_requests, rewrite_unplanned
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.profile import Profile, ProfileKey, merge_properties
from suprsend_hub.domain.request_people import with_another
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.erasure import change_actor, lock_of_all_tenants
from suprsend_hub.store.merging import hand_over_messages, hand_over_rows, hand_over_runs
from suprsend_hub.store.profile_preferences import move_preferences
from suprsend_hub.store.profiles import (
    StoredProfile,
    delete_profiles,
    lock_profiles,
    read_profiles,
    write_profiles,
)
from suprsend_hub.store.subscriptions import move_subscriptions


async def merge_users(
    pool: Pool, workspace_id: int, source: ProfileKey, target: ProfileKey, now: datetime
) -> StoredProfile:
    """Make one user a part of another; NotFound where there is nobody to merge.

    What happened with it goes first, in steps that may all run again; the profiles go last, in one.
    """
    if source == target:
        raise Invalid("from_user_id", "is the user that it would be merged into")

    async def begin(connection: Connection) -> int:
        if source not in await read_profiles(connection, workspace_id, [source]):
            raise NotFound(f"there is no user {source.distinct_id!r}")
        return (await lock_profiles(connection, workspace_id, [target], now))[target].id

    target_id = await transact(pool, begin)
    ids = (source.distinct_id, target.distinct_id)

    def renamed(body: Document) -> Document | None:
        return with_another(body, *ids)

    async def hand_over(connection: Connection) -> int:
        request_ids = await change_actor(connection, workspace_id, *ids, AT_ONCE)
        await rewrite_requests(connection, workspace_id, request_ids, renamed)
        moved = len(request_ids)
        moved += await hand_over_runs(connection, workspace_id, *ids, target_id, AT_ONCE)
        moved += await hand_over_messages(connection, workspace_id, *ids, target_id, AT_ONCE)
        return moved + await hand_over_rows(connection, workspace_id, *ids, AT_ONCE)

    # What waits becomes runs and messages: in this order nothing is overtaken.
    await rewrite_unplanned(pool, workspace_id, source.distinct_id, renamed)
    while await transact(pool, hand_over):
        pass

    async def work(connection: Connection) -> StoredProfile:
        return await _merge_profiles(connection, workspace_id, source, target, now)

    return await transact(pool, work)


async def _merge_profiles(
    connection: Connection, workspace_id: int, source: ProfileKey, target: ProfileKey, now: datetime
) -> StoredProfile:
    known = await lock_of_all_tenants(connection, workspace_id, source)
    pairs = [(key, target._replace(tenant_id=key.tenant_id)) for key in known]
    stored = await lock_profiles(connection, workspace_id, {target, *(each for pair in pairs for each in pair)}, now)
    changes: dict[int, tuple[Profile, Profile]] = {}
    for given, taken in pairs:
        before = stored[taken].profile
        changes[stored[taken].id] = (before, _joined(stored[given].profile, before))
    await write_profiles(connection, workspace_id, changes, now)
    if source in stored:
        await move_subscriptions(connection, stored[source].id, stored[target].id)
        await move_preferences(connection, stored[source].id, stored[target].id)
    await delete_profiles(connection, workspace_id, [stored[given].id for given, _ in pairs])
    return (await read_profiles(connection, workspace_id, [target]))[target]


def _joined(given: Profile, taken: Profile) -> Profile:
    with_addresses = taken.with_inline(given.identities, {})
    return Profile(merge_properties(given.properties, taken.properties), with_addresses.identities)
