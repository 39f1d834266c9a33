"""What tenants say of categories otherwise than the workspace does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.preference import TenantRule
from suprsend_hub.store.database import Connection, Record, count_changed
from suprsend_hub.store.json_columns import from_optional_column, to_optional_column
from suprsend_hub.store.preferences import tenant_rule


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A tenant's word on one category, with what the hub only keeps."""

    rule: TenantRule = field(default_factory=TenantRule)
    digest_schedule: Document | None = None
    properties: Sequence[Document] | Document | None = None
    updated_at: datetime | None = None


async def read_rules(connection: Connection, workspace_id: int, tenant_id: str) -> dict[str, StoredRule]:
    """What a tenant says, by category."""
    rows = await connection.fetch(
        "select * from tenant_category where workspace_id = $1 and tenant_id = $2", workspace_id, tenant_id
    )
    return {row["category"]: _stored(row) for row in rows}


async def lock_rule(
    connection: Connection, workspace_id: int, tenant_id: str, category: str, now: datetime
) -> StoredRule:
    """What a tenant says of a category, made where it is missing, locked until the transaction ends."""
    await connection.execute(
        "insert into tenant_category (workspace_id, tenant_id, category, enabled_for_tenant, visible_to_subscriber,"
        " blocked_channels, updated_at) values ($1, $2, $3, true, true, '{}', $4) on conflict do nothing",
        workspace_id,
        tenant_id,
        category,
        now,
    )
    row = await connection.fetchrow(
        "select * from tenant_category where workspace_id = $1 and tenant_id = $2 and category = $3 for update",
        workspace_id,
        tenant_id,
        category,
    )
    assert row is not None, "it was made where it was missing"
    return _stored(row)


async def write_rule(
    connection: Connection, workspace_id: int, tenant_id: str, category: str, stored: StoredRule, now: datetime
) -> None:
    """Write what a tenant says of a category; its row is locked."""
    rule = stored.rule
    await connection.execute(
        "update tenant_category set enabled_for_tenant = $4, visible_to_subscriber = $5, preference = $6,"
        " mandatory_channels = $7, opt_in_channels = $8, blocked_channels = $9, digest_schedule = $10,"
        " properties = $11, updated_at = $12 where workspace_id = $1 and tenant_id = $2 and category = $3",
        workspace_id,
        tenant_id,
        category,
        rule.enabled,
        rule.visible,
        rule.preference,
        _listed(rule.mandatory_channels),
        _listed(rule.opt_in_channels),
        sorted(rule.blocked_channels),
        to_optional_column(stored.digest_schedule),
        to_optional_column(stored.properties),
        now,
    )


async def forget_rules(connection: Connection, workspace_id: int, tenant_id: str) -> int:
    """Let a tenant have the categories as the workspace does; returns of how many it said something."""
    return count_changed(
        await connection.execute(
            "delete from tenant_category where workspace_id = $1 and tenant_id = $2", workspace_id, tenant_id
        )
    )


def _stored(row: Record) -> StoredRule:
    schedule, properties = (from_optional_column(row[each]) for each in ("digest_schedule", "properties"))
    return StoredRule(tenant_rule(row), schedule, properties, row["updated_at"])


def _listed(channels: frozenset[Channel] | None) -> list[Channel] | None:
    return None if channels is None else sorted(channels)
