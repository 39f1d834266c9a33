"""Counts of what happens: appended by whoever makes it happen, added up by upkeep, read by people."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from suprsend_hub.domain.activity import KEPT_FOR, MINUTES, WIDTHS, Counted, begin_of
from suprsend_hub.store.database import Connection, count_changed


async def append_activity(connection: Connection, workspace_id: int, counted: Sequence[Counted], now: datetime) -> None:
    """Note what happened, in the transaction in which it does; nobody else waits for these rows."""
    if not counted:
        return
    await connection.execute(
        "insert into activity_entry (workspace_id, began_at, kind, channel, vendor, count)"
        " select $1, $2, * from unnest($3::text[], $4::text[], $5::text[], $6::int[])",
        workspace_id,
        begin_of(now, MINUTES),
        [each.kind for each in counted],
        [each.channel for each in counted],
        [each.vendor for each in counted],
        [each.count for each in counted],
    )


async def fold_activity(connection: Connection, limit: int) -> int:
    """Add so many of the entries to their stretches; returns how many there were."""
    done = await connection.fetchval(
        "with taken as (delete from activity_entry where id = any(array(select id from activity_entry order by id"
        " limit $1 for update skip locked)) returning *),"
        " added as (insert into activity as a (workspace_id, width, began_at, kind, channel, vendor, count)"
        " select workspace_id, width, to_timestamp(floor(extract(epoch from began_at) / width) * width) as began,"
        " kind, channel, vendor, sum(count) from taken cross join unnest($2::int[]) as width"
        " group by workspace_id, width, began, kind, channel, vendor"
        # One order, so that two workers that fold at once never wait for one another in a ring.
        " order by workspace_id, width, began, kind, channel, vendor"
        " on conflict (workspace_id, width, began_at, kind, channel, vendor) do update"
        " set count = a.count + excluded.count)"
        " select count(*) from taken",
        limit,
        [int(width.total_seconds()) for width in WIDTHS],
    )
    return int(done)


async def read_activity(
    connection: Connection, workspace_id: int, width: timedelta, since: datetime
) -> list[tuple[datetime, Counted]]:
    """What was counted in stretches of this width since a moment, the oldest first."""
    rows = await connection.fetch(
        "select began_at, kind, count, channel, vendor from activity"
        " where workspace_id = $1 and width = $2 and began_at >= $3 order by began_at",
        workspace_id,
        int(width.total_seconds()),
        begin_of(since, width),
    )
    return [(row["began_at"], Counted(row["kind"], row["count"], row["channel"], row["vendor"])) for row in rows]


async def prune_activity(connection: Connection, now: datetime, limit: int) -> int:
    """Forget so many counts that nobody asks for any more; returns how many there were."""
    done = await connection.execute(
        "delete from activity where (workspace_id, width, began_at, kind, channel, vendor) in"
        " (select workspace_id, a.width, began_at, kind, channel, vendor from activity a"
        " join unnest($1::int[], $2::timestamptz[]) as kept (width, since) on kept.width = a.width"
        " where began_at < kept.since limit $3)",
        [int(width.total_seconds()) for width in KEPT_FOR],
        [now - span for span in KEPT_FOR.values()],
        limit,
    )
    return count_changed(done)
