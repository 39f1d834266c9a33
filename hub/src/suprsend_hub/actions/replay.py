"""Telling endpoints again: what was not delivered, or everything that waits since an endpoint was disabled."""

from datetime import datetime

from suprsend_hub.actions.audit import Along, nothing_along
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.job import Announce, Job
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.queue import enqueue
from suprsend_hub.store.webhook_deliveries import replay_delivery, replay_failed
from suprsend_hub.store.webhooks import enable_endpoint

_BATCH = 10_000


async def enable(pool: Pool, workspace_id: int, endpoint_id: int, along: Along = nothing_along) -> None:
    """Tell an endpoint things again, first what waited while it was disabled; NotFound where there is none."""

    async def work(connection: Connection) -> None:
        if not await enable_endpoint(connection, workspace_id, endpoint_id):
            raise NotFound(f"there is no webhook {endpoint_id} in this workspace; see: suprsend-hub webhook list")
        await enqueue(connection, [Job(Announce(workspace_id, endpoint_id))])
        await along(connection)

    await transact(pool, work)


async def replay(pool: Pool, workspace_id: int, delivery_id: str, along: Along = nothing_along) -> None:
    """Make one delivery again, under the same webhook-id; NotFound where there is none."""

    async def work(connection: Connection) -> None:
        endpoint_id = await replay_delivery(connection, workspace_id, delivery_id)
        if endpoint_id is None:
            raise NotFound(f"there is no delivery {delivery_id!r} in this workspace; they are kept for seven days")
        await enqueue(connection, [Job(Announce(workspace_id, endpoint_id))])
        await along(connection)

    await transact(pool, work)


async def replay_all_failed(
    pool: Pool, workspace_id: int, endpoint_id: int, since: datetime, along: Along = nothing_along
) -> int:
    """Make again what failed for good since then; returns how many deliveries that are."""

    async def work(connection: Connection) -> int:
        found = await replay_failed(connection, workspace_id, endpoint_id, since, _BATCH)
        await enqueue(connection, [Job(Announce(workspace_id, endpoint_id))])
        return found

    await transact(pool, along)
    count = 0
    while found := await transact(pool, work):
        count += found
    return count
