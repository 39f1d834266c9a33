"""`suprsend-hub migrate` and `master-key`: what a hub needs before it runs."""

import typer
from rich.console import Console

from suprsend_hub.config import read_settings
from suprsend_hub.hub import connect
from suprsend_hub.store.migrating import migrate as migrate_database
from suprsend_hub.store.sealing import make_master_key
from suprsend_hub.terminal import run


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


def master_key() -> None:
    """Make a master key for HUB_MASTER_KEY."""
    typer.echo(make_master_key())
