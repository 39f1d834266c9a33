"""Schemas of what triggers and events carry: a draft, and versions that never change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.payload_rules import PayloadRules, compile_rules
from suprsend_hub.domain.payload_schema import PayloadSchema
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.json_columns import from_column, to_column


@dataclass(frozen=True, slots=True)
class StoredSchema:
    """A schema as it is in its draft, or in one of its versions."""

    id: int
    slug: str
    name: str
    description: str
    json_schema: Document
    hash: str
    live_version_id: int | None
    live_hash: str | None
    version_no: int | None
    commit_message: str | None
    committed_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class LinkedSchema:
    """A version of a schema, with the workflows and events that name it."""

    slug: str
    version_no: int | None
    name: str
    description: str
    json_schema: Document
    linked_workflows: list[str]
    linked_events: list[str]
    created_at: datetime


_DRAFT = (
    "select s.id, s.slug, s.name, s.description, s.draft as json_schema, s.draft_hash as hash, s.live_version_id,"
    " v.hash as live_hash, v.version_no, v.commit_message, v.committed_at, s.created_at, s.updated_at"
    " from payload_schema s left join payload_schema_version v on v.id = s.live_version_id"
)
_VERSION = (
    "select s.id, s.slug, s.name, s.description, v.json_schema, v.hash, s.live_version_id, v.hash as live_hash,"
    " v.version_no, v.commit_message, v.committed_at, s.created_at, s.updated_at"
    " from payload_schema s join payload_schema_version v on v.payload_schema_id = s.id"
)

# Drafts are whatever people wrote: what is no number there names no version.
_LINKS = """
with named as (
    select w.slug as workflow, (case when $2 then v.definition else w.draft end) -> 'payload_schema' as link
    from workflow w left join workflow_version v on v.id = w.live_version_id
    where w.workspace_id = $1 and w.deleted_at is null
), link as (
    select link ->> 'schema' as slug, case when link ->> 'version_no' ~ '^[1-9][0-9]{0,8}$'
        then (link ->> 'version_no')::integer end as version_no, workflow, null as event from named
    union all
    select schema_slug, schema_version_no, null, name from event_definition
    where workspace_id = $1 and schema_slug is not null
), linked as (
    select s.slug, l.version_no, s.name, s.description, coalesce(v.json_schema, s.draft)::text as json_schema,
        array_remove(array_agg(l.workflow order by l.workflow), null) as linked_workflows,
        array_remove(array_agg(l.event order by l.event), null) as linked_events, s.created_at
    from link l join payload_schema s on s.workspace_id = $1 and s.slug = l.slug
    left join payload_schema_version v on v.payload_schema_id = s.id and (v.version_no = l.version_no
        or l.version_no is null and $2 and v.id = s.live_version_id)
    where v.id is not null or l.version_no is null and not $2
    group by s.id, v.id, l.version_no
)
"""


# Where the version of a schema that `named` names joins: the live one where it names no number.
JOIN_NAMED = (
    "left join payload_schema p on p.workspace_id = $1 and p.slug = {named}.schema_slug"
    " left join payload_schema_version s on s.payload_schema_id = p.id"
    " and case when {named}.schema_version_no is null then s.id = p.live_version_id"
    " else s.version_no = {named}.schema_version_no end"
)


@lru_cache(maxsize=200)
def rules_of(json_schema: str) -> PayloadRules | None:
    """What a version asks of payloads; None of one that can't be applied, kept by a hub that did not look at it."""
    # Versions never change, and every acceptance asks for its workflows' ones: each is compiled once.
    try:
        return compile_rules(from_column(json_schema), "json_schema")
    except Invalid:
        return None


async def page_schemas(
    connection: Connection, workspace_id: int, limit: int, offset: int, mode: Literal["draft", "live"]
) -> tuple[int, list[StoredSchema]]:
    """How many schemas there are, and one page of them by slug; live are those that were committed."""
    live = mode == "live"
    count = await connection.fetchval(
        "select count(*) from payload_schema where workspace_id = $1 and (not $2 or live_version_id is not null)",
        workspace_id,
        live,
    )
    source = f"{_VERSION} and v.id = s.live_version_id" if live else _DRAFT
    rows = await connection.fetch(
        f"{source} where s.workspace_id = $1 order by s.slug limit $2 offset $3", workspace_id, limit, offset
    )
    return count, [_stored(row) for row in rows]


