"""What people, tenants and categories say of who gets what, read for many messages at once."""

from collections.abc import Iterable
from typing import NamedTuple

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.preference import Choice, Default, Preferences, TenantRule, channel_set
from suprsend_hub.domain.template import DEFAULT_TENANT
from suprsend_hub.store.database import Connection, Record


class Asked(NamedTuple):
    """One profile, by its row, tenant and category of which it is asked what may be sent."""

    profile_id: int | None
    tenant_id: str | None
    category: str


async def read_preferences(connection: Connection, workspace_id: int, asked: Iterable[Asked]) -> Preferences:
    """All that bears on these; one short statement where a workspace never stored anything of the kind."""
    wanted = set(asked)
    people = sorted({each.profile_id for each in wanted if each.profile_id is not None})
    tenants = sorted({each.tenant_id or DEFAULT_TENANT for each in wanted})
    categories = sorted({each.category for each in wanted})
    # The order makes it an index that is looked into, and never a table that is read in the hope of an early hit.
    has = await connection.fetchrow(
        "select (select true from category where workspace_id = $1 order by category limit 1) as defaults,"
        " (select true from tenant_category where workspace_id = $1 order by tenant_id limit 1) as rules,"
        " (select true from category_preference where workspace_id = $1 order by tenant_id limit 1) as choices,"
        " (select true from channel_restriction where workspace_id = $1 order by tenant_id limit 1) as restrictions",
        workspace_id,
    )
    assert has is not None, "a select without a table gives one row"
    return Preferences(
        defaults=await _read_defaults(connection, workspace_id, categories) if has["defaults"] else {},
        rules=await _read_rules(connection, workspace_id, tenants, categories) if has["rules"] else {},
        choices=await _read_choices(connection, people, tenants, categories) if has["choices"] else {},
        restricted=await _read_restricted(connection, people, tenants) if has["restrictions"] else {},
    )


async def _read_defaults(connection: Connection, workspace_id: int, categories: list[str]) -> dict[str, Default]:
    rows = await connection.fetch(
        "select category, preference, mandatory_channels, opt_in_channels from category"
        " where workspace_id = $1 and category = any($2)",
        workspace_id,
        categories,
    )
    return {
        row["category"]: Default(
            row["preference"], channel_set(row["mandatory_channels"]), channel_set(row["opt_in_channels"])
        )
        for row in rows
    }


async def _read_rules(
    connection: Connection, workspace_id: int, tenants: list[str], categories: list[str]
) -> dict[tuple[str, str], TenantRule]:
    rows = await connection.fetch(
        "select tenant_id, category, enabled_for_tenant, visible_to_subscriber, preference, mandatory_channels,"
        " opt_in_channels, blocked_channels from tenant_category"
        " where workspace_id = $1 and tenant_id = any($2) and category = any($3)",
        workspace_id,
        tenants,
        categories,
    )
    return {(row["tenant_id"], row["category"]): tenant_rule(row) for row in rows}


async def _read_choices(
    connection: Connection, people: list[int], tenants: list[str], categories: list[str]
) -> dict[tuple[int, str, str], Choice]:
    rows = await connection.fetch(
        "select profile_id, tenant_id, category, preference, opt_out_channels from category_preference"
        " where profile_id = any($1) and tenant_id = any($2) and category = any($3)",
        people,
        tenants,
        categories,
    )
    return {
        (row["profile_id"], row["tenant_id"], row["category"]): Choice(
            row["preference"], frozenset(row["opt_out_channels"])
        )
        for row in rows
    }


async def _read_restricted(
    connection: Connection, people: list[int], tenants: list[str]
) -> dict[tuple[int, str], frozenset[Channel]]:
    rows = await connection.fetch(
        "select profile_id, tenant_id, array_agg(channel) as channels from channel_restriction"
        " where profile_id = any($1) and tenant_id = any($2) group by profile_id, tenant_id",
        people,
        tenants,
    )
    return {(row["profile_id"], row["tenant_id"]): frozenset(row["channels"]) for row in rows}


def tenant_rule(row: Record) -> TenantRule:
    """What a row of tenant_category says."""
    return TenantRule(
        row["enabled_for_tenant"],
        row["visible_to_subscriber"],
        row["preference"],
        channel_set(row["mandatory_channels"]),
        channel_set(row["opt_in_channels"]),
        frozenset(row["blocked_channels"]),
    )
