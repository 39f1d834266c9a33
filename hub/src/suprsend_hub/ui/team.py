"""Who may use the console."""

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from suprsend_hub.actions.edit_team import add_user, change_role, remove_user, reset_password
from suprsend_hub.actions.passwords import make_password
from suprsend_hub.domain.fault import Conflict, Invalid
from suprsend_hub.store.console_users import ROLES, list_console_users
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form
from suprsend_hub.ui.visit import ThisVisit, Visit

TEAM = "/console/~/team"


class MemberForm(Struct, frozen=True):
    """Somebody who is to use the console."""

    name: str = ""
    role: str = "viewer"


def team_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of the team."""

    async def show(
        visit: Visit,
        status: int = 200,
        fault: Invalid | None = None,
        typed: MemberForm | None = None,
        made: tuple[str, str] | None = None,
    ) -> Page:
        async with console.pool.acquire() as connection:
            users = await list_console_users(connection)
        return console.page(
            visit,
            "team/list.html",
            status=status,
            users=users,
            roles=ROLES,
            fault=fault,
            typed=typed or MemberForm(),
            made=made,
        )

    @get("/~/team")
    async def list_team(visit: ThisVisit) -> Page:
        """Everybody, and the form for one more."""
        return await show(visit)

    @post("/~/team")
    async def add(visit: ThisVisit) -> Page:
        """Somebody more; the password stands on the answer, and nowhere else."""
        form = await read_form(visit.request, MemberForm)
        password = make_password()
        try:
            await add_user(console.pool, form.name, form.role, password, visit.actor)
        except Invalid as fault:
            return await show(visit, status=400, fault=fault, typed=form)
        return await show(visit, made=(form.name.strip().lower(), password))

    @post("/~/team/{name:str}/role")
    async def set_role(visit: ThisVisit, name: FromPath[str]) -> Page:
        """Another role, from the next click on."""
        form = await read_form(visit.request, MemberForm)
        try:
            await change_role(console.pool, name, form.role, visit.actor)
        except Conflict as fault:
            return console.go(visit, TEAM, fault.message, "bad")
        return console.go(visit, TEAM, f"{name} is {form.role} now.")

    @post("/~/team/{name:str}/password")
    async def set_password(visit: ThisVisit, name: FromPath[str]) -> Page:
        """A new password, on the answer alone; the sessions of that person end."""
        password = make_password()
        await reset_password(console.pool, name, password, visit.actor)
        return await show(visit, made=(name, password))

    @post("/~/team/{name:str}/remove")
    async def remove(visit: ThisVisit, name: FromPath[str]) -> Page:
        """One less, at once."""
        try:
            await remove_user(console.pool, name, visit.actor)
        except Conflict as fault:
            return console.go(visit, TEAM, fault.message, "bad")
        return console.go(visit, TEAM, f"{name} was removed.")

    return [list_team, add, set_role, set_password, remove]
