"""Workflows are enabled and disabled, their drafts discarded, and they are removed."""

from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from suprsend_hub.actions.edit_workflow import discard_draft, remove_workflow, switch_workflow
from suprsend_hub.domain.fault import Conflict
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import is_confirmed, read_form
from suprsend_hub.ui.visit import ThisVisit, Visit


class DiscardForm(Struct, frozen=True):
    """The hash of the draft that was looked at."""

    seen: str = ""


def workflow_switch_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes by which workflows begin and end to run."""
    path = "/{workspace:str}/workflows/{workflow:str}"

    async def switch(visit: Visit, slug: str, *, is_enabled: bool) -> Page:
        noting = visit.actor.noting("enabled workflow" if is_enabled else "disabled workflow", slug)
        await switch_workflow(console.pool, visit.workspace_id, slug, console.now(), noting, is_enabled=is_enabled)
        said = "Enabled: triggers and events start it again." if is_enabled else "Disabled: nothing new begins."
        return console.go(visit, f"{visit.home}/workflows/{slug}", said)

    @post(path + "/enable")
    async def enable(visit: ThisVisit, workflow: FromPath[str]) -> Page:
        """Triggers and events start it again."""
        return await switch(visit, workflow, is_enabled=True)

    @post(path + "/disable")
    async def disable(visit: ThisVisit, workflow: FromPath[str]) -> Page:
        """Nothing new begins; what runs goes on."""
        return await switch(visit, workflow, is_enabled=False)

    @post(path + "/discard")
    async def discard(visit: ThisVisit, workflow: FromPath[str]) -> Page:
        """The draft says what is live again."""
        form, here = await read_form(visit.request, DiscardForm), f"{visit.home}/workflows/{workflow}"
        noting = visit.actor.noting("discarded draft of workflow", workflow)
        try:
            await discard_draft(console.pool, visit.workspace_id, workflow, console.now(), noting, seen=form.seen)
        except Conflict as fault:
            return console.go(visit, here, f"{fault.message}: nothing was discarded. Look at it again.", "bad")
        return console.go(visit, here, "The draft says what is live.")

    @post(path + "/remove")
    async def remove(visit: ThisVisit, workflow: FromPath[str]) -> Page:
        """A workflow less; what runs goes on."""
        if not await is_confirmed(visit.request, workflow):
            said = "Nothing was removed: write the workflow’s slug to confirm."
            return console.go(visit, f"{visit.home}/workflows/{workflow}", said, "bad")
        noting = visit.actor.noting("removed workflow", workflow)
        await remove_workflow(console.pool, visit.workspace_id, workflow, console.now(), noting)
        return console.go(visit, f"{visit.home}/workflows", "The workflow was removed.")

    return [enable, disable, discard, remove]
