"""Webhooks: who hears what, when it is tried again, when an endpoint rests and when it is given up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.announcement import ANNOUNCED
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.message import Status
from suprsend_hub.domain.webhook import (
    DISABLED_AFTER,
    GONE,
    JITTER,
    LONGEST_REST,
    LONGEST_RETRY_AFTER,
    MOST_A_TURN,
    PROBES,
    WAITS,
    Answer,
    Endpoint,
    Health,
    Interest,
    health_after,
    next_wait,
    read_headers,
    read_interest,
    read_url,
    reason_to_disable,
    rest_after,
    turn_size,
    wants_patience,
)

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
TAKEN, BROKEN, SILENT = Answer(204, "HTTP 204"), Answer(500, "HTTP 500 oops"), Answer(None, "no answer in time")

chances = st.floats(0, 1, exclude_max=True)
patience = st.none() | st.timedeltas(timedelta(0), timedelta(days=30))
statuses = st.sampled_from(ANNOUNCED)
channels = st.sampled_from(CHANNELS)
answers = st.lists(st.builds(Answer, st.none() | st.integers(100, 599), st.just("said"), patience), max_size=30)
healths = st.builds(Health, st.none() | st.just(NOW - timedelta(days=1)), st.integers(0, 10_000))


@given(st.frozensets(statuses), st.frozensets(channels), statuses, channels)
def test_an_endpoint_hears_what_it_asked_for_and_everything_where_it_asked_for_nothing(
    wanted: frozenset[Status], where: frozenset[Channel], status: Status, channel: Channel
) -> None:
    covered = Interest(wanted, where).covers(status, channel)
    assert covered == ((status in wanted or not wanted) and (channel in where or not where))


@given(st.integers(1, 20), chances, patience)
def test_each_wait_is_that_of_the_schedule_with_jitter_and_never_before_what_was_asked(
    tries: int, chance: float, retry_after: timedelta | None
) -> None:
    wait = next_wait(Answer(503, "busy", retry_after), tries, chance)
    if tries > len(WAITS):
        assert wait is None
        return
    assert wait is not None
    planned, asked = WAITS[tries - 1], min(retry_after or timedelta(0), LONGEST_RETRY_AFTER)
    assert max(planned * (1 - JITTER), asked) <= wait <= max(planned * (1 + JITTER), asked)


def test_a_delivery_is_tried_over_days() -> None:
    whole = sum((next_wait(BROKEN, tries, 0.5) or timedelta(0) for tries in range(1, 20)), timedelta(0))
    assert timedelta(days=3) < whole < DISABLED_AFTER


def test_an_endpoint_that_is_gone_is_not_asked_again() -> None:
    assert next_wait(Answer(GONE, "HTTP 410"), 1, 0.5) is None
    assert reason_to_disable(Health(NOW, 1), [TAKEN, Answer(GONE, "HTTP 410")], NOW) == "it answered 410 Gone"


@given(healths, answers)
def test_one_delivery_that_gets_through_is_health(health: Health, given_: list[Answer]) -> None:
    after = health_after(health, given_, NOW)
    if any(each.is_success for each in given_):
        assert after == Health()
    elif given_:
        assert after == Health(health.failing_since or NOW, health.failures + 1)
    else:
        assert after == health


@given(healths, answers)
def test_no_rest_is_longer_than_its_bounds_and_a_turn_that_told_nothing_has_none(
    health: Health, given_: list[Answer]
) -> None:
    after = health_after(health, given_, NOW)
    rest = rest_after(after, given_)
    assert timedelta(0) <= rest <= max(LONGEST_REST, LONGEST_RETRY_AFTER)
    if not given_:
        assert rest == timedelta(0)
    elif after.failures:
        assert rest >= timedelta(seconds=5)


def test_rests_double_up_to_a_minute() -> None:
    rests = [rest_after(Health(NOW, failures), [SILENT]).total_seconds() for failures in range(1, 7)]
    assert rests == [5, 10, 20, 40, 60, 60]


def test_an_endpoint_is_disabled_after_five_days_of_nothing_but_failures() -> None:
    health = Health()
    for day in range(5):
        health = health_after(health, [BROKEN], NOW + timedelta(days=day))
        assert reason_to_disable(health, [BROKEN], NOW + timedelta(days=day)) is None
    last = NOW + timedelta(days=5)
    reason = reason_to_disable(health_after(health, [SILENT], last), [SILENT], last)
    assert reason == "nothing but failures since 2026-01-31T12:00+00:00; the last: no answer in time"
    assert reason_to_disable(health, [], last) is None
    assert reason_to_disable(health_after(health, [BROKEN, TAKEN], last), [BROKEN, TAKEN], last) is None


def test_an_endpoint_that_takes_nothing_is_only_probed() -> None:
    assert turn_size(Health(), None) == MOST_A_TURN
    assert turn_size(Health(), 7) == 7
    assert turn_size(Health(NOW, 1), None) == PROBES
    assert turn_size(Health(NOW, 1), 1) == 1
    assert not wants_patience([BROKEN] * (PROBES - 1))
    assert wants_patience([BROKEN] * PROBES)
    assert not wants_patience([BROKEN] * PROBES + [TAKEN])
    assert wants_patience([TAKEN, Answer(429, "HTTP 429")])


def test_names_that_are_not_known_are_refused() -> None:
    assert read_interest(["seen", "seen"], ["email"]) == Interest(frozenset(["seen"]), frozenset(["email"]))
    assert read_interest([], []) == Interest()
    with pytest.raises(Invalid, match="state: 'to_be_triggered' is not known; use triggered"):
        read_interest(["to_be_triggered"], [])
    with pytest.raises(Invalid, match="channel: 'pigeon' is not known; use androidpush"):
        read_interest([], ["pigeon"])


@pytest.mark.parametrize(
    "url",
    ["", "example.com", "ftp://example.com/", "https://", "https:///hooks", "https://exa mple.com/", "http://[::1",
     "https://example.com:port/", "https://exämple.com/", "https://example.com/" + "a" * 2048, "file:///etc/passwd"],
)  # fmt: skip
def test_what_is_no_http_url_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="url: must be an http or https URL"):
        read_url(url)


def test_a_url_with_a_password_is_refused_without_showing_it() -> None:
    with pytest.raises(Invalid) as caught:
        read_url("https://user:hush@example.com/hooks")
    assert "hush" not in str(caught.value)
    assert read_url("https://example.com:8443/hooks?shop=1") == "https://example.com:8443/hooks?shop=1"


@pytest.mark.parametrize(
    ("name", "value"),
    [("", "x"), ("a b", "x"), ("a:b", "x"), ("é", "x"), ("Host", "x"), ("webhook-id", "x"), ("Webhook-Signature", "x"),
     ("Content-Type", "x"), ("x-key", "hush\r\nx-other: 1"), ("x-key", "hush "), ("x-key", "hush" * 2000)],
)  # fmt: skip
def test_headers_that_would_break_the_request_are_refused_without_showing_them(name: str, value: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_headers({name: value})
    assert "header: " in str(caught.value)
    assert "hush" not in str(caught.value)


def test_headers_are_read_once_each() -> None:
    assert read_headers({"X-Key": "hush", "Authorization": "Bearer 1"}) == {
        "x-key": "hush",
        "authorization": "Bearer 1",
    }
    with pytest.raises(Invalid, match="x-key is given twice"):
        read_headers({"X-Key": "1", "x-key": "2"})
    with pytest.raises(Invalid, match="at most 20"):
        read_headers({f"x-{number}": "1" for number in range(21)})


def test_an_endpoint_prints_without_its_secrets() -> None:
    endpoint = Endpoint("https://example.com/", "", Interest(), None, "whsec_hush", {"x-key": "hush"})
    assert "hush" not in repr(endpoint)


def test_what_an_endpoint_says_back_of_its_secrets_is_not_kept() -> None:
    headers = {"authorization": "Bearer hush-hush", "x-version": "2"}
    endpoint = Endpoint("https://example.com/", "", Interest(), None, "whsec_c2VjcmV0", headers)
    said = endpoint.without_secrets('HTTP 500 2 errors: {"authorization": "Bearer hush-hush", "key": "whsec_c2VjcmV0"}')
    assert said == 'HTTP 500 2 errors: {"authorization": "*** ***", "key": "***"}'
