"""Lists of subscribers, and who is on one."""

from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_list import find_list_or_refuse
from suprsend_hub.store.list_members import page_members
from suprsend_hub.store.subscriber_lists import page_newest_lists
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_query
from suprsend_hub.ui.pager import ROWS, cut, cut_by_name, read_position
from suprsend_hub.ui.visit import ThisVisit


class MembersQuery(Struct, frozen=True):
    """After whom a page of members begins; they stand in the order of their distinct ids."""

    after: Annotated[str, Meta(max_length=255)] = ""


def list_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of lists."""

    @get("/{workspace:str}/lists")
    async def show_all(visit: ThisVisit) -> Page:
        """A page of lists, newest first."""
        keyset = read_position(visit.request, numeric=True)
        async with console.pool.acquire() as connection:
            rows = await page_newest_lists(connection, visit.workspace_id, keyset)
        lists, pager = cut(visit.request, rows, keyset, lambda row: row.id)
        return console.page(visit, "lists/list.html", lists=lists, pager=pager)

    @get("/{workspace:str}/lists/{list_id:str}")
    async def show(visit: ThisVisit, list_id: FromPath[str]) -> Page:
        """A list, and a page of its members."""
        after = read_query(visit.request, MembersQuery).after
        async with console.pool.acquire() as connection:
            found = await find_list_or_refuse(connection, visit.workspace_id, list_id)
            version = found.live
            members = await page_members(
                connection, visit.workspace_id, version.id, version.revision, after=after, limit=ROWS + 1
            )
        shown, way_on = cut_by_name(members, str)
        return console.page(visit, "lists/show.html", list=found, members=shown, is_first=not after, way_on=way_on)

    return [show_all, show]
