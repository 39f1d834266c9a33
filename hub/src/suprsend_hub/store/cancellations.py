"""Finding what can still be cancelled, and marking it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.store.claims import CANCELLED, CANCELLED_REASON
from suprsend_hub.store.database import Connection
from suprsend_hub.store.runs import WAITS_WITH_THIS

# What can still leave of a run, beside what it waits for: what is not settled, and what falls back to the next vendor
# once the one that has it failed or was silent for too long.
_LEFT = "(m.is_unsettled or (m.is_with_vendor and (m.due_at > m.sent_at or m.failure_code is not null)))"


# Both ways have an index, which an "or" would not use.
_ONE_OR_ALL = "r.id = any(array(select {0} union all select id from run where request_id = {0}))"

_PLANNING = "hashtextextended('planning', $1)"


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What a cancellation is narrowed to; what is given must all fit.

    An execution is one run, or all of a request: that is the id which a trigger is answered with. Of a broadcast it is
    the whole of it.
    """

    of_broadcasts: bool = False
    execution_id: str | None = None
    recipients: Sequence[str] = ()
    tenant_id: str | None = None
    idempotency_key: str | None = None
    workflow: str | None = None
    cancellation_key: str | None = None
    list_id: str | None = None
    request_id: str | None = None


async def join_planning(connection: Connection, workspace_id: int) -> None:
    """Be known to plan in this workspace until the transaction ends; nobody is waited for."""
    await connection.execute(f"select pg_advisory_xact_lock_shared({_PLANNING})", workspace_id)


async def list_planners(connection: Connection, workspace_id: int) -> frozenset[str]:
    """The transactions that plan in this workspace now, by names that come never again while the server runs."""
    rows = await connection.fetch(
        "select virtualtransaction from pg_locks where locktype = 'advisory'"  # noqa: S608 - made of constants
        " and database = (select oid from pg_database where datname = current_database())"
        f" and ((classid::bigint << 32) | objid::bigint) = {_PLANNING}",
        workspace_id,
    )
    return frozenset(row["virtualtransaction"] for row in rows)


async def write_tombstones(connection: Connection, workspace_id: int, narrowed: RunFilter, now: datetime) -> None:
    """Keep in mind who is meant, for requests whose people have no runs yet."""
    await connection.execute(
        "insert into cancellation (workspace_id, distinct_id, tenant_id, idempotency_key, workflow, cancellation_key,"
        " created_at, request_id) select $1, each, $3, $4, $5, $6, $7, $8 from unnest($2::text[]) as each",
        workspace_id,
        list(narrowed.recipients),
        narrowed.tenant_id,
        narrowed.idempotency_key,
        narrowed.workflow,
        narrowed.cancellation_key,
        now,
        # Where it is the id of a run, it fits no request: nobody who is planned later is meant.
        narrowed.request_id or narrowed.execution_id,
    )


async def find_cancelled(
    connection: Connection, workspace_id: int, request_ids: Sequence[str], distinct_ids: Sequence[str]
) -> frozenset[tuple[str, str]]:
    """Which of these people, of which of these requests, were cancelled before they had a run."""
    rows = await connection.fetch(
        "select q.id, c.distinct_id from cancellation c join request q on q.workspace_id = c.workspace_id"
        # Of a broadcast, whoever names it means it.
        " and (q.list_version_id is null or c.request_id = q.id)"
        " and q.accepted_at <= c.created_at and coalesce(c.tenant_id = q.tenant_id, c.tenant_id is null)"
        " and coalesce(c.idempotency_key = q.idempotency_key, c.idempotency_key is null)"
        " and coalesce(c.workflow = q.name, c.workflow is null)"
        " and coalesce(c.cancellation_key = q.cancellation_key, c.cancellation_key is null)"
        " and coalesce(c.request_id = q.id, c.request_id is null)"
        " where c.workspace_id = $1 and c.distinct_id = any($2) and q.id = any($3)",
        workspace_id,
        distinct_ids,
        request_ids,
    )
    return frozenset((row["id"], row["distinct_id"]) for row in rows)


async def prune_cancellations(connection: Connection, before: datetime) -> None:
    """Forget whom no request can be waiting for any more."""
    await connection.execute("delete from cancellation where created_at < $1", before)


async def find_accepted(connection: Connection, workspace_id: int, narrowed: RunFilter) -> list[str]:
    """The requests that fit as a whole and are not done with planning."""
    if narrowed.recipients:
        return []
    conditions, arguments = _conditions(workspace_id, narrowed, execution="q.id = {0}")
    rows = await connection.fetch(
        "select q.id from request q where q.workspace_id = $1 and q.state = 'accepted'"  # noqa: S608 - constants
        f"{conditions} order by q.id",
        *arguments,
    )
    return [row["id"] for row in rows]


async def cancel_requests(
    connection: Connection, workspace_id: int, request_ids: Sequence[str]
) -> tuple[list[str], list[str]]:
    """End those of these requests that nobody plans just now; the ids of those that ended, and of those in planning."""
    rows = await connection.fetch(
        "update request set state = 'cancelled' where id = any(array(select id from request where workspace_id = $1"
        " and id = any($2) and state = 'accepted' order by id for update skip locked)) returning id",
        workspace_id,
        request_ids,
    )
    await connection.execute(
        # They go nowhere from there, and it is somebody's id.
        "update broadcast set cursor = '' where workspace_id = $1 and request_id = any($2)",
        workspace_id,
        [row["id"] for row in rows],
    )
    left = await connection.fetch(
        "select id from request where workspace_id = $1 and id = any($2) and state = 'accepted'",
        workspace_id,
        request_ids,
    )
    return [row["id"] for row in rows], [row["id"] for row in left]


