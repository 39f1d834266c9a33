"""Unsubscribing by a link in a message, and taking that back."""

from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.actions.links import LinkTarget
from suprsend_hub.domain.preference import Choosable
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.suppression import AddressUse, suppressible
from suprsend_hub.domain.template import DEFAULT_TENANT
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.profile_preferences import put_preference
from suprsend_hub.store.profiles import find_profile_ids
from suprsend_hub.store.receipts import CarriedMessage, read_carried
from suprsend_hub.store.suppressions import NewSuppression, is_unsubscribed, lift_unsubscriptions, put_suppressions


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a link's page shows: whose messages of which category, from which tenant."""

    address: str
    category: str
    is_subscribed: bool
    tenant_id: str
    distinct_id: str | None


async def read_subscription(pool: Pool, target: LinkTarget) -> Subscription | None:
    """How things stand; None where the message is no more."""

    async def work(connection: Connection) -> Subscription | None:
        return await _read(connection, target)

    return await transact(pool, work)


async def set_subscription(pool: Pool, target: LinkTarget, now: datetime, *, subscribed: bool) -> Subscription | None:
    """End this category for this address, or begin it again; doing so twice changes nothing.

    Whoever has a profile opts out of the category too, so that every place that shows preferences shows it.
    """

    async def work(connection: Connection) -> Subscription | None:
        carried = (await read_carried(connection, target.workspace_id, [target.message_id])).get(target.message_id)
        address = suppressible(carried.channel, carried.provider, carried.address) if carried else None
        if carried is None or address is None:
            return None
        # The profile first, as everywhere: two that change the same person's words never wait in a ring.
        await _note_choice(connection, target.workspace_id, carried, now, subscribed=subscribed)
        if subscribed:
            use = AddressUse(address, carried.category)
            await lift_unsubscriptions(connection, target.workspace_id, [use], now)
        else:
            reason = f"by the link in message {target.message_id}"
            new = NewSuppression(
                address, "unsubscribed", reason, target.message_id, None, carried.category, now, counts_again=True
            )
            await put_suppressions(connection, target.workspace_id, [new], now)
        return _subscription(carried, is_subscribed=subscribed)

    return await transact(pool, work)


async def _note_choice(
    connection: Connection, workspace_id: int, carried: CarriedMessage, now: datetime, *, subscribed: bool
) -> None:
    profile_id = carried.profile_id
    if profile_id is None and carried.distinct_id is not None:
        key = ProfileKey(carried.distinct_id)
        profile_id = (await find_profile_ids(connection, workspace_id, [key])).get(key)
    if profile_id is not None:
        preference: Choosable = "opt_in" if subscribed else "opt_out"
        tenant_id = carried.tenant_id or DEFAULT_TENANT
        await put_preference(connection, workspace_id, profile_id, tenant_id, carried.category, preference, now)


async def _read(connection: Connection, target: LinkTarget) -> Subscription | None:
    carried = (await read_carried(connection, target.workspace_id, [target.message_id])).get(target.message_id)
    address = suppressible(carried.channel, carried.provider, carried.address) if carried else None
    if carried is None or address is None:
        return None
    ended = await is_unsubscribed(connection, target.workspace_id, address, carried.category)
    return _subscription(carried, is_subscribed=not ended)


def _subscription(carried: CarriedMessage, *, is_subscribed: bool) -> Subscription:
    tenant_id = carried.tenant_id or DEFAULT_TENANT
    return Subscription(carried.address, carried.category, is_subscribed, tenant_id, carried.distinct_id)
