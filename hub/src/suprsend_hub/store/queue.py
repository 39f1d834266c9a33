"""The job queue's tables, which PgQueuer keeps: writing jobs in the transaction that needs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import assert_never
from uuid import UUID

import msgspec
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import JobId

from suprsend_hub.domain.category import ROOTS, Root
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.job import Advance, Announce, Expand, Job, Plan, Send, Work
from suprsend_hub.store.database import Connection, count_changed

# The queue itself is durable; its log only feeds statistics, so a crash may lose that.
SETTINGS = DBSettings(prefix="", db_schema=None, durability=Durability.balanced)


def queue_queries(connection: Connection) -> Queries:
    """PgQueuer's statements on one connection, and so inside its transaction."""
    return queries_of(AsyncpgDriver(connection))  # type: ignore[arg-type] # a pool's proxy serves as a connection


def plan_lane(root: Root) -> str:
    """The name of the lane in which requests of these categories are planned."""
    return f"plan.{root}"


def advance_lane(root: Root) -> str:
    """The name of the lane in which runs of these categories go on after a wait."""
    return f"advance.{root}"


def expand_lane(root: Root) -> str:
    """The name of the lane in which broadcasts of these categories become runs."""
    return f"expand.{root}"


def send_lane(channel: Channel, root: Root) -> str:
    """The name of the lane in which such messages are sent."""
    return f"send.{channel}.{root}"


def announce_lane(*, is_failing: bool) -> str:
    """The name of the lane in which endpoints are told what became of messages."""
    return "announce.failing" if is_failing else "announce"


def entrypoint(work: Work) -> str:
    """The name under which a worker registers for this kind of work."""
    match work:
        case Advance(root=root):
            return advance_lane(root)
        case Expand(root=root):
            return expand_lane(root)
        case Plan(root=root):
            return plan_lane(root)
        case Send(channel=channel, root=root):
            return send_lane(channel, root)
        case Announce(is_failing=is_failing):
            return announce_lane(is_failing=is_failing)
        case _:
            assert_never(work)


def _priority(work: Work) -> int:
    # Sending goes before telling of it.
    return 0 if isinstance(work, Announce) else len(ROOTS) - ROOTS.index(work.root)


async def enqueue(connection: Connection, jobs: Sequence[Job]) -> None:
    """Write jobs; they are there if and only if the transaction commits."""
    if not jobs:
        return
    await queue_queries(connection).enqueue(
        [entrypoint(job.work) for job in jobs],
        [msgspec.json.encode(job.work) for job in jobs],
        [_priority(job.work) for job in jobs],
        [job.after for job in jobs],
    )


@dataclass
class HeldJobStatements(QueryQueueBuilder):
    """PgQueuer's statements, in which a worker ends, retries and keeps alive only what it still holds.

    A worker that was taken for dead while its database was away, and comes back, would otherwise end a job that
    another one has in hand; were that one killed, nobody would ever send its messages. A job whose run was cut off,
    as when the connection was lost, is not ended either: its heartbeat stops, and another run takes it.
    """

    holder: UUID | None = None

    def build_log_job_query(self) -> str:
        """Ending jobs."""
        held = self._held(super().build_log_job_query(), "WHERE id = ANY(")
        return _replace(held, "js.status != 'failed'", "js.status not in ('failed', 'canceled')")

    def build_retry_job_query(self) -> str:
        """Putting a job back."""
        return self._held(super().build_retry_job_query(), "WHERE id = $1::bigint")

    def build_update_heartbeat_query(self) -> str:
        """Saying that jobs are being worked on."""
        return self._held(super().build_update_heartbeat_query(), "WHERE id = ANY(")

    def _held(self, statement: str, condition: str) -> str:
        if self.holder is None:
            return statement
        held = condition.replace("WHERE ", f"WHERE queue_manager_id = '{self.holder}' AND ")
        return _replace(statement, condition, held)


def _replace(statement: str, part: str, by: str) -> str:
    # Another version of the library might write it in another way: then no worker may start.
    assert part in statement, "PgQueuer's statements are not those that the hub was made for"
    return statement.replace(part, by)


def queries_of(driver: AsyncpgDriver | AsyncpgPoolDriver, holder: UUID | None = None) -> Queries:
    """PgQueuer's statements on any of its drivers, with this hub's names for its tables.

    With `holder` they are those of one worker.
    """
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(settings=SETTINGS),
        qbq=HeldJobStatements(settings=SETTINGS, holder=holder),
        qbs=QuerySchedulerBuilder(settings=SETTINGS),
    )


async def put_back(connection: Connection, job_ids: Sequence[int]) -> None:
    """Queue held jobs again, due now and as if they had never been tried."""
    await queue_queries(connection).requeue_jobs([JobId(each) for each in job_ids])


async def prune_log(connection: Connection, older_than: timedelta, limit: int) -> int:
    """Forget so much of what the queue noted of jobs, but not why one is held; returns how much there was.

    What counts of jobs that are done is on requests and messages.
    """
    done = await connection.execute(
        "delete from pgqueuer_log where id = any(array(select id from pgqueuer_log l"
        " where created < now() - $1::interval and (status <> 'failed'"
        " or not exists (select from pgqueuer where id = l.job_id and status = 'failed')) order by created limit $2))",
        older_than,
        limit,
    )
    return count_changed(done)


async def prune_statistics(connection: Connection, older_than: timedelta) -> None:
    """Forget how many jobs there were in each second."""
    await connection.execute("delete from pgqueuer_statistics where created < now() - $1::interval", older_than)


async def count_jobs(connection: Connection, most: int) -> dict[tuple[str, str], int]:
    """How many jobs there are of each kind in each state, counting no further than `most` in all."""
    rows = await connection.fetch(
        "select entrypoint, status::text as status, count(*) as count from"
        " (select entrypoint, status from pgqueuer limit $1) as counted group by entrypoint, status",
        most,
    )
    return {(row["entrypoint"], row["status"]): row["count"] for row in rows}


async def bring_forward(connection: Connection, by: timedelta) -> None:
    """Make every waiting job due so much earlier, and wake the workers."""
    await connection.execute(
        "update pgqueuer set execute_after = execute_after - $1::interval where status = 'queued'", by
    )
    event = {"channel": SETTINGS.channel, "operation": "update", "table": SETTINGS.queue_table}
    event |= {"sent_at": datetime.now(UTC).isoformat(), "type": "table_changed_event"}
    await connection.execute("select pg_notify($1, $2)", SETTINGS.channel, msgspec.json.encode(event).decode())
