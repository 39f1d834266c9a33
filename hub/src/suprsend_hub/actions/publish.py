"""Committing: what the draft says becomes a version that never changes, and goes live."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.actions.audit import Along, nothing_along
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.fault import Conflict, Invalid, NotFound
from suprsend_hub.domain.template import Variant, mark_of
from suprsend_hub.domain.template_content import find_faults
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.draft_variants import list_draft
from suprsend_hub.store.templates import Template, find_template, find_version_id, publish, read_versions


@dataclass(frozen=True, slots=True)
class VariantKey:
    """Which variant of a template."""

    channel: Channel
    id: str


@dataclass(frozen=True, slots=True)
class ReviewedVariant:
    """How a variant of the draft compares with the live version, and what keeps it from going live."""

    key: VariantKey
    has_diff: bool
    faults: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Review:
    """What a commit would do."""

    is_new: bool
    has_changes: bool
    variants: tuple[ReviewedVariant, ...]


async def find_template_or_refuse(
    connection: Connection, workspace_id: int, slug: str, *, lock: bool = False
) -> Template:
    """The template of that slug, or NotFound."""
    template = await find_template(connection, workspace_id, slug, lock=lock)
    if template is None:
        raise NotFound(f"there is no template {slug!r} in this workspace")
    return template


async def read_live_variants(connection: Connection, template: Template) -> tuple[Variant, ...] | None:
    """The variants of the live version; None where nothing was committed yet."""
    if template.live_version_id is None:
        return None
    versions = await read_versions(connection, [template.live_version_id])
    return versions[template.live_version_id].variants


async def read_variants(connection: Connection, template: Template, *, live: bool) -> tuple[Variant, ...]:
    """The variants of the live version, or all of the draft's."""
    if live:
        return await read_live_variants(connection, template) or ()
    return tuple(each.variant for each in await list_draft(connection, template.id))


async def review_draft(connection: Connection, template: Template) -> Review:
    """Compare the draft with the live version, without changing anything."""
    draft = await read_enabled_draft(connection, template)
    live = await read_live_variants(connection, template)
    known = {_key(variant): variant for variant in live or ()}
    return Review(
        is_new=live is None,
        has_changes=draft != (live or ()),
        variants=tuple(
            ReviewedVariant(_key(each), known.get(_key(each)) != each, find_faults(each.channel, each.content))
            for each in draft
        ),
    )


async def publish_draft(
    pool: Pool,
    workspace_id: int,
    slug: str,
    chosen: Sequence[VariantKey] | None,
    message: str,
    now: datetime,
    along: Along = nothing_along,
    *,
    seen: str | None = None,
) -> Template:
    """Make the draft live, or only the chosen variants of it; the rest of the live version stays as it is.

    A draft that says what is live already makes no new version, so committing twice is committing once. `seen` is the
    mark of the draft that was looked at: where it says something else by now, Conflict, and nothing goes live.
    """

    async def work(connection: Connection) -> Template:
        template = await find_template_or_refuse(connection, workspace_id, slug, lock=True)
        draft = await read_enabled_draft(connection, template)
        if seen is not None and seen != mark_of(draft):
            raise Conflict(f"somebody else changed the draft of {slug!r} meanwhile")
        live = await read_live_variants(connection, template)
        wanted = draft if chosen is None else _choose(draft, live or (), chosen)
        if not wanted:
            raise Invalid("variants", f"template {slug!r} has no variant on an enabled channel; nothing to commit")
        if wanted != live:
            _refuse_faults(wanted)
            await publish(connection, template, wanted, message, now)
            await along(connection)
        return await find_template_or_refuse(connection, workspace_id, slug)

    return await transact(pool, work)


async def roll_back(
    pool: Pool, workspace_id: int, slug: str, version_no: int, now: datetime, along: Along = nothing_along
) -> Template:
    """Make what an earlier version said live again, as a new version; the draft stays as it is."""

    async def work(connection: Connection) -> Template:
        template = await find_template_or_refuse(connection, workspace_id, slug, lock=True)
        version_id = await find_version_id(connection, template.id, version_no)
        if version_id is None:
            raise NotFound(f"template {slug!r} has no version {version_no}")
        variants = (await read_versions(connection, [version_id]))[version_id].variants
        if variants == await read_live_variants(connection, template):
            raise Conflict(f"version {version_no} says what is live already")
        _refuse_faults(variants)
        await publish(connection, template, variants, f"Back to version {version_no}", now)
        await along(connection)
        return await find_template_or_refuse(connection, workspace_id, slug)

    return await transact(pool, work)


async def read_enabled_draft(connection: Connection, template: Template) -> tuple[Variant, ...]:
    """The variants of the draft that a commit would make live."""
    drafts = await list_draft(connection, template.id)
    return tuple(each.variant for each in drafts if each.variant.channel in template.enabled_channels)


def _choose(draft: Sequence[Variant], live: Sequence[Variant], chosen: Sequence[VariantKey]) -> tuple[Variant, ...]:
    """The live version with the chosen variants put in, in the draft's order; what only is live comes last."""
    drafted = {_key(variant): variant for variant in draft}
    for index, key in enumerate(chosen):
        if key not in drafted:
            problem = f"the draft has no variant {key.id!r} on an enabled channel {key.channel!r}"
            raise Invalid(f"variants[{index}]", problem)
    merged = {_key(variant): variant for variant in live} | {key: drafted[key] for key in chosen}
    order = [key for key in drafted if key in merged]
    return tuple(merged[key] for key in [*order, *(key for key in merged if key not in drafted)])


def _refuse_faults(variants: Sequence[Variant]) -> None:
    for variant in variants:
        for field, problems in find_faults(variant.channel, variant.content).items():
            raise Invalid(f"{variant.channel}/{variant.id}.{field}", problems[0])


def _key(variant: Variant) -> VariantKey:
    return VariantKey(variant.channel, variant.id)
