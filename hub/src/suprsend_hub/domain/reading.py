"""From bytes on the wire to typed values, with faults that name the field."""

import re
from typing import Any, TypeVar

import msgspec

from suprsend_hub.domain.fault import Invalid

T = TypeVar("T")

MOST_RECORDS = 1000
# Deeper documents than this are mistakes, or attacks on whoever walks through them.
MOST_LEVELS = 100

_PATH = re.compile(r"(?P<problem>.*?) - at `(?P<where>(?:key in )?\$.*)`$", re.DOTALL)
_RECORDS = msgspec.json.Decoder(list[msgspec.Raw])
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)


def read_json(raw: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode `raw`, or raise Invalid with the path of the field that is wrong."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise _fault(str(error)) from None
    except msgspec.DecodeError as error:
        raise Invalid("body", f"is not valid JSON: {error}") from None
    except UnicodeDecodeError:
        raise Invalid("body", "is not valid UTF-8") from None
    except RecursionError:
        raise Invalid("body", "is nested too deeply") from None


def read_value(value: object, form: type[T], *, strict: bool = True) -> T:
    """A value that was decoded before, as `form`, or Invalid with the path of the field that is wrong within it.

    Where it is not strict, texts stand for numbers too, as in forms of pages.
    """
    try:
        return msgspec.convert(value, form, strict=strict)
    except msgspec.ValidationError as error:
        raise _fault(str(error), whole="") from None


def split_records(raw: bytes) -> list[bytes] | None:
    """The records of a JSON array as they came, or None where the body is no array."""
    if raw.lstrip()[:1] != b"[":
        return None
    records = [bytes(record) for record in read_json(raw, _RECORDS)]
    if not 1 <= len(records) <= MOST_RECORDS:
        raise Invalid("body", f"must have 1 to {MOST_RECORDS} records; has {len(records)}")
    return records


def _fault(text: str, whole: str = "body") -> Invalid:
    match = _PATH.match(text)
    where = match["where"] if match else "$"
    problem = match["problem"] if match else text
    field = where.removeprefix("key in ").removeprefix("$").removeprefix(".")
    missing = _MISSING.match(problem)
    if missing:
        return Invalid(f"{field}.{missing['name']}".removeprefix("."), "is required")
    unknown = _UNKNOWN.match(problem)
    if unknown:
        return Invalid(f"{field}.{unknown['name']}".removeprefix("."), "is not a field that is known here")
    return Invalid(field or whole, problem[:1].lower() + problem[1:])


def refuse_depth(value: object, field: str) -> None:
    """Refuse what is nested more deeply than anything that makes sense."""
    level: list[Any] = [value]
    for _ in range(MOST_LEVELS):
        level = [inner for each in level for inner in _contained(each)]
    if level:
        raise Invalid(field, f"is nested too deeply; at most {MOST_LEVELS} levels are taken")


def _contained(value: object) -> list[Any]:
    match value:
        case dict():
            return list(value.values())
        case list():
            return value
        case _:
            return []


def refuse_nul(value: object, field: str) -> None:
    """Refuse the one character that PostgreSQL can't store in a text."""
    match value:
        case str():
            if "\x00" in value:
                raise Invalid(field, "must not hold the NUL character (\\u0000)")
        case dict():
            for key, item in value.items():
                refuse_nul(key, field)
                refuse_nul(item, f"{field}.{key}")
        case list():
            for index, item in enumerate(value):
                refuse_nul(item, f"{field}[{index}]")
