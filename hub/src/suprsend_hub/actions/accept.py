"""Accepting triggers: once this commits, the hub owes each of them an end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from suprsend_hub.actions.pin import AnyTrigger, Pins, pin
from suprsend_hub.domain.activity import Counted
from suprsend_hub.domain.category import Root
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.job import CHUNK, Job, Plan
from suprsend_hub.store.activity import append_activity
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.queue import enqueue
from suprsend_hub.store.requests import NewRequest, claim_keys, find_requests, find_taken_keys, insert_requests


@dataclass(frozen=True, slots=True)
class Submission:
    """The triggers of one call: all of them are accepted, or none."""

    workspace_id: int
    triggers: tuple[AnyTrigger, ...]
    is_array: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """The call was accepted; where an idempotency key was seen before, with the id that was given then.

    It is None where that request is not kept any more.
    """

    request_ids: tuple[str | None, ...]


async def accept(pool: Pool, submissions: Sequence[Submission], now: datetime) -> list[Receipt | Invalid]:
    """Accept many calls in one transaction; what a call did wrong fails that call alone."""

    async def work(connection: Connection) -> list[Receipt | Invalid]:
        return await accept_within(connection, submissions, now)

    return await transact(pool, work)


async def accept_within(
    connection: Connection, submissions: Sequence[Submission], now: datetime
) -> list[Receipt | Invalid]:
    """The same inside a transaction that is under way."""
    results: dict[int, Receipt | Invalid] = {}
    for workspace_id in dict.fromkeys(each.workspace_id for each in submissions):
        own = {index: each for index, each in enumerate(submissions) if each.workspace_id == workspace_id}
        results |= await _accept_workspace(connection, workspace_id, own, now)
    return [results[index] for index in range(len(submissions))]


async def _accept_workspace(
    connection: Connection, workspace_id: int, submissions: dict[int, Submission], now: datetime
) -> dict[int, Receipt | Invalid]:
    pins = await pin(connection, workspace_id, (one for each in submissions.values() for one in each.triggers))
    results: dict[int, Receipt | Invalid] = {}
    for index, each in submissions.items():
        if fault := _fault(each, pins):
            results[index] = fault
    if results:
        faulty = {index: submissions[index] for index in results}
        for index in await _accepted_before(connection, workspace_id, faulty, now):
            del results[index]
    sound = {index: each for index, each in submissions.items() if index not in results}
    ids = await accept_sound(
        connection, workspace_id, [one for each in sound.values() for one in each.triggers], pins, now
    )
    for index, each in sound.items():
        results[index] = Receipt(tuple(ids[: len(each.triggers)]))
        del ids[: len(each.triggers)]
    return results


async def accept_sound(
    connection: Connection, workspace_id: int, triggers: Sequence[AnyTrigger], pins: Pins, now: datetime
) -> list[str | None]:
    """Write triggers that have no fault and were not seen before, and the jobs that plan them; the id of each."""
    keys = filter(None, (each.idempotency_key for each in triggers))
    unclaimed = set(await claim_keys(connection, workspace_id, "trigger", keys, now))
    made: list[NewRequest | None] = []
    for trigger in triggers:
        key = trigger.idempotency_key
        # The same key twice in one batch: the first one wins.
        made.append(None if key is not None and key not in unclaimed else pins.request(trigger, now))
        unclaimed.discard(key or "")
    requests = [each for each in made if each is not None]
    if requests:
        roots = await insert_requests(connection, workspace_id, requests, now)
        await enqueue(connection, _plan_jobs(workspace_id, requests, roots, now))
        await append_activity(connection, workspace_id, [Counted("accepted", len(requests))], now)
    repeated = [trigger.idempotency_key or "" for trigger, each in zip(triggers, made, strict=True) if each is None]
    known = await find_requests(connection, workspace_id, repeated) if repeated else {}
    return [
        each.id if each else known.get(trigger.idempotency_key or "")
        for trigger, each in zip(triggers, made, strict=True)
    ]


async def _accepted_before(
    connection: Connection, workspace_id: int, submissions: Mapping[int, Submission], now: datetime
) -> list[int]:
    """Calls that come again: they are answered as they were, whatever has been published since."""
    keys = {index: [one.idempotency_key or "" for one in each.triggers] for index, each in submissions.items()}
    taken = await find_taken_keys(
        connection, workspace_id, "trigger", {key for own in keys.values() for key in own}, now
    )
    return [index for index, own in keys.items() if taken.issuperset(own)]


def _fault(submission: Submission, pins: Pins) -> Invalid | None:
    for index, trigger in enumerate(submission.triggers):
        if fault := pins.fault(trigger):
            return fault.within(f"[{index}]") if submission.is_array else fault
    return None


def _plan_jobs(
    workspace_id: int, requests: Sequence[NewRequest], roots: Mapping[str, Root], now: datetime
) -> list[Job]:
    grouped: dict[tuple[timedelta, Root], list[str]] = {}
    for request in requests:
        grouped.setdefault((request.due_at - now, roots[request.id]), []).append(request.id)
    return [
        Job(Plan(workspace_id, tuple(ids[start : start + CHUNK]), root), wait)
        for (wait, root), ids in grouped.items()
        for start in range(0, len(ids), CHUNK)
    ]
