"""Trying a variant from its editor: filled in while it is typed, the mail in a frame, and one test message."""

from dataclasses import replace
from typing import Any

import msgspec
from litestar import MediaType, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.actions.edit_template import save_mock_data
from suprsend_hub.actions.try_template import Trial, Tried, Workshop, try_template
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.identity import read_identity
from suprsend_hub.domain.outcome import Accepted
from suprsend_hub.domain.template_content import read_document
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.content_fields import find_value
from suprsend_hub.ui.variant_editor import Edited, check_variant, fill_in, open_stored, open_typed, show_editor
from suprsend_hub.ui.visit import ThisVisit, Visit

# A mail is somebody's HTML: it may look as it likes, but run nothing, send nothing, and know nothing of the console.
MAIL_HEADERS = {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; form-action 'none';"
        " frame-ancestors 'self'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def template_trial_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes by which variants are tried."""
    path = "/{workspace:str}/templates/{slug:str}/variants/{channel:str}/{variant_id:str}"

    async def mail(visit: Visit, edited: Edited) -> Page:
        preview, _ = await fill_in(console, visit, edited)
        content = preview.content if preview else None
        if edited.variant.channel != "email":
            raise NotFound("only mails have a page of their own")
        html, text = (None, None) if content is None else _read_mail(content)
        shown = html or console.look.render("templates/mail.html", {"text": text})
        return Response(shown, media_type=MediaType.HTML, headers=MAIL_HEADERS)

    @post(path + "/preview")
    async def preview(visit: ThisVisit, slug: FromPath[str], channel: FromPath[str], variant_id: FromPath[str]) -> Page:
        """What was typed, filled in; nothing is kept."""
        return await show_editor(console, visit, await open_typed(console, visit, slug, channel, variant_id))

    @get(path + "/mail")
    async def show_mail(
        visit: ThisVisit, slug: FromPath[str], channel: FromPath[str], variant_id: FromPath[str]
    ) -> Page:
        """The mail of the draft with the sample data, for a frame."""
        return await mail(visit, await open_stored(console, visit, slug, channel, variant_id))

    @post(path + "/mail")
    async def show_typed_mail(
        visit: ThisVisit, slug: FromPath[str], channel: FromPath[str], variant_id: FromPath[str]
    ) -> Page:
        """The mail as it was typed, for a frame."""
        return await mail(visit, await open_typed(console, visit, slug, channel, variant_id))

    @post(path + "/sample-data")
    async def keep_data(
        visit: ThisVisit, slug: FromPath[str], channel: FromPath[str], variant_id: FromPath[str]
    ) -> Page:
        """The data of the editor becomes the template's sample data; what was typed besides stays typed."""
        edited = await open_typed(console, visit, slug, channel, variant_id)
        try:
            data = read_document(edited.data_text.encode(), "data")
        except Invalid as fault:
            return await show_editor(console, visit, edited, status=400, fault=fault)
        noting = visit.actor.noting("changed sample data", slug)
        await save_mock_data(console.pool, visit.workspace_id, slug, data, noting)
        edited = replace(edited, sample=data)
        return await show_editor(console, visit, edited, told=("good", "The sample data was saved."))

    @post(path + "/test")
    async def test(visit: ThisVisit, slug: FromPath[str], channel: FromPath[str], variant_id: FromPath[str]) -> Page:
        """One message of what was typed to one address; the page says what the vendor said, and whether it is saved."""
        edited = await open_typed(console, visit, slug, channel, variant_id)
        text = "as the draft says" if edited.is_variant_saved else "not saved"
        noting = visit.actor.noting("sent test", slug, channel=channel, variant=variant_id, text=text)
        workshop = Workshop(console.pool, console.vault, console.vendors.deliver, console.now)
        try:
            identity = read_identity(edited.stored.channel, _read_address(edited.form.address), None, "address")
            trial = Trial(identity, edited.form.vendor or None, check_variant(edited.variant))
            tried = await try_template(workshop, visit.workspace_id, slug, edited.audience(), trial, noting, live=False)
        except Invalid as fault:
            return await show_editor(console, visit, edited, status=400, fault=fault, refused="Nothing was sent.")
        return await show_editor(console, visit, edited, told=_tell(tried, is_saved=edited.is_variant_saved))

    return [preview, show_mail, show_typed_mail, keep_data, test]


def _read_mail(content: Document) -> tuple[str | None, str | None]:
    """The HTML and the text of a mail; the part that is sent is the one that its type names."""
    body = ("body", str(find_value(content, ("body", "type"))))
    return find_value(content, (*body, "html")) or None, find_value(content, (*body, "text"))


def _read_address(text: str) -> Any:
    """An address as triggers have it: a text, or on some channels a JSON object."""
    if not text.strip().startswith("{"):
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise Invalid("address", "is no JSON object") from None


def _tell(tried: Tried, *, is_saved: bool) -> tuple[str, str]:
    account = tried.account.nickname
    match tried.outcome:
        case Accepted(vendor_message_id):
            name = f" as {vendor_message_id}" if vendor_message_id else ""
            said = "what the draft says" if is_saved else "what stands here, which is not saved yet"
            return "good", f"{account} took the test{name}: {said}."
        case failure:
            return "bad", f"{account} did not take the test: {failure.code}, {failure.detail}"
