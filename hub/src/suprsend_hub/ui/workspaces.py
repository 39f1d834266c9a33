"""Choosing a workspace."""

from litestar import get
from litestar.handlers import HTTPRouteHandler

from suprsend_hub.store.console_roles import list_workspaces_of
from suprsend_hub.store.workspaces import list_workspace_names
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.visit import ThisVisit


def workspace_routes(console: Console) -> list[HTTPRouteHandler]:
    """The first page."""

    @get("/")
    async def choose(visit: ThisVisit) -> Page:
        """All workspaces that the person may see; where there is one, it is chosen."""
        async with console.pool.acquire() as connection:
            if visit.session.role is not None:
                found = await list_workspace_names(connection)
            else:
                found = await list_workspaces_of(connection, visit.session.user_id)
        if len(found) == 1 and "all" not in visit.request.query_params:
            return console.go(visit, f"/console/{found[0].name}")
        return console.page(visit, "workspaces/list.html", workspaces=found)

    return [choose]
