"""Schemas as people look at them: by slug, their versions, and who names one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from suprsend_hub.store.database import Connection
from suprsend_hub.store.keyset import Keyset, fetch_page


@dataclass(frozen=True, slots=True)
class ListedSchema:
    """A schema in a list, without what it says."""

    slug: str
    name: str
    description: str
    live_version_no: int | None
    is_ahead: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A version without what it says."""

    version_no: int
    commit_message: str
    committed_at: datetime


@dataclass(frozen=True, slots=True)
class Naming:
    """A live workflow or an event that names a schema; without a number it means the latest version."""

    kind: Literal["workflow", "event"]
    name: str
    version_no: int | None


async def list_schemas(connection: Connection, workspace_id: int, after: str, limit: int) -> list[ListedSchema]:
    """So many schemas whose slugs come after that one, by slug."""
    rows = await connection.fetch(
        "select s.slug, s.name, s.description, v.version_no as live_version_no,"
        " v.hash is distinct from s.draft_hash as is_ahead, s.updated_at"
        " from payload_schema s left join payload_schema_version v on v.id = s.live_version_id"
        " where s.workspace_id = $1 and s.slug > $2 order by s.slug limit $3",
        workspace_id,
        after,
        limit,
    )
    return [ListedSchema(**row) for row in rows]


async def page_schema_versions(connection: Connection, schema_id: int, keyset: Keyset) -> list[ShownVersion]:
    """A schema's versions, newest first, and one more where there are more; cursors are their numbers."""
    statement = (
        "select version_no, commit_message, committed_at from payload_schema_version where payload_schema_id = $1"
    )
    return [ShownVersion(**row) for row in await fetch_page(connection, statement, "version_no", keyset, schema_id)]


async def list_namings(connection: Connection, workspace_id: int, slug: str, limit: int) -> list[Naming]:
    """So many of the live workflows and events that name a schema, by name."""
    rows = await connection.fetch(
        "select * from (select 'workflow' as kind, w.slug as name,"
        " (v.definition #>> '{payload_schema,version_no}')::integer as version_no"
        " from workflow_version v join workflow w on w.id = v.workflow_id and w.live_version_id = v.id"
        " where v.definition #>> '{payload_schema,schema}' = $2 and w.workspace_id = $1 and w.deleted_at is null"
        " union all select 'event', name, schema_version_no from event_definition"
        " where workspace_id = $1 and schema_slug = $2) named order by kind desc, name limit $3",
        workspace_id,
        slug,
        limit,
    )
    return [Naming(**row) for row in rows]
