"""What the processes and the commands of a hub have in common: its settings, its database, its secrets, its clock."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from suprsend_hub.config import Settings
from suprsend_hub.domain.fault import Misconfigured
from suprsend_hub.metrics import Metrics
from suprsend_hub.store.database import Pool, open_pool
from suprsend_hub.store.migrating import pending
from suprsend_hub.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class Hub:
    """What every part of one process shares."""

    settings: Settings
    pool: Pool
    vault: Vault
    metrics: Metrics
    stopping: asyncio.Event
    now: Callable[[], datetime]


def utc_now() -> datetime:
    """The one clock."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_hub(settings: Settings, now: Callable[[], datetime] = utc_now) -> AsyncIterator[Hub]:
    """Connect to the database, and refuse to go on while migrations are pending."""
    vault = Vault(settings.master_key)
    pool = await connect(settings)
    try:
        if missing := await pending(pool):
            raise Misconfigured(
                f"the database lacks {len(missing)} migration(s): {', '.join(missing)}.\nRun: suprsend-hub migrate"
            )
        yield Hub(settings, pool, vault, Metrics(), asyncio.Event(), now)
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(pool.close(), 3)


async def connect(settings: Settings) -> Pool:
    """A pool of connections, or Misconfigured that says why there is none."""
    try:
        return await open_pool(settings.database_url, most=settings.database_connections)
    except Exception as error:
        raise Misconfigured(f"can't connect to HUB_DATABASE_URL: {error or type(error).__name__}") from error
