"""The versions of a workflow: what each said, and going back to one."""

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.actions.edit_workflow import find_version_or_refuse, find_workflow_or_refuse, roll_back_workflow
from suprsend_hub.store.templates import read_named_templates
from suprsend_hub.store.workflow_log import page_workflow_versions
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.numbers import read_version
from suprsend_hub.ui.pager import cut, read_position
from suprsend_hub.ui.rollback import go_back
from suprsend_hub.ui.visit import ThisVisit
from suprsend_hub.ui.workflow_definition import compare_definitions, name_templates
from suprsend_hub.ui.workflow_steps import lay_out


def workflow_version_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of versions of workflows."""
    path = "/{workspace:str}/workflows/{workflow:str}/versions"

    @get(path)
    async def list_versions(visit: ThisVisit, workflow: FromPath[str]) -> Page:
        """The versions of a workflow, newest first."""
        keyset = read_position(visit.request, numeric=True)
        async with console.pool.acquire() as connection:
            stored = await find_workflow_or_refuse(connection, visit.workspace_id, workflow)
            rows = await page_workflow_versions(connection, stored.id, keyset)
        shown, pager = cut(visit.request, rows, keyset, lambda row: row.version_no)
        return console.page(visit, "workflows/versions.html", chosen=stored, rows=shown, pager=pager)

    @get(path + "/{version_no:str}")
    async def show(visit: ThisVisit, workflow: FromPath[str], version_no: FromPath[str]) -> Page:
        """What a version said, and how that differs from what is live."""
        async with console.pool.acquire() as connection:
            stored = await find_workflow_or_refuse(connection, visit.workspace_id, workflow)
            version = await find_version_or_refuse(connection, stored, read_version(version_no))
            named = name_templates([version.definition])
            templates = await read_named_templates(connection, visit.workspace_id, named)
        return console.page(
            visit,
            "workflows/version.html",
            chosen=stored,
            version=version,
            definition=version.definition,
            flow=lay_out(version.definition, (), templates),
            difference=compare_definitions(version.definition, stored.live),
        )

    @post(path + "/{version_no:str}/restore")
    async def restore(visit: ThisVisit, workflow: FromPath[str], version_no: FromPath[str]) -> Page:
        """What an earlier version said goes live again, as a new version."""
        return await go_back(console, visit, "workflow", workflow, version_no, roll_back_workflow)

    return [list_versions, show, restore]
