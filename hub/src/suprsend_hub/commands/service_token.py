"""`suprsend-hub service-token`: what opens the management API of every workspace."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from suprsend_hub.actions.edit_service_tokens import create_service_token, end_service_token
from suprsend_hub.commands.operator import operator
from suprsend_hub.config import read_settings
from suprsend_hub.hub import open_hub
from suprsend_hub.store.service_tokens import ServiceToken, list_service_tokens
from suprsend_hub.terminal import run

service_token_commands = typer.Typer(
    help="Service tokens: what opens the management API of every workspace.", no_args_is_help=True
)


@service_token_commands.command("list")
def show() -> None:
    """List service tokens; they can't be shown again."""

    async def work() -> list[ServiceToken]:
        async with open_hub(read_settings()) as hub, hub.pool.acquire() as connection:
            return await list_service_tokens(connection)

    table = Table("number", "name", "token", "made by", "made", "last used")
    for each in run(work()):
        used = f"{each.used_at:%Y-%m-%d %H:%M}" if each.used_at else "never"
        named = (str(each.id), escape(each.name), each.masked, escape(each.made_by or ""))
        table.add_row(*named, f"{each.created_at:%Y-%m-%d %H:%M}", used)
    Console(soft_wrap=True).print(table)


@service_token_commands.command("create")
def create(name: Annotated[str, typer.Argument(help="what it is for, in your words")]) -> None:
    """Make a service token; it is shown only now."""

    async def work() -> str:
        async with open_hub(read_settings()) as hub:
            return await create_service_token(hub.pool, name, operator())

    typer.echo(run(work()))


@service_token_commands.command("delete")
def delete(number: Annotated[int, typer.Argument(help="its number, as the list shows it")]) -> None:
    """End a service token."""

    async def work() -> None:
        async with open_hub(read_settings()) as hub:
            await end_service_token(hub.pool, number, operator())

    run(work())
    Console().print(f"service token {number} opens nothing any more", highlight=False)
