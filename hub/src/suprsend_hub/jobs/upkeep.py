"""Upkeep: what every installation needs done now and then, by whichever worker comes first."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from suprsend_hub.domain.duration import LONGEST
from suprsend_hub.domain.job import Job
from suprsend_hub.store.cancellations import prune_cancellations
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.list_members import prune_members
from suprsend_hub.store.queue import enqueue, prune_log
from suprsend_hub.store.requests import prune_keys
from suprsend_hub.store.suppressions import prune_suppressions
from suprsend_hub.store.webhook_deliveries import list_forgotten, prune_deliveries

QUEUE_LOG_KEPT_FOR = timedelta(hours=24)
FORGOTTEN_AFTER = timedelta(minutes=5)
BATCH = 50_000

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


async def keep_up(pool: Pool, now: datetime) -> None:
    """What is done every ten minutes: prune what no longer counts, and remind of what waits."""
    await prune(pool, now)
    await remind(pool)


async def prune(pool: Pool, now: datetime) -> None:
    """Forget what is over: keys, suppressions, webhooks, members of past lists, and the queue's own notes."""

    async def work(connection: Connection) -> None:
        await prune_keys(connection, now)
        await prune_log(connection, QUEUE_LOG_KEPT_FOR)
        await prune_suppressions(connection, now)
        await prune_cancellations(connection, now - LONGEST - timedelta(days=1))

    await transact(pool, work)
    # There may be more of these than one statement can delete in its time.
    while await transact(pool, lambda connection: prune_deliveries(connection, now, BATCH)) == BATCH:
        pass
    while await transact(pool, lambda connection: prune_members(connection, BATCH)):
        pass


async def remind(pool: Pool) -> None:
    """Queue a job for each endpoint that waits for its turn though it is due: its own job may have been given up."""

    async def work(connection: Connection) -> None:
        await enqueue(connection, [Job(each) for each in await list_forgotten(connection, FORGOTTEN_AFTER)])

    await transact(pool, work)