@dataclass(frozen=True, slots=True)
class FoundRun:
    """A run that can still be cancelled; it may stand in a wait of its workflow."""

    id: str
    request_id: str
    is_waiting: bool


async def find_runs(connection: Connection, workspace_id: int, narrowed: RunFilter, most: int) -> list[FoundRun]:
    """Runs that fit and have something left to do: a wait, or a message that can still leave; [] if none is left.

    What is left to do is looked for from both sides, so that each has an index to begin with: what people narrow it
    to, or what is left, whichever is less.
    """
    conditions, arguments = _conditions(workspace_id, narrowed, "q.id = {0}" if narrowed.of_broadcasts else _ONE_OR_ALL)
    of_person, of_message = "", ""
    if narrowed.recipients:
        arguments.append(list(narrowed.recipients))
        of_person, of_message = (f" and {row}.distinct_id = any(${len(arguments)})" for row in "rm")
    fitting = f"join request q on q.id = r.request_id where r.workspace_id = $1 and r.cancelled_at is null{conditions}"
    rows = await connection.fetch(
        "select id, request_id, waits_until is not null as is_waiting from run"  # noqa: S608 - made of constants
        " where cancelled_at is null and id = any(array("
        f"(select r.id from run r join message m on m.run_id = r.id and m.workspace_id = $1 {fitting}{of_message}"
        f" and {_LEFT} limit {most}) union"
        f" (select r.id from run r {fitting}{of_person} and r.waits_until is not null limit {most})"
        f")) order by id limit {most} for update",
        *arguments,
    )
    return [FoundRun(**row) for row in rows]


async def cancel_runs(
    connection: Connection, workspace_id: int, run_ids: Sequence[str], now: datetime
) -> dict[str, str]:
    """Mark locked runs, which then wait for nothing; returns their messages that can still leave, each with its run."""
    await connection.execute(
        f"update run r set cancelled_at = $3, waits_until = null, waits = {WAITS_WITH_THIS}"  # noqa: S608 - constants
        " where workspace_id = $1 and id = any($2)",
        workspace_id,
        run_ids,
        now,
    )
    rows = await connection.fetch(
        f"select m.id, m.run_id from message m where m.workspace_id = $1 and m.run_id = any($2) and {_LEFT}"  # noqa: S608 - constants
        " order by m.id for update",
        workspace_id,
        run_ids,
    )
    return {row["id"]: row["run_id"] for row in rows}


async def cancel_messages(
    connection: Connection, workspace_id: int, message_ids: Sequence[str], now: datetime
) -> list[str]:
    """Mark messages; what was not sent and no worker holds ends at once. Returns those that a worker holds."""
    ends = "claim is null and status <> 'sent_by_vendor'"
    rows = await connection.fetch(
        "update message set cancelled = true, updated_at = $3,"  # noqa: S608 - made of constants
        f" status = case when {ends} then 'not_to_be_triggered' else status end,"
        f" failure_code = case when {ends} then '{CANCELLED}' else failure_code end,"
        f" failure_reason = case when {ends} then '{CANCELLED_REASON}' else failure_reason end"
        " where workspace_id = $1 and id = any($2) returning id, claim is not null as is_held",
        workspace_id,
        message_ids,
        now,
    )
    return [row["id"] for row in rows if row["is_held"]]


async def is_held(connection: Connection, workspace_id: int, message_ids: Sequence[str]) -> bool:
    """Whether a worker still has any of these in hand."""
    return bool(
        await connection.fetchval(
            "select exists (select from message where workspace_id = $1 and id = any($2) and claim is not null)",
            workspace_id,
            message_ids,
        )
    )


async def find_stopped(connection: Connection, workspace_id: int, message_ids: Sequence[str]) -> list[str]:
    """Which of these cancelled messages something was kept back of: a try, the next vendor, or all of it."""
    rows = await connection.fetch(
        "select m.id from message m where m.workspace_id = $1 and m.id = any($2)"  # noqa: S608 - made of constants
        f" and (m.claim is not null or m.failure_code = '{CANCELLED}' or {_LEFT})",
        workspace_id,
        message_ids,
    )
    return [row["id"] for row in rows]


def _conditions(workspace_id: int, narrowed: RunFilter, execution: str) -> tuple[str, list[object]]:
    wanted: list[tuple[str, object]] = [
        (execution, narrowed.execution_id),
        ("q.id = {}", narrowed.request_id),
        ("q.tenant_id = {}", narrowed.tenant_id),
        ("q.idempotency_key = {}", narrowed.idempotency_key),
        ("q.name = {}", narrowed.workflow),
        ("q.cancellation_key = {}", narrowed.cancellation_key),
        ("exists (select from broadcast b where b.request_id = q.id and b.list_id = {})", narrowed.list_id),
    ]
    arguments: list[object] = [workspace_id]
    is_exact = narrowed.execution_id is not None or narrowed.request_id is not None
    conditions = " and q.list_version_id is not null" if narrowed.of_broadcasts else ""
    if not narrowed.of_broadcasts and not is_exact:
        conditions = " and q.list_version_id is null"
    for condition, value in wanted:
        if value is not None:
            arguments.append(value)
            conditions += f" and {condition.format(f'${len(arguments)}')}"
    return conditions, arguments
