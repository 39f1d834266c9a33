"""Erasing a user: profile, addresses and contents go, what counts messages stays without them.

It goes in steps that may all run again, each a transaction of its own: a person may have any number of messages.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from suprsend_hub.actions.announce import announcing
from suprsend_hub.actions.audit import Along, nothing_along
from suprsend_hub.actions.rewrite_requests import AT_ONCE, rewrite_requests, rewrite_unplanned
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.request_people import without_person
from suprsend_hub.domain.suppression import suppressible
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.erasure import (
    blank_events,
    blank_runs,
    blank_traces,
    change_actor,
    delete_cancellations,
    delete_notifications,
    lock_of_all_tenants,
    lock_traces,
)
from suprsend_hub.store.list_members import leave_lists
from suprsend_hub.store.profiles import delete_profiles, lock_existing
from suprsend_hub.store.suppressions import hide_suppressed


async def erase(pool: Pool, workspace_id: int, key: ProfileKey, now: datetime, along: Along = nothing_along) -> bool:
    """Forget a user or an object; False where nothing was known. `along` is called as its profiles go."""
    if key.object_type:
        return await _erase_profiles(pool, workspace_id, key, along)
    # Lists and what waits become messages, and messages become notifications: in this order nothing is overtaken.
    found = await transact(pool, lambda connection: leave_lists(connection, workspace_id, key.distinct_id, now)) > 0
    blanked = partial(without_person, distinct_id=key.distinct_id)
    found |= await rewrite_unplanned(pool, workspace_id, key.distinct_id, blanked)
    found |= await _erase_profiles(pool, workspace_id, key, along)

    async def cancellations(connection: Connection) -> int:
        return await delete_cancellations(connection, workspace_id, key.distinct_id)

    async def acts(connection: Connection) -> int:
        request_ids = await change_actor(connection, workspace_id, key.distinct_id, None, AT_ONCE)
        await rewrite_requests(connection, workspace_id, request_ids, blanked)
        return len(request_ids)

    async def runs(connection: Connection) -> int:
        request_ids = await blank_runs(connection, workspace_id, key.distinct_id, AT_ONCE, now)
        await rewrite_requests(connection, workspace_id, sorted(set(request_ids)), blanked)
        return len(request_ids)

    async def messages(connection: Connection) -> int:
        return await _erase_messages(connection, workspace_id, key.distinct_id, now)

    async def notifications(connection: Connection) -> int:
        return await delete_notifications(connection, workspace_id, key.distinct_id, AT_ONCE)

    async def events(connection: Connection) -> int:
        return await blank_events(connection, workspace_id, key.distinct_id, AT_ONCE)

    for step in (cancellations, acts, runs, messages, notifications, events):
        found |= await _until_none(pool, step)
    return found


async def _until_none(pool: Pool, step: Callable[[Connection], Awaitable[int]]) -> bool:
    found = 0
    while done := await transact(pool, step):
        found += done
    return found > 0


async def _erase_profiles(pool: Pool, workspace_id: int, key: ProfileKey, along: Along) -> bool:
    async def work(connection: Connection) -> bool:
        keys = await lock_of_all_tenants(connection, workspace_id, key)
        stored = await lock_existing(connection, workspace_id, keys)
        identities = [each for found in stored.values() for each in found.profile.identities]
        addresses = [suppressible(each.channel, each.provider, each.value) for each in identities]
        await hide_suppressed(connection, workspace_id, [each for each in addresses if each is not None])
        await delete_profiles(connection, workspace_id, [each.id for each in stored.values()])
        await along(connection)
        return bool(stored)

    return await transact(pool, work)


async def _erase_messages(connection: Connection, workspace_id: int, distinct_id: str, now: datetime) -> int:
    traces = await lock_traces(connection, workspace_id, distinct_id, AT_ONCE)
    if traces.message_ids:
        await rewrite_requests(
            connection, workspace_id, traces.request_ids, partial(without_person, distinct_id=distinct_id)
        )
        await hide_suppressed(connection, workspace_id, traces.addresses)
        async with announcing(connection, workspace_id, traces.message_ids, now):
            await blank_traces(connection, workspace_id, traces, now)
    return len(traces.message_ids)
