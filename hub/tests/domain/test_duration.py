"""Durations: the grammar of DESIGN.md section 5."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.duration import read_duration
from suprsend_hub.domain.fault import Invalid


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15m", 900),
        ("02d03h12m23s", 2 * 86_400 + 3 * 3_600 + 12 * 60 + 23),
        ("1d", 86_400),
        ("45d", 45 * 86_400),
        ("23h59m59s", 86_399),
        ("0s", 0),
        ("007s", 7),
        ("1d5s", 86_405),
        (0, 0),
        (90, 90),
    ],
)
def test_a_duration_is_read(text: object, seconds: int) -> None:
    assert read_duration(text, "delay") == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "not a duration"),
        ("15", "not a duration"),
        ("15min", "not a duration"),
        ("1h1d", "not a duration"),
        ("1m 5s", "not a duration"),
        (" 5s", "not a duration"),
        ("-5s", "not a duration"),
        ("1.5h", "not a duration"),
        ("٣s", "not a duration"),
        ("5S", "not a duration"),
        ("24h", "at most 23"),
        ("60m", "at most 59"),
        ("1m60s", "at most 59"),
        ("4000d", "at most 3650 days"),
        ("9999999999999999999999d", "at most 3650 days"),
        (10**12, "at most 3650 days"),
        (-1, "not be negative"),
        (True, "true or false"),
        (1.5, "whole seconds"),
        (None, "whole seconds"),
        ([], "whole seconds"),
    ],
)
def test_anything_else_says_what_was_wrong(value: object, says: str) -> None:
    with pytest.raises(Invalid, match=says) as caught:
        read_duration(value, "delay")
    assert caught.value.field == "delay"


@given(st.integers(0, 3000), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_every_duration_in_bounds_is_the_sum_of_its_parts(days: int, hours: int, minutes: int, seconds: int) -> None:
    read = read_duration(f"{days}d{hours:02}h{minutes}m{seconds:02}s", "delay")
    assert read == timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


@given(st.text(max_size=30))
def test_no_text_is_ever_more_than_a_duration_or_a_fault(text: str) -> None:
    with suppress(Invalid):
        assert read_duration(text, "delay") >= timedelta(0)
