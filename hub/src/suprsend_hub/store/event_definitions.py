"""What events are called and what they carry; what happened is in `events.py`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.payload_schema import PayloadSchema
from suprsend_hub.store.database import Connection, Record


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """An event as people describe it, with the live workflows that it sets off."""

    name: str
    description: str
    payload_schema: PayloadSchema | None
    workflows: list[str]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewDefinition:
    """What is said of an event."""

    name: str
    description: str
    payload_schema: PayloadSchema | None


_SELECT = (
    "select e.name, e.description, e.schema_slug, e.schema_version_no, e.created_at, e.updated_at,"
    " array(select w.slug from workflow_event l join workflow w on w.id = l.workflow_id"
    " where l.workspace_id = e.workspace_id and l.event_name = e.name order by w.slug) as workflows"
    " from event_definition e where e.workspace_id = $1"
)


async def page_definitions(
    connection: Connection, workspace_id: int, limit: int, offset: int, has_linked_schema: bool | None
) -> tuple[int, list[EventDefinition]]:
    """How many events are described, and one page of them by name; narrowed to those with a schema, or without."""
    narrowed = "($2::boolean is null or (e.schema_slug is not null) = $2)"
    count = await connection.fetchval(
        f"select count(*) from event_definition e where e.workspace_id = $1 and {narrowed}",  # noqa: S608 - constant
        workspace_id,
        has_linked_schema,
    )
    rows = await connection.fetch(
        f"{_SELECT} and {narrowed} order by e.name limit $3 offset $4",
        workspace_id,
        has_linked_schema,
        limit,
        offset,
    )
    return count, [_definition(row) for row in rows]


async def list_definitions(connection: Connection, workspace_id: int, after: str, limit: int) -> list[EventDefinition]:
    """So many events whose names come after that one, by name."""
    rows = await connection.fetch(f"{_SELECT} and e.name > $2 order by e.name limit $3", workspace_id, after, limit)
    return [_definition(row) for row in rows]


async def find_definition(connection: Connection, workspace_id: int, name: str) -> EventDefinition | None:
    """What is said of the event of that name."""
    row = await connection.fetchrow(f"{_SELECT} and e.name = $2", workspace_id, name)
    return _definition(row) if row else None


async def put_definitions(
    connection: Connection, workspace_id: int, definitions: Sequence[NewDefinition], now: datetime
) -> None:
    """Add events, or replace what is said of them; each name once, and in one order everywhere."""
    await connection.execute(
        "insert into event_definition (workspace_id, name, description, schema_slug, schema_version_no,"
        " created_at, updated_at) select $1, a.name, a.description, a.slug, a.version_no, $6, $6"
        " from unnest($2::text[], $3::text[], $4::text[], $5::integer[]) as a (name, description, slug, version_no)"
        " on conflict (workspace_id, name) do update set description = excluded.description,"
        " schema_slug = excluded.schema_slug, schema_version_no = excluded.schema_version_no,"
        " updated_at = excluded.updated_at",
        workspace_id,
        [each.name for each in definitions],
        [each.description for each in definitions],
        [each.payload_schema.schema if each.payload_schema else None for each in definitions],
        [each.payload_schema.version_no if each.payload_schema else None for each in definitions],
        now,
    )


async def name_events(connection: Connection, workspace_id: int, names: Iterable[str], now: datetime) -> None:
    """Let events be known by name; what is said of them already stays."""
    await connection.execute(
        "insert into event_definition (workspace_id, name, created_at, updated_at)"
        " select $1, name, $3, $3 from unnest($2::text[]) as name on conflict do nothing",
        workspace_id,
        sorted(set(names)),
        now,
    )


def _definition(row: Record) -> EventDefinition:
    slug = row["schema_slug"]
    return EventDefinition(
        name=row["name"],
        description=row["description"],
        payload_schema=PayloadSchema(slug, row["schema_version_no"]) if slug is not None else None,
        workflows=row["workflows"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
