"""The purses from which messages to accounts with a rate are leased; their time is the database's."""

from datetime import datetime, timedelta

from suprsend_hub.domain.budget import Budget, Lease, full_budget, lease
from suprsend_hub.domain.category import Root
from suprsend_hub.store.database import Connection


async def lease_sends(
    connection: Connection, vendor_id: int, rate: float, wanted: int, root: Root, *, turn: int
) -> Lease:
    """How many messages an account may send now; within a transaction, which others wait for."""
    now: datetime = await connection.fetchval("select clock_timestamp()")
    fresh = full_budget(rate, now)
    await connection.execute(
        "insert into vendor_budget (vendor_id, tokens, counted_at, queued_until)"
        " select $1, $2, $3, $4 where exists (select from vendor where id = $1) on conflict do nothing",
        vendor_id,
        fresh.tokens,
        fresh.counted_at,
        list(fresh.queued_until),
    )
    row = await connection.fetchrow(
        "select tokens, counted_at, queued_until, clock_timestamp() as now from vendor_budget"
        " where vendor_id = $1 for update",
        vendor_id,
    )
    if row is None:
        # The account was removed just now; its vendor will have the last of its messages, or the next one.
        return Lease(wanted)
    budget = Budget(row["tokens"], row["counted_at"], tuple(row["queued_until"]))
    left, leased = lease(budget, rate, wanted, root, row["now"], turn=turn)
    await connection.execute(
        "update vendor_budget set tokens = $2, counted_at = $3, queued_until = $4 where vendor_id = $1",
        vendor_id,
        left.tokens,
        left.counted_at,
        list(left.queued_until),
    )
    return leased


async def read_queues(connection: Connection, workspace_id: int) -> dict[str, timedelta]:
    """By nickname, for how long messages queue at those accounts of a workspace that have more than their rate."""
    rows = await connection.fetch(
        "select v.nickname, q.until - clock_timestamp() as lasting from vendor v join vendor_budget b"
        " on b.vendor_id = v.id cross join lateral (select max(each) as until from unnest(b.queued_until) each) q"
        " where v.workspace_id = $1 and v.rate_per_second is not null and q.until > clock_timestamp()",
        workspace_id,
    )
    return {row["nickname"]: row["lasting"] for row in rows}


async def forget_queue(connection: Connection, workspace_id: int, nickname: str) -> None:
    """Let nobody new wait for those who queued at an account's earlier rate; these come when they were told to."""
    await connection.execute(
        "update vendor_budget set queued_until = array_fill(clock_timestamp(), array[cardinality(queued_until)])"
        " where vendor_id = (select id from vendor where workspace_id = $1 and nickname = $2)",
        workspace_id,
        nickname,
    )
