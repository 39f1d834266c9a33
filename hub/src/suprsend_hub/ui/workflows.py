"""Workflows: looking for them, adding one, and one of them as steps, with what a commit would change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_workflow import (
    add_workflow,
    commit_workflow,
    find_workflow_or_refuse,
    review_workflow,
)
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Conflict, Invalid
from suprsend_hub.domain.workflow import check_workflow_slug
from suprsend_hub.store.categories import read_live_tree
from suprsend_hub.store.keyset import Keyset
from suprsend_hub.store.request_log import list_latest_requests, sum_up_requests
from suprsend_hub.store.templates import NamedTemplate, TemplateFilter, read_named_templates, search_templates
from suprsend_hub.store.workflow_log import search_workflows
from suprsend_hub.store.workflows import StoredWorkflow
from suprsend_hub.store.workspaces import find_workspace_key
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form, read_query
from suprsend_hub.ui.pager import Pager, cut, read_position
from suprsend_hub.ui.references import known_users
from suprsend_hub.ui.visit import ThisVisit, Visit
from suprsend_hub.ui.workflow_definition import compare_definitions, name_templates
from suprsend_hub.ui.workflow_examples import Hub, examples_of, sample_data
from suprsend_hub.ui.workflow_steps import lay_out

# So many of the latest requests stand on a workflow's page.
LATEST = 10
# So many live templates and categories are offered while one is typed.
MOST_OFFERED = 100
# Where fields of the form stand in the definition that it makes.
_PLACES = {"trigger_events": "events", "tree.nodes[0]": "template"}


class SearchForm(Struct, frozen=True):
    """How the slugs begin of the workflows that are looked for."""

    slug: Annotated[str, Meta(max_length=255)] = ""


class NewWorkflowForm(Struct, frozen=True):
    """A workflow to begin with: what sets it off, and the template that it sends; events are apart by commas."""

    slug: str = ""
    name: str = ""
    category: str = "transactional"
    trigger: Literal["api", "event"] = "api"
    events: str = ""
    template: str = ""


class SideQuery(Struct, frozen=True):
    """Which side is looked at."""

    side: Literal["draft", "live"] = "draft"


class CommitForm(Struct, frozen=True):
    """What a commit is for, and the hash of the draft that was looked at."""

    message: Annotated[str, Meta(max_length=500)] = ""
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A workflow as its page shows it: one side of it, and what keeps the draft from going live."""

    stored: StoredWorkflow
    definition: Document
    faults: Sequence[Invalid]
    templates: dict[str, NamedTemplate]


