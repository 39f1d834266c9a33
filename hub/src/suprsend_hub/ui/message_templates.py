"""Templates: looking for them, and one of them with what a commit would change."""

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_template import TemplateChanges, remove_template, save_mock_data, save_template
from suprsend_hub.actions.publish import (
    find_template_or_refuse,
    publish_draft,
    read_enabled_draft,
    read_live_variants,
)
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.fault import Conflict, Invalid
from suprsend_hub.domain.template import Variant, mark_of
from suprsend_hub.domain.template_content import CONTENTS, find_faults, read_channel, read_document
from suprsend_hub.domain.template_name import check_slug
from suprsend_hub.store.draft_variants import list_draft
from suprsend_hub.store.templates import TemplateFilter, read_mock_data, search_templates
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form, read_query
from suprsend_hub.ui.line_diff import DiffLine
from suprsend_hub.ui.pager import cut, read_position
from suprsend_hub.ui.variant_diff import compare
from suprsend_hub.ui.visit import ThisVisit, Visit

CHANNELS: tuple[Channel, ...] = tuple(CONTENTS)
_Name = Annotated[str, Meta(max_length=128)]
_Tag = Annotated[str, Meta(min_length=1, max_length=128)]
_TAGS = Annotated[list[_Tag], Meta(max_length=25)]


class SearchForm(Struct, frozen=True):
    """What is looked for."""

    text: Annotated[str, Meta(max_length=128)] | None = None
    state: Literal["live", "draft"] | None = None
    channel: Channel | None = None


class TemplateForm(Struct, frozen=True):
    """What is said of a template; tags are apart by commas."""

    slug: str = ""
    name: _Name = ""
    description: Annotated[str, Meta(max_length=500)] = ""
    tags: str = ""
    channels: list[Channel] = []


class CommitForm(Struct, frozen=True):
    """What a commit is for, and the mark of the draft that was looked at."""

    message: Annotated[str, Meta(max_length=500)] = ""
    seen: str = ""


class DataForm(Struct, frozen=True):
    """Sample data as the text of a JSON document."""

    data: str = "{}"


class Change(Struct, frozen=True):
    """What a commit would do to one variant, and what keeps it from it."""

    channel: Channel
    id: str
    kind: Literal["new", "changed", "gone"]
    lines: list[DiffLine]
    faults: dict[str, list[str]]


