"""Jobs that failed for so long that they wait for somebody to look at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.store.database import Connection
from suprsend_hub.store.queue import put_back


@dataclass(frozen=True, slots=True)
class HeldJob:
    """A job that is not run any more; `reason` is what its last run failed with."""

    id: int
    kind: str
    held_since: datetime
    reason: str


async def list_held(connection: Connection, limit: int) -> list[HeldJob]:
    """Held jobs, oldest first."""
    rows = await connection.fetch(
        "select j.id, j.entrypoint as kind, j.updated as held_since,"
        " coalesce(l.traceback->>'exception_type' || ': ' || (l.traceback->>'exception_message'), '') as reason"
        " from (select * from pgqueuer where status = 'failed' order by id limit $1) j left join lateral"
        " (select traceback from pgqueuer_log where job_id = j.id and status = 'failed' order by created desc limit 1)"
        " l on true order by j.id",
        limit,
    )
    return [HeldJob(**row) for row in rows]


async def requeue(connection: Connection, job_ids: Sequence[int] | None, limit: int) -> list[int]:
    """Put held jobs back, due now and with all of their tries; returns which there were.

    Without ids the oldest ones, up to `limit`.
    """
    rows = await connection.fetch(
        "select id from pgqueuer where status = 'failed' and ($1::bigint[] is null or id = any($1)) order by id"
        " limit $2 for update",
        job_ids,
        limit,
    )
    held = [row["id"] for row in rows]
    await put_back(connection, held)
    return held
