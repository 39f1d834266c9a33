"""`/v1/{workspace}/event/`: what events are called and what they carry (wire.md 6)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_payload_schema import describe_events
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.management import PAGE, Management
from suprsend_hub.api.pages import Limit, Offset, page
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.payload_schema import PayloadSchema
from suprsend_hub.domain.reading import MOST_RECORDS
from suprsend_hub.store.database import Pool
from suprsend_hub.store.event_definitions import (
    EventDefinition,
    NewDefinition,
    find_definition,
    page_definitions,
)
from suprsend_hub.store.sealing import Vault


class EventForm(Struct, frozen=True):
    """An event and the schema of its properties; what replies add is left aside."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    description: Annotated[str, Meta(max_length=1000)] | None = None
    payload_schema: PayloadSchema | None = None


class EventsForm(Struct, frozen=True):
    """Many events."""

    events: Annotated[list[EventForm], Meta(max_length=MOST_RECORDS)]


# Of the events of one call, so many are named in the audit log.
MOST_NOTED = 5

_EVENTS = msgspec.json.Decoder(EventsForm)

EXAMPLE = {"events": [{"name": "ORDER_PLACED", "description": "Somebody bought", "payload_schema": None}]}


def event_definition_routes(
    gatekeeper: Gatekeeper, pool: Pool, vault: Vault, now: Callable[[], datetime]
) -> list[HTTPRouteHandler]:
    """The routes of event definitions."""
    management = Management(gatekeeper, pool, vault, now)

    @get("/v1/{workspace:str}/event/", summary="List events", tags=["event definitions"])
    async def list_events(
        request: AnyRequest,
        workspace: FromPath[str],
        limit: Limit = PAGE,
        offset: Offset = 0,
        has_linked_schema: FromQuery[bool | None] = None,
    ) -> Document:
        """A page of events by name, or of those that have a schema, or of those that have none."""
        opened = await management.open_workspace(request, workspace)
        async with pool.acquire() as connection:
            count, found = await page_definitions(connection, opened.id, limit, offset, has_linked_schema)
        return page([_document(each) for each in found], count, limit, offset)

    # The names of events may have slashes, which some clients write as they are.
    @get("/v1/{workspace:str}/event/{name:path}", summary="Get an event", tags=["event definitions"])
    async def get_event(request: AnyRequest, workspace: FromPath[str], name: FromPath[str]) -> Document:
        """One event."""
        opened = await management.open_workspace(request, workspace)
        name = name.strip("/")
        async with pool.acquire() as connection:
            found = await find_definition(connection, opened.id, name)
        if found is None:
            raise NotFound(f"there is no event {name!r} in this workspace")
        return _document(found)

    @post(
        "/v1/{workspace:str}/bulk/event/",
        operation_class=body_of(EventsForm, example=EXAMPLE),
        status_code=200,
        summary="Add or change events",
        tags=["event definitions"],
    )
    async def put_events(request: AnyRequest, workspace: FromPath[str]) -> Document:
        """Add events or replace what is said of them, all or none; those that are not named stay."""
        opened, actor = await management.open_to_change(request, workspace)
        form = await read_body(request, _EVENTS)
        named = ", ".join(each.name for each in form.events[:MOST_NOTED])
        noting = actor.noting("described events", named, events=len(form.events))
        await describe_events(pool, opened.id, _read_definitions(form), now(), noting)
        return {"status": "success", "count": len(form.events)}

    return [list_events, get_event, put_events]


def _read_definitions(form: EventsForm) -> list[NewDefinition]:
    named: set[str] = set()
    for index, each in enumerate(form.events):
        if each.name in named:
            raise Invalid(f"events[{index}].name", f"{each.name[:80]!r} is named twice")
        named.add(each.name)
    return [NewDefinition(each.name, each.description or "", each.payload_schema) for each in form.events]


def _document(definition: EventDefinition) -> Document:
    link = definition.payload_schema
    return {
        "name": definition.name,
        "description": definition.description,
        "payload_schema": None if link is None else {"schema": link.schema, "version_no": link.version_no},
        "workflows": definition.workflows,
        "created_at": definition.created_at,
        "updated_at": definition.updated_at,
    }