def template_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of templates."""
    return [*_list_routes(console), *_edit_routes(console), *_removal(console)]


def _list_routes(console: Console) -> list[HTTPRouteHandler]:
    async def show(
        visit: Visit, status: int = 200, fault: Invalid | None = None, typed: TemplateForm | None = None
    ) -> Page:
        form = read_query(visit.request, SearchForm)
        keyset = read_position(visit.request, numeric=True)
        narrowed = TemplateFilter(form.text, None if form.state is None else form.state == "live", form.channel)
        async with console.pool.acquire() as connection:
            rows = await search_templates(connection, visit.workspace_id, narrowed, keyset)
        templates, pager = cut(visit.request, rows, keyset, lambda row: row.id)
        return console.page(
            visit,
            "templates/list.html",
            part="templates/_rows.html",
            status=status,
            form=form,
            is_narrowed=form != SearchForm(),
            channels=CHANNELS,
            templates=templates,
            pager=pager,
            fault=fault,
            typed=typed or TemplateForm(),
        )

    @get("/{workspace:str}/templates")
    async def list_templates(visit: ThisVisit) -> Page:
        """A page of templates by slug."""
        return await show(visit)

    @post("/{workspace:str}/templates")
    async def add(visit: ThisVisit) -> Page:
        """A template more, in which nothing is said yet."""
        form = await read_form(visit.request, TemplateForm)
        noting = visit.actor.saving("added template", "changed template", form.slug)
        try:
            check_slug(form.slug, "slug")
            changes = TemplateChanges(name=form.name or None)
            await save_template(
                console.pool, visit.workspace_id, form.slug, changes, console.now(), noting, is_new=True
            )
        except Invalid as fault:
            return await show(visit, 400, fault, form)
        return console.go(visit, f"{visit.home}/templates/{form.slug}", "The template was added. Add what it says.")

    return [list_templates, add]


def _edit_routes(console: Console) -> list[HTTPRouteHandler]:
    async def show(visit: Visit, slug: str, status: int = 200, fault: Invalid | None = None, data: str = "") -> Page:
        async with console.pool.acquire() as connection:
            template = await find_template_or_refuse(connection, visit.workspace_id, slug)
            draft = await list_draft(connection, template.id)
            wanted = await read_enabled_draft(connection, template)
            live = await read_live_variants(connection, template)
            sample = await read_mock_data(connection, template.id)
        text = data or msgspec.json.format(msgspec.json.encode(sample or {}), indent=2).decode()
        return console.page(
            visit,
            "templates/show.html",
            status=status,
            chosen=template,
            draft=draft,
            changes=list_changes(live or (), wanted),
            has_changes=bool(wanted) and wanted != live,
            seen=mark_of(wanted),
            channels=CHANNELS,
            data=text,
            fault=fault,
        )

    @get("/{workspace:str}/templates/{slug:str}")
    async def open_template(visit: ThisVisit, slug: FromPath[str]) -> Page:
        """A template: its variants, and what a commit would change."""
        return await show(visit, slug)

    @post("/{workspace:str}/templates/{slug:str}")
    async def change(visit: ThisVisit, slug: FromPath[str]) -> Page:
        """Another name or other channels; what is live changes with the next commit."""
        form = await read_form(visit.request, TemplateForm)
        tags = [each.strip() for each in form.tags.split(",") if each.strip()]
        channels = [read_channel(each) for each in form.channels]
        noting = visit.actor.saving("added template", "changed template", slug, channels=channels)
        try:
            changes = TemplateChanges(form.name or None, form.description, _read_tags(tags), channels)
            async with console.pool.acquire() as connection:
                await find_template_or_refuse(connection, visit.workspace_id, slug)
            await save_template(console.pool, visit.workspace_id, slug, changes, console.now(), noting)
        except Invalid as fault:
            return await show(visit, slug, 400, fault)
        return console.go(visit, f"{visit.home}/templates/{slug}", "Saved.")

    @post("/{workspace:str}/templates/{slug:str}/sample-data")
    async def keep_data(visit: ThisVisit, slug: FromPath[str]) -> Page:
        """Other sample data, for previews and tests."""
        form = await read_form(visit.request, DataForm)
        try:
            data = read_document(form.data.encode(), "data")
        except Invalid as fault:
            return await show(visit, slug, 400, fault, form.data)
        noting = visit.actor.noting("changed sample data", slug)
        await save_mock_data(console.pool, visit.workspace_id, slug, data, noting)
        return console.go(visit, f"{visit.home}/templates/{slug}", "The sample data was saved.")

    @post("/{workspace:str}/templates/{slug:str}/commit")
    async def commit(visit: ThisVisit, slug: FromPath[str]) -> Page:
        """The draft that was looked at goes live, as a version that never changes."""
        form = await read_form(visit.request, CommitForm)
        here = f"{visit.home}/templates/{slug}"
        noting = visit.actor.noting("committed template", slug, message=form.message)
        try:
            template = await publish_draft(
                console.pool, visit.workspace_id, slug, None, form.message, console.now(), noting, seen=form.seen
            )
        except Conflict as fault:
            return console.go(visit, here, f"{fault.message}: nothing went live. Look at it again.", "bad")
        except Invalid as fault:
            return console.go(visit, here, f"Nothing went live. {fault.message}", "bad")
        return console.go(visit, here, f"Version {template.live_version_no} is live.")

    return [open_template, change, keep_data, commit]


def _removal(console: Console) -> list[HTTPRouteHandler]:
    @post("/{workspace:str}/templates/{slug:str}/remove")
    async def remove(visit: ThisVisit, slug: FromPath[str]) -> Page:
        """A template less, unless workflows send it."""
        noting = visit.actor.noting("removed template", slug)
        try:
            await remove_template(console.pool, visit.workspace_id, slug, console.now(), noting)
        except Conflict as fault:
            return console.go(visit, f"{visit.home}/templates/{slug}", f"Nothing was removed: {fault.message}", "bad")
        return console.go(visit, f"{visit.home}/templates", "The template was removed.")

    return [remove]


def list_changes(live: tuple[Variant, ...], wanted: tuple[Variant, ...]) -> list[Change]:
    """What a commit would do, variant by variant; variants that stay as they are are left out."""
    before = {(each.channel, each.id): each for each in live}
    after = {(each.channel, each.id): each for each in wanted}
    changes: list[Change] = []
    for channel, variant_id in dict.fromkeys((*after, *before)):
        old, new = before.get((channel, variant_id)), after.get((channel, variant_id))
        faults = find_faults(channel, new.content) if new else {}
        if old != new or faults:
            kind: Literal["new", "changed", "gone"] = "gone" if new is None else "changed" if old else "new"
            changes.append(Change(channel, variant_id, kind, compare(old, new), faults))
    return changes


def _read_tags(tags: list[str]) -> list[str]:
    try:
        return msgspec.convert(tags, _TAGS)
    except msgspec.ValidationError:
        raise Invalid("tags", "must be at most 25, of at most 128 characters each") from None
