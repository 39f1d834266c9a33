"""`suprsend-hub team`: who may use the console."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from suprsend_hub.actions.edit_team import NO_ROLE, add_user, change_roles, remove_user, reset_password
from suprsend_hub.actions.passwords import make_password
from suprsend_hub.commands.operator import operator
from suprsend_hub.config import read_settings
from suprsend_hub.hub import open_hub
from suprsend_hub.store.console_roles import WorkspaceRole, list_workspace_roles
from suprsend_hub.store.console_users import ConsoleUser, list_console_users
from suprsend_hub.store.database import Pool
from suprsend_hub.terminal import run

team_commands = typer.Typer(help="Who may use the console.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="the name to sign in with, such as an address")]
RoleOption = Annotated[
    str, typer.Option("--role", help="viewer: sees; editor: changes what is sent; admin: everything")
]

WorkspacesOption = Annotated[
    list[str] | None,
    typer.Option("--workspace", "-w", help="only in this workspace; may be repeated  [default: in all]"),
]


@team_commands.command("add")
def add(name: NameArgument, role: RoleOption = "viewer", workspace: WorkspacesOption = None) -> None:
    """Let somebody sign in to the console; the password is shown only now."""
    password = make_password()
    _change(lambda pool: add_user(pool, name, role, password, operator(), workspace or []))
    _show_password(password)


@team_commands.command("list")
def show() -> None:
    """List who may use the console."""

    async def work() -> tuple[list[ConsoleUser], list[WorkspaceRole]]:
        async with open_hub(read_settings()) as hub, hub.pool.acquire() as connection:
            return await list_console_users(connection), await list_workspace_roles(connection)

    users, single = run(work())
    table = Table("name", "role", "in single workspaces", "made", "last signed in")
    for each in users:
        there = ", ".join(f"{role.workspace}: {role.role}" for role in single if role.user_id == each.id)
        last = f"{each.signed_in_at:%Y-%m-%d %H:%M}" if each.signed_in_at else "never"
        table.add_row(escape(each.name), each.role or NO_ROLE, there, f"{each.created_at:%Y-%m-%d %H:%M}", last)
    Console().print(table)


@team_commands.command("role")
def role(
    name: NameArgument,
    role: Annotated[str, typer.Argument(help="viewer, editor, admin or none")],
    workspace: WorkspacesOption = None,
) -> None:
    """Let somebody do more or less in the console; of the roles for all workspaces and for one, the higher counts."""
    everywhere, single = (None, dict.fromkeys(workspace, role)) if workspace else (role, {})
    _change(lambda pool: change_roles(pool, name, everywhere, single, operator()))
    Console().print("changed")


@team_commands.command("password")
def password(name: NameArgument) -> None:
    """Give somebody a new password; their sessions end."""
    made = make_password()
    _change(lambda pool: reset_password(pool, name, made, operator()))
    _show_password(made)


@team_commands.command("remove")
def remove(name: NameArgument) -> None:
    """Remove somebody from the console."""
    _change(lambda pool: remove_user(pool, name, operator()))
    Console().print("removed")


def _change(change: Callable[[Pool], Awaitable[None]]) -> None:
    async def work() -> None:
        async with open_hub(read_settings()) as hub:
            await change(hub.pool)

    run(work())


def _show_password(password: str) -> None:
    console = Console(soft_wrap=True, highlight=False)
    console.print("password", escape(password))
    console.print("[dim]Keep it now: it can't be shown again. Whoever has it can change it in the console.[/dim]")
