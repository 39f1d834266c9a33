"""Requests a second: what a purse grants, however it is asked."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.request_rate import Draw, Purse, draw, full_purse

NOW = datetime(2024, 2, 29, 12, tzinfo=UTC)
RATES = st.floats(0.01, 1000)


def test_a_full_purse_grants_a_seconds_worth_and_then_says_when_to_come_again() -> None:
    left, drawn = draw(full_purse(10, NOW), 10, 25, 0, NOW)
    assert drawn == Draw(10, timedelta(0))
    left, drawn = draw(left, 10, 1, 0, NOW)
    assert drawn == Draw(0, timedelta(seconds=0.1))
    _, drawn = draw(left, 10, 5, 0, NOW + timedelta(seconds=0.3))
    assert drawn.granted == 3


def test_less_than_one_a_second_is_one_now_and_then() -> None:
    left, drawn = draw(full_purse(0.1, NOW), 0.1, 5, 0, NOW)
    assert drawn.granted == 1
    assert draw(left, 0.1, 1, 0, NOW + timedelta(seconds=4))[1] == Draw(0, timedelta(seconds=6))
    assert draw(left, 0.1, 1, 0, NOW + timedelta(seconds=10))[1].granted == 1


def test_what_is_put_back_can_be_drawn_again_but_never_more_than_a_second_holds() -> None:
    empty = Purse(0, NOW)
    assert draw(empty, 10, 25, 4, NOW)[1].granted == 4
    assert draw(empty, 10, 25, 400, NOW)[1].granted == 10


def test_a_clock_that_goes_back_grants_nothing_twice() -> None:
    left, _ = draw(full_purse(10, NOW), 10, 10, 0, NOW)
    left, drawn = draw(left, 10, 10, 0, NOW - timedelta(hours=1))
    assert drawn.granted == 0
    assert draw(left, 10, 10, 0, NOW)[1].granted == 0


@given(RATES, st.lists(st.tuples(st.floats(0, 3), st.integers(1, 50)), max_size=40))
def test_no_more_is_granted_than_the_rate_and_a_second_more(rate: float, asked: list[tuple[float, int]]) -> None:
    purse, now, granted = full_purse(rate, NOW), NOW, 0
    for pause, wanted in asked:
        now += timedelta(seconds=pause)
        purse, drawn = draw(purse, rate, wanted, 0, now)
        granted += drawn.granted
        assert (drawn.granted == 0) == (drawn.wait > timedelta(0))
    assert granted <= max(rate, 1) + rate * (now - NOW).total_seconds() + 1e-6
