"""Telling an endpoint what became of messages: one job at a time for each endpoint, a little at a time.

A turn holds a bounded number of deliveries and a bounded time; what is not told in it waits in the database, so one
endpoint, slow or dead, never has more than one job of all workers together.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from suprsend_hub.domain.announcement import Announcement, write_payload
from suprsend_hub.domain.job import Announce, Job
from suprsend_hub.domain.webhook import (
    Answer,
    Endpoint,
    health_after,
    next_wait,
    reason_to_disable,
    rest_after,
    turn_size,
    wants_patience,
)
from suprsend_hub.domain.webhook_signature import read_secret, sign_webhook
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.queue import enqueue
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.webhook_deliveries import (
    DueDelivery,
    ToldDelivery,
    is_any_due,
    list_due,
    settle_deliveries,
)
from suprsend_hub.store.webhooks import StoredEndpoint, TurnEnd, end_turn, take_turn

Post: TypeAlias = Callable[[Mapping[str, str], bytes], Awaitable[Answer]]
Visit: TypeAlias = Callable[[str], AbstractAsyncContextManager[Post]]

# Of one endpoint, under way at once.
PLACES = 20
# After so long a turn begins nothing more; with the time limit of a request that is how long others may wait for it.
TURN_SECONDS = 5.0
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Telling:
    """What a worker needs to tell endpoints; `visit` opens the way to a URL."""

    pool: Pool
    vault: Vault
    visit: Visit
    stopping: asyncio.Event
    now: Callable[[], datetime]
    chance: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Told:
    """What a turn came to."""

    deliveries: Sequence[ToldDelivery] = ()
    disabled_reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Tried:
    delivery: DueDelivery
    answer: Answer


async def tell(telling: Telling, work: Announce, job_id: int) -> Told:
    """Take a turn at telling an endpoint what is due, and see to it that somebody takes the next one."""
    claim = secrets.token_hex(8)
    async with telling.pool.acquire() as connection:
        turn = await take_turn(connection, telling.vault, work, job_id, claim)
        if turn is None:
            return Told()
        due = await list_due(connection, turn.id, turn_size(turn.health, turn.endpoint.rate))
    began = asyncio.get_running_loop().time()
    tried = await _tell_each(telling, turn.endpoint, [each for each in due if each.announcement is not None])
    lasted = timedelta(seconds=asyncio.get_running_loop().time() - began)
    end = _end(turn, tried, lasted, telling.now())
    # Jitter is for the turn: what failed together is tried again together, by one job.
    chance = telling.chance()
    told = [_judged(each, chance) for each in tried]
    told += [ToldDelivery(each.id, "failed", None, None, "the message is no more") for each in due if _is_lost(each)]
    is_written = await _settle(telling, work, claim, told, end)
    if not end.rest:
        # Who came meanwhile found the turn taken and went away: what they came for is looked for only after its end.
        # Where the turn seems another's too: a commit that was not answered looks the same.
        await _pass_on(telling, work, end)
    return Told(told, end.disabled_reason) if is_written else Told()


async def _tell_each(telling: Telling, endpoint: Endpoint, due: Sequence[DueDelivery]) -> list[_Tried]:
    """Begin one delivery after another, until the time is up or the endpoint has shown that it takes none."""
    tried: list[_Tried] = []
    if not due:
        return tried
    clock, places = asyncio.get_running_loop().time, asyncio.Semaphore(PLACES)
    began, tasks = clock(), list[asyncio.Task[None]]()

    async def tell_one(delivery: DueDelivery, post: Post) -> None:
        try:
            tried.append(_Tried(delivery, await _post(telling, endpoint, delivery, post)))
        finally:
            places.release()

    async with telling.visit(endpoint.url) as post:
        for index, delivery in enumerate(due):
            await places.acquire()
            if endpoint.rate is not None:
                await _wait(telling.stopping, began + index / endpoint.rate - clock())
            is_over = telling.stopping.is_set() or clock() - began > TURN_SECONDS
            if is_over or wants_patience([each.answer for each in tried]):
                break
            tasks.append(asyncio.create_task(tell_one(delivery, post)))
        # Not a task group: a fault of one delivery must not cancel another in the middle of its request.
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for fault in ended:
        if fault is not None:
            raise fault
    return tried


async def _post(telling: Telling, endpoint: Endpoint, delivery: DueDelivery, post: Post) -> Answer:
    assert delivery.announcement is not None, "those of messages that are no more were left out"
    headers, body = write_webhook(endpoint, delivery.id, delivery.announcement, telling.now())
    answer = await post(headers, body)
    return replace(answer, said=endpoint.without_secrets(answer.said))


def write_webhook(
    endpoint: Endpoint, webhook_id: str, announcement: Announcement, now: datetime
) -> tuple[dict[str, str], bytes]:
    """The headers and the body of one webhook, signed for this moment."""
    body = write_payload(announcement)
    former = [read_secret(endpoint.previous_secret)] if endpoint.previous_secret else []
    signed = sign_webhook(read_secret(endpoint.secret), webhook_id, now, body, former)
    return {**endpoint.headers, "content-type": "application/json", **signed}, body


def _end(turn: StoredEndpoint, tried: Sequence[_Tried], lasted: timedelta, now: datetime) -> TurnEnd:
    answers = [each.answer for each in tried]
    health = health_after(turn.health, answers, now)
    rest = rest_after(health, answers)
    if turn.endpoint.rate is not None:
        rest = max(rest, timedelta(seconds=len(tried) / turn.endpoint.rate) - lasted)
    return TurnEnd(health, rest, reason_to_disable(health, answers, now))


def _judged(tried: _Tried, chance: float) -> ToldDelivery:
    delivery, answer = tried.delivery, tried.answer
    if answer.is_success:
        return ToldDelivery(delivery.id, "delivered", None, answer.status, answer.said)
    wait = next_wait(answer, delivery.attempts + 1, chance)
    return ToldDelivery(delivery.id, "failed" if wait is None else "pending", wait, answer.status, answer.said)


def _is_lost(delivery: DueDelivery) -> bool:
    return delivery.announcement is None


async def _settle(telling: Telling, work: Announce, claim: str, told: Sequence[ToldDelivery], end: TurnEnd) -> bool:
    """Write a turn's results, end it, and queue a job for each moment at which there is something to do again."""
    waits = {each.wait for each in told if each.wait is not None}
    if end.rest > timedelta(0):
        waits.add(end.rest)

    async def write(connection: Connection) -> bool:
        now = telling.now()
        if not await end_turn(connection, work.workspace_id, work.endpoint_id, claim, end, now):
            return False
        if told:
            await settle_deliveries(connection, work.workspace_id, told, now)
        if end.disabled_reason is None:
            await enqueue(connection, [_next_job(work, end, wait) for wait in sorted(waits)])
        return True

    # The endpoint has them already: giving up while the database restarts would tell it everything twice.
    return await transact(telling.pool, write, patience_seconds=PATIENCE_SECONDS)


async def _pass_on(telling: Telling, work: Announce, end: TurnEnd) -> None:
    async with telling.pool.acquire() as connection:
        if await is_any_due(connection, work.endpoint_id):
            await enqueue(connection, [_next_job(work, end, timedelta(0))])


def _next_job(work: Announce, end: TurnEnd, wait: timedelta) -> Job:
    return Job(Announce(work.workspace_id, work.endpoint_id, end.health.failures > 0), wait)


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        if seconds > 0:
            await asyncio.wait_for(stopping.wait(), seconds)