def workflow_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of workflows."""
    return [*_list_routes(console), *_page_routes(console)]


def _list_routes(console: Console) -> list[HTTPRouteHandler]:
    async def show(
        visit: Visit, status: int = 200, fault: Invalid | None = None, typed: NewWorkflowForm | None = None
    ) -> Page:
        form = read_query(visit.request, SearchForm)
        keyset = read_position(visit.request, numeric=True)
        async with console.pool.acquire() as connection:
            prefix = form.slug.strip().lower()
            rows = await search_workflows(connection, visit.workspace_id, prefix, keyset)
            live = TemplateFilter(is_live=True)
            templates = await search_templates(connection, visit.workspace_id, live, Keyset(MOST_OFFERED))
            tree = await read_live_tree(connection, visit.workspace_id)
        workflows, pager = cut(visit.request, rows, keyset, lambda row: row.id)
        named = [each.category.category for each in tree.entries()][:MOST_OFFERED] if tree else []
        return console.page(
            visit,
            "workflows/list.html",
            part="workflows/_rows.html",
            status=status,
            form=form,
            workflows=workflows,
            pager=pager,
            templates=[each.slug for each in templates],
            categories=list(dict.fromkeys(("transactional", "promotional", "system", *named))),
            fault=fault,
            typed=typed or NewWorkflowForm(),
        )

    @get("/{workspace:str}/workflows")
    async def list_workflows(visit: ThisVisit) -> Page:
        """A page of workflows by slug."""
        return await show(visit)

    @post("/{workspace:str}/workflows")
    async def add(visit: ThisVisit) -> Page:
        """A workflow more, with a draft that can go live."""
        form = await read_form(visit.request, NewWorkflowForm)
        noting = visit.actor.noting("added workflow", form.slug)
        try:
            _refuse_empty(form)
            check_workflow_slug(form.slug, "slug")
            await add_workflow(console.pool, visit.workspace_id, form.slug, begin(form), console.now(), noting)
        except Invalid as fault:
            return await show(visit, 400, _as_typed(fault), form)
        said = "The workflow was added as a draft. Commit it, and it runs."
        return console.go(visit, f"{visit.home}/workflows/{form.slug}", said)

    return [list_workflows, add]


def _page_routes(console: Console) -> list[HTTPRouteHandler]:
    async def show(visit: Visit, slug: str, status: int = 200, told: str = "") -> Page:
        side = read_query(visit.request, SideQuery).side
        shown = await _read(console, visit, slug, side)
        stored = shown.stored
        return console.page(
            visit,
            "workflows/show.html",
            status=status,
            chosen=stored,
            side=side,
            told=told,
            definition=shown.definition,
            flow=lay_out(shown.definition, shown.faults if side == "draft" else (), shown.templates),
            faults=shown.faults,
            is_ahead=stored.draft_hash != stored.live_hash,
            difference=compare_definitions(stored.live, stored.draft),
            **await _surroundings(console, visit, shown),
        )

    @get("/{workspace:str}/workflows/{workflow:str}")
    async def open_workflow(visit: ThisVisit, workflow: FromPath[str]) -> Page:
        """A workflow: its steps, what a commit would change, how it is set off, and its latest requests."""
        return await show(visit, workflow)

    @post("/{workspace:str}/workflows/{workflow:str}/commit")
    async def commit(visit: ThisVisit, workflow: FromPath[str]) -> Page:
        """The draft that was looked at goes live, as a version that never changes; or each fault of it is shown."""
        form, here = await read_form(visit.request, CommitForm), f"{visit.home}/workflows/{workflow}"
        noting = visit.actor.noting("committed workflow", workflow, message=form.message)
        try:
            saved = await commit_workflow(
                console.pool, visit.workspace_id, workflow, form.message, console.now(), noting, seen=form.seen
            )
        except Conflict as fault:
            return console.go(visit, here, f"{fault.message}: nothing went live. Look at it again.", "bad")
        except Invalid:
            return await show(visit, workflow, 400, "Nothing went live: something is wrong with the draft.")
        return console.go(visit, here, f"Version {saved.stored.live_version_no} is live.")

    return [open_workflow, commit]


def begin(form: NewWorkflowForm) -> Document:
    """The definition that a new workflow begins with."""
    events = [each.strip() for each in form.events.split(",") if each.strip()]
    triggered: Document = {"trigger_type": form.trigger} | (
        {"trigger_events": events} if form.trigger == "event" else {}
    )
    nodes = [{"node_type": "send_multi_channel", "properties": {"template": form.template.strip()}}]
    return {"name": form.name.strip(), "category": form.category.strip(), **triggered, "tree": {"nodes": nodes}}


def _refuse_empty(form: NewWorkflowForm) -> None:
    for field, value in (("slug", form.slug), ("name", form.name), ("template", form.template)):
        if not value.strip():
            raise Invalid(field, "is required")


def _as_typed(fault: Invalid) -> Invalid:
    """A fault of the new definition, beside the field of the form that it comes from."""
    return next(
        (Invalid(name, fault.problem) for place, name in _PLACES.items() if fault.field.startswith(place)), fault
    )


async def _read(console: Console, visit: Visit, slug: str, side: Literal["draft", "live"]) -> Shown:
    async with console.pool.acquire() as connection:
        stored = await find_workflow_or_refuse(connection, visit.workspace_id, slug)
        review = await review_workflow(connection, visit.workspace_id, stored.draft)
        named = name_templates(each for each in (stored.draft, stored.live) if each is not None)
        templates = await read_named_templates(connection, visit.workspace_id, named)
    definition = stored.draft if side == "draft" else stored.live or {}
    return Shown(stored, definition, review.faults, templates)


async def _surroundings(console: Console, visit: Visit, shown: Shown) -> dict[str, Any]:
    """What stands around the steps: how programs set the workflow off, and what came of it lately."""
    stored, live = shown.stored, shown.stored.live or shown.stored.draft
    async with console.pool.acquire() as connection:
        requests = await list_latest_requests(connection, visit.workspace_id, stored.slug, LATEST)
        outcomes = await sum_up_requests(connection, visit.workspace_id, [each.id for each in requests])
        known = await known_users(connection, visit.workspace_id, (each.person for each in outcomes.values()))
        key = await find_workspace_key(connection, visit.workspace_id)
    address = (console.guard.public_url or str(visit.request.base_url)).rstrip("/")
    named = name_templates([live])
    data = sample_data(each for slug, each in shown.templates.items() if slug in named)
    return {
        "examples": examples_of(Hub(address, key), stored.slug, live, data),
        "requests": requests,
        "outcomes": outcomes,
        "known": known,
        "pager": Pager(None, None),
        "horizon": None,
        "is_narrowed": False,
    }
