"""Upkeep: what every installation needs done now and then, by whichever worker comes first."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.queue import prune_log
from suprsend_hub.store.requests import prune_keys
from suprsend_hub.store.suppressions import prune_suppressions

QUEUE_LOG_KEPT_FOR = timedelta(hours=24)

log = structlog.stdlib.get_logger("suprsend_hub.upkeep")


async def every(seconds: float, work: Callable[[], Awaitable[None]], stopping: asyncio.Event) -> None:
    """Do something again and again until the process stops; what fails is done the next time."""
    while not stopping.is_set():
        with suppress(TimeoutError):
            # The jitter keeps the workers of a fleet from all doing it in the same second.
            await asyncio.wait_for(stopping.wait(), seconds * random.uniform(0.8, 1.2))  # noqa: S311
            return
        try:
            await work()
        except Exception as error:  # the loop's boundary: it must go on, and the next time comes soon
            log.warning("upkeep failed", error=repr(error))


async def prune(pool: Pool, now: datetime) -> None:
    """Forget idempotency keys and the queue's notes that are older than a day."""

    async def work(connection: Connection) -> None:
        await prune_keys(connection, now)
        await prune_log(connection, QUEUE_LOG_KEPT_FOR)
        await prune_suppressions(connection, now)

    await transact(pool, work)
