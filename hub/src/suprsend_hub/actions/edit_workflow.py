"""Workflows change: drafts are written, committed, enabled and deleted."""

from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.actions.edit_payload_schema import explain_missing
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.workflow import Review, Workflow, hash_definition, review_definition
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.event_definitions import name_events
from suprsend_hub.store.payload_schemas import find_missing_schemas
from suprsend_hub.store.templates import find_live_versions
from suprsend_hub.store.workflows import (
    StoredWorkflow,
    delete_workflow,
    enable_workflow,
    find_workflow,
    lock_workflow,
    publish_workflow,
    put_workflow,
)


@dataclass(frozen=True, slots=True)
class Saved:
    """A workflow as it is now, and what keeps its draft from going live."""

    stored: StoredWorkflow
    faults: tuple[Invalid, ...]


async def find_workflow_or_refuse(connection: Connection, workspace_id: int, slug: str) -> StoredWorkflow:
    """The workflow of that slug, or NotFound."""
    stored = await find_workflow(connection, workspace_id, slug)
    if stored is None:
        raise NotFound(f"there is no workflow {slug!r} in this workspace")
    return stored


async def review_workflow(connection: Connection, workspace_id: int, definition: Document) -> Review:
    """Everything that is wrong with a definition, what it names included."""
    review = review_definition(definition)
    if review.workflow is None:
        return review
    faults = [
        *await _missing_templates(connection, workspace_id, review.workflow),
        *await _missing_schema(connection, workspace_id, review.workflow),
    ]
    return Review(None, tuple(faults)) if faults else review


async def save_workflow(
    pool: Pool,
    workspace_id: int,
    slug: str,
    definition: Document,
    now: datetime,
    *,
    is_enabled: bool | None = None,
    commit: str | None = None,
) -> Saved:
    """Replace the draft, and make it live where `commit`, its message, is no None and nothing is wrong with it."""

    async def work(connection: Connection) -> Saved:
        await put_workflow(connection, workspace_id, slug, definition, hash_definition(definition), now)
        if is_enabled is not None:
            await enable_workflow(connection, workspace_id, slug, now, is_enabled=is_enabled)
        stored = await find_workflow_or_refuse(connection, workspace_id, slug)
        review = await review_workflow(connection, workspace_id, stored.draft)
        if commit is not None and review.workflow is not None:
            await _publish(connection, workspace_id, stored, review.workflow, commit, now)
        return Saved(await find_workflow_or_refuse(connection, workspace_id, slug), review.faults)

    return await transact(pool, work)


async def commit_workflow(pool: Pool, workspace_id: int, slug: str, message: str, now: datetime) -> Saved:
    """Make the draft live, or raise Invalid that says what keeps it from it.

    A draft that says what is live already makes no new version, so committing twice is committing once.
    """

    async def work(connection: Connection) -> Saved:
        await lock_workflow(connection, workspace_id, slug)
        stored = await find_workflow_or_refuse(connection, workspace_id, slug)
        review = await review_workflow(connection, workspace_id, stored.draft)
        if review.workflow is None:
            raise review.faults[0]
        await _publish(connection, workspace_id, stored, review.workflow, message, now)
        return Saved(await find_workflow_or_refuse(connection, workspace_id, slug), ())

    return await transact(pool, work)


async def switch_workflow(pool: Pool, workspace_id: int, slug: str, now: datetime, *, is_enabled: bool) -> Saved:
    """Let triggers and events start a workflow, or not; what runs goes on."""

    async def work(connection: Connection) -> Saved:
        await enable_workflow(connection, workspace_id, slug, now, is_enabled=is_enabled)
        stored = await find_workflow_or_refuse(connection, workspace_id, slug)
        return Saved(stored, (await review_workflow(connection, workspace_id, stored.draft)).faults)

    return await transact(pool, work)


async def remove_workflow(pool: Pool, workspace_id: int, slug: str, now: datetime) -> None:
    """Take a workflow out of use, or NotFound; what runs goes on."""

    async def work(connection: Connection) -> None:
        if not await delete_workflow(connection, workspace_id, slug, now):
            raise NotFound(f"there is no workflow {slug!r} in this workspace")

    await transact(pool, work)


async def _publish(
    connection: Connection,
    workspace_id: int,
    stored: StoredWorkflow,
    workflow: Workflow,
    message: str,
    now: datetime,
) -> None:
    if stored.draft_hash != stored.live_hash:
        await publish_workflow(connection, workspace_id, stored, workflow, message, now)
        await name_events(connection, workspace_id, workflow.trigger_events, now)


async def _missing_templates(connection: Connection, workspace_id: int, workflow: Workflow) -> tuple[Invalid, ...]:
    known = await find_live_versions(connection, workspace_id, {send.template for send in workflow.sends})
    return tuple(
        Invalid(f"{send.path}.template", f"template {send.template!r} {_explain(send.template in known)}")
        for send in workflow.sends
        if known.get(send.template) is None
    )


def _explain(exists: bool) -> str:
    return "has no live version yet; commit it first" if exists else "does not exist"


async def _missing_schema(connection: Connection, workspace_id: int, workflow: Workflow) -> tuple[Invalid, ...]:
    link = workflow.payload_schema
    if link is None or not await find_missing_schemas(connection, workspace_id, [link], live=True):
        return ()
    exists = not await find_missing_schemas(connection, workspace_id, [link])
    problem = f"schema {link.schema!r} {_explain(exists)}" if exists else explain_missing(link)
    return (Invalid("payload_schema", problem),)
