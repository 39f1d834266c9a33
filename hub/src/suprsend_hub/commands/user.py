"""`suprsend-hub user`: export all that is known of a user, and erase it."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from suprsend_hub.actions.audit import name_user
from suprsend_hub.actions.erase import erase
from suprsend_hub.actions.export_user import export_user
from suprsend_hub.commands.operator import operator
from suprsend_hub.commands.workspace import WorkspaceOption, open_workspace
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.recipient import read_distinct_id
from suprsend_hub.store.database import Connection
from suprsend_hub.store.profiles import read_profiles
from suprsend_hub.terminal import run

UserArgument = Annotated[str, typer.Argument(metavar="DISTINCT_ID", help="the user's distinct id")]

user_commands = typer.Typer(help="What is known of a user.", no_args_is_help=True)


@user_commands.command("export")
def export(distinct_id: UserArgument, workspace: WorkspaceOption) -> None:
    """Print all that is known of a user, as one JSON document."""

    async def work() -> None:
        async with open_workspace(workspace) as (hub, found):
            key = ProfileKey(read_distinct_id(distinct_id))
            async with hub.pool.acquire() as connection:
                named = await _name(connection, found.id, key)
                await operator(found.id).noting("exported user", named)(connection)
            async for part in export_user(hub.pool, found.id, key.distinct_id):
                sys.stdout.write(part)

    run(work())


@user_commands.command("erase")
def forget(
    distinct_id: UserArgument,
    workspace: WorkspaceOption,
    yes: Annotated[bool, typer.Option("--yes", help="don't ask")] = False,
) -> None:
    """Erase a user: profile, addresses, inbox and the contents of messages. It can't be undone."""
    if not yes:
        typer.confirm(f"Erase {distinct_id}? It can't be undone", abort=True)

    async def work() -> None:
        async with open_workspace(workspace) as (hub, found):
            key = ProfileKey(read_distinct_id(distinct_id))
            async with hub.pool.acquire() as connection:
                named = await _name(connection, found.id, key)
            noting = operator(found.id).noting("erased user", named)
            if not await erase(hub.pool, found.id, key, hub.now(), noting):
                raise NotFound(f"nothing is known of user {distinct_id!r}")
        Console().print("erased")

    run(work())


async def _name(connection: Connection, workspace_id: int, key: ProfileKey) -> str:
    """How the audit log names a user; somebody without a profile has no name there."""
    found = (await read_profiles(connection, workspace_id, [key])).get(key)
    return "" if found is None else name_user(found.id)
