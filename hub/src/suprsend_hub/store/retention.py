"""Forgetting what is over and old: how far it has come, and the statements that delete, for all workspaces at once.

Nothing here reads a table from end to end: each statement looks at no more than `limit` rows, along a primary key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.retention import DataClass
from suprsend_hub.domain.success import SUCCESS_STATES
from suprsend_hub.store.database import Connection

# It waits for a worker: to be sent, or to be given to the next vendor after one has failed with it.
_GOES_ON = "(m.is_unsettled or m.is_with_vendor and m.failure_code is not null)"
_AWAITS_EVENT = f"{_GOES_ON} and m.success not in ({', '.join(map(repr, SUCCESS_STATES))})"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the forgetting of a class of data goes on; `ending` are requests that are being deleted part by part."""

    workspace_id: int = 0
    position: str = ""
    ending: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Age:
    """What is older may go: by its id, and by the last that happened to it."""

    first_kept_id: str
    kept_since: datetime


async def lock_progress(connection: Connection, data_class: DataClass, now: datetime) -> Progress | None:
    """Where to go on; None while another worker is at it, or where the last pass ended a short while ago."""
    row = await connection.fetchrow(
        "select workspace_id, position, ending from retention"
        " where data_class = $1 and (rests_until is null or rests_until <= $2) for update skip locked",
        data_class,
        now,
    )
    return None if row is None else Progress(**row)


async def move_on(connection: Connection, data_class: DataClass, progress: Progress) -> None:
    """Note where to go on."""
    await connection.execute(
        "update retention set workspace_id = $2, position = $3, ending = $4, rests_until = null where data_class = $1",
        data_class,
        progress.workspace_id,
        progress.position,
        progress.ending,
    )


async def end_pass(connection: Connection, data_class: DataClass, rests_until: datetime) -> None:
    """Begin from the start again, but not before this moment."""
    await connection.execute(
        "update retention set workspace_id = 0, position = '', ending = '{}', rests_until = $2 where data_class = $1",
        data_class,
        rests_until,
    )


async def look_at_requests(connection: Connection, after: str, age: Age, limit: int) -> list[tuple[str, bool]]:
    """The next old requests, and whether each is over: planned, with no run or message that waits, and none newer."""
    rows = await connection.fetch(
        # With their limits the inner queries stay what they are: look-ups for one request, for one run.
        "select q.id, q.state <> 'accepted' and going_on.found is null as is_over from"  # noqa: S608 - made of constants
        " (select id, state from request where id > $1 and id < $2 order by id limit $4) q"
        " left join lateral (select true as found from run r left join lateral"
        f" (select true as found from message m where m.run_id = r.id and ({_GOES_ON} or m.updated_at >= $3)"
        " limit 1) recent on true where r.request_id = q.id and (r.id >= $2 or r.waits_until is not null"
        " or recent.found) limit 1) going_on on true order by q.id",
        after,
        age.first_kept_id,
        age.kept_since,
        limit,
    )
    return [(row["id"], row["is_over"]) for row in rows]


async def delete_runs(connection: Connection, request_ids: Sequence[str], limit: int) -> int:
    """Delete so many runs of these requests, with their messages and all of those; returns how many runs there were."""
    rows = await connection.fetch(
        "select id from run where request_id = any($1) order by request_id limit $2", request_ids, limit
    )
    run_ids = [row["id"] for row in rows]
    # Whoever sends one of their messages again comes before, or finds nothing.
    await connection.execute("select from run where id = any($1) order by id for update", run_ids)
    gone = await connection.fetch("delete from message where run_id = any($1) returning id", run_ids)
    message_ids = [row["id"] for row in gone]
    await connection.execute("delete from message_try where message_id = any($1)", message_ids)
    await connection.execute("delete from message_content where message_id = any($1)", message_ids)
    await connection.execute("delete from run where id = any($1)", run_ids)
    return len(run_ids)


async def delete_requests(connection: Connection, request_ids: Sequence[str]) -> None:
    """Delete requests whose runs are gone."""
    await connection.execute("delete from broadcast where request_id = any($1)", request_ids)
    await connection.execute("delete from request where id = any($1)", request_ids)


async def next_workspace(connection: Connection, data_class: DataClass, workspace_id: int, age: Age) -> int | None:
    """The first workspace from this one on that has something old in this class."""
    table = {"events": "event", "inbox": "inbox_notification"}[data_class]
    found: int | None = await connection.fetchval(
        f"select w.id from workspace w cross join lateral (select from {table} t where t.workspace_id = w.id"  # noqa: S608 - one of two
        " and t.id < $2 order by t.id limit 1) old where w.id >= $1 order by w.id limit 1",
        workspace_id,
        age.first_kept_id,
    )
    return found


async def delete_events(connection: Connection, workspace_id: int, after: str, age: Age, limit: int) -> str | None:
    """Delete the next old events, none that a waiting message may still look for; returns the last one's id.

    None: there were fewer than the limit.
    """
    rows = await connection.fetch(
        "delete from event where workspace_id = $1 and id = any(array("  # noqa: S608 - made of constants
        "select id from event where workspace_id = $1 and id > $2 and id < least($3, (select left(id, 10)"
        f" from message m where workspace_id = $1 and {_AWAITS_EVENT} order by id limit 1)) order by id limit $4))"
        " returning id",
        workspace_id,
        after,
        age.first_kept_id,
        limit,
    )
    return max(row["id"] for row in rows) if len(rows) == limit else None


async def delete_notifications(
    connection: Connection, workspace_id: int, after: str, age: Age, limit: int
) -> str | None:
    """Delete the next old inbox notifications, none whose run goes on; returns the id of the last that was looked at.

    None: there were fewer than the limit.
    """
    rows = await connection.fetch(
        "select n.id, n.created_at < $4 and going_on.found is null as is_over from"  # noqa: S608 - made of constants
        " (select id, created_at from inbox_notification where workspace_id = $1 and id > $2 and id < $3"
        " order by id limit $5) n left join lateral"
        " (select true as found from message own join run r on r.id = own.run_id left join lateral"
        f" (select true as found from message m where m.run_id = r.id and {_GOES_ON} limit 1) sibling on true"
        " where own.workspace_id = $1 and own.id = n.id and (r.waits_until is not null or sibling.found) limit 1"
        ") going_on on true order by n.id",
        workspace_id,
        after,
        age.first_kept_id,
        age.kept_since,
        limit,
    )
    gone = await connection.fetch(
        "delete from inbox_notification where workspace_id = $1 and id = any($2)"
        " returning distinct_id, tenant_id, created_at",
        workspace_id,
        [row["id"] for row in rows if row["is_over"]],
    )
    # An inbox goes with the newest notification that it had.
    await connection.execute(
        "delete from inbox i using unnest($2::text[], $3::text[], $4::timestamptz[])"
        " as gone (distinct_id, tenant_id, created_at) where i.workspace_id = $1 and i.distinct_id = any($2::text[])"
        " and i.distinct_id = gone.distinct_id and i.tenant_id = gone.tenant_id and i.latest_at <= gone.created_at",
        workspace_id,
        [row["distinct_id"] for row in gone],
        [row["tenant_id"] for row in gone],
        [row["created_at"] for row in gone],
    )
    return rows[-1]["id"] if len(rows) == limit else None
