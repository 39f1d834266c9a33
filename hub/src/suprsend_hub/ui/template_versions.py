"""The versions of a template: what each said, and going back to one."""

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.actions.publish import find_template_or_refuse, read_live_variants, roll_back
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.store.database import Connection
from suprsend_hub.store.templates import (
    Template,
    find_shown_version,
    find_version_id,
    page_versions,
    read_versions,
)
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.message_templates import list_changes
from suprsend_hub.ui.numbers import read_version
from suprsend_hub.ui.pager import cut, read_position
from suprsend_hub.ui.rollback import go_back
from suprsend_hub.ui.variant_diff import lines_of
from suprsend_hub.ui.visit import ThisVisit


def template_version_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of versions."""

    @get("/{workspace:str}/templates/{slug:str}/versions")
    async def list_versions(visit: ThisVisit, slug: FromPath[str]) -> Page:
        """The versions of a template, newest first."""
        keyset = read_position(visit.request, numeric=True)
        async with console.pool.acquire() as connection:
            template = await find_template_or_refuse(connection, visit.workspace_id, slug)
            rows = await page_versions(connection, template.id, keyset)
        shown, pager = cut(visit.request, rows, keyset, lambda row: row.version_no)
        return console.page(visit, "templates/versions.html", chosen=template, rows=shown, pager=pager)

    @get("/{workspace:str}/templates/{slug:str}/versions/{version_no:str}")
    async def show_version(visit: ThisVisit, slug: FromPath[str], version_no: FromPath[str]) -> Page:
        """What a version said, and what is said otherwise since."""
        async with console.pool.acquire() as connection:
            template = await find_template_or_refuse(connection, visit.workspace_id, slug)
            number = read_version(version_no)
            version_id = await _find_id(connection, template, number)
            version = await find_shown_version(connection, template.id, number)
            said = (await read_versions(connection, [version_id]))[version_id].variants
            live = await read_live_variants(connection, template) or ()
        return console.page(
            visit,
            "templates/version.html",
            chosen=template,
            version=version,
            variants=[(each, lines_of(each)) for each in said],
            changes=list_changes(said, live),
        )

    @post("/{workspace:str}/templates/{slug:str}/versions/{version_no:str}/restore")
    async def restore(visit: ThisVisit, slug: FromPath[str], version_no: FromPath[str]) -> Page:
        """What an earlier version said goes live again, as a new version."""
        return await go_back(console, visit, "template", slug, version_no, roll_back)

    return [list_versions, show_version, restore]


async def _find_id(connection: Connection, template: Template, version_no: int) -> int:
    found = await find_version_id(connection, template.id, version_no)
    if found is None:
        raise NotFound("This template has no version of that number.")
    return found
