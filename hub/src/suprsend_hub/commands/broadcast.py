"""`suprsend-hub broadcast`: how far broadcasts have come, and ending them."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from suprsend_hub.actions.cancel import cancel
from suprsend_hub.commands.operator import operator
from suprsend_hub.commands.workspace import WorkspaceOption, open_workspace
from suprsend_hub.domain.fault import Conflict, NotFound
from suprsend_hub.store.broadcasts import ListedBroadcast, count_messages, list_broadcasts
from suprsend_hub.store.cancellations import RunFilter
from suprsend_hub.store.database import Connection
from suprsend_hub.store.workspaces import Workspace
from suprsend_hub.terminal import run

# To count a million messages takes some seconds.
COUNTING_SECONDS = 300.0

BroadcastArgument = Annotated[str, typer.Argument(help="its id, as `broadcast list` shows it")]

broadcast_commands = typer.Typer(help="Broadcasts to lists, and how far they have come.", no_args_is_help=True)


@broadcast_commands.command("list")
def show_all(
    workspace: WorkspaceOption,
    limit: Annotated[int, typer.Option(help="how many at most", min=1, max=10_000)] = 20,
) -> None:
    """List broadcasts, newest first, each with how many members have their messages already."""

    async def work() -> list[ListedBroadcast]:
        async with open_workspace(workspace) as (hub, opened), hub.pool.acquire() as connection:
            return await list_broadcasts(connection, opened.id, limit=limit)

    table = Table("broadcast", "list", "template", "category", "state", "members", "accepted", "due")
    for each in run(work()):
        moments = (each.accepted_at, each.due_at)
        what = (each.request_id, each.list_id, each.template, each.category, doing(each), reached(each))
        table.add_row(*what, *(moment.isoformat(timespec="seconds") for moment in moments))
    Console().print(table)


@broadcast_commands.command("show")
def show_one(broadcast: BroadcastArgument, workspace: WorkspaceOption) -> None:
    """Show how far a broadcast has come, and what became of its messages."""

    async def work() -> tuple[ListedBroadcast, dict[tuple[str, str], int]]:
        async with open_workspace(workspace) as (hub, opened), hub.pool.acquire() as connection:
            found = await find_broadcast(connection, opened, broadcast)
            counts = await count_messages(connection, opened.id, broadcast, patience_seconds=COUNTING_SECONDS)
            return found, counts

    found, counts = run(work())
    console = Console()
    console.print(f"{doing(found)}: {reached(found)} members of {found.list_id} have their messages", highlight=False)
    table = Table("channel", "state", "messages")
    for (channel, status), count in counts.items():
        table.add_row(channel, status, str(count))
    console.print(table)


@broadcast_commands.command("cancel")
def end_one(broadcast: BroadcastArgument, workspace: WorkspaceOption) -> None:
    """End a broadcast: once this says so, nothing more of it is sent."""

    async def work() -> ListedBroadcast:
        async with open_workspace(workspace) as (hub, opened):
            async with hub.pool.acquire() as connection:
                await find_broadcast(connection, opened, broadcast)
            narrowed = RunFilter(of_broadcasts=True, execution_id=broadcast)
            noting = operator(opened.id).noting("cancelled broadcast", broadcast)
            if not await cancel(hub.pool, opened.id, narrowed, hub.now(), noting):
                raise Conflict(f"broadcast {broadcast} is over or cancelled already: nothing of it is left to cancel")
            async with hub.pool.acquire() as connection:
                return await find_broadcast(connection, opened, broadcast)

    found = run(work())
    Console().print(
        f"cancelled; {reached(found)} members of {found.list_id} had their messages planned", highlight=False
    )


async def find_broadcast(connection: Connection, workspace: Workspace, broadcast: str) -> ListedBroadcast:
    """A broadcast of this workspace, or NotFound."""
    found = await list_broadcasts(connection, workspace.id, limit=1, request_ids=[broadcast])
    if not found:
        raise NotFound(f"there is no broadcast {broadcast!r} in {workspace.name}; see: suprsend-hub broadcast list")
    return found[0]


def doing(broadcast: ListedBroadcast) -> str:
    """What a broadcast does, in a word."""
    if broadcast.state == "accepted":
        return "waiting" if broadcast.moved_at is None else "expanding"
    return "expanded" if broadcast.state == "planned" else broadcast.state


def reached(broadcast: ListedBroadcast) -> str:
    """How many members have their messages, of how many."""
    return f"{broadcast.expanded} of {broadcast.total}"
