"""Dates in templates, written by moment.js's format letters, in English whatever the machine speaks."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# Numbers above this are milliseconds, as JavaScript counts; below, seconds. It is the year 5138 in seconds.
_SECONDS_BELOW = 100_000_000_000
_MOST_CHARACTERS = 200


class BadDate(Exception):
    """What was given as a date, a format or a time zone is none."""


def format_date(value: object, form: str, zone: str | None, now: datetime) -> str:
    """A date in moment.js's format; `value` is "now", ISO 8601 text or a Unix time; without a zone it is UTC."""
    if len(form) > _MOST_CHARACTERS:
        raise BadDate(f"the format is longer than {_MOST_CHARACTERS} characters")
    moment = _read(value, now).astimezone(read_zone(zone))
    # What moment calls LT or LLLL stands for a format of its own.
    form = _LONG.sub(lambda found: found[1] or _LONG_FORMS[found[0]], form)
    return _LETTERS.sub(lambda found: found[1] if found[1] is not None else _WRITERS[found[0]](moment), form)


def _read(value: object, now: datetime) -> datetime:
    try:
        match value:
            case "now":
                return now
            case str():
                moment = datetime.fromisoformat(value.strip())
                return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
            case int() | float() if not isinstance(value, bool):
                seconds = value if abs(value) < _SECONDS_BELOW else value / 1000
                return datetime.fromtimestamp(seconds, UTC)
            case _:
                pass
    except (ValueError, OverflowError, OSError):
        pass
    raise BadDate(f"{str(value)[:60]!r} is not a date: use ISO 8601, a Unix time, or now")


def read_zone(name: str | None) -> ZoneInfo:
    """The time zone of that name, UTC where there is none; BadDate where no zone has it."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        raise BadDate(f"{(name or '')[:60]!r} is not a time zone; name it like Europe/Berlin") from None


def _ordinal(number: int) -> str:
    last = 0 if 10 <= number % 100 <= 20 else number % 10
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"


def _offset(moment: datetime, separator: str) -> str:
    text = moment.strftime("%z")[:5]
    return text[:3] + separator + text[3:]


def _hour(moment: datetime) -> int:
    return moment.hour % 12 or 12


_WRITERS: Mapping[str, Callable[[datetime], str]] = MappingProxyType(
    {
        "YYYY": lambda moment: f"{moment.year:04}",
        "YY": lambda moment: f"{moment.year % 100:02}",
        "Q": lambda moment: str((moment.month + 2) // 3),
        "MMMM": lambda moment: _MONTHS[moment.month - 1],
        "MMM": lambda moment: _MONTHS[moment.month - 1][:3],
        "MM": lambda moment: f"{moment.month:02}",
        "Mo": lambda moment: _ordinal(moment.month),
        "M": lambda moment: str(moment.month),
        "DDDD": lambda moment: f"{moment.timetuple().tm_yday:03}",
        "DDD": lambda moment: str(moment.timetuple().tm_yday),
        "DD": lambda moment: f"{moment.day:02}",
        "Do": lambda moment: _ordinal(moment.day),
        "D": lambda moment: str(moment.day),
        "dddd": lambda moment: _DAYS[moment.weekday()],
        "ddd": lambda moment: _DAYS[moment.weekday()][:3],
        "dd": lambda moment: _DAYS[moment.weekday()][:2],
        "do": lambda moment: _ordinal(moment.isoweekday() % 7),
        "d": lambda moment: str(moment.isoweekday() % 7),
        "E": lambda moment: str(moment.isoweekday()),
        "WW": lambda moment: f"{moment.isocalendar().week:02}",
        "W": lambda moment: str(moment.isocalendar().week),
        "HH": lambda moment: f"{moment.hour:02}",
        "H": lambda moment: str(moment.hour),
        "hh": lambda moment: f"{_hour(moment):02}",
        "h": lambda moment: str(_hour(moment)),
        "mm": lambda moment: f"{moment.minute:02}",
        "m": lambda moment: str(moment.minute),
        "ss": lambda moment: f"{moment.second:02}",
        "s": lambda moment: str(moment.second),
        "SSS": lambda moment: f"{moment.microsecond // 1000:03}",
        "SS": lambda moment: f"{moment.microsecond // 10_000:02}",
        "S": lambda moment: str(moment.microsecond // 100_000),
        "A": lambda moment: "AM" if moment.hour < 12 else "PM",
        "a": lambda moment: "am" if moment.hour < 12 else "pm",
        "ZZ": lambda moment: _offset(moment, ""),
        "Z": lambda moment: _offset(moment, ":"),
        "z": lambda moment: moment.tzname() or "",
        "X": lambda moment: str(int(moment.timestamp())),
        "x": lambda moment: str(int(moment.timestamp() * 1000)),
    }
)

_LONG_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "LTS": "h:mm:ss A",
        "LT": "h:mm A",
        "LLLL": "dddd, MMMM D, YYYY h:mm A",
        "LLL": "MMMM D, YYYY h:mm A",
        "LL": "MMMM D, YYYY",
        "L": "MM/DD/YYYY",
    }
)


def _one_of(names: Mapping[str, object]) -> str:
    """A pattern for the longest name that fits."""
    return "|".join(sorted(names, key=len, reverse=True))


# Text in brackets stands for itself.
_LONG = re.compile(rf"(\[[^\]]*\])|{_one_of(_LONG_FORMS)}")
_LETTERS = re.compile(rf"\[([^\]]*)\]|{_one_of(_WRITERS)}")
