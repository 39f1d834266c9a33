"""What passes between an operation and a client: pure, and shared by the sync and the async client.

An operation is a generator: it yields `Send` and is handed an `Answer`; it yields `Sleep` and `Concurrently` and is
handed nothing; it returns its value.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
from email.message import Message
from email.utils import parsedate_to_datetime
from random import random
from typing import Any, TypeAlias, TypeVar

from suprsend.errors import AnswerLost, ConnectionNotMade, TransportError

T = TypeVar("T")

_REFUSED_FOR_NOW = frozenset({429, 503})
_ANSWER_LOST_BEHIND_PROXY = frozenset({502, 504})


@dataclass(frozen=True, slots=True)
class Request:
    """One signed HTTP request, ready for a transport; `timeout` is the seconds it may take in all."""

    method: str
    origin: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    timeout: float

    @property
    def url(self) -> str:
        """Return the absolute URL."""
        return self.origin + self.target


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered; header names are compared without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Return the body as text, whatever bytes it holds."""
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            return _decode_loosely(self.body, self.header("content-type"))

    @property
    def status_code(self) -> int:
        """Return `status`, under the name that the official client's users know."""
        return self.status

    def json(self) -> Any:
        """Return the body as JSON; ValueError if it isn't."""
        return json.loads(self.body)

    @property
    def fault(self) -> str:
        """Return in words why this is not a success."""
        if location := self.header("location"):
            return f"HTTP {self.status}: redirected to {location}; give that as base_url if it is right"
        return self.text or f"HTTP {self.status} with an empty body"

    @property
    def is_success(self) -> bool:
        """Say whether the status is 2xx."""
        return 200 <= self.status < 300

    def header(self, name: str) -> str:
        """Return a header's value, or an empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), "")


def _decode_loosely(body: bytes, content_type: str) -> str:
    header = Message()
    header["content-type"] = content_type
    try:
        return body.decode(header.get_content_charset("utf-8"), "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Send:
    """Ask the client to sign and send a request, and to hand back the answer.

    `is_repeatable` if the server would notice that it came twice; it may take `timeout` seconds in all.
    """

    method: str
    target: str
    body: bytes
    is_repeatable: bool
    timeout: float


@dataclass(frozen=True, slots=True)
class Sleep:
    """Ask the client to wait."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Concurrently:
    """Ask the client to perform many series of steps, `width` at a time.

    `done` gets the value of each as it ends, always from the caller's own thread or task.
    """

    series: Iterator[Steps[Any]]
    width: int
    done: Callable[[Any], None]


Answer: TypeAlias = Response | TransportError
Step: TypeAlias = Send | Sleep | Concurrently
Steps: TypeAlias = Generator[Step, Answer | None, T]


def unix_time() -> float:
    """Return the seconds since 1970."""
    return time.time()


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often, how long and when to try again; times in seconds.

    `timeout` bounds a whole call, its retries and pauses included.
    """

    timeout: float = 30.0
    max_retries: int = 2
    first_pause: float = 0.5
    longest_pause: float = 8.0
    longest_retry_after: float = 20.0
    elapsed: Callable[[], float] = time.monotonic
    clock: Callable[[], float] = unix_time
    random: Callable[[], float] = random

    def pause(self, send: Send, answer: Answer, attempt: int) -> float | None:
        """Return the seconds to wait before the next attempt, or None if there must be none."""
        if attempt >= self.max_retries or not _may_repeat(send, answer):
            return None
        jittered = self.random() * min(self.longest_pause, self.first_pause * 2.0**attempt)
        if isinstance(answer, TransportError):
            return jittered
        asked = _retry_after(answer, self.clock)
        if asked > self.longest_retry_after:
            return None
        return asked + jittered


def _may_repeat(send: Send, answer: Answer) -> bool:
    is_safe = send.is_repeatable or send.method == "GET"
    match answer:
        case Response(status=status) if status in _REFUSED_FOR_NOW:
            return True
        case Response(status=status):
            return is_safe and status in _ANSWER_LOST_BEHIND_PROXY
        case ConnectionNotMade():
            return True
        case AnswerLost():
            return is_safe
        case _:
            return False


def _retry_after(response: Response, clock: Callable[[], float]) -> float:
    text = response.header("retry-after").strip()
    if text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - clock())


def exchange(send: Send, policy: RetryPolicy) -> Steps[Answer]:
    """Send a request, again where that is safe and time allows, and return the last answer."""
    started = policy.elapsed()
    attempt = 0
    while True:
        answer = yield send
        if answer is None:
            raise TypeError("a Send must be answered with a Response or a TransportError")
        if isinstance(answer, Response) and answer.is_success:
            return answer
        pause = policy.pause(send, answer, attempt)
        if pause is None or policy.elapsed() - started + pause >= policy.timeout:
            return answer
        yield Sleep(pause)
        left = policy.timeout - (policy.elapsed() - started)
        if left <= 0:
            return answer
        send = replace(send, timeout=left)
        attempt += 1
