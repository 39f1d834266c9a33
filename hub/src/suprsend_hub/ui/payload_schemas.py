"""Schemas of what triggers and events carry: by slug, as documents, with their versions and who names them."""

from typing import Annotated, Literal

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_payload_schema import find_schema_or_refuse
from suprsend_hub.store.payload_schema_log import list_namings, list_schemas, page_schema_versions
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_query
from suprsend_hub.ui.pager import ROWS, cut, cut_by_name, read_position
from suprsend_hub.ui.visit import ThisVisit

# So many workflows and events stand on a schema's page.
MOST_NAMINGS = 200


class PlaceQuery(Struct, frozen=True):
    """After which slug a page begins; schemas stand in the order of their slugs."""

    after: Annotated[str, Meta(max_length=120)] = ""


class VersionQuery(Struct, frozen=True):
    """Which version is looked at; without a number, the draft."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None


def payload_schema_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of schemas."""

    @get("/{workspace:str}/schemas")
    async def show_all(visit: ThisVisit) -> Page:
        """A page of schemas by slug."""
        after = read_query(visit.request, PlaceQuery).after
        async with console.pool.acquire() as connection:
            rows = await list_schemas(connection, visit.workspace_id, after, ROWS + 1)
        schemas, way_on = cut_by_name(rows, lambda row: row.slug)
        return console.page(visit, "schemas/list.html", schemas=schemas, is_first=not after, way_on=way_on)

    @get("/{workspace:str}/schemas/{schema:str}")
    async def show(visit: ThisVisit, schema: FromPath[str]) -> Page:
        """A schema in its draft or in one of its versions, and who names it."""
        number, keyset = read_query(visit.request, VersionQuery).version, read_position(visit.request, numeric=True)
        wanted: int | Literal["draft"] = number or "draft"
        async with console.pool.acquire() as connection:
            draft = await find_schema_or_refuse(connection, visit.workspace_id, schema, "draft")
            shown = await find_schema_or_refuse(connection, visit.workspace_id, schema, wanted)
            namings = await list_namings(connection, visit.workspace_id, schema, MOST_NAMINGS)
            rows = await page_schema_versions(connection, draft.id, keyset)
        versions, pager = cut(visit.request, rows, keyset, lambda row: row.version_no)
        return console.page(
            visit,
            "schemas/show.html",
            chosen=draft,
            shown=shown,
            number=number,
            namings=namings,
            rows=versions,
            pager=pager,
        )

    return [show_all, show]
