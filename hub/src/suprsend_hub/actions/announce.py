"""Announcing what becomes of messages: written with the change itself, so that neither is ever there alone."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.domain.announcement import Change, all_changes
from suprsend_hub.domain.job import Announce, Job
from suprsend_hub.store.database import Connection
from suprsend_hub.store.message_states import lock_states
from suprsend_hub.store.queue import enqueue
from suprsend_hub.store.webhook_deliveries import NewDelivery, insert_deliveries
from suprsend_hub.store.webhooks import Listener, list_listeners


@asynccontextmanager
async def announcing(
    connection: Connection, workspace_id: int, message_ids: Sequence[str], now: datetime
) -> AsyncIterator[None]:
    """Announce whatever is done to these messages inside; it needs a transaction around it.

    A workspace without endpoints pays one look for them.
    """
    listeners = await list_listeners(connection, workspace_id)
    if not listeners:
        yield
        return
    before = await lock_states(connection, workspace_id, message_ids)
    yield
    after = await lock_states(connection, workspace_id, message_ids)
    await _write(connection, workspace_id, listeners, all_changes(before, after.values()), now)


async def announce(connection: Connection, workspace_id: int, changes: Sequence[Change], now: datetime) -> None:
    """Announce changes that are known already."""
    if changes:
        await _write(connection, workspace_id, await list_listeners(connection, workspace_id), changes, now)


async def _write(
    connection: Connection, workspace_id: int, listeners: Sequence[Listener], changes: Sequence[Change], now: datetime
) -> None:
    deliveries = [
        NewDelivery(make_id(now), listener.id, change.message_id, change.status, change.happened_at)
        for change in changes
        for listener in listeners
        if listener.interest.covers(change.status, change.channel)
    ]
    if not deliveries:
        return
    await insert_deliveries(connection, workspace_id, deliveries, now)
    told = {each.endpoint_id for each in deliveries}
    await enqueue(
        connection, [Job(Announce(workspace_id, each.id, each.is_failing)) for each in listeners if each.id in told]
    )
