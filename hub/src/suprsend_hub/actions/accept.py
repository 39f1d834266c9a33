"""Accepting triggers: once this commits, the hub owes each of them an end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.domain.category import Root, root_of
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.job import CHUNK, Job, Plan
from suprsend_hub.domain.trigger import Trigger
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.queue import enqueue
from suprsend_hub.store.requests import NewRequest, claim_keys, insert_requests
from suprsend_hub.store.templates import find_live_versions


@dataclass(frozen=True, slots=True)
class Submission:
    """The triggers of one call: all of them are accepted, or none."""

    workspace_id: int
    triggers: tuple[Trigger, ...]
    is_array: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """The call was accepted; an id is None where the idempotency key was seen before."""

    request_ids: tuple[str | None, ...]


async def accept(pool: Pool, submissions: Sequence[Submission], now: datetime) -> list[Receipt | Invalid]:
    """Accept many calls in one transaction; what a call did wrong fails that call alone."""

    async def work(connection: Connection) -> list[Receipt | Invalid]:
        results: dict[int, Receipt | Invalid] = {}
        for workspace_id in dict.fromkeys(each.workspace_id for each in submissions):
            own = {index: each for index, each in enumerate(submissions) if each.workspace_id == workspace_id}
            results |= await _accept_workspace(connection, workspace_id, own, now)
        return [results[index] for index in range(len(submissions))]

    return await transact(pool, work)


async def _accept_workspace(
    connection: Connection, workspace_id: int, submissions: dict[int, Submission], now: datetime
) -> dict[int, Receipt | Invalid]:
    slugs = {trigger.template for each in submissions.values() for trigger in each.triggers}
    versions = await find_live_versions(connection, workspace_id, slugs)
    results: dict[int, Receipt | Invalid] = {}
    for index, each in submissions.items():
        if fault := _template_fault(each, versions):
            results[index] = fault
    sound = {index: each for index, each in submissions.items() if index not in results}
    keys = (trigger.idempotency_key for each in sound.values() for trigger in each.triggers)
    unclaimed = set(await claim_keys(connection, workspace_id, "trigger", filter(None, keys), now))
    requests: list[NewRequest] = []
    for index, each in sound.items():
        made = [_new_request(trigger, versions, unclaimed, now) for trigger in each.triggers]
        requests += [request for request in made if request is not None]
        results[index] = Receipt(tuple(request.id if request else None for request in made))
    if requests:
        await insert_requests(connection, workspace_id, requests, now)
        await enqueue(connection, _plan_jobs(workspace_id, requests, now))
    return results


def _template_fault(submission: Submission, versions: dict[str, int | None]) -> Invalid | None:
    for index, trigger in enumerate(submission.triggers):
        if versions.get(trigger.template) is None:
            problem = (
                f"{trigger.template!r} has no live version; commit it first"
                if trigger.template in versions
                else f"there is no template {trigger.template!r} in this workspace"
            )
            return Invalid(f"[{index}].template" if submission.is_array else "template", problem)
    return None


def _new_request(
    trigger: Trigger, versions: dict[str, int | None], unclaimed: set[str], now: datetime
) -> NewRequest | None:
    if trigger.idempotency_key is not None:
        if trigger.idempotency_key not in unclaimed:
            return None
        # The same key twice in one batch: the first one wins.
        unclaimed.remove(trigger.idempotency_key)
    version_id = versions[trigger.template]
    assert version_id is not None, "a trigger without a live version was refused above"
    return NewRequest(
        id=make_id(now),
        name=trigger.name,
        category=trigger.category,
        tenant_id=trigger.tenant_id,
        idempotency_key=trigger.idempotency_key,
        body=trigger.body,
        due_at=trigger.due_at(now),
        template_version_id=version_id,
    )


def _plan_jobs(workspace_id: int, requests: Sequence[NewRequest], now: datetime) -> list[Job]:
    grouped: dict[tuple[timedelta, Root], list[str]] = {}
    for request in requests:
        grouped.setdefault((request.due_at - now, root_of(request.category)), []).append(request.id)
    return [
        Job(Plan(workspace_id, tuple(ids[start : start + CHUNK]), root), wait)
        for (wait, root), ids in grouped.items()
        for start in range(0, len(ids), CHUNK)
    ]
