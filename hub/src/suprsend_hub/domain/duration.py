"""Durations as the protocol writes them: `[xx]d[xx]h[xx]m[xx]s`."""

import re
from datetime import timedelta

from suprsend_hub.domain.fault import Invalid

# Ten years: past every real delay, and far from where date arithmetic overflows.
LONGEST = timedelta(days=3650)

_PATTERN = re.compile(r"(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?")
_SPAN = re.compile(r"(?:[0-9]+[dhms])+")
_SPAN_PART = re.compile(r"([0-9]+)([dhms])")
_UNIT_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_BOUNDS = (("hours", 23), ("minutes", 59), ("seconds", 59))


def read_duration(value: object, field: str) -> timedelta:
    """A duration from `15m`, `02d03h12m23s` or, as a number, whole seconds; else Invalid."""
    match value:
        case bool():
            raise Invalid(field, "must be a text such as 15m, or whole seconds; got true or false")
        case int():
            return _bounded(value, field)
        case str():
            return _bounded(_seconds(value, field), field)
        case _:
            raise Invalid(field, f"must be a text such as 15m, or whole seconds; got {value!r}")


def read_span(text: str, field: str) -> timedelta:
    """A duration as workflows write it: parts in any size and order, such as `90m`, `48h` or `1d12h`; else Invalid."""
    if not text.isascii() or not _SPAN.fullmatch(text):
        raise Invalid(field, f"{text[:40]!r} is not a duration; write 30s, 90m, 48h or 1d12h")
    parts = _SPAN_PART.findall(text)
    if max(len(amount) for amount, _ in parts) > 9:
        raise Invalid(field, f"must be at most {LONGEST.days} days")
    return _bounded(sum(int(amount) * _UNIT_SECONDS[unit] for amount, unit in parts), field)


def _seconds(text: str, field: str) -> int:
    match = _PATTERN.fullmatch(text) if text.isascii() else None
    if match is None or not any(match.groups()):
        shown = text if len(text) <= 40 else text[:40] + "…"
        raise Invalid(field, f"{shown!r} is not a duration; write [xx]d[xx]h[xx]m[xx]s, such as 1d2h30m")
    if max(len(part or "") for part in match.groups()) > 9:
        raise Invalid(field, f"must be at most {LONGEST.days} days")
    days, *rest = (int(part or 0) for part in match.groups())
    for amount, (unit, highest) in zip(rest, _BOUNDS, strict=True):
        if amount > highest:
            raise Invalid(field, f"{text!r} has {amount} {unit}; at most {highest} are allowed")
    hours, minutes, seconds = rest
    return days * 86_400 + hours * 3_600 + minutes * 60 + seconds


def _bounded(seconds: int, field: str) -> timedelta:
    if seconds < 0:
        raise Invalid(field, "must not be negative")
    if seconds > LONGEST.total_seconds():
        raise Invalid(field, f"must be at most {LONGEST.days} days")
    return timedelta(seconds=seconds)
