"""The editor of a workflow's draft: JSON with what is wrong with it, and how it would run, beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from suprsend_hub.actions.edit_workflow import find_workflow_or_refuse, review_workflow, save_workflow
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Conflict, Invalid
from suprsend_hub.store.templates import read_named_templates
from suprsend_hub.store.workflows import StoredWorkflow
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form
from suprsend_hub.ui.line_diff import DiffLine
from suprsend_hub.ui.shown import show_document
from suprsend_hub.ui.visit import ThisVisit, Visit
from suprsend_hub.ui.workflow_definition import compare_definitions, name_templates, read_definition
from suprsend_hub.ui.workflow_steps import Flow, lay_out


class DefinitionForm(Struct, frozen=True):
    """A definition as JSON, and the hash of the draft that it was made from."""

    definition: str = ""
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """A draft as it is being edited: its text, and the definition that it comes to where it is one."""

    stored: StoredWorkflow
    text: str
    seen: str
    definition: Document | None
    fault: Invalid | None = None


def workflow_editor_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of the editor of workflows."""
    path = "/{workspace:str}/workflows/{workflow:str}"

    @get(path + "/edit")
    async def edit(visit: ThisVisit, workflow: FromPath[str]) -> Page:
        """The draft as JSON; whoever may not change it reads it."""
        stored = await _find(console, visit, workflow)
        return await _show(console, visit, Edited(stored, show_document(stored.draft), stored.draft_hash, stored.draft))

    @post(path + "/edit")
    async def save(visit: ThisVisit, workflow: FromPath[str]) -> Page:
        """What was typed becomes the draft, unless it is no JSON or somebody else changed that meanwhile."""
        edited = await _read_typed(console, visit, workflow)
        if edited.definition is None:
            return await _show(console, visit, edited, status=400, told="Nothing was saved.")
        noting = visit.actor.saving("added workflow", "changed draft of workflow", workflow)
        try:
            saved = await save_workflow(
                console.pool, visit.workspace_id, workflow, edited.definition, console.now(), noting, seen=edited.seen
            )
        except Conflict as conflict:
            theirs = compare_definitions(edited.stored.draft, edited.definition)
            told = f"{conflict.message}. Nothing was saved."
            return await _show(console, visit, edited, status=409, told=told, difference=theirs)
        return console.go(visit, f"{visit.home}/workflows/{workflow}/edit", _tell(len(saved.faults)))

    @post(path + "/check")
    async def check(visit: ThisVisit, workflow: FromPath[str]) -> Page:
        """What is wrong with what was typed, and how it would run; nothing is kept."""
        return await _show(console, visit, await _read_typed(console, visit, workflow))

    return [edit, save, check]


async def _find(console: Console, visit: Visit, slug: str) -> StoredWorkflow:
    async with console.pool.acquire() as connection:
        return await find_workflow_or_refuse(connection, visit.workspace_id, slug)


async def _read_typed(console: Console, visit: Visit, slug: str) -> Edited:
    form, stored = await read_form(visit.request, DefinitionForm), await _find(console, visit, slug)
    text = form.definition.replace("\r\n", "\n")
    try:
        return Edited(stored, text, form.seen, read_definition(text))
    except Invalid as fault:
        return Edited(stored, text, form.seen, None, fault)


async def _show(
    console: Console,
    visit: Visit,
    edited: Edited,
    *,
    status: int = 200,
    told: str = "",
    difference: list[DiffLine] | None = None,
) -> Page:
    """The page of the editor; where htmx asks, what is wrong and the steps alone.

    With a `difference` somebody else was faster: whoever saves once more means to put that aside.
    """
    is_stale = difference is not None
    flow, faults = (None, ()) if edited.definition is None else await _judge(console, visit, edited.definition)
    return console.page(
        visit,
        "workflows/edit.html",
        part="workflows/_check.html",
        status=status,
        chosen=edited.stored,
        text=edited.text,
        seen=edited.stored.draft_hash if is_stale else edited.seen,
        fault=edited.fault,
        told=told,
        difference=difference or [],
        is_stale=is_stale,
        flow=flow,
        faults=faults,
        is_typed=edited.text != show_document(edited.stored.draft),
    )


async def _judge(console: Console, visit: Visit, definition: Document) -> tuple[Flow, Sequence[Invalid]]:
    """How a definition would run, and what is wrong with it."""
    async with console.pool.acquire() as connection:
        faults = (await review_workflow(connection, visit.workspace_id, definition)).faults
        templates = await read_named_templates(connection, visit.workspace_id, name_templates([definition]))
    return lay_out(definition, faults, templates), faults


def _tell(faults: int) -> str:
    if not faults:
        return "The draft was saved. It runs once it is committed."
    keep = "1 fault keeps" if faults == 1 else f"{faults} faults keep"
    return f"The draft was saved. {keep} it from going live."
