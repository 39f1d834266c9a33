"""Editing one profile."""

from collections.abc import Callable
from datetime import datetime

from suprsend_hub.domain.profile import Profile, ProfileKey
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.profiles import StoredProfile, lock_profiles, read_profiles, write_profiles


async def edit_profile(
    pool: Pool, workspace_id: int, key: ProfileKey, change: Callable[[Profile], Profile], now: datetime
) -> StoredProfile:
    """Change a profile, made where it is missing; a tenant's stands beside the one for all of them."""

    async def work(connection: Connection) -> StoredProfile:
        stored = (await lock_profiles(connection, workspace_id, {key, key.for_all_tenants}, now))[key]
        changes = {stored.id: (stored.profile, change(stored.profile))}
        await write_profiles(connection, workspace_id, changes, now)
        return (await read_profiles(connection, workspace_id, [key]))[key]

    return await transact(pool, work)
