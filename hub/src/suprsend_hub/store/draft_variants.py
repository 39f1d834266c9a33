"""The variants of a template's draft, each in its place of its channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.template import Variant
from suprsend_hub.store.database import Connection
from suprsend_hub.store.json_columns import from_column, to_column


@dataclass(frozen=True, slots=True)
class DraftVariant:
    """One variant of the draft, in the order of the panel."""

    variant: Variant
    position: int
    updated_at: datetime


async def put_variant(connection: Connection, template_id: int, variant: Variant, now: datetime) -> bool:
    """Add a variant to the draft, at the end of its channel, or replace it in its place; says whether it is new."""
    is_new: bool = await connection.fetchval(
        "insert into template_variant (template_id, channel, id, tenant_id, locale, content, position, updated_at)"
        " values ($1, $2, $3, $4, $5, $6, (select coalesce(max(position) + 1, 0) from template_variant"
        " where template_id = $1 and channel = $2), $7)"
        " on conflict (template_id, channel, id) do update set tenant_id = excluded.tenant_id,"
        " locale = excluded.locale, content = excluded.content, updated_at = excluded.updated_at returning xmax = 0",
        template_id,
        variant.channel,
        variant.id,
        variant.tenant_id,
        variant.locale,
        to_column(variant.content),
        now,
    )
    return is_new


async def delete_variant(connection: Connection, template_id: int, channel: Channel, variant_id: str) -> bool:
    """Take a variant out of the draft; says whether it was there."""
    done = await connection.execute(
        "delete from template_variant where template_id = $1 and channel = $2 and id = $3",
        template_id,
        channel,
        variant_id,
    )
    return done == "DELETE 1"


async def list_draft(connection: Connection, template_id: int) -> list[DraftVariant]:
    """The variants of the draft, by channel and place."""
    rows = await connection.fetch(
        "select channel, id, tenant_id, locale, content, position, updated_at from template_variant"
        " where template_id = $1 order by channel, position, id",
        template_id,
    )
    return [
        DraftVariant(
            Variant(row["channel"], row["id"], row["tenant_id"], row["locale"], from_column(row["content"])),
            row["position"],
            row["updated_at"],
        )
        for row in rows
    ]


async def order_variants(
    connection: Connection, template_id: int, channel: Channel, variant_ids: Sequence[str]
) -> None:
    """Put a channel's variants into this order."""
    await connection.execute(
        "update template_variant v set position = wanted.place from unnest($3::text[])"
        " with ordinality as wanted (id, place) where v.template_id = $1 and v.channel = $2 and v.id = wanted.id",
        template_id,
        channel,
        list(variant_ids),
    )
