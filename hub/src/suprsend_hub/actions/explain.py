"""Explaining: reads what is known of a message or a request in a handful of statements, and says why."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from suprsend_hub.actions.programs import Assignment, read_assignments
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.explanation import explain_all, explain_one
from suprsend_hub.domain.explanation_facts import (
    BroadcastFacts,
    Facts,
    MessageFacts,
    NodeFacts,
    RequestFacts,
    RunFacts,
)
from suprsend_hub.domain.request_failure import failure_of
from suprsend_hub.domain.suppression import suppressible
from suprsend_hub.domain.template import TemplateVersion
from suprsend_hub.domain.workflow_node import Delay, Send
from suprsend_hub.store.cancellations import find_cancelled
from suprsend_hub.store.database import Connection, Pool, Record
from suprsend_hub.store.explanation_facts import (
    find_place,
    find_run,
    find_success_events,
    read_accounts,
    read_messages,
    read_request,
    read_runs,
    read_tries,
)
from suprsend_hub.store.requests import stored_request
from suprsend_hub.store.runs import read_waits
from suprsend_hub.store.suppressions import read_standing
from suprsend_hub.store.templates import read_versions

# A request may have runs without end; of so many it is told what became of them.
MOST_RUNS = 100

_EXCLUSIONS = msgspec.json.Decoder(list[Document])


async def explain(pool: Pool, any_id: str, now: datetime) -> Document | None:
    """Why, of a message or a request of any workspace; None where there is neither of that id."""
    async with pool.acquire() as connection:
        place = await find_place(connection, any_id)
    if place is None:
        return None
    workspace_id, message_id, request_id = place
    if message_id is not None:
        return await explain_message(pool, workspace_id, message_id, now)
    return await explain_request(pool, workspace_id, request_id or "", now)


async def explain_message(pool: Pool, workspace_id: int, message_id: str, now: datetime) -> Document | None:
    """Why a message was sent, or not; None where there is no such message."""
    # One snapshot: what is told of a message and of its run must fit together.
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        run_id = await find_run(connection, workspace_id, message_id)
        row = None if run_id is None else await read_request(connection, workspace_id, run_id=run_id)
        if row is None:
            return None
        facts = await _gather(connection, workspace_id, row, run_id, now)
    run = facts.runs[0]
    message = next(each for each in run.messages if each.id == message_id)
    return explain_one(facts, run, message, now)


async def explain_run(connection: Connection, workspace_id: int, run_id: str, now: datetime) -> Document | None:
    """What was decided for one person, and why, with all messages; None where there is no such run."""
    row = await read_request(connection, workspace_id, run_id=run_id)
    if row is None:
        return None
    facts = await _gather(connection, workspace_id, row, run_id, now)
    (run,) = explain_all(facts, now)["runs"]
    explained: Document = run
    return explained


async def explain_request(pool: Pool, workspace_id: int, request_id: str, now: datetime) -> Document | None:
    """What a request led to, and why; None where there is no such request."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        row = await read_request(connection, workspace_id, request_id=request_id)
        if row is None:
            return None
        facts = await _gather(connection, workspace_id, row, None, now)
    return explain_all(facts, now)


async def _gather(
    connection: Connection, workspace_id: int, request: Record, run_id: str | None, now: datetime
) -> Facts:
    (assignment,) = await read_assignments(connection, [stored_request(request)])
    versions = await read_versions(connection, assignment.versions.values())
    found = await read_runs(connection, workspace_id, request["id"], run_id, MOST_RUNS + 1)
    runs = found[:MOST_RUNS]
    run_ids = [run["id"] for run in runs]
    messages = await read_messages(connection, workspace_id, run_ids)
    addresses = (suppressible(each.channel, each.provider, each.address) for each in messages)
    events = await find_success_events(connection, workspace_id, run_ids)
    # Only where all runs are known it is known who has none.
    complete = run_id is None and len(found) <= MOST_RUNS
    cancelled = await _never_begun(connection, workspace_id, assignment, runs) if complete else ()
    return Facts(
        request=_request(request, assignment, versions, cancelled),
        runs=[_run(run, assignment, messages, events) for run in runs],
        tries=await read_tries(connection, workspace_id, [each.id for each in messages]),
        suppressions=await read_standing(connection, workspace_id, [each for each in addresses if each], now),
        accounts=await read_accounts(connection, workspace_id),
        has_more_runs=len(found) > MOST_RUNS,
    )


async def _never_begun(
    connection: Connection, workspace_id: int, assignment: Assignment, runs: Sequence[Record]
) -> list[str]:
    """Whom a request names and who was cancelled before they had a run."""
    begun, request_id = {run["distinct_id"] for run in runs}, assignment.request.id
    named = [each.distinct_id for each in assignment.people.values() if each.distinct_id]
    missing = [each for each in named if each not in begun]
    found = await find_cancelled(connection, workspace_id, [request_id], missing)
    return [each for each in missing if (request_id, each) in found]


def _request(
    row: Record, assignment: Assignment, versions: Mapping[int, TemplateVersion], cancelled: Sequence[str]
) -> RequestFacts:
    return RequestFacts(
        id=row["id"],
        name=row["name"],
        category=row["category"],
        root=assignment.request.root,
        tenant_id=row["tenant_id"],
        idempotency_key=row["idempotency_key"],
        state=row["state"],
        accepted_at=row["accepted_at"],
        due_at=row["due_at"],
        planned_at=row["planned_at"],
        nodes=[
            _node(number, node, versions.get(assignment.versions.get(node.template, 0)))
            for number, node in enumerate(assignment.program)
            if isinstance(node, Send)
        ],
        broadcast=BroadcastFacts(row["list_id"], row["expanded"], row["total"]) if row["list_id"] else None,
        cancelled=cancelled,
        failure=failure_of(row["failure_code"], row["failure_reason"]),
        delays={number: node for number, node in enumerate(assignment.program) if isinstance(node, Delay)},
    )


def _node(number: int, node: Send, version: TemplateVersion | None) -> NodeFacts:
    return NodeFacts(
        number=number,
        name=node.name,
        template_slug=node.template,
        version_no=version.version_no if version else None,
        template_channels=version.channels if version else frozenset(),
        channels=node.channels,
        is_smart=node.delivery.smart,
        success=node.delivery.success,
        time_to_live=node.delivery.time_to_live,
    )


def _run(
    row: Record,
    assignment: Assignment,
    messages: Sequence[MessageFacts],
    events: Mapping[tuple[str, int], datetime],
) -> RunFacts:
    named = assignment.person(row["position"])
    return RunFacts(
        id=row["id"],
        position=row["position"],
        distinct_id=row["distinct_id"],
        object_type=row["object_type"],
        object_id=row["object_id"],
        exclusions=_EXCLUSIONS.decode(row["exclusions"]),
        created_at=row["created_at"],
        node=row["node"],
        waits_until=row["waits_until"],
        cancelled_at=row["cancelled_at"],
        wanted=named.channels if named else None,
        messages=[each for each in messages if each.run_id == row["id"]],
        events={node: moment for (run_id, node), moment in events.items() if run_id == row["id"]},
        waits=read_waits(row["waits"]),
    )
