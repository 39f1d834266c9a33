"""Retries: a policy returns a wait, and never waits."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.outcome import Deferred, Uncertain
from suprsend_hub.domain.retry import FIRST_WAIT, LONGEST_RETRY_AFTER, LONGEST_WAIT, RetryPolicy, next_wait

POLICY = RetryPolicy(deferred_attempts=10, uncertain_attempts=3)
chances = st.floats(0, 1, exclude_max=True)


def test_waits_double_up_to_an_hour() -> None:
    waits = [next_wait(POLICY, Deferred("x", "x"), attempt, 0.0) for attempt in range(1, 11)]
    assert waits[:3] == [FIRST_WAIT / 2, FIRST_WAIT, FIRST_WAIT * 2]
    assert waits[9] is None


def test_a_lost_answer_is_tried_less_often() -> None:
    outcome = Uncertain("x", "x")
    assert next_wait(POLICY, outcome, 2, 0.5) is not None
    assert next_wait(POLICY, outcome, 3, 0.5) is None


def test_retry_after_is_honoured_within_bounds() -> None:
    asked = timedelta(minutes=10)
    assert next_wait(POLICY, Deferred("x", "x", asked), 1, 0.5) == asked
    assert next_wait(POLICY, Deferred("x", "x", timedelta(days=9)), 1, 0.5) == LONGEST_RETRY_AFTER


@given(st.integers(1, 99), chances, st.none() | st.timedeltas(timedelta(0), timedelta(days=30)))
def test_every_wait_is_within_bounds(attempt: int, chance: float, retry_after: timedelta | None) -> None:
    wait = next_wait(RetryPolicy(100, 3), Deferred("x", "x", retry_after), attempt, chance)
    assert wait is not None
    assert FIRST_WAIT / 2 <= wait <= max(LONGEST_WAIT, LONGEST_RETRY_AFTER)
