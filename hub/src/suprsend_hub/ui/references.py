"""Whom and what pages refer to by name: which of these have a page of their own to lead to."""

from collections.abc import Iterable

from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.template import DEFAULT_TENANT
from suprsend_hub.store.database import Connection
from suprsend_hub.store.profiles import find_profile_ids
from suprsend_hub.store.tenants import find_tenant


async def known_users(
    connection: Connection, workspace_id: int, distinct_ids: Iterable[str | None]
) -> frozenset[str | None]:
    """Those of these people of whom something is stored; a request may name others."""
    keys = [ProfileKey(each) for each in distinct_ids if each is not None]
    return frozenset(key.distinct_id for key in await find_profile_ids(connection, workspace_id, keys))


async def has_tenant(connection: Connection, workspace_id: int, tenant_id: str | None) -> bool:
    """Whether there is such a tenant; a request may name others, and one that names none is for the default one."""
    return await find_tenant(connection, workspace_id, tenant_id or DEFAULT_TENANT) is not None
