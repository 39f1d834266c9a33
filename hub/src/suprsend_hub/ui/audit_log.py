"""Who changed what."""

from litestar import get
from litestar.handlers import HTTPRouteHandler

from suprsend_hub.store.audit_log import page_entries
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.pager import cut, read_position
from suprsend_hub.ui.visit import ThisVisit


def audit_log_routes(console: Console) -> list[HTTPRouteHandler]:
    """The route of the audit log."""

    @get("/~/audit")
    async def list_entries(visit: ThisVisit) -> Page:
        """A page of changes, newest first."""
        keyset = read_position(visit.request, numeric=True)
        async with console.pool.acquire() as connection:
            rows = await page_entries(connection, keyset)
        entries, pager = cut(visit.request, rows, keyset, lambda entry: entry.id)
        return console.page(visit, "audit_log/list.html", entries=entries, pager=pager)

    return [list_entries]
