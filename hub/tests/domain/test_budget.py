"""Budgets: never more than the rate, the urgent first, and everybody gets a turn."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.budget import full_budget, lease, most_tokens
from suprsend_hub.domain.category import ROOTS, Root

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RATES = st.sampled_from([0.1, 0.5, 1.0, 3.0, 10.0, 100.0, 1000.0])


@given(
    RATES,
    st.lists(st.tuples(st.integers(1, 300), st.sampled_from(["transactional", "promotional"]), st.floats(0, 3))),
)
def test_no_stretch_of_time_gets_more_than_its_rate_and_a_second_at_once(
    rate: float, asked: list[tuple[int, Root, float]]
) -> None:
    budget, now, granted = full_budget(rate, NOW), NOW, 0
    for wanted, root, pause in asked:
        now += timedelta(seconds=pause)
        budget, leased = lease(budget, rate, wanted, root, now, has_waited=False)
        assert 0 <= leased.granted <= wanted
        granted += leased.granted
    elapsed = (now - NOW).total_seconds()
    assert granted <= most_tokens(rate) + rate * elapsed + 1e-6


@given(RATES, st.lists(st.integers(1, 300), max_size=20), st.sampled_from(ROOTS))
def test_whoever_waits_comes_to_a_purse_that_has_something(rate: float, before: list[int], root: Root) -> None:
    budget = full_budget(rate, NOW)
    for wanted in before:
        budget, _ = lease(budget, rate, wanted, root, NOW, has_waited=False)
    budget, leased = lease(budget, rate, 300, root, NOW, has_waited=False)
    if leased.granted < 300:
        _, then = lease(budget, rate, leased.share, root, NOW + leased.wait * 2, has_waited=True)
        assert then.granted > 0


def test_those_who_wait_are_spread_over_the_time_that_those_before_them_take() -> None:
    budget = full_budget(10, NOW)
    budget, first = lease(budget, 10, 200, "transactional", NOW, has_waited=False)
    _, second = lease(budget, 10, 200, "transactional", NOW, has_waited=False)
    assert (first.granted, first.share, first.wait, first.pause) == (9, 10, timedelta(seconds=1), timedelta(seconds=1))
    assert (second.granted, second.wait) == (0, timedelta(seconds=20.1))


@pytest.mark.parametrize("rate", [0.5, 1.0, 5.0, 100.0])
def test_a_system_message_finds_room_however_much_a_broadcast_takes(rate: float) -> None:
    budget = full_budget(rate, NOW)
    for _ in range(100):
        budget, _ = lease(budget, rate, 300, "promotional", NOW, has_waited=False)
    _, leased = lease(budget, rate, 1, "system", NOW, has_waited=False)
    assert leased.granted == 1


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    budget, _ = lease(full_budget(10, NOW), 10, 9, "transactional", NOW, has_waited=False)
    budget, _ = lease(budget, 10, 1, "system", NOW - timedelta(hours=1), has_waited=False)
    assert budget.tokens == pytest.approx(0)
    assert budget.counted_at == NOW
