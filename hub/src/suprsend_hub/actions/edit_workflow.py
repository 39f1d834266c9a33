"""Workflows change: drafts are written, committed, enabled and deleted."""

from dataclasses import dataclass, replace
from datetime import datetime

from suprsend_hub.actions.audit import Along, AlongSaving, nothing_along
from suprsend_hub.actions.edit_payload_schema import explain_missing
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Conflict, Invalid, NotFound
from suprsend_hub.domain.workflow import Review, Workflow, hash_definition, review_definition
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.event_definitions import name_events
from suprsend_hub.store.payload_schemas import find_missing_schemas
from suprsend_hub.store.templates import find_live_versions
from suprsend_hub.store.workflow_log import CommittedVersion, find_committed_version
from suprsend_hub.store.workflows import (
    StoredWorkflow,
    delete_workflow,
    enable_workflow,
    find_workflow,
    insert_workflow,
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


async def review_workflow(
    connection: Connection, workspace_id: int, definition: Document, *, hold: bool = False
) -> Review:
    """Everything that is wrong with a definition, what it names included.

    With `hold` no template that it names is removed until the transaction ends.
    """
    review = review_definition(definition)
    if review.workflow is None:
        return review
    faults = [
        *await _missing_templates(connection, workspace_id, review.workflow, hold=hold),
        *await _missing_schema(connection, workspace_id, review.workflow),
    ]
    return Review(None, tuple(faults)) if faults else review


async def find_version_or_refuse(connection: Connection, stored: StoredWorkflow, version_no: int) -> CommittedVersion:
    """The version of that number, or NotFound."""
    version = await find_committed_version(connection, stored.id, version_no)
    if version is None:
        raise NotFound(f"workflow {stored.slug!r} has no version {version_no}")
    return version


async def save_workflow(
    pool: Pool,
    workspace_id: int,
    slug: str,
    definition: Document,
    now: datetime,
    along: AlongSaving = nothing_along,
    along_commit: Along = nothing_along,
    *,
    is_enabled: bool | None = None,
    commit: str | None = None,
    seen: str | None = None,
) -> Saved:
    """Replace the draft, and make it live where `commit`, its message, is no None and nothing is wrong with it.

    `seen` is the hash of the draft that the change was made from: where the draft says something else by now, Conflict,
    and nothing is changed.
    """

    async def work(connection: Connection) -> Saved:
        if seen is not None:
            await _hold(connection, workspace_id, slug, seen)
        is_new = await put_workflow(connection, workspace_id, slug, definition, hash_definition(definition), now)
        if is_enabled is not None:
            await enable_workflow(connection, workspace_id, slug, now, is_enabled=is_enabled)
        await along(connection, is_new)
        stored = await find_workflow_or_refuse(connection, workspace_id, slug)
        review = await review_workflow(connection, workspace_id, stored.draft, hold=True)
        wanted = None if commit is None else review.workflow
        if wanted is not None and await _publish(connection, workspace_id, stored, wanted, commit or "", now):
            await along_commit(connection)
        return Saved(await find_workflow_or_refuse(connection, workspace_id, slug), review.faults)

    return await transact(pool, work)


async def add_workflow(
    pool: Pool, workspace_id: int, slug: str, definition: Document, now: datetime, along: Along = nothing_along
) -> None:
    """Add a workflow that has a sound draft; Invalid where there is one of that slug, or where something is wrong."""

    async def work(connection: Connection) -> None:
        is_made = await insert_workflow(connection, workspace_id, slug, definition, hash_definition(definition), now)
        if not is_made:
            raise Invalid("slug", f"{slug!r} is a workflow already")
        review = await review_workflow(connection, workspace_id, definition, hold=True)
        if review.workflow is None:
            raise review.faults[0]
        await along(connection)

    await transact(pool, work)


async def commit_workflow(
    pool: Pool,
    workspace_id: int,
    slug: str,
    message: str,
    now: datetime,
    along: Along = nothing_along,
    *,
    seen: str | None = None,
) -> Saved:
    """Make the draft live, or raise Invalid that says what keeps it from it.

    A draft that says what is live already makes no new version, so committing twice is committing once. `seen` is the
    hash of the draft that was looked at: where it says something else by now, Conflict, and nothing goes live.
    """

    async def work(connection: Connection) -> Saved:
        stored = await _hold(connection, workspace_id, slug, seen)
        review = await review_workflow(connection, workspace_id, stored.draft, hold=True)
        if review.workflow is None:
            raise review.faults[0]
        if await _publish(connection, workspace_id, stored, review.workflow, message, now):
            await along(connection)
        return Saved(await find_workflow_or_refuse(connection, workspace_id, slug), ())

    return await transact(pool, work)


async def discard_draft(
    pool: Pool, workspace_id: int, slug: str, now: datetime, along: Along = nothing_along, *, seen: str
) -> None:
    """Let the draft say what is live again; Conflict where nothing is, or where it says something else by now."""

    async def work(connection: Connection) -> None:
        stored = await _hold(connection, workspace_id, slug, seen)
        if stored.live is None or stored.live_hash is None:
            raise Conflict(f"workflow {slug!r} has no live version to go back to")
        await put_workflow(connection, workspace_id, slug, stored.live, stored.live_hash, now)
        await along(connection)

    await transact(pool, work)


async def roll_back_workflow(
    pool: Pool, workspace_id: int, slug: str, version_no: int, now: datetime, along: Along = nothing_along
) -> StoredWorkflow:
    """Make what an earlier version said live again, as a new version; the draft stays as it is."""

    async def work(connection: Connection) -> StoredWorkflow:
        stored = await _hold(connection, workspace_id, slug, None)
        version = await find_version_or_refuse(connection, stored, version_no)
        if version.hash == stored.live_hash:
            raise Conflict(f"version {version_no} says what is live already")
        review = await review_workflow(connection, workspace_id, version.definition, hold=True)
        if review.workflow is None:
            raise review.faults[0]
        wanted = replace(stored, draft=version.definition, draft_hash=version.hash)
        await _publish(connection, workspace_id, wanted, review.workflow, f"Back to version {version_no}", now)
        await along(connection)
        return await find_workflow_or_refuse(connection, workspace_id, slug)

    return await transact(pool, work)


async def switch_workflow(
    pool: Pool, workspace_id: int, slug: str, now: datetime, along: Along = nothing_along, *, is_enabled: bool
) -> Saved:
    """Let triggers and events start a workflow, or not; what runs goes on."""

    async def work(connection: Connection) -> Saved:
        await enable_workflow(connection, workspace_id, slug, now, is_enabled=is_enabled)
        stored = await find_workflow_or_refuse(connection, workspace_id, slug)
        await along(connection)
        return Saved(stored, (await review_workflow(connection, workspace_id, stored.draft)).faults)

    return await transact(pool, work)


async def remove_workflow(
    pool: Pool, workspace_id: int, slug: str, now: datetime, along: Along = nothing_along
) -> None:
    """Take a workflow out of use, or NotFound; what runs goes on."""

    async def work(connection: Connection) -> None:
        if not await delete_workflow(connection, workspace_id, slug, now):
            raise NotFound(f"there is no workflow {slug!r} in this workspace")
        await along(connection)

    await transact(pool, work)


async def _hold(connection: Connection, workspace_id: int, slug: str, seen: str | None) -> StoredWorkflow:
    """The workflow, which nobody else changes until the transaction ends; Conflict where its draft is another."""
    await lock_workflow(connection, workspace_id, slug)
    stored = await find_workflow_or_refuse(connection, workspace_id, slug)
    if seen is not None and stored.draft_hash != seen:
        raise Conflict(f"somebody else changed the draft of {slug!r} meanwhile")
    return stored


async def _publish(
    connection: Connection,
    workspace_id: int,
    stored: StoredWorkflow,
    workflow: Workflow,
    message: str,
    now: datetime,
) -> bool:
    """Make the draft live; says whether it was not already."""
    if stored.draft_hash == stored.live_hash:
        return False
    await publish_workflow(connection, workspace_id, stored, workflow, message, now)
    await name_events(connection, workspace_id, workflow.trigger_events, now)
    return True


async def _missing_templates(
    connection: Connection, workspace_id: int, workflow: Workflow, *, hold: bool
) -> tuple[Invalid, ...]:
    named = {send.template for send in workflow.sends}
    known = await find_live_versions(connection, workspace_id, named, hold=hold)
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
