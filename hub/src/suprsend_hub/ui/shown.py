"""How values look on pages: times, numbers, durations, words."""

from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec

from suprsend_hub.domain.message import Status

# A tone is a colour with a mark; see the macro `pill`.
TONES: dict[str, str] = {
    "accepted": "waiting",
    "waiting": "waiting",
    "to_be_triggered": "waiting",
    "triggered": "moving",
    "running": "moving",
    "planned": "moving",
    "sent_by_vendor": "good",
    "delivered": "good",
    "seen": "good",
    "clicked": "good",
    "dismissed": "good",
    "done": "good",
    "active": "good",
    "inactive": "still",
    "suppressed": "bad",
    "unsubscribed": "still",
    "live": "good",
    "draft": "waiting",
    "changed": "moving",
    "not_to_be_triggered": "still",
    "cancelled": "still",
    "trigger_failed": "bad",
    "delivery_failure": "bad",
    "failed": "bad",
    "pending": "waiting",
    "rejected": "bad",
    "reported_failure": "bad",
    "deferred": "waiting",
    "uncertain": "waiting",
}

STATUS_WORDS: dict[Status, str] = {
    "to_be_triggered": "waiting",
    "triggered": "sending",
    "sent_by_vendor": "sent",
    "not_to_be_triggered": "not sent",
    "trigger_failed": "failed",
    "delivery_failure": "not delivered",
}


# What it means where a change says nothing of something.
_NOT_SAID = {"rate": "no limit", "tenant": "every", "states": "all", "channels": "all"}


def tone_of(state: str) -> str:
    """The tone of a state."""
    return TONES.get(state, "still")


def word_of(state: str) -> str:
    """A state in the words of people."""
    return next((word for status, word in STATUS_WORDS.items() if status == state), state.replace("_", " "))


def show_moment(at: datetime, now: datetime) -> str:
    """A time in UTC, with its day unless that is today."""
    if at.date() == now.date():
        return f"{at:%H:%M:%S}"
    return f"{at.day} {at:%b %H:%M:%S}" if at.year == now.year else f"{at.day} {at:%b %Y %H:%M}"


def show_exactly(at: datetime) -> str:
    """A time in UTC to the millisecond."""
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03} UTC"


def show_ago(at: datetime, now: datetime) -> str:
    """How long ago something was, or how soon it will be."""
    if abs(now - at) < timedelta(seconds=10):
        return "just now"
    distance = show_span(abs(now - at))
    return f"{distance} ago" if at <= now else f"in {distance}"


def show_span(span: timedelta) -> str:
    """A span of time in its two largest units at most."""
    seconds = span.total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    days, rest = divmod(int(seconds), 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    first = next(index for index, (amount, _) in enumerate(parts) if amount)
    return " ".join(f"{amount} {unit}" for amount, unit in parts[first : first + 2] if amount)


def show_in_words(span: timedelta) -> str:
    """A span of whole seconds in words, exactly."""
    days, rest = divmod(int(span.total_seconds()), 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute"), (seconds, "second")]
    told = [f"{amount} {unit}{'' if amount == 1 else 's'}" for amount, unit in parts if amount]
    return " ".join(told) or "no time"


def show_number(number: float) -> str:
    """A number with its thousands apart."""
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


def show_short(number: float) -> str:
    """A number in at most four signs, such as 1.2k or 34M."""
    for limit, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if number >= limit:
            return f"{number / limit:.1f}".removesuffix(".0") + unit
    return show_number(number)


def show_share(part: float, whole: float) -> str:
    """A share in percent, a dash where there is no whole."""
    if not whole:
        return "–"
    share = 100 * part / whole
    # What is nearly all must not look as if it were all.
    return f"{share:.0f} %" if share in (0, 100) else f"{min(99.9, max(0.1, share)):.1f} %"


def show_document(value: object) -> str:
    """A value as JSON on several lines."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def show_detail(value: object, name: str) -> str:
    """A detail of a change in the words of people, whatever was noted of it."""
    match value:
        case None | "":
            return _NOT_SAID.get(name, "none")
        case bool():
            return "yes" if value else "no"
        case float():
            return show_number(value)
        case list():
            return ", ".join(show_detail(each, name) for each in value) or "none"
        case dict():
            return msgspec.json.encode(value).decode()
        case _:
            return str(value)


def part_of_path(name: str) -> str:
    """A name as one part of an address, whatever it holds."""
    return quote(name, safe="")
