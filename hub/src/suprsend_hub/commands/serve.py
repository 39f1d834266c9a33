"""`suprsend-hub dev`, `api` and `worker`: what runs until it is told to stop."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from suprsend_hub.config import read_settings
from suprsend_hub.development import DevelopmentOptions, default_data_dir, run_development
from suprsend_hub.hub import open_hub
from suprsend_hub.logs import configure_logs
from suprsend_hub.main import run_api, run_worker, until_told_to_stop
from suprsend_hub.terminal import run


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


def api(
    host: Annotated[str | None, typer.Option(help="address to listen on; overrides HUB_HOST")] = None,
    port: Annotated[int | None, typer.Option(help="port to listen on; overrides HUB_PORT", min=0, max=65535)] = None,
) -> None:
    """Serve the API. Run as many as you like."""
    run(_serve({name: value for name, value in (("host", host), ("port", port)) if value is not None}))


def worker() -> None:
    """Plan and send. Run as many as you like."""
    run(_work())


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
