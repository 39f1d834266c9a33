"""Events by name: what is said of each, the schema that it follows, and the workflows that it sets off."""

from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.domain.fault import NotFound
from suprsend_hub.store.event_definitions import find_definition, list_definitions
from suprsend_hub.store.payload_schemas import find_schema
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_query
from suprsend_hub.ui.pager import ROWS, cut_by_name
from suprsend_hub.ui.visit import ThisVisit


class PlaceQuery(Struct, frozen=True):
    """After which name a page begins; events stand in the order of their names."""

    after: Annotated[str, Meta(max_length=255)] = ""


def event_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of events."""

    @get("/{workspace:str}/events")
    async def show_all(visit: ThisVisit) -> Page:
        """A page of events by name."""
        after = read_query(visit.request, PlaceQuery).after
        async with console.pool.acquire() as connection:
            rows = await list_definitions(connection, visit.workspace_id, after, ROWS + 1)
        events, way_on = cut_by_name(rows, lambda row: row.name)
        return console.page(visit, "events/list.html", events=events, is_first=not after, way_on=way_on)

    @get("/{workspace:str}/events/{event:str}")
    async def show(visit: ThisVisit, event: FromPath[str]) -> Page:
        """An event, with the document of its schema."""
        async with console.pool.acquire() as connection:
            found = await find_definition(connection, visit.workspace_id, event)
            if found is None:
                raise NotFound("There is no event of that name in this workspace.")
            link = found.payload_schema
            schema = (
                await find_schema(connection, visit.workspace_id, link.schema, link.version_no or "live")
                if link
                else None
            )
        return console.page(visit, "events/show.html", event=found, schema=schema)

    return [show_all, show]
