"""What each kind of job does, and what happens when it fails."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias, TypeVar

import msgspec
import structlog
from msgspec.structs import replace
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job as QueuedJob

from suprsend_hub.domain.category import ROOTS, Root
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.job import Advance, Announce, Expand, Job, Plan, Send
from suprsend_hub.store.database import Pool, is_outage, transact
from suprsend_hub.store.queue import advance_lane, announce_lane, enqueue, expand_lane, plan_lane, send_lane

T = TypeVar("T")
Release: TypeAlias = Callable[[], None]
# The second argument gives the job's share of the worker back early, where nothing is left to do but to wait.
Handler: TypeAlias = Callable[[QueuedJob, Release], Awaitable[None]]

LONGEST_WAIT = timedelta(minutes=10)
# After about an hour of failing a job is held: it stays, `suprsend-hub check` lists it, nothing is lost.
MOST_FAILURES = 15

log = structlog.stdlib.get_logger("suprsend_hub.jobs")


@dataclass(frozen=True, slots=True)
class Actions:
    """What jobs call; `announce` gets the job's id.

    `send` gets how often the job ran before, and tells how long to wait where the rest of its chunk must be run again.
    """

    plan: Callable[[Plan], Awaitable[None]]
    advance: Callable[[Advance], Awaitable[None]]
    expand: Callable[[Expand], Awaitable[None]]
    send: Mapping[tuple[Channel, Root], Callable[[Send, Release, int], Awaitable[timedelta | None]]]
    announce: Callable[[Announce, int], Awaitable[None]]


def make_handlers(pool: Pool, actions: Actions) -> dict[str, Handler]:
    """The handler of each kind of job, by entrypoint."""
    plans = msgspec.json.Decoder(Plan)
    advances = msgspec.json.Decoder(Advance)
    expansions = msgspec.json.Decoder(Expand)
    sends = msgspec.json.Decoder(Send)
    announcements = msgspec.json.Decoder(Announce)

    async def run_plan(job: QueuedJob, _release: Release) -> None:
        work = plans.decode(job.payload or b"")
        await _guarded(pool, job, lambda: _singly_planned(work), actions.plan(work))

    async def run_advance(job: QueuedJob, _release: Release) -> None:
        work = advances.decode(job.payload or b"")
        await _guarded(pool, job, lambda: _singly_advanced(work), actions.advance(work))

    async def run_expand(job: QueuedJob, _release: Release) -> None:
        work = expansions.decode(job.payload or b"")
        await _guarded(pool, job, lambda: [Job(work)], actions.expand(work))

    async def run_send(job: QueuedJob, release: Release) -> None:
        work = sends.decode(job.payload or b"")
        running = actions.send[work.channel, work.root](work, release, job.attempts)
        wait = await _guarded(pool, job, lambda: _singly_sent(work), running)
        if wait is not None:
            raise RetryRequested(wait, reason="the chunk is not done")

    async def run_announce(job: QueuedJob, _release: Release) -> None:
        work = announcements.decode(job.payload or b"")
        await _guarded(pool, job, lambda: [Job(work)], actions.announce(work, job.id))

    lanes: dict[str, Handler] = {plan_lane(root): run_plan for root in ROOTS}
    lanes |= {advance_lane(root): run_advance for root in ROOTS}
    lanes |= {expand_lane(root): run_expand for root in ROOTS}
    lanes |= {send_lane(channel, root): run_send for channel in CHANNELS for root in ROOTS}
    return lanes | {announce_lane(is_failing=each): run_announce for each in (False, True)}


async def _guarded(pool: Pool, job: QueuedJob, taken_apart: Callable[[], list[Job]], running: Awaitable[T]) -> T | None:
    """Run an action; when it fails, see to it that one bad item can't hold up its chunk."""
    try:
        return await running
    except Exception as error:  # the worker's boundary: whatever went wrong, the job must not be lost
        if is_outage(error):
            raise RetryRequested(timedelta(seconds=1), "the database is not reachable") from error
        singly = taken_apart()
        log.exception("job failed", kind=job.entrypoint, job=job.id, attempts=job.attempts, items=len(singly))
        if len(singly) > 1:
            await transact(pool, lambda connection: enqueue(connection, singly))
            return None
        if job.attempts >= MOST_FAILURES:
            raise
        wait = min(timedelta(seconds=2) * 2**job.attempts, LONGEST_WAIT)
        raise RetryRequested(wait, f"{type(error).__name__}") from error


def _singly_advanced(work: Advance) -> list[Job]:
    return [Job(replace(work, run_ids=(each,))) for each in work.run_ids]


def _singly_planned(work: Plan) -> list[Job]:
    return [Job(replace(work, request_ids=(each,))) for each in work.request_ids]


def _singly_sent(work: Send) -> list[Job]:
    # Whose silence brought them here was noted when they were one job.
    return [Job(replace(work, message_ids=(each,), awaits="")) for each in work.message_ids]
