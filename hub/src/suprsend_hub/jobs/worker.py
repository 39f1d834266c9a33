"""The worker: takes jobs that are due, runs them, and outlives its database's restarts."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.core.buffers import JobStatusLogBuffer
from pgqueuer.core.executors import AbstractEntrypointExecutor
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.models import Job as QueuedJob
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from pgqueuer.ports.driver import NotifyCallback

from suprsend_hub.jobs.handlers import Handler
from suprsend_hub.store.database import Pool, is_outage
from suprsend_hub.store.queue import queries_of

# A burst of notifications is one reason to look, not many: each look costs four statements.
QUIET_SECONDS = 0.02
FIRST_RESTART_SECONDS = 0.5
LONGEST_RESTART_SECONDS = 10.0
BATCH = 8
# Nothing wakes a worker when another one dies: it has to look by itself, and soon after the heartbeat ran out.
LONGEST_NAP = timedelta(seconds=3)

log = structlog.stdlib.get_logger("suprsend_hub.worker")


class CoalescingDriver(AsyncpgPoolDriver):
    """A driver that hands on the first notification at once and all others of a moment as one."""

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Listen, but no more often than every QUIET_SECONDS."""
        await super().add_listener(channel, _Coalesced(callback))


class _Coalesced:
    def __init__(self, callback: NotifyCallback) -> None:
        self._callback = callback
        self._quiet_until = 0.0
        self._scheduled = False

    def __call__(self, payload: str | bytes | bytearray) -> None:
        if "table_changed_event" not in str(payload):
            self._callback(payload)
            return
        loop = asyncio.get_running_loop()
        if self._scheduled:
            return
        if loop.time() >= self._quiet_until:
            self._deliver(payload)
        else:
            self._scheduled = True
            loop.call_at(self._quiet_until, self._deliver, payload)

    def _deliver(self, payload: str | bytes | bytearray) -> None:
        self._scheduled = False
        self._quiet_until = asyncio.get_running_loop().time() + QUIET_SECONDS
        self._callback(payload)


class LaneManager(QueueManager):
    """A queue manager in which no kind of job can take more than its share of this worker.

    One slow vendor then fills its own lane, and every other kind of job goes on.
    """

    jobs_at_once: int = BATCH
    in_hand: Counter[str]

    async def log_failure(
        self, job: QueuedJob, executor: AbstractEntrypointExecutor, exc: Exception, jbuff: JobStatusLogBuffer
    ) -> None:
        """Hold a job that failed; one of which the database could not be told is left to be taken again instead.

        Its heartbeat has stopped, so some worker does so soon.
        """
        if not is_outage(exc):
            await super().log_failure(job, executor, exc, jbuff)

    def entrypoints_below_capacity_limits(self) -> set[QueueEntrypoint]:
        """The kinds of which this worker can take more."""
        return {each for each in self.entrypoint_registry if self.in_hand[each] < self.jobs_at_once}


class Worker:
    """Runs jobs until it is told to stop."""

    def __init__(
        self,
        pool: Pool,
        handlers: Mapping[str, Handler],
        *,
        jobs_at_once: int,
        heartbeat: timedelta,
        stopping: asyncio.Event,
    ) -> None:
        self._pool = pool
        self._handlers = handlers
        self._jobs_at_once = jobs_at_once
        self._heartbeat = heartbeat
        self._stopping = stopping
        self.listening = asyncio.Event()

    async def run(self) -> None:
        """Take and run jobs; after a fault of the connection, begin anew."""
        wait = FIRST_RESTART_SECONDS
        while not self._stopping.is_set():
            manager = self._manager()
            began = asyncio.get_running_loop().time()
            watcher = asyncio.create_task(self._pass_on_stop(manager))
            try:
                await manager.run(
                    batch_size=BATCH,
                    dequeue_timeout=LONGEST_NAP,
                    heartbeat_timeout=self._heartbeat,
                    shutdown_on_listener_failure=True,
                )
            except Exception as error:  # the worker's loop: whatever happened, jobs are still to be run
                if asyncio.get_running_loop().time() - began > LONGEST_RESTART_SECONDS:
                    wait = FIRST_RESTART_SECONDS
                log.warning("worker begins anew", error=repr(error), after_seconds=wait)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), wait)
                wait = min(wait * 2, LONGEST_RESTART_SECONDS)
            finally:
                watcher.cancel()

    async def _pass_on_stop(self, manager: QueueManager) -> None:
        await self._stopping.wait()
        manager.shutdown.set()

    def _manager(self) -> LaneManager:
        holder = uuid4()
        manager = LaneManager(queries_of(CoalescingDriver(self._pool), holder))
        manager.queue_manager_id = QueueManagerId(holder)
        manager.jobs_at_once = self._jobs_at_once
        manager.in_hand = Counter()
        for name, handler in self._handlers.items():
            manager.entrypoint(name, on_failure="hold", accepts_context=False)(self._counted(manager, name, handler))
        return manager

    def _counted(self, manager: LaneManager, name: str, handler: Handler) -> Callable[[QueuedJob], Awaitable[None]]:
        async def run(job: QueuedJob) -> None:
            shares = {job.id}

            def release() -> None:
                if shares:
                    shares.clear()
                    manager.in_hand[name] -= 1

            manager.in_hand[name] += 1
            try:
                await handler(job, release)
            finally:
                release()

        return run
