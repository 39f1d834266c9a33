"""Webhooks: what an endpoint wants to hear, when it is told again, and when the hub stops telling it anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from suprsend_hub.domain.announcement import ANNOUNCED
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.message import Status

# What a delivery waits after each try that failed; after the last of these it has failed for good.
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.2
# An endpoint that asks for more patience than this is treated as if it had asked for this.
LONGEST_RETRY_AFTER = timedelta(hours=6)

# An endpoint that takes nothing at all is left in peace for a while between turns, and then only asked a few times:
# what waits for it waits in the database.
FIRST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(minutes=1)
PROBES = 3
DISABLED_AFTER = timedelta(days=5)

GONE = 410
TOO_MANY = 429

MOST_A_TURN = 100
MOST_A_SECOND = 1000
MOST_HEADERS = 20
LONGEST_HEADER = 4096
LONGEST_URL = 2048
SHORTEST_SECRET = 4
LONGEST_DESCRIPTION = 255

_NAME_CHARACTERS = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
# The hub writes these itself, or the connection does.
_OWN_HEADERS = ("connection", "content-length", "content-type", "host", "te", "trailer", "transfer-encoding", "upgrade")


@dataclass(frozen=True, slots=True)
class Interest:
    """Which changes an endpoint wants to hear of; an empty set means all."""

    states: frozenset[Status] = frozenset()
    channels: frozenset[Channel] = frozenset()

    def covers(self, status: Status, channel: Channel) -> bool:
        """Whether a message of this channel entering this state is to be told."""
        return (not self.states or status in self.states) and (not self.channels or channel in self.channels)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where webhooks go; `rate` is how many a second at most, None for no limit.

    `previous_secret` is there for a while after the secret was replaced, and signs too.
    """

    url: str
    description: str
    interest: Interest
    rate: int | None
    secret: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    previous_secret: str | None = field(repr=False, default=None)

    def without_secrets(self, text: str) -> str:
        """The same text, should the endpoint have said back what it was sent."""
        for value in (self.secret, self.previous_secret or "", *self.headers.values()):
            for word in value.split():
                text = text.replace(word, "***") if len(word) >= SHORTEST_SECRET else text
        return text


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint said to one delivery; `status` is None where it could not be reached or said nothing."""

    status: int | None
    said: str
    retry_after: timedelta | None = None

    @property
    def is_success(self) -> bool:
        """Whether the endpoint has taken it."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint is doing; `failures` counts the turns in a row in which it took nothing."""

    failing_since: datetime | None = None
    failures: int = 0


def next_wait(answer: Answer, tries: int, chance: float) -> timedelta | None:
    """How long to wait after try number `tries` (from 1) failed, or None where it was the last.

    `chance` in [0, 1) draws the jitter: a fifth less or more than the schedule says, and never before the moment that
    the endpoint asked for.
    """
    if answer.status == GONE or tries > len(WAITS):
        return None
    jittered = WAITS[tries - 1] * (1 - JITTER + 2 * JITTER * chance)
    return max(jittered, _asked(answer))


def health_after(health: Health, answers: Sequence[Answer], now: datetime) -> Health:
    """How the endpoint is doing after a turn with these answers."""
    if not answers:
        return health
    if any(each.is_success for each in answers):
        return Health()
    return Health(health.failing_since or now, health.failures + 1)


def rest_after(health: Health, answers: Sequence[Answer]) -> timedelta:
    """How long an endpoint of this health is left in peace after a turn, longer where it asked for that."""
    if not answers:
        return timedelta(0)
    asked = max((_asked(each) for each in answers), default=timedelta(0))
    if health.failures == 0:
        return asked
    doubled: int = 1 << min(health.failures - 1, 20)
    return max(asked, min(FIRST_REST * doubled, LONGEST_REST))


def reason_to_disable(health: Health, answers: Sequence[Answer], now: datetime) -> str | None:
    """Why the hub stops telling this endpoint anything, or None where it goes on."""
    if any(each.status == GONE for each in answers):
        return "it answered 410 Gone"
    if answers and health.failing_since is not None and now - health.failing_since >= DISABLED_AFTER:
        since = health.failing_since.isoformat(timespec="minutes")
        return f"nothing but failures since {since}; the last: {answers[-1].said}"
    return None


def wants_patience(answers: Sequence[Answer]) -> bool:
    """Whether an endpoint that gave these answers in one turn should be told no more in it."""
    if any(each.status in (GONE, TOO_MANY) for each in answers):
        return True
    return len(answers) >= PROBES and not any(each.is_success for each in answers)


def turn_size(health: Health, rate: int | None) -> int:
    """How many deliveries an endpoint is told in one turn at most: no more than it takes in a second."""
    most = MOST_A_TURN if rate is None else min(rate, MOST_A_TURN)
    return most if health.failures == 0 else min(most, PROBES)


def _asked(answer: Answer) -> timedelta:
    return min(answer.retry_after or timedelta(0), LONGEST_RETRY_AFTER)


def read_interest(states: Sequence[str], channels: Sequence[str]) -> Interest:
    """The interest that these names say, or Invalid."""
    for given, known, name in ((states, ANNOUNCED, "state"), (channels, CHANNELS, "channel")):
        for each in given:
            if each not in known:
                raise Invalid(name, f"{each!r} is not known; use {', '.join(known)}")
    return Interest(
        frozenset(each for each in ANNOUNCED if each in states),
        frozenset(each for each in CHANNELS if each in channels),
    )


def read_url(text: str) -> str:
    """An endpoint's URL, or Invalid."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or len(text) > LONGEST_URL or not _is_visible(text):
        raise Invalid("url", f"must be an http or https URL of at most {LONGEST_URL} ASCII characters")
    if "@" in parts.netloc:
        raise Invalid("url", "must not hold a password; give a header instead: Authorization=Basic …")
    return text


def read_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that an endpoint wants beside the hub's own, in lower case; or Invalid, which shows no value."""
    if len(headers) > MOST_HEADERS:
        raise Invalid("header", f"at most {MOST_HEADERS} are allowed")
    read: dict[str, str] = {}
    for given, value in headers.items():
        name = given.lower()
        if not name or not _NAME_CHARACTERS.issuperset(name):
            raise Invalid("header", f"{given[:40]!r} is not the name of a header")
        if name in _OWN_HEADERS or name.startswith("webhook-"):
            raise Invalid("header", f"{name} is written by the hub itself")
        if name in read:
            raise Invalid("header", f"{name} is given twice")
        if len(value) > LONGEST_HEADER or not all(" " <= each <= "~" for each in value) or value != value.strip():
            raise Invalid("header", f"{name} must be at most {LONGEST_HEADER} printable ASCII characters")
        read[name] = value
    return read


def read_header_pairs(pairs: Sequence[str]) -> dict[str, str]:
    """The headers that people write as name=value, or Invalid, which shows no value."""
    headers: dict[str, str] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator:
            # The whole may be a secret that was written in another way.
            raise Invalid("header", "must be name=value")
        if name in headers:
            raise Invalid("header", f"{name[:40]} is given twice")
        headers[name] = value
    return read_headers(headers)


def read_description(text: str) -> str:
    """What people call an endpoint, or Invalid."""
    if len(text) > LONGEST_DESCRIPTION or not text.isprintable():
        raise Invalid("description", f"must be at most {LONGEST_DESCRIPTION} printable characters")
    return text


def _is_visible(text: str) -> bool:
    return all("!" <= each <= "~" for each in text)
