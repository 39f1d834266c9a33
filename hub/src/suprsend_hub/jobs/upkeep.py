"""Upkeep: what every installation needs done now and then, by whichever worker comes first."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from suprsend_hub.actions.forget import forget
from suprsend_hub.domain.duration import LONGEST
from suprsend_hub.domain.job import Job
from suprsend_hub.domain.retention import DATA_CLASSES, Retention
from suprsend_hub.store.activity import prune_activity
from suprsend_hub.store.audit_log import prune_entries
from suprsend_hub.store.cancellations import prune_cancellations
from suprsend_hub.store.console_sessions import prune_sessions
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.list_members import prune_members
from suprsend_hub.store.message_contents import prune_contents
from suprsend_hub.store.queue import enqueue, prune_log, prune_statistics
from suprsend_hub.store.requests import prune_keys
from suprsend_hub.store.sign_in_failures import prune_failures
from suprsend_hub.store.suppressions import prune_suppressions
from suprsend_hub.store.webhook_deliveries import list_forgotten, prune_deliveries

QUEUE_LOG_KEPT_FOR = timedelta(hours=24)
FORGOTTEN_AFTER = timedelta(minutes=5)
BATCH = 50_000
CONTENTS_AT_ONCE = 5_000
# Shorter than the time between two rounds; whoever does the next one goes on from where this one stopped.
ROUND_SECONDS = 120.0

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


async def keep_up(
    pool: Pool, now: datetime, retention: Retention, contents_kept_for: timedelta, stopping: asyncio.Event
) -> None:
    """What is done every ten minutes: remind of what waits, prune what no longer counts, forget what is over."""
    await remind(pool)
    await prune(pool, now)
    await forget_contents(pool, now - contents_kept_for)
    await forget_what_is_over(pool, now, retention, stopping)


async def prune(pool: Pool, now: datetime) -> None:
    """Forget what no longer counts.

    That is: keys, suppressions, cancellations, webhooks, past members, the console's sessions, the queue's notes.
    """

    async def work(connection: Connection) -> None:
        await prune_statistics(connection, QUEUE_LOG_KEPT_FOR)
        await prune_suppressions(connection, now)
        await prune_cancellations(connection, now - LONGEST - timedelta(days=1))
        await prune_sessions(connection)
        await prune_failures(connection)
        await prune_entries(connection)

    await transact(pool, work)
    # There may be more of these than one statement can delete in its time.
    while await transact(pool, lambda connection: prune_members(connection, BATCH)):
        pass
    for prune_some in (
        lambda connection: prune_keys(connection, now, BATCH),
        lambda connection: prune_log(connection, QUEUE_LOG_KEPT_FOR, BATCH),
        lambda connection: prune_deliveries(connection, now, BATCH),
        lambda connection: prune_activity(connection, now, BATCH),
    ):
        while await transact(pool, prune_some) == BATCH:
            pass


async def forget_what_is_over(pool: Pool, now: datetime, retention: Retention, stopping: asyncio.Event) -> None:
    """Delete messages, events and inbox notifications that are kept no longer, as many as a round has time for.

    Classes take turns, and a worker rests as long as it worked: what is sent meanwhile finds the database free.
    """
    # In another order each time: a class that fails must not keep the others from theirs for ever.
    shuffled = random.sample(DATA_CLASSES, len(DATA_CLASSES))
    waiting = deque((each, since) for each in shuffled if (since := retention.kept_since(each, now)) is not None)
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + ROUND_SECONDS
    while waiting and loop.time() < ends_at and not stopping.is_set():
        data_class, since = waiting.popleft()
        began = loop.time()
        if await forget(pool, data_class, since, now):
            waiting.append((data_class, since))
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), loop.time() - began)


async def forget_contents(pool: Pool, before: datetime) -> None:
    """Forget what people saw of messages that were made before that moment."""
    while await transact(pool, lambda connection: prune_contents(connection, before, CONTENTS_AT_ONCE)):
        pass


async def remind(pool: Pool) -> None:
    """Queue a job for each endpoint that waits for its turn though it is due: its own job may have been given up."""

    async def work(connection: Connection) -> None:
        await enqueue(connection, [Job(each) for each in await list_forgotten(connection, FORGOTTEN_AFTER)])

    await transact(pool, work)
