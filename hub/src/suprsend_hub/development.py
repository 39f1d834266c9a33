"""`suprsend-hub dev`: everything in one process, seeded and ready to take the first trigger."""

import json
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from rich.console import Console

from suprsend_hub.actions.audit import COMMAND_LINE, Along, nothing_along
from suprsend_hub.actions.create_workspace import create_workspace
from suprsend_hub.actions.edit_team import add_user
from suprsend_hub.actions.edit_template import TemplateChanges, save_template, save_variant
from suprsend_hub.actions.hear import callback_path
from suprsend_hub.actions.passwords import make_password
from suprsend_hub.actions.publish import publish_draft
from suprsend_hub.config import Settings, read_settings
from suprsend_hub.development_outbox import make_development
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Misconfigured
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.embedded import EmbeddedDatabase
from suprsend_hub.hub import Hub, connect, open_hub
from suprsend_hub.inbox.widget import example_routes
from suprsend_hub.logs import configure_logs
from suprsend_hub.main import run_api, run_worker, until_told_to_stop
from suprsend_hub.simulators.clock import TestClock, clock_routes
from suprsend_hub.simulators.report_routes import report_routes
from suprsend_hub.simulators.routes import simulation_routes
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.store.clock import read_ahead, write_ahead
from suprsend_hub.store.console_users import list_console_users
from suprsend_hub.store.database import Connection, transact
from suprsend_hub.store.migrating import migrate
from suprsend_hub.store.queue import bring_forward
from suprsend_hub.store.sealing import make_master_key
from suprsend_hub.store.templates import find_template
from suprsend_hub.store.vendors import list_vendors, put_vendor
from suprsend_hub.store.webhook_deliveries import bring_deliveries_forward
from suprsend_hub.store.workspaces import find_workspace
from suprsend_hub.template_folder import find_templates, read_template
from suprsend_hub.vendors.registry import VENDORS

WORKSPACE = "demo"
CONSOLE_USER = "admin"
EXAMPLE_TEMPLATES = Path(__file__).parent / "example_templates"

log = structlog.stdlib.get_logger("suprsend_hub.dev")


@dataclass(frozen=True, slots=True)
class DevelopmentOptions:
    """What the command line chose."""

    host: str
    port: int
    data_dir: Path
    ready_file: Path | None


def default_data_dir() -> Path:
    """The user's data folder; root's server runs as another user, who can't look into root's home."""
    if os.geteuid() == 0:
        return Path("/var/lib/suprsend-hub")
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "suprsend-hub"


async def run_development(options: DevelopmentOptions) -> None:
    """Run until SIGTERM or SIGINT."""
    configure_logs("info", as_json=False)
    options.data_dir.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        url = os.environ.get("HUB_DATABASE_URL") or await stack.enter_async_context(EmbeddedDatabase(options.data_dir))
        settings = read_settings(
            database_url=url,
            master_key=os.environ.get("HUB_MASTER_KEY") or _kept_master_key(options.data_dir),
            host=options.host,
            port=options.port,
            # Browsers' push services, chats and attachments are stand-ins on this machine.
            private_urls=True,
        )
        # What was written before is of the time that it was then: a clock never goes back.
        clock = TestClock(await _migrate(settings))
        hub = await stack.enter_async_context(open_hub(settings, clock.now))
        simulation = await stack.enter_async_context(Simulation(now=clock.now))
        credentials = await _seed(hub, options.data_dir, simulation)
        console_password = await _make_first_user(hub)
        extra = [
            *simulation_routes(simulation),
            *report_routes(simulation),
            *example_routes(credentials.get("public_key", ""), credentials["workspace_key"]),
            *clock_routes(clock, partial(_bring_forward, hub, clock)),
        ]
        shown = make_development(simulation, clock, partial(_put_forward, hub, clock))
        base_url = f"http://{options.host}:{(await stack.enter_async_context(run_api(hub, extra, shown))).port}"
        if not hub.settings.public_url:
            # The port may have been chosen only now.
            hub = replace(hub, settings=hub.settings.model_copy(update={"public_url": base_url}))
        await _point_reports_here(hub, simulation)
        await stack.enter_async_context(run_worker(hub))
        ready = _ready(base_url, credentials, simulation, console_password)
        if options.ready_file is not None:
            _write_private(options.ready_file, json.dumps(ready, indent=2))
        _greet(ready, options.data_dir)
        await until_told_to_stop(hub.stopping)


def _ready(base_url: str, credentials: Document, simulation: Simulation, console_password: str | None) -> Document:
    """What programs need to use this hub; the console's password is there once."""
    ready = {
        "base_url": base_url,
        "console_url": f"{base_url}/console/",
        **credentials,
        "smtp_port": simulation.smtp_port,
    }
    if console_password is not None:
        ready |= {"console_user": CONSOLE_USER, "console_password": console_password}
    return ready


async def _point_reports_here(hub: Hub, simulation: Simulation) -> None:
    """Enter the hub's addresses where people enter them in their vendors' consoles."""
    async with hub.pool.acquire() as connection:
        workspace = await find_workspace(connection, hub.vault, WORKSPACE)
        assert workspace is not None, "it was seeded before"
        for account in await list_vendors(connection, hub.vault, workspace.id):
            simulation.reports_to[account.vendor] = hub.settings.public_url + callback_path(hub.vault, account.id)