async def find_schema(
    connection: Connection, workspace_id: int, slug: str, version: int | Literal["draft", "live"]
) -> StoredSchema | None:
    """The draft of a schema, its live version, or the version of that number."""
    place = "where s.workspace_id = $1 and s.slug = $2"
    match version:
        case "draft":
            row = await connection.fetchrow(f"{_DRAFT} {place}", workspace_id, slug)
        case "live":
            row = await connection.fetchrow(f"{_VERSION} and v.id = s.live_version_id {place}", workspace_id, slug)
        case number:
            row = await connection.fetchrow(f"{_VERSION} and v.version_no = $3 {place}", workspace_id, slug, number)
    return _stored(row) if row else None


async def lock_schema(connection: Connection, workspace_id: int, slug: str) -> None:
    """Let nobody else change a schema until the transaction ends; what is read after this stays true."""
    await connection.execute(
        "select from payload_schema where workspace_id = $1 and slug = $2 for update", workspace_id, slug
    )


async def put_schema(
    connection: Connection,
    workspace_id: int,
    slug: str,
    *,
    name: str | None,
    description: str | None,
    json_schema: Document,
    json_hash: str,
    now: datetime,
) -> bool:
    """Add a schema, or replace its draft; what is None stays as it is. Says whether it is new."""
    is_new: bool = await connection.fetchval(
        "insert into payload_schema as s (workspace_id, slug, name, description, draft, draft_hash, created_at,"
        " updated_at) values ($1, $2, coalesce($3, $2), coalesce($4, ''), $5, $6, $7, $7)"
        " on conflict (workspace_id, slug) do update set name = coalesce($3, s.name),"
        " description = coalesce($4, s.description), draft = excluded.draft, draft_hash = excluded.draft_hash,"
        " updated_at = excluded.updated_at returning xmax = 0",
        workspace_id,
        slug,
        name,
        description,
        to_column(json_schema),
        json_hash,
        now,
    )
    return is_new


async def publish_schema(connection: Connection, draft: StoredSchema, message: str, now: datetime) -> None:
    """Make the draft the live version."""
    version_id = await connection.fetchval(
        "insert into payload_schema_version (payload_schema_id, version_no, json_schema, hash, commit_message,"
        " committed_at) values ($1, (select coalesce(max(version_no), 0) + 1 from payload_schema_version"
        " where payload_schema_id = $1), $2, $3, $4, $5) returning id",
        draft.id,
        to_column(draft.json_schema),
        draft.hash,
        message,
        now,
    )
    await connection.execute(
        "update payload_schema set live_version_id = $2, updated_at = $3 where id = $1", draft.id, version_id, now
    )


async def find_missing_schemas(
    connection: Connection, workspace_id: int, wanted: Iterable[PayloadSchema], *, live: bool = False
) -> set[PayloadSchema]:
    """Those of the named schemas of which there is no such version; where none is named, none at all or none `live`."""
    asked = list(dict.fromkeys(wanted))
    rows = await connection.fetch(
        "select a.place from unnest($2::text[], $3::integer[]) with ordinality as a (slug, version_no, place)"
        " where not exists (select from payload_schema s left join payload_schema_version v"
        " on v.payload_schema_id = s.id and v.version_no = a.version_no"
        " where s.workspace_id = $1 and s.slug = a.slug"
        " and (v.id is not null or a.version_no is null and (s.live_version_id is not null or not $4)))",
        workspace_id,
        [each.schema for each in asked],
        [each.version_no for each in asked],
        live,
    )
    return {asked[row["place"] - 1] for row in rows}


async def page_linked_schemas(
    connection: Connection, workspace_id: int, limit: int, offset: int, mode: Literal["draft", "live"]
) -> tuple[int, list[LinkedSchema]]:
    """How many versions of schemas are named by a workflow or event, and one page of them."""
    live = mode == "live"
    count = await connection.fetchval(f"{_LINKS} select count(*) from linked", workspace_id, live)  # noqa: S608 - constant
    rows = await connection.fetch(
        f"{_LINKS} select * from linked order by slug, version_no nulls first limit $3 offset $4",  # noqa: S608 - constant
        workspace_id,
        live,
        limit,
        offset,
    )
    return count, [LinkedSchema(**{**row, "json_schema": from_column(row["json_schema"])}) for row in rows]


def _stored(row: Record) -> StoredSchema:
    return StoredSchema(**{**row, "json_schema": from_column(row["json_schema"])})
