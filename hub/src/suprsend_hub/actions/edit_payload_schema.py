"""Schemas change, and events come to follow them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from suprsend_hub.actions.audit import Along, AlongSaving, nothing_along
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.payload_schema import PayloadSchema, read_json_schema
from suprsend_hub.domain.workflow import hash_definition
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.event_definitions import NewDefinition, put_definitions
from suprsend_hub.store.payload_schemas import (
    StoredSchema,
    find_missing_schemas,
    find_schema,
    lock_schema,
    publish_schema,
    put_schema,
)


@dataclass(frozen=True, slots=True)
class SchemaChanges:
    """What is said of a schema; None stays as it is."""

    json_schema: Document
    name: str | None = None
    description: str | None = None


async def find_schema_or_refuse(
    connection: Connection, workspace_id: int, slug: str, version: int | Literal["draft", "live"]
) -> StoredSchema:
    """A schema in its draft, its live version or the version of that number, or NotFound."""
    stored = await find_schema(connection, workspace_id, slug, version)
    if stored is not None:
        return stored
    if version == "draft" or await find_schema(connection, workspace_id, slug, "draft") is None:
        raise NotFound(f"there is no schema {slug!r} in this workspace")
    raise NotFound(f"schema {slug!r} has no {f'version {version}' if version != 'live' else 'live version yet'}")


async def save_schema(
    pool: Pool,
    workspace_id: int,
    slug: str,
    changes: SchemaChanges,
    now: datetime,
    along: AlongSaving = nothing_along,
    along_commit: Along = nothing_along,
    *,
    commit: str | None,
) -> StoredSchema:
    """Replace the draft, and make it live where `commit`, the message of it, is no None."""

    async def work(connection: Connection) -> StoredSchema:
        is_new = await put_schema(
            connection,
            workspace_id,
            slug,
            name=changes.name,
            description=changes.description,
            json_schema=changes.json_schema,
            json_hash=hash_definition(changes.json_schema),
            now=now,
        )
        await along(connection, is_new)
        return await _publish(connection, workspace_id, slug, commit, now, along_commit)

    return await transact(pool, work)


async def commit_schema(
    pool: Pool, workspace_id: int, slug: str, message: str, now: datetime, along: Along = nothing_along
) -> StoredSchema:
    """Make the draft live; one that says what is live already makes no new version."""

    async def work(connection: Connection) -> StoredSchema:
        await lock_schema(connection, workspace_id, slug)
        return await _publish(connection, workspace_id, slug, message, now, along)

    return await transact(pool, work)


async def describe_events(
    pool: Pool,
    workspace_id: int,
    definitions: Sequence[NewDefinition],
    now: datetime,
    along: Along = nothing_along,
) -> None:
    """Add events or replace what is said of them, all or none; the schemas that they follow must be there."""

    async def work(connection: Connection) -> None:
        wanted = [each.payload_schema for each in definitions if each.payload_schema is not None]
        missing = await find_missing_schemas(connection, workspace_id, wanted)
        for index, each in enumerate(definitions):
            if each.payload_schema in missing:
                raise Invalid(f"events[{index}].payload_schema", explain_missing(each.payload_schema))
        await put_definitions(connection, workspace_id, sorted(definitions, key=lambda each: each.name), now)
        await along(connection)

    await transact(pool, work)


def explain_missing(link: PayloadSchema) -> str:
    """Why a schema can't be named."""
    version = "" if link.version_no is None else f" with a version {link.version_no}"
    return f"there is no schema {link.schema!r}{version} in this workspace"


async def _publish(
    connection: Connection, workspace_id: int, slug: str, message: str | None, now: datetime, along: Along
) -> StoredSchema:
    draft = await find_schema_or_refuse(connection, workspace_id, slug, "draft")
    if message is None or draft.hash == draft.live_hash:
        return draft
    # A hub that kept schemas without looking at them may have left it.
    read_json_schema(draft.json_schema, "json_schema")
    await publish_schema(connection, draft, message, now)
    await along(connection)
    return await find_schema_or_refuse(connection, workspace_id, slug, "draft")
