"""The first page of a workspace."""

from litestar import get
from litestar.handlers import HTTPRouteHandler

from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.visit import ThisVisit


def overview_routes(console: Console) -> list[HTTPRouteHandler]:
    """The route of the overview."""

    @get("/{workspace:str}")
    async def show(visit: ThisVisit) -> Page:
        """How the workspace is doing."""
        return console.page(visit, "overview/show.html")

    return [show]
