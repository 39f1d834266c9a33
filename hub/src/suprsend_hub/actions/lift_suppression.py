"""Using an address again that was left alone."""

from datetime import datetime

from suprsend_hub.actions.audit import Along, nothing_along
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.suppressions import lift_suppression


async def use_again(pool: Pool, workspace_id: int, address: str, now: datetime, along: Along = nothing_along) -> bool:
    """Use an address again on all channels; False where it was left alone on none."""

    async def work(connection: Connection) -> bool:
        lifted = await lift_suppression(connection, workspace_id, address, now)
        if lifted:
            await along(connection)
        return lifted > 0

    return await transact(pool, work)
