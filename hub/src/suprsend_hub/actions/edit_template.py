"""Editing a template's draft; what is live never changes here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.actions.audit import Along, AlongSaving, nothing_along
from suprsend_hub.actions.publish import VariantKey, find_template_or_refuse
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Conflict, Invalid, NotFound
from suprsend_hub.domain.template import Variant, mark_of
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.draft_variants import DraftVariant, delete_variant, list_draft, order_variants, put_variant
from suprsend_hub.store.template_use import list_workflows_with
from suprsend_hub.store.templates import Template, delete_template, insert_template, put_template, write_mock_data

# Workflows that keep a template from being removed.
MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class TemplateChanges:
    """What to say of a template; None leaves what is there."""

    name: str | None = None
    description: str | None = None
    tags: Sequence[str] | None = None
    enabled_channels: Sequence[Channel] | None = None


@dataclass(frozen=True, slots=True)
class WantedOrder:
    """The order of one channel's variants of one tenant; `field` is where the caller wrote it."""

    channel: Channel
    tenant_id: str | None
    variant_ids: Sequence[str]
    field: str


async def save_template(
    pool: Pool,
    workspace_id: int,
    slug: str,
    changes: TemplateChanges,
    now: datetime,
    along: AlongSaving = nothing_along,
    *,
    is_new: bool = False,
) -> Template:
    """Add a template, or change what is said of it; one that `is_new` must not be there."""

    async def work(connection: Connection) -> Template:
        is_made = await insert_template(connection, workspace_id, slug, now)
        if is_new and not is_made:
            raise Invalid("slug", f"{slug!r} is a template already")
        template = await find_template_or_refuse(connection, workspace_id, slug, lock=True)
        await along(connection, is_made)
        await _put(connection, workspace_id, slug, template, changes, now)
        return await find_template_or_refuse(connection, workspace_id, slug)

    return await transact(pool, work)


async def save_variant(
    pool: Pool,
    workspace_id: int,
    slug: str,
    variant: Variant,
    now: datetime,
    along: AlongSaving = nothing_along,
    *,
    seen: str | None = None,
) -> None:
    """Add a variant to the draft or replace it; its channel becomes an enabled one.

    `seen` is the mark of the variant that the change was made from, empty for one that must not be there: where the
    draft says something else by now, Conflict, and nothing is changed.
    """

    async def work(connection: Connection) -> None:
        template = await find_template_or_refuse(connection, workspace_id, slug, lock=True)
        if seen is not None:
            _refuse_stale(await list_draft(connection, template.id), variant, seen)
        await along(connection, await put_variant(connection, template.id, variant, now))
        if variant.channel not in template.enabled_channels:
            enabled = TemplateChanges(enabled_channels=(*template.enabled_channels, variant.channel))
            await _put(connection, workspace_id, slug, template, enabled, now)

    return await transact(pool, work)


async def remove_template(
    pool: Pool, workspace_id: int, slug: str, now: datetime, along: Along = nothing_along
) -> None:
    """Take a template out of use; Conflict that names the workflows, where any send it."""

    async def work(connection: Connection) -> None:
        await find_template_or_refuse(connection, workspace_id, slug, lock=True)
        using = await list_workflows_with(connection, workspace_id, slug, MOST_NAMED + 1)
        if using:
            more = " and more" if len(using) > MOST_NAMED else ""
            named = f"workflow{'s' if len(using) > 1 else ''} {', '.join(using[:MOST_NAMED])}{more}"
            raise Conflict(
                f"template {slug!r} is sent by the {named}; change {'them' if len(using) > 1 else 'it'} first"
            )
        await delete_template(connection, workspace_id, slug, now)
        await along(connection)

    await transact(pool, work)


async def remove_variant(
    pool: Pool, workspace_id: int, slug: str, key: VariantKey, along: Along = nothing_along
) -> None:
    """Take a variant out of the draft; the live version keeps it until the next commit."""

    async def work(connection: Connection) -> None:
        template = await find_template_or_refuse(connection, workspace_id, slug, lock=True)
        if not await delete_variant(connection, template.id, key.channel, key.id):
            raise NotFound(f"the draft has no {key.channel} variant {key.id!r}")
        await along(connection)

    await transact(pool, work)


async def reorder_variants(
    pool: Pool, workspace_id: int, slug: str, wanted: Sequence[WantedOrder], along: Along = nothing_along
) -> list[Variant]:
    """Put variants of the draft into the wanted order; those not named follow in the order they had."""

    async def work(connection: Connection) -> list[Variant]:
        template = await find_template_or_refuse(connection, workspace_id, slug, lock=True)
        draft = [each.variant for each in await list_draft(connection, template.id)]
        for channel in dict.fromkeys(each.channel for each in wanted):
            present = {variant.id: variant for variant in draft if variant.channel == channel}
            named = _named(present, [each for each in wanted if each.channel == channel])
            rest = [variant_id for variant_id in present if variant_id not in named]
            await order_variants(connection, template.id, channel, [*named, *rest])
        await along(connection)
        return [each.variant for each in await list_draft(connection, template.id)]

    return await transact(pool, work)


async def save_mock_data(
    pool: Pool, workspace_id: int, slug: str, data: Document, along: Along = nothing_along
) -> None:
    """Replace a template's sample data."""

    async def work(connection: Connection) -> None:
        template = await find_template_or_refuse(connection, workspace_id, slug, lock=True)
        await along(connection)
        await write_mock_data(connection, template.id, data)

    await transact(pool, work)


def _refuse_stale(draft: Sequence[DraftVariant], wanted: Variant, seen: str) -> None:
    stored = [each.variant for each in draft if (each.variant.channel, each.variant.id) == (wanted.channel, wanted.id)]
    if seen != (mark_of(stored) if stored else ""):
        raise Conflict(f"somebody else changed the {wanted.channel} variant {wanted.id!r} meanwhile")


async def _put(
    connection: Connection,
    workspace_id: int,
    slug: str,
    template: Template,
    changes: TemplateChanges,
    now: datetime,
) -> None:
    def kept(wanted: Sequence[str] | None, present: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(present if wanted is None else wanted))

    await put_template(
        connection,
        workspace_id,
        slug,
        name=changes.name or template.name,
        description=template.description if changes.description is None else changes.description,
        tags=kept(changes.tags, template.tags),
        enabled_channels=kept(changes.enabled_channels, template.enabled_channels),
        now=now,
    )


def _named(present: dict[str, Variant], wanted: Sequence[WantedOrder]) -> dict[str, None]:
    named: dict[str, None] = {}
    for each in wanted:
        for index, variant_id in enumerate(each.variant_ids):
            field = f"{each.field}.variants[{index}]"
            variant = present.get(variant_id)
            if variant is None or (variant.tenant_id or None) != (each.tenant_id or None):
                owner = f"of tenant {each.tenant_id!r}" if each.tenant_id else "for every tenant"
                raise Invalid(field, f"the draft has no {each.channel} variant {variant_id!r} {owner}")
            if variant_id in named:
                raise Invalid(field, f"{variant_id!r} is named twice")
            named[variant_id] = None
    return named
