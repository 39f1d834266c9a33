"""Variants of a template's draft: made, edited and taken away."""

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from suprsend_hub.actions.edit_template import remove_variant, save_variant
from suprsend_hub.actions.publish import VariantKey, find_template_or_refuse
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Conflict, Invalid
from suprsend_hub.domain.template import DEFAULT_LOCALE, Variant
from suprsend_hub.domain.template_content import read_channel
from suprsend_hub.domain.template_name import check_variant_id
from suprsend_hub.store.draft_variants import list_draft
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form
from suprsend_hub.ui.variant_editor import check_placed, check_variant, open_stored, open_typed, show_editor
from suprsend_hub.ui.visit import ThisVisit

_HELLO = "Hello {{first_name}}"


class NewVariantForm(Struct, frozen=True):
    """Which variant a template is to have more."""

    channel: str = ""
    id: str = "default"
    locale: str = DEFAULT_LOCALE
    tenant: str = ""


def variant_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of variants."""
    path = "/{workspace:str}/templates/{slug:str}/variants/{channel:str}/{variant_id:str}"

    @post("/{workspace:str}/templates/{slug:str}/variants")
    async def add(visit: ThisVisit, slug: FromPath[str]) -> Page:
        """A variant more: a copy of the channel's first one, or something to begin with."""
        form = await read_form(visit.request, NewVariantForm)
        there = f"{visit.home}/templates/{slug}"
        try:
            channel = read_channel(form.channel)
            check_variant_id(form.id, "id")
            async with console.pool.acquire() as connection:
                template = await find_template_or_refuse(connection, visit.workspace_id, slug)
                draft = [each.variant for each in await list_draft(connection, template.id)]
            content = next((each.content for each in draft if each.channel == channel), begin(channel))
            variant = Variant(channel, form.id, form.tenant.strip() or None, form.locale.strip(), content)
            check_placed(variant)
            noting = visit.actor.saving("added variant", "changed variant", slug, channel=channel, variant=form.id)
            await save_variant(console.pool, visit.workspace_id, slug, variant, console.now(), noting, seen="")
        except Invalid as fault:
            return console.go(visit, there, f"No variant was added: {fault.message}", "bad")
        except Conflict:
            return console.go(visit, there, f"The draft has a {channel} variant {form.id!r} already.", "bad")
        return console.go(visit, f"{there}/variants/{channel}/{form.id}", "The variant was added to the draft.")

    @get(path)
    async def edit(visit: ThisVisit, slug: FromPath[str], channel: FromPath[str], variant_id: FromPath[str]) -> Page:
        """The editor, with what the draft says."""
        return await show_editor(console, visit, await open_stored(console, visit, slug, channel, variant_id))

    @post(path)
    async def save(visit: ThisVisit, slug: FromPath[str], channel: FromPath[str], variant_id: FromPath[str]) -> Page:
        """What was typed becomes the draft, unless somebody else changed that meanwhile."""
        edited = await open_typed(console, visit, slug, channel, variant_id)
        noting = visit.actor.saving("added variant", "changed variant", slug, channel=channel, variant=variant_id)
        try:
            variant = check_variant(edited.variant)
            await save_variant(
                console.pool, visit.workspace_id, slug, variant, console.now(), noting, seen=edited.form.seen
            )
        except Invalid as fault:
            return await show_editor(console, visit, edited, status=400, fault=fault)
        except Conflict as conflict:
            told = ("bad", f"{conflict.message}. Nothing was saved.")
            return await show_editor(console, visit, edited, status=409, told=told, is_stale=True)
        return console.go(
            visit, f"{visit.home}/templates/{slug}/variants/{channel}/{variant_id}", "The draft was saved."
        )

    @post(path + "/remove")
    async def remove(visit: ThisVisit, slug: FromPath[str], channel: FromPath[str], variant_id: FromPath[str]) -> Page:
        """The draft has it no more; the live version keeps it until the next commit."""
        key = VariantKey(read_channel(channel), variant_id)
        noting = visit.actor.noting("removed variant", slug, channel=channel, variant=variant_id)
        await remove_variant(console.pool, visit.workspace_id, slug, key, noting)
        said = f"The {channel} variant {variant_id} was taken out of the draft; commit to take it out of what is live."
        return console.go(visit, f"{visit.home}/templates/{slug}", said)

    return [add, edit, save, remove]


def begin(channel: Channel) -> Document:
    """What a new variant says until somebody writes it."""
    match channel:
        case "email":
            return {"subject": _HELLO, "body": {"type": "raw", "raw": {"html": f"<p>{_HELLO},</p>\n"}}}
        case "androidpush" | "iospush" | "webpush" | "inbox":
            return {"header": "Hello", "body": _HELLO}
        case "whatsapp":
            return {"body": {"text": _HELLO}}
        case "slack" | "ms_teams":
            return {"body_type": "text", "body_text": _HELLO}
        case _:
            return {"body": _HELLO}
