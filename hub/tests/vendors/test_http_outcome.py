"""What a status alone says, and how long an answer asks to wait."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.outcome import Accepted, Deferred, Rejected, Uncertain
from suprsend_hub.vendors.contract import HttpAnswer
from suprsend_hub.vendors.http_outcome import LONGEST_RETRY_AFTER, judge_status, read_retry_after


@given(st.integers(100, 999), st.binary(max_size=400))
def test_every_status_has_an_outcome_and_none_is_accepted(status: int, body: bytes) -> None:
    outcome = judge_status(HttpAnswer(status, {}, body))
    assert not isinstance(outcome, Accepted)
    assert outcome.detail.startswith(f"HTTP {status}")
    if 200 <= status < 300:
        assert isinstance(outcome, Uncertain)
    if status in (401, 403, 408, 429) or status >= 500:
        assert isinstance(outcome, Deferred)
    if status in (400, 404, 410, 413, 422):
        assert isinstance(outcome, Rejected)


@pytest.mark.parametrize(
    ("given", "date", "wait"),
    [
        ("0", "", timedelta(0)),
        ("120", "", timedelta(seconds=120)),
        (" 7 ", "", timedelta(seconds=7)),
        ("9" * 400, "", LONGEST_RETRY_AFTER),
        ("-1", "", None),
        ("1.5", "", None),
        ("soon", "", None),
        ("", "", None),
        ("٣", "", None),
        ("Sun, 01 Mar 2026 12:00:30 GMT", "Sun, 01 Mar 2026 12:00:00 GMT", timedelta(seconds=30)),
        ("Sun, 01 Mar 2026 11:00:00 GMT", "Sun, 01 Mar 2026 12:00:00 GMT", timedelta(0)),
        ("Sun, 01 Mar 2027 12:00:00 GMT", "Sun, 01 Mar 2026 12:00:00 GMT", LONGEST_RETRY_AFTER),
        ("Sun, 01 Mar 2026 12:00:30 GMT", "", None),
        ("Sun, 99 Mar 2026 12:00:30 GMT", "Sun, 01 Mar 2026 12:00:00 GMT", None),
    ],
)
def test_the_wait_is_read(given: str, date: str, wait: timedelta | None) -> None:
    assert read_retry_after(HttpAnswer(429, {"retry-after": given, "date": date}, b"")) == wait
