"""The editor of one variant: what is stored or typed, how it looks filled in, and what is wrong with it."""

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from suprsend_hub.actions.publish import VariantKey, find_template_or_refuse
from suprsend_hub.actions.try_template import Audience, Preview, Workshop, preview_variant
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.template import DEFAULT_LOCALE, Variant, mark_of
from suprsend_hub.domain.template_content import read_channel, read_content, read_document
from suprsend_hub.domain.template_name import check_locale, check_tenant_id
from suprsend_hub.domain.template_variables import find_variables
from suprsend_hub.store.database import Connection
from suprsend_hub.store.draft_variants import list_draft
from suprsend_hub.store.templates import Template, read_mock_data
from suprsend_hub.store.vendors import list_vendors
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.content_fields import list_fields, put_fields
from suprsend_hub.ui.forms import read_form, read_texts
from suprsend_hub.ui.inbox_text import read_inbox_spans
from suprsend_hub.ui.line_diff import DiffLine
from suprsend_hub.ui.variant_diff import compare
from suprsend_hub.ui.visit import Visit

PREFIX = "content."
_LINE = re.compile(r"line (\d+)")
_HELPER = re.compile(r"there is no helper '([^']+)'|^([a-z_-]+)(?: takes|: )")


class VariantForm(Struct, frozen=True):
    """What the editor says besides the content; `seen` is the mark of the variant that it was opened with."""

    locale: str = DEFAULT_LOCALE
    tenant: str = ""
    data: str = ""
    recipient: str = ""
    seen: str = ""
    address: str = ""
    vendor: Annotated[str, Meta(max_length=128)] = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps a field from being filled in; `line` counts from 1, `excerpt` is that line of the template."""

    name: str
    problem: str
    line: int | None = None
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """A variant as it is being edited; `stored` is what the draft has."""

    template: Template
    stored: Variant
    variant: Variant
    form: VariantForm
    sample: Document

    @property
    def data_text(self) -> str:
        """The sample data of the form, or that of the template."""
        return self.form.data or msgspec.json.format(msgspec.json.encode(self.sample), indent=2).decode()

    @property
    def is_variant_saved(self) -> bool:
        """Whether the draft says what was typed of the variant."""
        return self.variant == self.stored

    @property
    def is_saved(self) -> bool:
        """Whether nothing is lost of what was typed when it is left, the sample data included."""
        try:
            return self.is_variant_saved and self.read_data() == self.sample
        except Invalid:
            return False

    def read_data(self) -> Document:
        """The sample data of the form, or that of the template; Invalid where it can't be read."""
        return read_document(self.form.data.encode(), "data") if self.form.data else self.sample

    def audience(self) -> Audience:
        """For whom the preview is; Invalid where the sample data can't be read."""
        recipient = read_document(self.form.recipient.encode(), "recipient") if self.form.recipient else {}
        return Audience(self.read_data(), recipient, self.variant.tenant_id, self.variant.locale)


async def open_stored(console: Console, visit: Visit, slug: str, channel: str, variant_id: str) -> Edited:
    """The variant as the draft has it."""
    async with console.pool.acquire() as connection:
        template, stored, sample = await _find(connection, visit, slug, channel, variant_id)
    form = VariantForm(stored.locale, stored.tenant_id or "", seen=mark_of([stored]))
    return Edited(template, stored, stored, form, sample)


async def open_typed(console: Console, visit: Visit, slug: str, channel: str, variant_id: str) -> Edited:
    """The variant with what was typed; whatever is wrong with it is for those who use it to find."""
    form = await read_form(visit.request, VariantForm)
    typed = await read_texts(visit.request, PREFIX)
    async with console.pool.acquire() as connection:
        template, stored, sample = await _find(connection, visit, slug, channel, variant_id)
    content = put_fields(stored.channel, stored.content, typed)
    variant = Variant(stored.channel, stored.id, form.tenant.strip() or None, form.locale.strip(), content)
    return Edited(template, stored, variant, form, sample)


