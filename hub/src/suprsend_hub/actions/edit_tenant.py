"""Writing tenants, and removing them."""

from dataclasses import replace
from datetime import datetime

from suprsend_hub.actions.audit import Along, nothing_along
from suprsend_hub.domain.fault import Conflict, Invalid, NotFound
from suprsend_hub.domain.template import DEFAULT_TENANT
from suprsend_hub.domain.tenant import Tenant, mark_of
from suprsend_hub.domain.tenant_form import TenantForm, change_tenant
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.profile_preferences import forget_tenant
from suprsend_hub.store.tenant_categories import forget_rules
from suprsend_hub.store.tenants import delete_tenant, lock_tenant, write_tenant

AT_ONCE = 5_000


async def save_tenant(
    pool: Pool,
    workspace_id: int,
    tenant_id: str,
    form: TenantForm,
    now: datetime,
    along: Along = nothing_along,
    *,
    is_new: bool = False,
    has_all_properties: bool = False,
    seen: str | None = None,
) -> Tenant:
    """Add a tenant, which needs a name, or change one; Invalid names the field that is wrong.

    One that `is_new` must not be there. A form that `has_all_properties` takes away those that it does not name.

    `seen` is the mark of the tenant that the change was made from: where it is another by now, Conflict, and nothing is
    changed.
    """

    async def work(connection: Connection) -> Tenant:
        before, is_made = await lock_tenant(connection, workspace_id, tenant_id, now)
        if is_new and (not is_made or tenant_id == DEFAULT_TENANT):
            raise Invalid("tenant_id", f"{tenant_id!r} is a tenant already")
        if seen is not None and mark_of(before) != seen:
            raise Conflict(f"somebody else changed the tenant {tenant_id!r} meanwhile")
        after = change_tenant(replace(before, properties={}) if has_all_properties else before, form, now)
        if is_made and not after.tenant_name:
            raise Invalid("tenant_name", "is required of a new tenant")
        await write_tenant(connection, workspace_id, after)
        await along(connection)
        return after

    return await transact(pool, work)


async def remove_tenant(pool: Pool, workspace_id: int, tenant_id: str, along: Along = nothing_along) -> None:
    """Remove a tenant, and what it and people said of its messages; NotFound where there is none.

    What waits for it has what the default tenant has. People may have said any amount: it goes in steps, which asking
    again finishes.
    """
    if tenant_id == DEFAULT_TENANT:
        raise Invalid("tenant_id", "the default tenant is always there; it can be changed, not deleted")

    async def work(connection: Connection) -> bool:
        forgotten = await forget_rules(connection, workspace_id, tenant_id)
        is_gone = await delete_tenant(connection, workspace_id, tenant_id)
        await along(connection)
        return is_gone or forgotten > 0

    async def forget(connection: Connection) -> int:
        return await forget_tenant(connection, workspace_id, tenant_id, AT_ONCE)

    found = await transact(pool, work)
    while await transact(pool, forget):
        found = True
    if not found:
        raise NotFound(f"there is no tenant {tenant_id!r} in this workspace")
