"""What happened in inboxes while nobody could tell of it."""

from collections.abc import Sequence
from datetime import datetime

from suprsend_hub.domain.inbox import Inbox
from suprsend_hub.domain.inbox_change import Change
from suprsend_hub.store.database import Connection

# The first of an inbox that are looked at.
MOST_LOOKED_AT = 50

_MISSED = f"""
select i.workspace_id, i.distinct_id, i.tenant_id, n.id, n.created_at >= $4 as is_new,
    n.place = 1 or coalesce(greatest(n.seen_at, n.read_at, n.interacted_at, n.archived_at) >= $4, false) as is_marked
from unnest($1::bigint[], $2::text[], $3::text[]) as i (workspace_id, distinct_id, tenant_id)
cross join lateral (
    select *, row_number() over (order by is_pinned desc, created_at desc) as place from (
        select id, is_pinned, created_at, seen_at, read_at, interacted_at, archived_at from inbox_notification own
        where own.workspace_id = i.workspace_id and own.distinct_id = i.distinct_id and own.tenant_id = i.tenant_id
        order by is_pinned desc, created_at desc limit {MOST_LOOKED_AT}
    ) first
) n order by n.created_at
"""  # noqa: S608 - made of constants


async def read_missed(connection: Connection, inboxes: Sequence[Inbox], since: datetime) -> list[Change]:
    """What came into these inboxes since then and what was marked, oldest first.

    The first notification of each counts as marked: whoever hears of it asks for it, and for the numbers too.
    """
    rows = await connection.fetch(
        _MISSED,
        [each.workspace_id for each in inboxes],
        [each.distinct_id for each in inboxes],
        [each.tenant_id for each in inboxes],
        since,
    )
    changes: list[Change] = []
    for row in rows:
        whose = (row["workspace_id"], row["distinct_id"], row["tenant_id"])
        if row["is_new"]:
            changes.append(Change(*whose, "new", (row["id"],)))
        if row["is_marked"]:
            # Whatever was done: whoever hears this asks for the notification as it is now.
            changes.append(Change(*whose, "read", (row["id"],)))
    return changes