def check_variant(variant: Variant) -> Variant:
    """The variant as the draft would keep it; Invalid names the field that is wrong."""
    check_placed(variant)
    return replace(variant, content=read_content(variant.channel, msgspec.json.encode(variant.content)))


def check_placed(variant: Variant) -> None:
    """Refuse a language or a tenant that can't be one."""
    check_locale(variant.locale, "locale")
    if variant.tenant_id is not None:
        check_tenant_id(variant.tenant_id, "tenant")


async def fill_in(console: Console, visit: Visit, edited: Edited) -> tuple[Preview | None, list[Trouble]]:
    """The variant as its audience would see it, and what is wrong; no preview where it can't be told."""
    workshop = Workshop(console.pool, console.vault, console.vendors.deliver, console.now)
    try:
        check_placed(edited.variant)
        preview = await preview_variant(
            workshop, visit.workspace_id, edited.template.slug, edited.variant, edited.audience()
        )
    except Invalid as fault:
        return None, [Trouble(fault.field, fault.problem)]
    troubles = [_locate(name, problem, edited) for name, problems in preview.faults.items() for problem in problems]
    return preview, troubles


async def show_editor(
    console: Console,
    visit: Visit,
    edited: Edited,
    *,
    status: int = 200,
    fault: Invalid | None = None,
    told: tuple[str, str] | None = None,
    refused: str = "Nothing was saved.",
    is_stale: bool = False,
) -> Page:
    """The page of the editor; where htmx asks, the preview alone. `told` is a tone and what to say."""
    preview, troubles = await fill_in(console, visit, edited)
    async with console.pool.acquire() as connection:
        accounts = await list_vendors(connection, console.vault, visit.workspace_id)
    difference: list[DiffLine] = compare(edited.stored, edited.variant) if is_stale else []
    return console.page(
        visit,
        "templates/edit.html",
        part="templates/_preview.html",
        status=status,
        edited=edited,
        variant=edited.variant,
        chosen=edited.template,
        fields=list_fields(edited.variant.channel, edited.variant.content),
        seen=mark_of([edited.stored]) if is_stale else edited.form.seen,
        preview=preview,
        inbox_spans=read_inbox_spans,
        troubles=troubles,
        fault=fault,
        told=told,
        refused=refused,
        difference=difference,
        is_typed=not edited.is_variant_saved or bool(edited.form.data or edited.form.recipient),
        accounts=[each.nickname for each in accounts if each.channel == edited.variant.channel],
        **_variables(edited),
    )


def _variables(edited: Edited) -> dict[str, Any]:
    names = [name for name in find_variables(edited.variant.content) if not name.startswith("$")]
    try:
        data = edited.audience().data or {}
    except Invalid:
        data = {}
    return {"variables": names, "missing": [name for name in names if name not in data]}


def _locate(name: str, problem: str, edited: Edited) -> Trouble:
    """What is wrong, with its line where the template has one."""
    fields = {PREFIX + each.name: each.value for each in list_fields(edited.variant.channel, edited.variant.content)}
    lines = fields.get(name, "").split("\n")
    found, helper = _LINE.search(problem), _HELPER.search(problem)
    number = int(found[1]) if found else None
    if number is None and helper is not None:
        call = re.compile(r"\{\{[^}]*" + re.escape(helper[1] or helper[2]))
        number = next((index for index, line in enumerate(lines, 1) if call.search(line)), None)
    if number is None or number > len(lines):
        return Trouble(name, problem)
    return Trouble(name, problem, number, lines[number - 1][:200])


async def _find(
    connection: Connection, visit: Visit, slug: str, channel: str, variant_id: str
) -> tuple[Template, Variant, Document]:
    template = await find_template_or_refuse(connection, visit.workspace_id, slug)
    key = VariantKey(read_channel(channel), variant_id)
    for each in await list_draft(connection, template.id):
        if (each.variant.channel, each.variant.id) == (key.channel, key.id):
            return template, each.variant, await read_mock_data(connection, template.id) or {}
    raise NotFound(f"the draft of {slug!r} has no {channel} variant {variant_id!r}")
