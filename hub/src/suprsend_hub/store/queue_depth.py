"""How much is due in the queue and for later, and when: found along an index, and counted no further than a limit."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from suprsend_hub.domain.category import ROOTS
from suprsend_hub.domain.channel import CHANNELS
from suprsend_hub.store.database import Connection
from suprsend_hub.store.queue import advance_lane, announce_lane, expand_lane, plan_lane, send_lane

# Of each lane; a page says "or more" of as many.
MOST_COUNTED = 1_000

_LANES: dict[str, str] = {
    **{plan_lane(root): "plan" for root in ROOTS},
    **{advance_lane(root): "go on after waits" for root in ROOTS},
    **{expand_lane(root): "broadcasts" for root in ROOTS},
    **{send_lane(channel, root): f"send {channel}" for channel in CHANNELS for root in ROOTS},
    **{announce_lane(is_failing=each): "tell webhooks" for each in (False, True)},
}


# Times are the queue's, which are the database's. Each half of a lane is a stretch of one index.
_DEPTHS = """
    select kind, sum(due)::int as due, bool_or(due = $3) as is_more, max(late) as late,
    sum(later)::int as later, bool_or(later = $3) as is_more_later, min(next_at) as next_at
    from unnest($1::text[], $2::text[]) as lane (entrypoint, kind)
    cross join lateral (select count(*) as due, now() - min(execute_after) as late
        from (select execute_after from pgqueuer q where q.entrypoint = lane.entrypoint and status = 'queued'
        and execute_after <= now() order by execute_after limit $3) as first) as found
    cross join lateral (select count(*) as later, min(execute_after) as next_at
        from (select execute_after from pgqueuer q where q.entrypoint = lane.entrypoint and status = 'queued'
        and execute_after > now() order by execute_after limit $3) as first) as ahead
    where due > 0 or later > 0 group by kind order by late desc nulls last, next_at
"""


@dataclass(frozen=True, slots=True)
class Depth:
    """Jobs of one kind: how many are due and for how long the first has been, how many are for later and when.

    Of each there may be more than were counted where `is_more` or `is_more_later`.
    """

    kind: str
    due: int
    is_more: bool
    late: timedelta | None
    later: int
    is_more_later: bool
    next_at: datetime | None


async def read_depths(connection: Connection) -> list[Depth]:
    """The kinds of jobs that are due or will be, of all workspaces; those of all categories together."""
    rows = await connection.fetch(_DEPTHS, [*_LANES], [*_LANES.values()], MOST_COUNTED)
    return [Depth(**row) for row in rows]


async def count_held(connection: Connection) -> int:
    """How many jobs are held, counting no further than the limit."""
    held: int = await connection.fetchval(
        "select count(*) from (select from pgqueuer where status = 'failed' limit $1) as held", MOST_COUNTED
    )
    return held
