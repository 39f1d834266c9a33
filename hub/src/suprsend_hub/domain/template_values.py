"""Values as handlebars.js writes and compares them: the language of the templates is JavaScript's."""

import math
from decimal import Decimal

# JavaScript writes whole numbers in full below this, and fractions in full above the other.
_WRITTEN_IN_FULL = 1e21
_SMALLEST_IN_FULL = 1e-6


def write_text(value: object) -> str:
    """The text that stands for a value where a template prints it."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return write_number(value)
        case list():
            return ",".join(write_text(each) for each in value)
        case dict():
            return "[object Object]"
        case _:
            return str(value)


def write_number(value: float) -> str:
    """A number without the `.0` and the padded exponents of Python."""
    if value.is_integer() and abs(value) < _WRITTEN_IN_FULL:
        return str(int(value))
    if _SMALLEST_IN_FULL <= abs(value) < 1:
        return f"{Decimal(repr(value)):f}"
    return repr(value).replace("e-0", "e-").replace("e+0", "e+")


def read_number(value: object) -> float | None:
    """The number that a value is or spells; None where it is none."""
    match value:
        case bool():
            return None
        case int() | float():
            return value
        case str():
            try:
                number = float(value)
            except ValueError:
                return None
            return number if math.isfinite(number) else None
        case _:
            return None


def are_alike(left: object, right: object) -> bool:
    """`==`: the text `"1"` is the number 1, and nothing is alike to nothing only."""
    if isinstance(left, str) == isinstance(right, str) or left is None or right is None:
        return are_same(left, right)
    one, other = _as_number(left), _as_number(right)
    return one is not None and one == other


def are_same(left: object, right: object) -> bool:
    """`===`: true is not 1, as it would be in Python."""
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _as_number(value: object) -> float | None:
    return float(value) if isinstance(value, bool) else read_number(value)
