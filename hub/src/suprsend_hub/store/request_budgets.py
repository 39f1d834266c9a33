"""The purses from which API processes draw requests; their time is the database's."""

from suprsend_hub.domain.request_rate import Draw, Purse, draw, full_purse
from suprsend_hub.store.database import Connection


async def draw_requests(connection: Connection, purse: str, rate: float, wanted: int, returned: int) -> Draw:
    """How many requests may be made out of this purse now; within a transaction, which others wait for."""
    fresh = full_purse(rate, await connection.fetchval("select clock_timestamp()"))
    await connection.execute(
        "insert into request_budget (purse, tokens, counted_at) values ($1, $2, $3) on conflict do nothing",
        purse,
        fresh.tokens,
        fresh.counted_at,
    )
    row = await connection.fetchrow(
        "select tokens, counted_at, clock_timestamp() as now from request_budget where purse = $1 for update", purse
    )
    assert row is not None, "it was written just now, and nothing deletes it"
    left, drawn = draw(Purse(row["tokens"], row["counted_at"]), rate, wanted, returned, row["now"])
    await connection.execute(
        "update request_budget set tokens = $2, counted_at = $3 where purse = $1", purse, left.tokens, left.counted_at
    )
    return drawn
