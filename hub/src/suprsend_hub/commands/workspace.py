"""`suprsend-hub workspace`: make workspaces, list them, and give them new secrets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from suprsend_hub.actions.audit import change_along
from suprsend_hub.actions.create_workspace import create_workspace, rotate_secret
from suprsend_hub.actions.make_keys import ensure_inbox_secret
from suprsend_hub.commands.operator import operator
from suprsend_hub.config import read_settings
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.subscriber_id import make_subscriber_id
from suprsend_hub.hub import Hub, open_hub
from suprsend_hub.store.database import Connection, transact
from suprsend_hub.store.workspaces import (
    Tracking,
    Workspace,
    find_workspace,
    limit_workspace,
    list_workspaces,
    read_tracking,
    set_tracking,
)
from suprsend_hub.terminal import run

WorkspaceOption = Annotated[str, typer.Option("--workspace", "-w", help="the workspace's name")]

LimitOption = Annotated[
    float | None,
    typer.Option(
        "--rate",
        help="requests a second at most, by all API processes together; 0: any  [default: HUB_REQUESTS_PER_SECOND]",
        min=0,
        max=1_000_000,
    ),
]

workspace_commands = typer.Typer(help="Workspaces and their credentials.", no_args_is_help=True)


@workspace_commands.command("create")
def create(name: Annotated[str, typer.Argument(help="letters, digits, - and _")]) -> None:
    """Make a workspace; its credentials are shown only now."""

    async def work() -> None:
        async with open_hub(read_settings()) as hub:
            made = await create_workspace(hub.pool, hub.vault, name, operator())
        table = Table(show_header=False, box=None)
        for label, value in (
            ("workspace", made.workspace.name),
            ("workspace_uid", made.workspace.uid),
            ("workspace_key", made.workspace.key),
            ("workspace_secret", made.workspace.secrets[0]),
            ("public_key", made.public_key),
            ("api_key", made.api_key),
            ("service_token", made.service_token),
        ):
            table.add_row(label, value)
        console = Console(soft_wrap=True)
        console.print(table)
        console.print("[dim]Keep these now: the API key and the service token can't be shown again.[/dim]")

    run(work())


@workspace_commands.command("list")
def show() -> None:
    """List workspaces."""

    async def work() -> None:
        async with open_hub(read_settings()) as hub, hub.pool.acquire() as connection:
            found = await list_workspaces(connection, hub.vault)
        table = Table("name", "uid", "key", "made")
        for each in found:
            table.add_row(each.name, each.uid, each.key, f"{each.created_at:%Y-%m-%d %H:%M}")
        Console().print(table)

    run(work())


@workspace_commands.command("tracking")
def tracking(
    name: Annotated[str, typer.Argument(help="the workspace's name")],
    opens: Annotated[bool | None, typer.Option(help="whether mails tell that they were opened")] = None,
    clicks: Annotated[bool | None, typer.Option(help="whether mails tell which links were clicked")] = None,
) -> None:
    """Show or change what the mails of a workspace tell of their readers."""

    async def work() -> Tracking:
        async with open_workspace(name) as (hub, workspace):

            async def change(connection: Connection) -> Tracking:
                before = await read_tracking(connection, workspace.id)
                wanted = Tracking(
                    opens=before.opens if opens is None else opens, clicks=before.clicks if clicks is None else clicks
                )
                if wanted != before:
                    await set_tracking(connection, workspace.id, wanted)
                    told = {"opens": wanted.opens, "clicks": wanted.clicks}
                    await operator(workspace.id).noting("changed tracking", name, **told)(connection)
                return wanted

            return await transact(hub.pool, change)

    now = run(work())
    Console().print(f"opens are {'told' if now.opens else 'not told'}, clicks {'told' if now.clicks else 'not told'}")


@workspace_commands.command("rotate")
def rotate(
    name: Annotated[str, typer.Argument(help="the workspace's name")],
    grace_hours: Annotated[float, typer.Option(help="for so long the old secret works too", min=0, max=720)] = 24,
) -> None:
    """Give a workspace a new secret."""

    async def work() -> None:
        async with open_workspace(name) as (hub, workspace):
            until = hub.now() + timedelta(hours=grace_hours)
            told = {"old_until": until.isoformat(timespec="seconds")}
            noting = operator(workspace.id).noting("rotated workspace secret", name, **told)
            secret = await rotate_secret(hub.pool, hub.vault, name, until, noting)
        Console(soft_wrap=True).print("workspace_secret", secret, highlight=False)

    run(work())


@workspace_commands.command("limit")
def limit(name: Annotated[str, typer.Argument(help="the workspace's name")], rate: LimitOption = None) -> None:
    """Set how many signed requests a second a workspace may make."""

    async def work() -> None:
        async with open_workspace(name) as (hub, workspace):
            await change_along(
                hub.pool,
                lambda connection: limit_workspace(connection, workspace.id, rate),
                operator(workspace.id).noting("limited workspace key", name, rate=rate),
            )
        Console().print(f"signed requests a second of {name}: {shown_rate(rate)}", highlight=False)

    run(work())


@workspace_commands.command("inbox-secret")
def inbox_secret(
    name: Annotated[str, typer.Argument(help="the workspace's name")],
    distinct_id: Annotated[str | None, typer.Option(help="show the subscriber_id of this person instead")] = None,
) -> None:
    """Show the secret with which the first inbox clients' subscriber_id is made."""

    async def work() -> str:
        async with open_workspace(name) as (hub, workspace):
            noting = operator(workspace.id).noting("made inbox secret", name)
            return await transact(
                hub.pool, lambda connection: ensure_inbox_secret(connection, hub.vault, workspace, noting)
            )

    secret = run(work())
    typer.echo(secret if distinct_id is None else make_subscriber_id(secret, distinct_id))


def shown_rate(rate: float | None) -> str:
    """Requests a second, as people read it."""
    if rate is None:
        return "usual"
    return f"{rate:g}" if rate else "any"


@asynccontextmanager
async def open_workspace(name: str) -> AsyncIterator[tuple[Hub, Workspace]]:
    """The hub, and the workspace of that name in it, or NotFound that says where to look."""
    async with open_hub(read_settings()) as hub:
        async with hub.pool.acquire() as connection:
            found = await find_workspace(connection, hub.vault, name)
        if found is None:
            raise NotFound(f"there is no workspace {name!r}; see: suprsend-hub workspace list")
        yield hub, found
