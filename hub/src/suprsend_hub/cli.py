"""The command line: each command reads its options and calls main."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from suprsend_hub.commands.broadcast import broadcast_commands
from suprsend_hub.commands.category import category_commands
from suprsend_hub.commands.check import check, requeue
from suprsend_hub.commands.keys import key_commands, public_key_commands, signing_key_commands
from suprsend_hub.commands.message import message_commands
from suprsend_hub.commands.service_token import service_token_commands
from suprsend_hub.commands.suppression import suppression_commands
from suprsend_hub.commands.team import team_commands
from suprsend_hub.commands.user import user_commands
from suprsend_hub.commands.vendor import vendor_commands
from suprsend_hub.commands.webhook import webhook_commands
from suprsend_hub.commands.why import why
from suprsend_hub.commands.workspace import workspace_commands
from suprsend_hub.config import read_settings
from suprsend_hub.development import DevelopmentOptions, default_data_dir, run_development
from suprsend_hub.logs import configure_logs
from suprsend_hub.main import connect, open_hub, run_api, run_worker, until_told_to_stop
from suprsend_hub.store.migrating import migrate as migrate_database
from suprsend_hub.store.sealing import make_master_key
from suprsend_hub.template_commands import template_commands
from suprsend_hub.terminal import run

app = typer.Typer(
    help="The notification platform that an engineer can run alone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(check)
app.command()(requeue)
app.add_typer(workspace_commands, name="workspace")
app.add_typer(key_commands, name="key")
app.add_typer(public_key_commands, name="public-key")
app.add_typer(signing_key_commands, name="signing-key")
app.add_typer(service_token_commands, name="service-token")
app.add_typer(user_commands, name="user")
app.add_typer(vendor_commands, name="vendor")
app.add_typer(suppression_commands, name="suppression")
app.add_typer(webhook_commands, name="webhook")
app.add_typer(broadcast_commands, name="broadcast")
app.add_typer(template_commands, name="template")
app.add_typer(category_commands, name="category")
app.command()(why)
app.add_typer(message_commands, name="message")
app.add_typer(team_commands, name="team")


@app.command()
def dev(
    port: Annotated[int, typer.Option(help="port of the API; 0 takes a free one", min=0, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="address that the API listens on")] = "127.0.0.1",
    data_dir: Annotated[
        Path | None, typer.Option(help=f"where everything is kept  [default: {default_data_dir()}]")
    ] = None,
    ready_file: Annotated[
        Path | None,
        typer.Option(help="when the hub can take traffic, its URL and credentials are written here, as JSON"),
    ] = None,
) -> None:
    """Run everything in one process: database, API, worker, and stand-ins for the vendors."""
    options = DevelopmentOptions(host, port, data_dir or default_data_dir(), ready_file)
    run(run_development(options))


@app.command()
def api(
    host: Annotated[str | None, typer.Option(help="address to listen on; overrides HUB_HOST")] = None,
    port: Annotated[int | None, typer.Option(help="port to listen on; overrides HUB_PORT", min=0, max=65535)] = None,
) -> None:
    """Serve the API. Run as many as you like."""
    run(_serve({name: value for name, value in (("host", host), ("port", port)) if value is not None}))


@app.command()
def worker() -> None:
    """Plan and send. Run as many as you like."""
    run(_work())


@app.command()
def migrate() -> None:
    """Bring the database to this version's tables; safe to run at any time."""

    async def work() -> None:
        pool = await connect(read_settings())
        try:
            applied = await migrate_database(pool)
        finally:
            await pool.close()
        Console().print("applied:", ", ".join(applied) if applied else "nothing; the database is up to date")

    run(work())


@app.command("master-key")
def master_key() -> None:
    """Make a master key for HUB_MASTER_KEY."""
    typer.echo(make_master_key())


async def _serve(given: Mapping[str, object]) -> None:
    settings = read_settings(**given)
    configure_logs(settings.log_level, as_json=settings.log_json)
    async with open_hub(settings) as hub, run_api(hub) as server:
        Console(stderr=True).print(f"the API listens on http://{settings.host}:{server.port}", highlight=False)
        await until_told_to_stop(hub.stopping)


async def _work() -> None:
    settings = read_settings()
    configure_logs(settings.log_level, as_json=settings.log_json)
    async with open_hub(settings) as hub, run_worker(hub):
        Console(stderr=True).print("the worker takes jobs", highlight=False)
        await until_told_to_stop(hub.stopping)
