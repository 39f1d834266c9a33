"""The helpers that templates may call beside those of handlebars.js (wire.md, part two: Templates).

Each is a function of the values that the template gives; `handlebars` makes them callable from a template.
"""

import math
import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from suprsend_hub.domain.template_dates import BadDate, format_date
from suprsend_hub.domain.template_values import are_alike, are_same, read_number, write_text

_MOST_DIGITS = 1e300


class HelperFailed(Exception):
    """The values are not such that the helper can work with them; the text says what is wrong."""


def default(value: object, fallback: object) -> object:
    """The fallback where a value is missing or an empty text; 0 and false are values."""
    return fallback if value is None or value == "" else value


def stringify(value: object) -> str:
    """JSON, as compact as JavaScript writes it."""
    return msgspec.json.encode(value).decode()


def lowercase(value: object) -> str:
    """A text in small letters; empty for anything else."""
    return value.lower() if isinstance(value, str) else ""


def uppercase(value: object) -> str:
    """A text in capitals; empty for anything else."""
    return value.upper() if isinstance(value, str) else ""


def capitalize(value: object) -> str:
    """A text with a capital first letter and the rest as it was; empty for anything else."""
    return value[:1].upper() + value[1:] if isinstance(value, str) else ""


def add(left: object, right: object) -> float:
    """The sum of two numbers."""
    return _bounded(_number(left) + _number(right))


def subtract(left: object, right: object) -> float:
    """The first number without the second."""
    return _bounded(_number(left) - _number(right))


def multiply(left: object, right: object) -> float:
    """The product of two numbers."""
    return _bounded(_number(left) * _number(right))


def divide(left: object, right: object) -> float:
    """The first number by the second, which must not be 0."""
    return _bounded(_number(left) / _divisor(right))


def modulo(left: object, right: object) -> float:
    """What a division leaves, with the sign of the first number, as in JavaScript."""
    return math.fmod(_number(left), _divisor(right))


def round_half_up(value: object) -> float:
    """The nearest whole number; halves go up, as in JavaScript."""
    return float(math.floor(_number(value) + 0.5))


def unique(values: object, key: object = None) -> list[Any]:
    """A list without what occurs again; `key` names the field of its objects by which to tell."""
    found: dict[bytes, object] = {}
    for each in _list(values):
        mark = each.get(key) if isinstance(key, str) and isinstance(each, dict) else each
        found.setdefault(msgspec.json.encode(mark, order="sorted"), each)
    return list(found.values())


def item_at(values: object, index: object) -> object:
    """One entry of a list, counted from 0; nothing where there is none."""
    number = read_number(index)
    if number is None or number != math.floor(number):
        raise HelperFailed(f"{write_text(index)[:40]!r} is not a whole number")
    listed = _list(values)
    return listed[int(number)] if 0 <= number < len(listed) else None


def length(value: object) -> int:
    """How many entries a list has, or characters a text; 0 for nothing."""
    match value:
        case list() | str() | dict():
            return len(value)
        case None:
            return 0
        case _:
            raise HelperFailed("takes a list or a text")


def join(values: object, separator: object = ", ") -> str:
    """The entries of a list, one after another."""
    return write_text(separator).join(write_text(each) for each in _list(values))


def compare(left: object, operation: object, right: object) -> bool:
    """Whether a comparison holds; texts that spell numbers compare as numbers with numbers."""
    judge = _COMPARISONS.get(operation) if isinstance(operation, str) else None
    if judge is None:
        raise HelperFailed(f"{write_text(operation)[:10]!r} is not one of {' '.join(_COMPARISONS)}")
    return judge(left, right)


def datetime_format(value: object, form: object, zone: object = None, *, now: datetime) -> str:
    """A date in moment.js's letters, in UTC unless a zone is named."""
    try:
        return format_date(value, write_text(form), None if zone is None else write_text(zone), now)
    except BadDate as fault:
        raise HelperFailed(str(fault)) from None


def _ordered(judge: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    def compared(left: object, right: object) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return judge(left, right)
        one, other = read_number(left), read_number(right)
        return one is not None and other is not None and judge(one, other)

    return compared


def _number(value: object) -> float:
    number = read_number(value)
    if number is None:
        raise HelperFailed(f"{write_text(value)[:40]!r} is not a number")
    return _bounded(number)


def _divisor(value: object) -> float:
    number = _number(value)
    if number == 0:
        raise HelperFailed("can't divide by 0")
    return number


def _bounded(number: float) -> float:
    # Integers of JSON may have any length; one beyond a float's range can't be added to a fraction.
    if not abs(number) < _MOST_DIGITS:
        raise HelperFailed("the number is too large")
    return float(number)


def _list(value: object) -> list[Any]:
    match value:
        case list():
            return value
        case None:
            return []
        case _:
            raise HelperFailed(f"takes a list, got {write_text(value)[:40]!r}")


_COMPARISONS: Mapping[str, Callable[[object, object], bool]] = MappingProxyType(
    {
        "==": are_alike,
        "===": are_same,
        "!=": lambda left, right: not are_alike(left, right),
        "!==": lambda left, right: not are_same(left, right),
        ">": _ordered(operator.gt),
        "<": _ordered(operator.lt),
        ">=": _ordered(operator.ge),
        "<=": _ordered(operator.le),
    }
)

HELPERS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        "default": default,
        "jsonStringify": stringify,
        "lowercase": lowercase,
        "uppercase": uppercase,
        "capitalize": capitalize,
        "add": add,
        "subtract": subtract,
        "multiply": multiply,
        "divide": divide,
        "round": round_half_up,
        "mod": modulo,
        "unique": unique,
        "itemAt": item_at,
        "length": length,
        "join": join,
    }
)
# These get the time of rendering as `now`.
TIMED_HELPERS: Mapping[str, Callable[..., object]] = MappingProxyType({"datetime-format": datetime_format})
# These choose between a block's two parts.
BLOCK_HELPERS: Mapping[str, Callable[..., bool]] = MappingProxyType({"compare": compare})
