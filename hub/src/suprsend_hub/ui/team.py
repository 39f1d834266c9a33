"""Who may use the console."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from suprsend_hub.actions.edit_team import NO_ROLE, add_user, change_roles, remove_user, reset_password
from suprsend_hub.actions.passwords import make_password
from suprsend_hub.domain.fault import Conflict, Invalid, NotFound
from suprsend_hub.store.console_roles import WorkspaceRole, list_workspace_roles
from suprsend_hub.store.console_users import ROLES, find_console_user, list_console_users
from suprsend_hub.store.workspaces import list_workspace_names
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form, read_texts
from suprsend_hub.ui.visit import ThisVisit, Visit

TEAM = "/console/~/team"
# What the fields of single workspaces begin with.
IN = "in-"


class MemberForm(Struct, frozen=True):
    """Somebody who is to use the console, in all workspaces where none is named."""

    name: str = ""
    role: str = "viewer"
    workspace: list[str] = []


class RoleForm(Struct, frozen=True):
    """What somebody may do in all workspaces; what in single ones stands in fields of their names."""

    role: str | None = None


def team_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of the team."""
    return [*_list_routes(console), *_role_routes(console)]


def _list_routes(console: Console) -> list[HTTPRouteHandler]:
    async def show(
        visit: Visit,
        status: int = 200,
        fault: Invalid | None = None,
        typed: MemberForm | None = None,
        made: tuple[str, str] | None = None,
    ) -> Page:
        async with console.pool.acquire() as connection:
            users = await list_console_users(connection)
            single = await list_workspace_roles(connection)
            workspaces = await list_workspace_names(connection)
        return console.page(
            visit,
            "team/list.html",
            status=status,
            users=users,
            single=_by_user(single),
            workspaces=workspaces,
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
            await add_user(console.pool, form.name, form.role, password, visit.actor, form.workspace)
        except Invalid as fault:
            return await show(visit, status=400, fault=fault, typed=form)
        return await show(visit, made=(form.name.strip().lower(), password))

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

    return [list_team, add, set_password, remove]


def _by_user(roles: Sequence[WorkspaceRole]) -> Mapping[int, Sequence[WorkspaceRole]]:
    found: defaultdict[int, list[WorkspaceRole]] = defaultdict(list)
    for each in roles:
        found[each.user_id].append(each)
    return found


def _role_routes(console: Console) -> list[HTTPRouteHandler]:
    @get("/~/team/{name:str}")
    async def show(visit: ThisVisit, name: FromPath[str]) -> Page:
        """What somebody may do, in all workspaces and in each."""
        async with console.pool.acquire() as connection:
            user = await find_console_user(connection, name)
            if user is None:
                raise NotFound("There is nobody of that name in the team.")
            own = {each.workspace: each.role for each in await list_workspace_roles(connection, user.id)}
            workspaces = await list_workspace_names(connection)
        return console.page(
            visit, "team/member.html", user=user, own=own, workspaces=workspaces, roles=ROLES, no_role=NO_ROLE
        )

    @post("/~/team/{name:str}/role")
    async def set_roles(visit: ThisVisit, name: FromPath[str]) -> Page:
        """Other roles, from the next click on."""
        form, single = await read_form(visit.request, RoleForm), await read_texts(visit.request, IN, only_filled=True)
        try:
            await change_roles(console.pool, name, form.role, single, visit.actor)
        except (Conflict, Invalid) as fault:
            return console.go(visit, TEAM, fault.message, "bad")
        return console.go(visit, TEAM, f"The roles of {name} were set.")

    return [show, set_roles]
