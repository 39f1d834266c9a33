"""Deleting profiles without what was done with them."""

from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.profiles import delete_profiles, lock_existing


async def unlink_tenant(pool: Pool, workspace_id: int, key: ProfileKey) -> bool:
    """Forget what a tenant knows of a user; False where that is nothing."""

    async def work(connection: Connection) -> bool:
        found = await lock_existing(connection, workspace_id, [key])
        await delete_profiles(connection, workspace_id, [each.id for each in found.values()])
        return bool(found)

    return await transact(pool, work)
