"""Finding what can still be cancelled, and marking it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.store.database import Connection

CODE, REASON = "cancelled", "the run was cancelled before this message was sent"


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What a cancellation is narrowed to; what is given must all fit."""

    execution_id: str | None = None
    recipients: Sequence[str] = ()
    tenant_id: str | None = None
    idempotency_key: str | None = None
    workflow: str | None = None
    cancellation_key: str | None = None
    request_id: str | None = None


async def hold_planning(connection: Connection, workspace_id: int) -> None:
    """Until this transaction ends nobody plans in the workspace."""
    await connection.execute("select pg_advisory_xact_lock(hashtextextended('planning', $1))", workspace_id)


async def join_planning(connection: Connection, workspace_id: int) -> None:
    """Plan beside others, but not beside a cancellation."""
    await connection.execute("select pg_advisory_xact_lock_shared(hashtextextended('planning', $1))", workspace_id)


async def write_tombstones(connection: Connection, workspace_id: int, narrowed: RunFilter, now: datetime) -> None:
    """Keep in mind who is meant, for requests whose people have no runs yet."""
    await connection.execute(
        "insert into cancellation (workspace_id, distinct_id, tenant_id, idempotency_key, workflow, cancellation_key,"
        " created_at) select $1, each, $3, $4, $5, $6, $7 from unnest($2::text[]) as each where $8::text is null",
        workspace_id,
        list(narrowed.recipients),
        narrowed.tenant_id,
        narrowed.idempotency_key,
        narrowed.workflow,
        narrowed.cancellation_key,
        now,
        # One run is meant, which there is: nobody who is planned later.
        narrowed.execution_id,
    )


async def find_cancelled(
    connection: Connection, workspace_id: int, request_ids: Sequence[str], distinct_ids: Sequence[str]
) -> frozenset[tuple[str, str]]:
    """Which of these people, of which of these requests, were cancelled before they had a run."""
    rows = await connection.fetch(
        "select q.id, c.distinct_id from cancellation c join request q on q.workspace_id = c.workspace_id"
        " and q.accepted_at <= c.created_at and coalesce(c.tenant_id = q.tenant_id, c.tenant_id is null)"
        " and coalesce(c.idempotency_key = q.idempotency_key, c.idempotency_key is null)"
        " and coalesce(c.workflow = q.name, c.workflow is null)"
        " and coalesce(c.cancellation_key = q.cancellation_key, c.cancellation_key is null)"
        " where c.workspace_id = $1 and c.distinct_id = any($2) and q.id = any($3)",
        workspace_id,
        distinct_ids,
        request_ids,
    )
    return frozenset((row["id"], row["distinct_id"]) for row in rows)


async def prune_cancellations(connection: Connection, before: datetime) -> None:
    """Forget whom no request can be waiting for any more."""
    await connection.execute("delete from cancellation where created_at < $1", before)


async def cancel_requests(connection: Connection, workspace_id: int, narrowed: RunFilter) -> list[str]:
    """End requests that fit as a whole and are not done with planning; returns those that had no runs."""
    if narrowed.recipients:
        return []
    conditions, arguments = _conditions(workspace_id, narrowed, execution="q.id")
    rows = await connection.fetch(
        "update request q set state = 'cancelled' where q.workspace_id = $1"  # noqa: S608 - made of constants
        f" and q.state = 'accepted'{conditions} returning q.id",
        *arguments,
    )
    return sorted(row["id"] for row in rows)


async def find_runs(connection: Connection, workspace_id: int, narrowed: RunFilter, most: int) -> list[str]:
    """Runs that fit and have something left to do: a wait, or a message that has not been settled."""
    conditions, arguments = _conditions(workspace_id, narrowed, execution="r.id")
    if narrowed.recipients:
        arguments.append(list(narrowed.recipients))
        conditions += f" and r.distinct_id = any(${len(arguments)})"
    rows = await connection.fetch(
        "select r.id from run r join request q on q.id = r.request_id"  # noqa: S608 - made of constants
        " where r.workspace_id = $1 and r.cancelled_at is null and (r.waits_until is not null or exists"
        " (select from message m where m.run_id = r.id and m.status in ('to_be_triggered', 'triggered')))"
        f"{conditions} order by r.id limit {most} for update of r",
        *arguments,
    )
    return [row["id"] for row in rows]


async def cancel_runs(connection: Connection, workspace_id: int, run_ids: Sequence[str], now: datetime) -> list[str]:
    """Mark locked runs, which then wait for nothing; returns the ids of their messages that are not settled."""
    await connection.execute(
        "update run set cancelled_at = $3, waits_until = null where workspace_id = $1 and id = any($2)",
        workspace_id,
        run_ids,
        now,
    )
    rows = await connection.fetch(
        "select id from message where workspace_id = $1 and run_id = any($2)"
        " and status in ('to_be_triggered', 'triggered') order by id for update",
        workspace_id,
        run_ids,
    )
    return [row["id"] for row in rows]


async def cancel_messages(
    connection: Connection, workspace_id: int, message_ids: Sequence[str], now: datetime
) -> list[str]:
    """Mark messages; those that no worker holds end at once. Returns those that a worker holds."""
    rows = await connection.fetch(
        "update message set cancelled = true, updated_at = $3,"
        " status = case when claim is null then 'not_to_be_triggered' else status end,"
        " failure_code = case when claim is null then $4 else failure_code end,"
        " failure_reason = case when claim is null then $5 else failure_reason end"
        " where workspace_id = $1 and id = any($2) returning id, claim is not null as is_held",
        workspace_id,
        message_ids,
        now,
        CODE,
        REASON,
    )
    return [row["id"] for row in rows if row["is_held"]]


async def is_held(connection: Connection, workspace_id: int, message_ids: Sequence[str]) -> bool:
    """Whether a worker still has any of these in hand."""
    return bool(
        await connection.fetchval(
            "select exists (select from message where workspace_id = $1 and id = any($2) and claim is not null"
            " and status in ('to_be_triggered', 'triggered'))",
            workspace_id,
            message_ids,
        )
    )


def _conditions(workspace_id: int, narrowed: RunFilter, execution: str) -> tuple[str, list[object]]:
    wanted: list[tuple[str, object]] = [
        (f"{execution} = {{}}", narrowed.execution_id),
        ("q.id = {}", narrowed.request_id),
        ("q.tenant_id = {}", narrowed.tenant_id),
        ("q.idempotency_key = {}", narrowed.idempotency_key),
        ("q.name = {}", narrowed.workflow),
        ("q.cancellation_key = {}", narrowed.cancellation_key),
    ]
    arguments: list[object] = [workspace_id]
    conditions = ""
    for condition, value in wanted:
        if value is not None:
            arguments.append(value)
            conditions += f" and {condition.format(f'${len(arguments)}')}"
    return conditions, arguments
