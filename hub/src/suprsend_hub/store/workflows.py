"""Workflows: a draft that people edit, and versions that never change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.payload_rules import PayloadRules
from suprsend_hub.domain.workflow import Status, Workflow, read_workflow, status_of
from suprsend_hub.store.database import Connection, Record, count_changed
from suprsend_hub.store.json_columns import from_column, to_column
from suprsend_hub.store.payload_schemas import JOIN_NAMED, rules_of


@dataclass(frozen=True, slots=True)
class LiveWorkflow:
    """What a trigger needs of a workflow before its nodes; its version never changes. `rules` are its schema's."""

    id: int
    slug: str
    is_enabled: bool
    version_id: int
    name: str
    category: str
    rules: PayloadRules | None


@dataclass(frozen=True, slots=True)
class EventUse:
    """What an event is held against, and the enabled live workflows that it sets off, by slug."""

    rules: PayloadRules | None
    workflows: Sequence[LiveWorkflow]


@dataclass(frozen=True, slots=True)
class WorkflowVersion:
    """A committed workflow."""

    id: int
    workflow_id: int
    slug: str
    version_no: int
    workflow: Workflow


@dataclass(frozen=True, slots=True)
class StoredWorkflow:
    """A workflow as people edit it, with its live version where it has one."""

    id: int
    slug: str
    is_enabled: bool
    draft: Document
    draft_hash: str
    live_version_id: int | None
    live: Document | None
    live_hash: str | None
    live_version_no: int | None
    live_since: datetime | None
    commit_message: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def status(self) -> Status:
        """What it does with a trigger."""
        return status_of(is_live=self.live_version_id is not None, is_enabled=self.is_enabled)


_LIVE = "w.id, w.slug, w.is_enabled, v.id as version_id, v.name, v.category, s.json_schema"

_COLUMNS = (
    "w.id, w.slug, w.is_enabled, w.draft, w.draft_hash, w.live_version_id, v.definition as live, v.hash as live_hash,"
    " v.version_no as live_version_no, v.committed_at as live_since, v.commit_message, w.created_at, w.updated_at"
)
_FROM = "from workflow w left join workflow_version v on v.id = w.live_version_id"


async def find_live_workflows(
    connection: Connection, workspace_id: int, slugs: Iterable[str]
) -> dict[str, LiveWorkflow | None]:
    """The live version of each workflow that exists, enabled or not; None where nothing was committed yet."""
    rows = await connection.fetch(
        f"select {_LIVE} {_FROM} {JOIN_NAMED.format(named='v')}"
        " where w.workspace_id = $1 and w.slug = any($2) and w.deleted_at is null",
        workspace_id,
        list(set(slugs)),
    )
    return {row["slug"]: _live(row) if row["version_id"] is not None else None for row in rows}


async def find_event_uses(connection: Connection, workspace_id: int, event_names: Iterable[str]) -> dict[str, EventUse]:
    """What is made of each event; those that have no schema and set off nothing are missing."""
    rows = await connection.fetch(
        "select d.name as event_name, true as is_event, null::bigint as id, null as slug, null::boolean as is_enabled,"  # noqa: S608 - constants
        " null::bigint as version_id, null as name, null as category, s.json_schema::text as json_schema"
        f" from event_definition d {JOIN_NAMED.format(named='d')}"
        " where d.workspace_id = $1 and d.name = any($2) and s.id is not null"
        " union all select e.event_name, false, w.id, w.slug, w.is_enabled, v.id, v.name, v.category,"
        " s.json_schema::text"
        " from workflow_event e join workflow w on w.id = e.workflow_id"
        f" join workflow_version v on v.id = w.live_version_id {JOIN_NAMED.format(named='v')}"
        " where e.workspace_id = $1 and e.event_name = any($2) and w.is_enabled and w.deleted_at is null"
        " order by event_name, slug",
        workspace_id,
        list(set(event_names)),
    )
    rules = {row["event_name"]: rules_of(row["json_schema"]) for row in rows if row["is_event"]}
    workflows: dict[str, list[LiveWorkflow]] = {row["event_name"]: [] for row in rows}
    for row in rows:
        if not row["is_event"]:
            workflows[row["event_name"]].append(_live(row))
    return {name: EventUse(rules.get(name), found) for name, found in workflows.items()}


async def read_workflow_versions(connection: Connection, version_ids: Iterable[int]) -> dict[int, WorkflowVersion]:
    """Committed workflows by id; those that are gone are missing."""
    wanted = list(set(version_ids))
    if not wanted:
        return {}
    rows = await connection.fetch(
        "select v.id, v.workflow_id, w.slug, v.version_no, v.definition from workflow_version v"
        " join workflow w on w.id = v.workflow_id where v.id = any($1)",
        wanted,
    )
    return {
        row["id"]: WorkflowVersion(
            row["id"], row["workflow_id"], row["slug"], row["version_no"], _read_committed(row["definition"])
        )
        for row in rows
    }


@lru_cache(maxsize=500)
def _read_committed(definition: str) -> Workflow:
    # What is committed never changes, and every acceptance and every plan asks for it.
    return read_workflow(from_column(definition))


