"""Requests a second: leases of several processes from one purse, in the database's time."""

import asyncio
from dataclasses import dataclass

import pytest
from suprsend_hub.actions.limit_requests import LEASE_SECONDS, RequestLimits
from suprsend_hub.domain.fault import TooManyRequests
from suprsend_hub.store.database import Pool


@dataclass
class Process:
    """An API process with a clock that stands still until it is told to go on."""

    pool: Pool
    usual: float = 0
    seconds: float = 0

    def __post_init__(self) -> None:
        self.limits = RequestLimits(self.pool, self.usual, lambda: self.seconds)

    async def ask(self, times: int, rate: float | None, purse: str = "api_key:1") -> int:
        """How many of so many requests at once are let through."""
        answers = await asyncio.gather(*(self.limits.admit(purse, rate) for _ in range(times)), return_exceptions=True)
        assert all(each is None or isinstance(each, TooManyRequests) for each in answers)
        return sum(each is None for each in answers)


async def let_pass(pool: Pool, seconds: float) -> None:
    """Let time pass in the database."""
    await pool.execute("update request_budget set counted_at = counted_at - $1 * interval '1 second'", seconds)


async def test_all_processes_together_keep_to_the_rate(pool: Pool) -> None:
    first, second = Process(pool), Process(pool)
    # So slow that nothing comes into the purse while the test runs.
    assert await first.ask(1, 0.0001) + await second.ask(5, 0.0001) + await first.ask(5, 0.0001) == 1
    await let_pass(pool, 10_000)
    first.seconds = second.seconds = LEASE_SECONDS
    assert await first.ask(5, 0.0001) + await second.ask(5, 0.0001) == 1


async def test_who_is_refused_is_told_when_to_come_again(pool: Pool) -> None:
    process = Process(pool)
    await process.limits.admit("api_key:1", 0.001)
    with pytest.raises(TooManyRequests, match=r"0.001 requests a second; try again in (1000|999) s") as refused:
        await process.limits.admit("api_key:1", 0.001)
    assert refused.value.retry_after in (999, 1000)


async def test_within_a_lease_the_database_is_not_asked(pool: Pool) -> None:
    process = Process(pool)
    for _ in range(4):
        assert await process.ask(1, 1000) == 1
    # Whoever asks now writes a new one.
    await pool.execute("delete from request_budget")
    assert await process.ask(3, 1000) == 3
    assert await pool.fetchval("select count(*) from request_budget") == 0
    process.seconds = LEASE_SECONDS
    assert await process.ask(1, 1000) == 1
    assert await pool.fetchval("select count(*) from request_budget") == 1


async def test_what_was_drawn_and_not_used_goes_back(pool: Pool) -> None:
    first, second = Process(pool), Process(pool)
    # Counted in time to come: nothing is added while the test runs.
    await pool.execute("insert into request_budget values ('api_key:1', 100, now() + interval '1 hour')")
    for _ in range(4):
        assert await first.ask(1, 100) == 1
    taken = await second.ask(100, 100)
    assert taken < 96, "the first has drawn more than it used"
    first.seconds = second.seconds = LEASE_SECONDS
    assert await first.ask(1, 100) == 1
    assert await second.ask(100, 100) == 100 - 5 - taken


async def test_each_purse_is_its_own(pool: Pool) -> None:
    process = Process(pool)
    assert await process.ask(3, 0.0001, "api_key:1") == 1
    assert await process.ask(3, 0.0001, "api_key:2") == 1


async def test_a_key_without_a_rate_has_the_usual_one_and_none_where_that_is_zero(pool: Pool) -> None:
    assert await Process(pool, usual=0).ask(50, None) == 50
    assert await Process(pool, usual=0.0001).ask(50, None) == 1
    assert await Process(pool, usual=0.0001).ask(50, 0) == 50
