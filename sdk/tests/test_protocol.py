"""The generator that sends, retries and gives up: no network, no clock, no luck."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from suprsend.errors import (
    AnswerLost,
    AnswerTooBig,
    ConnectionNotMade,
    SecureChannelRefused,
    TransportError,
)
from suprsend.protocol import Answer, Response, RetryPolicy, Send, Sleep, Step, Steps, exchange
from suprsend.testing import reply

ONCE_ONLY = Send("POST", "/key/trigger/", b"{}", False, 30.0)
REPEATABLE = replace(ONCE_ONLY, is_repeatable=True)
READING = Send("GET", "/v1/tenant/", b"", False, 30.0)

OK = reply(202)
NOT_MADE = ConnectionNotMade("refused")
LOST = AnswerLost("reset")


@dataclass(slots=True)
class Clock:
    """A clock that stands still unless a test moves it."""

    now: float = 1_700_000_000.0

    def read(self) -> float:
        return self.now


def policy(clock: Clock | None = None, luck: Callable[[], float] = lambda: 1.0, retries: int = 2) -> RetryPolicy:
    ticking = clock or Clock()
    return RetryPolicy(max_retries=retries, elapsed=ticking.read, clock=ticking.read, random=luck)


def play(steps: Steps[Answer], *answers: Answer) -> tuple[list[Step], Answer]:
    """Obey the steps with these answers; return what was asked for and how it ended."""
    seen: list[Step] = []
    waiting = list(answers)
    answer: Answer | None = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration as finished:
            assert not waiting, "the call ended before every answer was used"
            value: Answer = finished.value
            return seen, value
        seen.append(step)
        answer = waiting.pop(0) if isinstance(step, Send) else None


def test_a_success_is_returned_after_one_attempt() -> None:
    steps = exchange(ONCE_ONLY, policy())
    assert next(steps) == ONCE_ONLY
    with pytest.raises(StopIteration) as finished:
        steps.send(OK)
    assert finished.value.value == OK


@pytest.mark.parametrize("answer", [reply(429), reply(503), NOT_MADE])
@pytest.mark.parametrize("send", [ONCE_ONLY, REPEATABLE, READING])
def test_what_the_server_did_not_act_on_is_always_sent_again(send: Send, answer: Answer) -> None:
    seen, ended = play(exchange(send, policy()), answer, OK)
    assert [type(step) for step in seen] == [Send, Sleep, Send]
    assert ended == OK


@pytest.mark.parametrize("answer", [reply(502), reply(504), LOST])
@pytest.mark.parametrize("send", [REPEATABLE, READING])
def test_a_lost_answer_is_asked_for_again_if_that_cannot_act_twice(send: Send, answer: Answer) -> None:
    seen, ended = play(exchange(send, policy()), answer, OK)
    assert [type(step) for step in seen] == [Send, Sleep, Send]
    assert ended == OK


@pytest.mark.parametrize("answer", [reply(502), reply(504), LOST])
def test_a_lost_answer_to_a_post_without_a_key_ends_the_call(answer: Answer) -> None:
    assert play(exchange(ONCE_ONLY, policy()), answer) == ([ONCE_ONLY], answer)


@pytest.mark.parametrize(
    "answer",
    [
        reply(400),
        reply(401),
        reply(404),
        reply(500),
        reply(302),
        AnswerTooBig("17 MB"),
        SecureChannelRefused("expired"),
    ],
)
def test_an_answer_that_would_not_change_ends_the_call(answer: Answer) -> None:
    assert play(exchange(REPEATABLE, policy()), answer) == ([REPEATABLE], answer)


def test_after_the_last_retry_the_last_answer_is_returned() -> None:
    seen, ended = play(exchange(ONCE_ONLY, policy(retries=2)), reply(503), reply(429), NOT_MADE)
    assert [type(step) for step in seen] == [Send, Sleep, Send, Sleep, Send]
    assert ended is NOT_MADE


def test_no_retries_means_one_attempt() -> None:
    assert play(exchange(ONCE_ONLY, policy(retries=0)), NOT_MADE) == ([ONCE_ONLY], NOT_MADE)


def pauses(answers: list[Answer], luck: float, clock: Clock | None = None) -> list[float]:
    retries = policy(clock, lambda: luck, retries=len(answers))
    seen, _ = play(exchange(ONCE_ONLY, retries), *answers, OK)
    return [step.seconds for step in seen if isinstance(step, Sleep)]


def test_pauses_double_up_to_a_ceiling() -> None:
    assert pauses([NOT_MADE] * 6, luck=1.0) == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]


def test_jitter_may_take_the_whole_pause_away() -> None:
    assert pauses([NOT_MADE] * 3, luck=0.0) == [0.0, 0.0, 0.0]
    assert pauses([NOT_MADE] * 3, luck=0.5) == [0.25, 0.5, 1.0]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        (" 0 ", 0.0),
        ("Tue, 14 Nov 2023 22:13:27 GMT", 7.0),
        ("Tue, 14 Nov 2023 22:13:00 GMT", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
        ("", 0.0),
    ],
)
def test_the_server_says_how_long_to_wait_at_least(header: str, seconds: float) -> None:
    assert pauses([reply(429, retry_after=header)], luck=0.0) == [seconds]


def test_a_wait_beyond_all_bounds_ends_the_call_at_once() -> None:
    refused = reply(503, retry_after="3600")
    assert play(exchange(REPEATABLE, policy()), refused) == ([REPEATABLE], refused)


def test_no_attempt_begins_after_the_time_of_the_call_is_over() -> None:
    clock = Clock()
    steps = exchange(ONCE_ONLY, policy(clock))
    next(steps)
    clock.now += 29.8
    with pytest.raises(StopIteration) as finished:
        steps.send(NOT_MADE)
    assert finished.value.value is NOT_MADE


def test_each_attempt_gets_the_time_that_is_left() -> None:
    clock = Clock()
    steps = exchange(ONCE_ONLY, policy(clock))
    next(steps)
    clock.now += 5
    assert steps.send(NOT_MADE) == Sleep(0.5)
    clock.now += 0.5
    assert steps.send(None) == replace(ONCE_ONLY, timeout=24.5)


def test_a_sleep_that_took_too_long_is_the_end() -> None:
    clock = Clock()
    steps = exchange(ONCE_ONLY, policy(clock))
    next(steps)
    assert steps.send(NOT_MADE) == Sleep(0.5)
    clock.now += 60
    with pytest.raises(StopIteration) as finished:
        steps.send(None)
    assert finished.value.value is NOT_MADE


def test_a_client_that_forgets_to_answer_is_told_so() -> None:
    steps = exchange(ONCE_ONLY, policy())
    next(steps)
    with pytest.raises(TypeError, match="Response or a TransportError"):
        steps.send(None)


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("☃".encode(), "text/plain", "☃"),
        ("é".encode("latin-1"), "text/plain; charset=latin-1", "é"),
        (b"\xff", "text/plain; charset=klingon", "�"),
        (b"\xff", "", "�"),
        (b"", "application/json", ""),
    ],
)
def test_any_body_can_be_read_as_text(body: bytes, content_type: str, text: str) -> None:
    assert Response(200, {"Content-Type": content_type}, body).text == text


def test_every_transport_error_is_one_of_the_tree() -> None:
    assert all(issubclass(type(error), TransportError) for error in (NOT_MADE, LOST))
