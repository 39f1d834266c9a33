"""Objects: those of one type, and one of them with who subscribes to it."""

from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.store.profile_pages import list_object_types, page_profiles
from suprsend_hub.store.profiles import read_profiles
from suprsend_hub.store.subscriptions import page_members
from suprsend_hub.ui.addresses import show_addresses
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_query
from suprsend_hub.ui.pager import cut, read_position
from suprsend_hub.ui.visit import ThisVisit

# So many types are offered; there are as many as an app has kinds of things that people follow.
MOST_TYPES = 100


class TypeQuery(Struct, frozen=True):
    """The type whose objects are listed; without one, the first that there is."""

    type: Annotated[str, Meta(max_length=255)] | None = None


def object_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of objects."""

    @get("/{workspace:str}/objects")
    async def show_all(visit: ThisVisit) -> Page:
        """A page of the objects of one type, newest first."""
        wanted, keyset = read_query(visit.request, TypeQuery).type, read_position(visit.request, numeric=True)
        async with console.pool.acquire() as connection:
            types = await list_object_types(connection, visit.workspace_id, MOST_TYPES)
            chosen = wanted or next(iter(types), None)
            rows = await page_profiles(connection, visit.workspace_id, chosen, keyset) if chosen else []
        objects, pager = cut(visit.request, rows, keyset, lambda row: row.position)
        return console.page(visit, "objects/list.html", types=types, chosen=chosen, objects=objects, pager=pager)

    @get("/{workspace:str}/objects/{object_type:str}/{object_id:str}")
    async def show(visit: ThisVisit, object_type: FromPath[str], object_id: FromPath[str]) -> Page:
        """An object: its addresses and properties, and a page of who subscribes to it."""
        key, keyset = ProfileKey(object_id, object_type), read_position(visit.request, numeric=True)
        async with console.pool.acquire() as connection:
            stored = (await read_profiles(connection, visit.workspace_id, [key])).get(key)
            if stored is None:
                raise NotFound("There is no such object in this workspace.")
            addresses = await show_addresses(connection, visit.workspace_id, stored.profile, console.now())
            rows = await page_members(connection, stored.id, keyset)
        members, pager = cut(visit.request, rows, keyset, lambda row: row.other.position)
        return console.page(
            visit,
            "objects/show.html",
            key=key,
            stored=stored,
            addresses=addresses,
            members=members,
            pager=pager,
        )

    return [show_all, show]