async def _put_forward(hub: Hub, clock: TestClock, by: timedelta, along: Along) -> None:
    clock.put_forward(by)
    await _bring_forward(hub, clock, by, along)


async def _bring_forward(hub: Hub, clock: TestClock, by: timedelta, along: Along = nothing_along) -> None:
    async def work(connection: Connection) -> None:
        await along(connection)
        await write_ahead(connection, clock.ahead)
        await bring_deliveries_forward(connection, by)
        await bring_forward(connection, by)

    await transact(hub.pool, work)


async def _migrate(settings: Settings) -> timedelta:
    """Bring the database up to date; returns how far its clock was put forward."""
    pool = await connect(settings)
    try:
        await migrate(pool)
        async with pool.acquire() as connection:
            return await read_ahead(connection)
    finally:
        await pool.close()


async def _seed(hub: Hub, data_dir: Path, simulation: Simulation) -> Document:
    """A workspace whose vendors are the stand-ins of this run, and its credentials."""
    credentials = await _credentials(hub, data_dir)
    async with hub.pool.acquire() as connection:
        workspace = await find_workspace(connection, hub.vault, WORKSPACE)
    assert workspace is not None, "it was made or found just now"

    async def point_vendors_here(connection: Connection) -> None:
        given = simulation.vendor_settings()
        # In the registry's order: mails go by SMTP, so that any mail reader can be pointed at them, then by the others.
        for priority, (name, vendor) in enumerate(VENDORS.items()):
            if vendor.channel is None:
                continue
            account = VendorAccount(
                0, 0, vendor.channel, name, f"simulated-{name}", priority, 0.0, given[name], vendor.provider
            )
            await put_vendor(connection, hub.vault, workspace.id, account)

    await transact(hub.pool, point_vendors_here)
    await _seed_templates(hub, workspace.id)
    return credentials


async def _make_first_user(hub: Hub) -> str | None:
    """The password of the console's first user, made now; None where somebody can sign in already."""
    async with hub.pool.acquire() as connection:
        if await list_console_users(connection, limit=1):
            return None
    password = make_password()
    await add_user(hub.pool, CONSOLE_USER, "admin", password, COMMAND_LINE)
    return password


async def _seed_templates(hub: Hub, workspace_id: int) -> None:
    """Publish the example templates that are not there; those that are may have been edited since."""
    for folder in find_templates(EXAMPLE_TEMPLATES):
        source = read_template(folder)
        async with hub.pool.acquire() as connection:
            if await find_template(connection, workspace_id, source.slug) is not None:
                continue
        changes = TemplateChanges(source.name, source.description, source.tags, source.enabled_channels)
        await save_template(hub.pool, workspace_id, source.slug, changes, hub.now())
        for variant in source.variants:
            await save_variant(hub.pool, workspace_id, source.slug, variant, hub.now())
        await publish_draft(hub.pool, workspace_id, source.slug, None, "an example to begin with", hub.now())


async def _credentials(hub: Hub, data_dir: Path) -> Document:
    kept = data_dir / "workspace.json"
    async with hub.pool.acquire() as connection:
        workspace = await find_workspace(connection, hub.vault, WORKSPACE)
    if workspace is not None:
        try:
            credentials: Document = json.loads(kept.read_text())
        except (OSError, ValueError):
            raise Misconfigured(
                f"{kept} is missing or damaged, and the API key in it can't be shown again."
                f" Begin anew with another --data-dir, or remove {data_dir}."
            ) from None
        return credentials
    made = await create_workspace(hub.pool, hub.vault, WORKSPACE)
    credentials = {
        "workspace": made.workspace.name,
        "workspace_key": made.workspace.key,
        "workspace_secret": made.workspace.secrets[0],
        "workspace_uid": made.workspace.uid,
        "public_key": made.public_key,
        "api_key": made.api_key,
        "service_token": made.service_token,
    }
    _write_private(kept, json.dumps(credentials, indent=2))
    return credentials


def _kept_master_key(data_dir: Path) -> str:
    kept = data_dir / "master-key"
    if not kept.exists():
        _write_private(kept, make_master_key())
    return kept.read_text().strip()


def _write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    partial.touch(mode=0o600)
    partial.write_text(text)
    partial.replace(file)


def _greet(ready: Document, data_dir: Path) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print()
    console.print(f"  [bold]suprsend-hub[/bold] is ready at [bold]{ready['base_url']}[/bold]")
    console.print(f"  workspace key     {ready['workspace_key']}")
    console.print(f"  workspace secret  {ready['workspace_secret']}")
    console.print(f"  outbox            {ready['base_url']}/console/~/outbox")
    console.print(f"  console           {ready['console_url']}")
    if "console_password" in ready:
        console.print(f"  sign in as        {CONSOLE_USER}, password {ready['console_password']}")
        console.print("                    [dim]Shown only now; it can be changed on the page of the account.[/dim]")
    console.print(f"  data              {data_dir}")
    console.print("  [dim]Stop with Ctrl-C.[/dim]")
    console.print()
