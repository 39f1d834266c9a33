"""Unsubscribing by a link in a message, and taking that back."""

from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.actions.links import LinkTarget
from suprsend_hub.domain.suppression import suppressible
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.receipts import read_carried
from suprsend_hub.store.suppressions import NewSuppression, is_unsubscribed, lift_unsubscription, put_suppressions


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a link's page shows: whose messages of which category."""

    address: str
    category: str
    is_subscribed: bool


async def read_subscription(pool: Pool, target: LinkTarget) -> Subscription | None:
    """How things stand; None where the message is no more."""

    async def work(connection: Connection) -> Subscription | None:
        return await _read(connection, target)

    return await transact(pool, work)


async def set_subscription(pool: Pool, target: LinkTarget, now: datetime, *, subscribed: bool) -> Subscription | None:
    """End this category for this address, or begin it again; doing so twice changes nothing."""

    async def work(connection: Connection) -> Subscription | None:
        carried = (await read_carried(connection, target.workspace_id, [target.message_id])).get(target.message_id)
        address = suppressible(carried.channel, carried.provider, carried.address) if carried else None
        if carried is None or address is None:
            return None
        if subscribed:
            await lift_unsubscription(connection, target.workspace_id, address, carried.category, now)
        else:
            reason = f"by the link in message {target.message_id}"
            new = NewSuppression(
                address, "unsubscribed", reason, target.message_id, None, carried.category, now, counts_again=True
            )
            await put_suppressions(connection, target.workspace_id, [new], now)
        return Subscription(carried.address, carried.category, subscribed)

    return await transact(pool, work)


async def _read(connection: Connection, target: LinkTarget) -> Subscription | None:
    carried = (await read_carried(connection, target.workspace_id, [target.message_id])).get(target.message_id)
    address = suppressible(carried.channel, carried.provider, carried.address) if carried else None
    if carried is None or address is None:
        return None
    ended = await is_unsubscribed(connection, target.workspace_id, address, carried.category)
    return Subscription(carried.address, carried.category, not ended)
