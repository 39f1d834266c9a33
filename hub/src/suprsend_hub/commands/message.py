"""`suprsend-hub message`: send a message again."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from suprsend_hub.actions.resend import Resent, resend
from suprsend_hub.commands.operator import operator
from suprsend_hub.config import read_settings
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.hub import open_hub
from suprsend_hub.store.explanation_facts import find_place
from suprsend_hub.terminal import run

message_commands = typer.Typer(help="Single messages.", no_args_is_help=True)


@message_commands.command("resend")
def send_again(message_id: Annotated[str, typer.Argument(metavar="ID", help="of the message")]) -> None:
    """Send a message again that is over: a new one repeats it, in the same run, to the same address."""

    async def work() -> Resent:
        async with open_hub(read_settings()) as hub:
            async with hub.pool.acquire() as connection:
                place = await find_place(connection, message_id)
            if place is None or place[1] is None:
                raise NotFound(f"there is no message {message_id!r}")
            return await resend(hub.pool, place[0], message_id, operator(place[0]), datetime.now(UTC))

    resent = run(work())
    how = "it is repeated as" if resent.is_new else "it was repeated before, as"
    told = f"{how} {resent.message_id}; suprsend-hub why {resent.message_id} says what becomes of that"
    Console(soft_wrap=True).print(told, highlight=False)


@message_commands.callback()
def group() -> None:
    """Keeps `resend` a command of its own, though it is the only one."""
