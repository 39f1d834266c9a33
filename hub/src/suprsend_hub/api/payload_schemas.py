"""`/v1/{workspace}/schema/`: schemas of what triggers and events carry (wire.md 6)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_payload_schema import (
    SchemaChanges,
    commit_schema,
    find_schema_or_refuse,
    save_schema,
)
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.management import PAGE, CommitMessage, Management, Mode
from suprsend_hub.api.pages import Limit, Offset, page
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.payload_schema import check_schema_slug, read_json_schema
from suprsend_hub.store.database import Pool
from suprsend_hub.store.payload_schemas import LinkedSchema, StoredSchema, page_linked_schemas, page_schemas
from suprsend_hub.store.sealing import Vault


class SchemaForm(Struct, frozen=True):
    """A schema as it is written on the wire; what replies add is left aside."""

    json_schema: dict[str, Any]
    name: Annotated[str, Meta(max_length=128)] | None = None
    description: Annotated[str, Meta(max_length=500)] | None = None


_SCHEMA = msgspec.json.Decoder(SchemaForm)

EXAMPLE = {
    "name": "Order",
    "json_schema": {
        "type": "object",
        "properties": {"order_id": {"type": "string"}},
        "required": ["order_id"],
    },
}


def payload_schema_routes(
    gatekeeper: Gatekeeper, pool: Pool, vault: Vault, now: Callable[[], datetime]
) -> list[HTTPRouteHandler]:
    """The routes of schemas."""
    management = Management(gatekeeper, pool, vault, now)
    return [*_reading_routes(management), *_writing_routes(management)]


def _reading_routes(management: Management) -> list[HTTPRouteHandler]:
    @get("/v1/{workspace:str}/schema/", summary="List schemas", tags=["schemas"])
    async def list_schemas(
        request: AnyRequest, workspace: FromPath[str], limit: Limit = PAGE, offset: Offset = 0, mode: Mode = "draft"
    ) -> Document:
        """A page of schemas by slug; in mode `live` only those that were committed, as they were."""
        opened = await management.open_workspace(request, workspace)
        async with management.pool.acquire() as connection:
            count, found = await page_schemas(connection, opened.id, limit, offset, mode)
        return page([_document(each) for each in found], count, limit, offset)

    @get("/v1/{workspace:str}/schema/all/linked/", summary="List linked schemas", tags=["schemas"])
    async def list_linked(
        request: AnyRequest, workspace: FromPath[str], limit: Limit = PAGE, offset: Offset = 0, mode: Mode = "draft"
    ) -> Document:
        """A page of the schemas, by version, that workflows and events name."""
        opened = await management.open_workspace(request, workspace)
        async with management.pool.acquire() as connection:
            count, found = await page_linked_schemas(connection, opened.id, limit, offset, mode)
        return page([_linked_document(each) for each in found], count, limit, offset)

    @get("/v1/{workspace:str}/schema/{slug:str}/", summary="Get a schema", tags=["schemas"])
    async def get_schema(
        request: AnyRequest,
        workspace: FromPath[str],
        slug: FromPath[str],
        mode: Mode = "draft",
        version: FromQuery[str] = "",
    ) -> Document:
        """A schema; `version` is a number, or latest, live or draft, and wins over `mode`."""
        opened = await management.open_workspace(request, workspace)
        wanted = _read_version(version) or mode
        async with management.pool.acquire() as connection:
            return _document(await find_schema_or_refuse(connection, opened.id, slug, wanted))

    return [list_schemas, list_linked, get_schema]


def _writing_routes(management: Management) -> list[HTTPRouteHandler]:
    @post(
        "/v1/{workspace:str}/schema/{slug:str}/",
        operation_class=body_of(SchemaForm, example=EXAMPLE),
        status_code=200,
        summary="Add or change a schema",
        tags=["schemas"],
    )
    async def put_schema(
        request: AnyRequest,
        workspace: FromPath[str],
        slug: FromPath[str],
        commit: FromQuery[bool] = False,
        commit_message: CommitMessage = None,
    ) -> Document:
        """Replace the draft; with `commit` it goes live."""
        opened, actor = await management.open_to_change(request, workspace)
        check_schema_slug(slug, "slug")
        form = await read_body(request, _SCHEMA)
        json_schema = read_json_schema(form.json_schema, "json_schema")
        changes = SchemaChanges(json_schema, form.name, form.description)
        message = (commit_message or "") if commit else None
        stored = await save_schema(
            management.pool,
            opened.id,
            slug,
            changes,
            management.now(),
            actor.saving("added schema", "changed draft of schema", slug),
            actor.noting("committed schema", slug, message=message),
            commit=message,
        )
        return _document(stored)

    @patch("/v1/{workspace:str}/schema/{slug:str}/commit/", summary="Commit a schema", tags=["schemas"])
    async def commit_draft(
        request: AnyRequest,
        workspace: FromPath[str],
        slug: FromPath[str],
        commit_message: CommitMessage = None,
    ) -> Document:
        """Make the draft live; versions that were named by their number stay what they are."""
        opened, actor = await management.open_to_change(request, workspace)
        message = commit_message or ""
        noting = actor.noting("committed schema", slug, message=message)
        return _document(await commit_schema(management.pool, opened.id, slug, message, management.now(), noting))

    return [put_schema, commit_draft]


def _read_version(text: str) -> int | Literal["draft", "live"] | None:
    match text:
        case "":
            return None
        case "draft" | "live":
            return text
        case "latest":
            return "live"
        case _ if text.isascii() and text.isdigit() and len(text) <= 9:
            return int(text)
        case _:
            raise Invalid("version", "must be a number, or latest, live or draft")


def _document(stored: StoredSchema) -> Document:
    status = "draft" if stored.live_version_id is None else "live" if stored.hash == stored.live_hash else "committed"
    return {
        "slug": stored.slug,
        "name": stored.name,
        "title": stored.name,
        "description": stored.description,
        "is_enabled": True,
        "status": status,
        "hash": stored.hash,
        "json_schema": stored.json_schema,
        "version_no": stored.version_no,
        "commit_message": stored.commit_message,
        "committed_at": stored.committed_at,
        "created_at": stored.created_at,
        "updated_at": stored.updated_at,
    }


def _linked_document(linked: LinkedSchema) -> Document:
    return {
        "slug": linked.slug,
        "version_no": linked.version_no,
        "name": linked.name,
        "description": linked.description,
        "json_schema": linked.json_schema,
        "linked_workflows": linked.linked_workflows,
        "linked_events": linked.linked_events,
        "created_at": linked.created_at,
    }
