"""Tenants."""

from collections.abc import Iterable
from datetime import datetime

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.template import DEFAULT_TENANT
from suprsend_hub.domain.tenant import Tenant, Tenants
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.json_columns import from_column, to_column

_COLUMNS = (
    "tenant_id, tenant_name, logo, timezone, blocked_channels, embedded_preference_url, hosted_preference_domain,"
    " primary_color, secondary_color, tertiary_color, social_links, properties, updated_at"
)
_TENANTS = f"select {_COLUMNS} from tenant where workspace_id = $1"  # noqa: S608 - a constant


async def read_tenants(connection: Connection, workspace_id: int, tenant_ids: Iterable[str | None]) -> Tenants:
    """These tenants and the default one, in one statement."""
    wanted = {each or DEFAULT_TENANT for each in tenant_ids} | {DEFAULT_TENANT}
    rows = await connection.fetch(f"{_TENANTS} and tenant_id = any($2)", workspace_id, sorted(wanted))
    return Tenants.of(_tenant(row) for row in rows)


async def find_tenant(connection: Connection, workspace_id: int, tenant_id: str) -> Tenant | None:
    """The tenant of that id; the default one is there before anything is said of it."""
    row = await connection.fetchrow(f"{_TENANTS} and tenant_id = $2", workspace_id, tenant_id)
    if row is None:
        return Tenant(DEFAULT_TENANT) if tenant_id == DEFAULT_TENANT else None
    return _tenant(row)


async def page_tenants(connection: Connection, workspace_id: int, limit: int, offset: int) -> tuple[int, list[Tenant]]:
    """How many tenants there are, and one page of them: the default one first, the others by their ids."""
    default = (await read_tenants(connection, workspace_id, ())).default
    others = await connection.fetchval("select tenant_count from workspace where id = $1", workspace_id)
    shown = [default] if offset == 0 else []
    rows = await connection.fetch(
        f"{_TENANTS} and tenant_id <> $2 order by tenant_id limit $3 offset $4",
        workspace_id,
        DEFAULT_TENANT,
        limit - len(shown),
        max(offset - 1, 0),
    )
    return 1 + (others or 0), [*shown, *(_tenant(row) for row in rows)]


async def list_tenants(connection: Connection, workspace_id: int, after: str, limit: int) -> list[Tenant]:
    """So many tenants, but for the default one, whose ids come after this, in their order."""
    rows = await connection.fetch(
        f"{_TENANTS} and tenant_id <> $2 and tenant_id > $3 order by tenant_id limit $4",
        workspace_id,
        DEFAULT_TENANT,
        after,
        limit,
    )
    return [_tenant(row) for row in rows]


async def lock_tenant(connection: Connection, workspace_id: int, tenant_id: str, now: datetime) -> tuple[Tenant, bool]:
    """The tenant, made where it is missing, locked until the transaction ends; True where it was made."""
    row = await connection.fetchrow(
        "insert into tenant (workspace_id, tenant_id, updated_at) values ($1, $2, $3)"  # noqa: S608 - constants
        " on conflict (workspace_id, tenant_id) do update set updated_at = excluded.updated_at"
        # Only a row that nobody wrote before has no xmax.
        f" returning {_COLUMNS}, xmax = 0 as is_made",
        workspace_id,
        tenant_id,
        now,
    )
    assert row is not None, "an insert returns its row"
    fields = dict(row)
    is_made = fields.pop("is_made") and tenant_id != DEFAULT_TENANT
    if is_made:
        await _count(connection, workspace_id, 1)
    return _tenant(fields), is_made


async def write_tenant(connection: Connection, workspace_id: int, tenant: Tenant) -> None:
    """Write what a locked tenant is like now."""
    await connection.execute(
        "update tenant set tenant_name = $3, logo = $4, timezone = $5, blocked_channels = $6,"
        " embedded_preference_url = $7, hosted_preference_domain = $8, primary_color = $9, secondary_color = $10,"
        " tertiary_color = $11, social_links = $12, properties = $13, updated_at = $14"
        " where workspace_id = $1 and tenant_id = $2",
        workspace_id,
        tenant.tenant_id,
        tenant.tenant_name,
        tenant.logo,
        tenant.timezone,
        list(tenant.blocked_channels),
        tenant.embedded_preference_url,
        tenant.hosted_preference_domain,
        tenant.primary_color,
        tenant.secondary_color,
        tenant.tertiary_color,
        to_column(tenant.social_links),
        to_column(tenant.properties),
        tenant.updated_at,
    )


async def delete_tenant(connection: Connection, workspace_id: int, tenant_id: str) -> bool:
    """Remove a tenant, not the default one; False where there is none of that id."""
    done = await connection.execute(
        "delete from tenant where workspace_id = $1 and tenant_id = $2", workspace_id, tenant_id
    )
    if done != "DELETE 1":
        return False
    await _count(connection, workspace_id, -1)
    return True


async def _count(connection: Connection, workspace_id: int, change: int) -> None:
    await connection.execute(
        "update workspace set tenant_count = tenant_count + $2 where id = $1", workspace_id, change
    )


def _tenant(row: Record | Document) -> Tenant:
    fields = dict(row)
    fields["blocked_channels"] = tuple(row["blocked_channels"])
    fields["social_links"] = from_column(row["social_links"])
    fields["properties"] = from_column(row["properties"])
    return Tenant(**fields)
