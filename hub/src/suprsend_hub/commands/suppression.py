"""`suprsend-hub suppression`: addresses that are left alone, and how to use them again."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from suprsend_hub.actions.audit import name_user
from suprsend_hub.actions.lift_suppression import use_again
from suprsend_hub.commands.operator import operator
from suprsend_hub.commands.workspace import WorkspaceOption, open_workspace
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.store.keyset import Keyset
from suprsend_hub.store.profile_pages import find_users
from suprsend_hub.store.suppressions import Suppression, list_suppressions
from suprsend_hub.terminal import run

# Users who have the address, as the audit log names them.
MOST_NAMED = 5

suppression_commands = typer.Typer(help="Addresses that bounced, complained or unsubscribed.", no_args_is_help=True)


@suppression_commands.command("list")
def show(
    workspace: WorkspaceOption,
    address: Annotated[str | None, typer.Option(help="only this address")] = None,
    limit: Annotated[int, typer.Option(help="how many at most", min=1, max=10_000)] = 100,
) -> None:
    """List the addresses that are left alone now, newest first, and why."""

    async def work() -> list[Suppression]:
        async with open_workspace(workspace) as (hub, found), hub.pool.acquire() as connection:
            return list(await list_suppressions(connection, found.id, datetime.now(UTC), limit=limit, address=address))

    table = Table("channel", "address", "category", "cause", "reason", "message", "since", "until")
    for each in run(work()):
        until = "for good" if each.until is None else each.until.isoformat(timespec="minutes")
        since = each.since.isoformat(timespec="minutes")
        whose = (each.channel, each.address or "(erased)", each.category or "all")
        what = (*whose, each.cause, each.reason, each.message_id or "")
        table.add_row(*what, since, until)
    Console().print(table)


@suppression_commands.command("lift")
def lift(address: Annotated[str, typer.Argument()], workspace: WorkspaceOption) -> None:
    """Use an address again."""

    async def work() -> None:
        async with open_workspace(workspace) as (hub, found):
            async with hub.pool.acquire() as connection:
                users = await find_users(connection, found.id, address, None, Keyset(MOST_NAMED))
            # The log outlives whoever is erased, so it knows whose address it was, and not the address.
            named = ", ".join(name_user(each.stored.id) for each in users[:MOST_NAMED])
            noting = operator(found.id).noting("lifted suppression", named)
            if not await use_again(hub.pool, found.id, address, datetime.now(UTC), noting):
                raise NotFound(f"{address!r} is not left alone; see: suprsend-hub suppression list")
        Console().print(f"{address} is used again", highlight=False)

    run(work())
