"""`/v1/{workspace}/workflow/`: workflows, their commit, and whether they are enabled (wire.md 6)."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from litestar import delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from msgspec import Struct

from suprsend_hub.actions.edit_workflow import (
    Saved,
    commit_workflow,
    find_workflow_or_refuse,
    remove_workflow,
    review_workflow,
    save_workflow,
    switch_workflow,
)
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.management import PAGE, CommitMessage, Management, Mode
from suprsend_hub.api.pages import Limit, Offset, page
from suprsend_hub.api.workflow_documents import reviewed_document, workflow_document
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.reading import refuse_depth
from suprsend_hub.domain.workflow import WorkflowForm, check_workflow_slug, strip_reply
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.workflows import page_workflows


class EnableForm(Struct, frozen=True):
    """Whether triggers and events start the workflow."""

    is_enabled: bool


_WORKFLOW = msgspec.json.Decoder(Document)
_ENABLE = msgspec.json.Decoder(EnableForm)

EXAMPLE = {
    "name": "Welcome",
    "category": "onboarding",
    "trigger_type": "event",
    "trigger_events": ["SIGNED_UP"],
    "tree": {
        "nodes": [
            {"node_type": "send_inbox", "properties": {"template": "welcome"}},
            {"node_type": "delay", "properties": {"delay_type": "fixed", "value": "1d"}},
            {"node_type": "send_email", "properties": {"template": "first-steps"}},
        ]
    },
}


def workflow_routes(
    gatekeeper: Gatekeeper, pool: Pool, vault: Vault, now: Callable[[], datetime]
) -> list[HTTPRouteHandler]:
    """The routes of workflows."""
    management = Management(gatekeeper, pool, vault, now)
    return [*_reading_routes(management), *_writing_routes(management), *_switching_routes(management)]


def _reading_routes(management: Management) -> list[HTTPRouteHandler]:
    @get("/v1/{workspace:str}/workflow/", summary="List workflows", tags=["workflows"])
    async def list_workflows(
        request: AnyRequest, workspace: FromPath[str], limit: Limit = PAGE, offset: Offset = 0, mode: Mode = "draft"
    ) -> Document:
        """A page of workflows by slug; in mode `live` only those that were committed, as they were."""
        opened = await management.open_workspace(request, workspace)
        async with management.pool.acquire() as connection:
            count, found = await page_workflows(connection, opened.id, limit, offset, only_live=mode == "live")
        return page([workflow_document(each, mode) for each in found], count, limit, offset)

    @get("/v1/{workspace:str}/workflow/{slug:str}/", summary="Get a workflow", tags=["workflows"])
    async def get_workflow(
        request: AnyRequest, workspace: FromPath[str], slug: FromPath[str], mode: Mode = "draft"
    ) -> Document:
        """A workflow, with what keeps it from going live; in mode `live` it must have been committed."""
        opened = await management.open_workspace(request, workspace)
        async with management.pool.acquire() as connection:
            stored = await find_workflow_or_refuse(connection, opened.id, slug)
            shown = stored.live if mode == "live" else stored.draft
            if shown is None:
                raise NotFound(f"workflow {slug!r} has no live version yet; commit it first")
            review = await review_workflow(connection, opened.id, shown)
        return reviewed_document(Saved(stored, review.faults), mode)

    return [list_workflows, get_workflow]


def _writing_routes(management: Management) -> list[HTTPRouteHandler]:
    @post(
        "/v1/{workspace:str}/workflow/{slug:str}/",
        operation_class=body_of(WorkflowForm, example=EXAMPLE),
        status_code=200,
        summary="Add or change a workflow",
        tags=["workflows"],
    )
    async def put_workflow(
        request: AnyRequest,
        workspace: FromPath[str],
        slug: FromPath[str],
        commit: FromQuery[bool] = False,
        commit_message: CommitMessage = None,
    ) -> Document:
        """Replace the draft; with `commit` it goes live, unless `validation_result` says what is wrong with it."""
        opened, actor = await management.open_to_change(request, workspace)
        check_workflow_slug(slug, "slug")
        form = await read_body(request, _WORKFLOW)
        refuse_depth(form, "body")
        message, is_enabled = commit_message or "", _read_is_enabled(form)
        noted = {} if is_enabled is None else {"enabled": is_enabled}
        saved = await save_workflow(
            management.pool,
            opened.id,
            slug,
            strip_reply(form),
            management.now(),
            actor.saving("added workflow", "changed draft of workflow", slug, **noted),
            actor.noting("committed workflow", slug, message=message),
            is_enabled=is_enabled,
            commit=message if commit else None,
        )
        return reviewed_document(saved)

    @delete("/v1/{workspace:str}/workflow/{slug:str}/", summary="Delete a workflow", tags=["workflows"])
    async def delete_workflow(request: AnyRequest, workspace: FromPath[str], slug: FromPath[str]) -> None:
        """Take a workflow out of use; what it has begun goes on."""
        opened, actor = await management.open_to_change(request, workspace)
        await remove_workflow(
            management.pool, opened.id, slug, management.now(), actor.noting("removed workflow", slug)
        )

    return [put_workflow, delete_workflow]


def _switching_routes(management: Management) -> list[HTTPRouteHandler]:
    @patch("/v1/{workspace:str}/workflow/{slug:str}/commit/", summary="Commit a workflow", tags=["workflows"])
    async def commit_draft(
        request: AnyRequest,
        workspace: FromPath[str],
        slug: FromPath[str],
        commit_message: CommitMessage = None,
    ) -> Document:
        """Make the draft live; what was accepted before keeps its version."""
        opened, actor = await management.open_to_change(request, workspace)
        message = commit_message or ""
        noting = actor.noting("committed workflow", slug, message=message)
        saved = await commit_workflow(management.pool, opened.id, slug, message, management.now(), noting)
        return reviewed_document(saved)

    @patch(
        "/v1/{workspace:str}/workflow/{slug:str}/enable/",
        operation_class=body_of(EnableForm, example={"is_enabled": True}),
        summary="Enable or disable a workflow",
        tags=["workflows"],
    )
    async def enable_workflow(request: AnyRequest, workspace: FromPath[str], slug: FromPath[str]) -> Document:
        """Let triggers and events start the workflow, or not, from now on; what it has begun goes on."""
        opened, actor = await management.open_to_change(request, workspace)
        form = await read_body(request, _ENABLE)
        noting = actor.noting("enabled workflow" if form.is_enabled else "disabled workflow", slug)
        saved = await switch_workflow(
            management.pool, opened.id, slug, management.now(), noting, is_enabled=form.is_enabled
        )
        return reviewed_document(saved)

    return [commit_draft, enable_workflow]


def _read_is_enabled(form: Document) -> bool | None:
    match form.get("is_enabled"):
        case bool() | None as value:
            return value
        case _:
            raise Invalid("is_enabled", "must be true or false")