async def page_workflows(
    connection: Connection, workspace_id: int, limit: int, offset: int, *, only_live: bool = False
) -> tuple[int, list[StoredWorkflow]]:
    """How many workflows there are, and one page of them by slug; `only_live` leaves out those never committed."""
    count = await connection.fetchval(
        "select count(*) from workflow"
        " where workspace_id = $1 and deleted_at is null and (not $2 or live_version_id is not null)",
        workspace_id,
        only_live,
    )
    rows = await connection.fetch(
        f"select {_COLUMNS} {_FROM} where w.workspace_id = $1 and w.deleted_at is null"
        " and (not $2 or w.live_version_id is not null) order by w.slug limit $3 offset $4",
        workspace_id,
        only_live,
        limit,
        offset,
    )
    return count, [_stored(row) for row in rows]


async def find_workflow(connection: Connection, workspace_id: int, slug: str) -> StoredWorkflow | None:
    """The workflow of that slug."""
    row = await connection.fetchrow(
        f"select {_COLUMNS} {_FROM} where w.workspace_id = $1 and w.slug = $2 and w.deleted_at is null",
        workspace_id,
        slug,
    )
    return _stored(row) if row else None


async def lock_workflow(connection: Connection, workspace_id: int, slug: str) -> None:
    """Let nobody else change a workflow until the transaction ends; what is read after this stays true."""
    await connection.execute(
        "select from workflow where workspace_id = $1 and slug = $2 and deleted_at is null for update",
        workspace_id,
        slug,
    )


async def insert_workflow(
    connection: Connection, workspace_id: int, slug: str, draft: Document, draft_hash: str, now: datetime
) -> bool:
    """Add a workflow; False where there is one of that slug, which stays as it is."""
    done = await connection.execute(
        "insert into workflow (workspace_id, slug, draft, draft_hash, created_at, updated_at)"
        " values ($1, $2, $3, $4, $5, $5) on conflict (workspace_id, slug) where deleted_at is null do nothing",
        workspace_id,
        slug,
        to_column(draft),
        draft_hash,
        now,
    )
    return count_changed(done) == 1


async def put_workflow(
    connection: Connection, workspace_id: int, slug: str, draft: Document, draft_hash: str, now: datetime
) -> bool:
    """Add a workflow, or replace its draft; says whether it is new."""
    is_new: bool = await connection.fetchval(
        "insert into workflow (workspace_id, slug, draft, draft_hash, created_at, updated_at)"
        " values ($1, $2, $3, $4, $5, $5) on conflict (workspace_id, slug) where deleted_at is null"
        " do update set draft = excluded.draft, draft_hash = excluded.draft_hash, updated_at = excluded.updated_at"
        " returning xmax = 0",
        workspace_id,
        slug,
        to_column(draft),
        draft_hash,
        now,
    )
    return is_new


async def enable_workflow(
    connection: Connection, workspace_id: int, slug: str, now: datetime, *, is_enabled: bool
) -> None:
    """Let triggers and events start a workflow, or not."""
    await connection.execute(
        "update workflow set is_enabled = $3, updated_at = $4"
        " where workspace_id = $1 and slug = $2 and deleted_at is null",
        workspace_id,
        slug,
        is_enabled,
        now,
    )


async def delete_workflow(connection: Connection, workspace_id: int, slug: str, now: datetime) -> bool:
    """Take a workflow out of use; its versions stay, so that what runs goes on and can be explained."""
    workflow_id = await connection.fetchval(
        "update workflow set deleted_at = $3, updated_at = $3"
        " where workspace_id = $1 and slug = $2 and deleted_at is null returning id",
        workspace_id,
        slug,
        now,
    )
    if workflow_id is None:
        return False
    await connection.execute("delete from workflow_event where workflow_id = $1", workflow_id)
    return True


async def publish_workflow(
    connection: Connection, workspace_id: int, stored: StoredWorkflow, workflow: Workflow, message: str, now: datetime
) -> None:
    """Make the draft the live version, which its events set off from now on."""
    version_id = await connection.fetchval(
        "insert into workflow_version (workflow_id, version_no, name, category, definition, hash, commit_message,"
        " committed_at, schema_slug, schema_version_no) values ($1, (select coalesce(max(version_no), 0) + 1"
        " from workflow_version where workflow_id = $1), $2, $3, $4, $5, $6, $7, $8, $9) returning id",
        stored.id,
        workflow.name,
        workflow.category,
        to_column(stored.draft),
        stored.draft_hash,
        message,
        now,
        workflow.payload_schema.schema if workflow.payload_schema else None,
        workflow.payload_schema.version_no if workflow.payload_schema else None,
    )
    await connection.execute(
        "update workflow set live_version_id = $2, updated_at = $3 where id = $1", stored.id, version_id, now
    )
    await _listen_to(connection, workspace_id, stored.id, workflow.trigger_events)


async def _listen_to(connection: Connection, workspace_id: int, workflow_id: int, event_names: Sequence[str]) -> None:
    await connection.execute("delete from workflow_event where workflow_id = $1", workflow_id)
    await connection.execute(
        "insert into workflow_event (workspace_id, event_name, workflow_id)"
        " select $1, name, $2 from unnest($3::text[]) as name",
        workspace_id,
        workflow_id,
        list(event_names),
    )


def _live(row: Record) -> LiveWorkflow:
    schema = row["json_schema"]
    return LiveWorkflow(
        id=row["id"],
        slug=row["slug"],
        is_enabled=row["is_enabled"],
        version_id=row["version_id"],
        name=row["name"],
        category=row["category"],
        rules=None if schema is None else rules_of(schema),
    )


def _stored(row: Record) -> StoredWorkflow:
    read = {**row, "draft": from_column(row["draft"])}
    return StoredWorkflow(**read | {"live": from_column(row["live"]) if row["live"] is not None else None})
