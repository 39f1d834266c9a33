"""The account of whoever is signed in."""

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from suprsend_hub.actions.edit_team import change_own_password
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.store.console_roles import list_workspace_roles
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form
from suprsend_hub.ui.visit import ThisVisit, Visit


class PasswordForm(Struct, frozen=True):
    """The password before, and the new one twice."""

    former: str = ""
    password: str = ""
    repeated: str = ""


def account_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of one's own account."""

    async def page(visit: Visit, fault: Invalid | None = None) -> Page:
        async with console.pool.acquire() as connection:
            roles = await list_workspace_roles(connection, visit.session.user_id)
        return console.page(visit, "account/show.html", status=400 if fault else 200, fault=fault, roles=roles)

    @get("/~/account")
    async def show(visit: ThisVisit) -> Page:
        """Name, roles, and the form for another password."""
        return await page(visit)

    @post("/~/account/password")
    async def change_password(visit: ThisVisit) -> Page:
        """Another password; every other session of this person ends."""
        form = await read_form(visit.request, PasswordForm)
        try:
            if form.password != form.repeated:
                raise Invalid("repeated", "is not the same as the new password")
            await change_own_password(console.pool, visit.session.id, form.former, form.password, visit.actor)
        except Invalid as fault:
            return await page(visit, fault)
        return console.go(visit, "/console/~/account", "Password changed. Your other sessions have ended.")

    return [show, change_password]
