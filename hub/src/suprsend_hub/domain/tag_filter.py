"""Which categories are shown, by their tags: `tags=sales`, or `tags={"or":["sales",{"not":"admin"}]}`."""

from collections.abc import Callable, Collection
from typing import TypeAlias

import msgspec

from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import refuse_depth

_Condition: TypeAlias = Callable[[Collection[str]], bool]


class TagFilter:
    """A condition on the tags of a category."""

    def __init__(self, condition: _Condition) -> None:
        self._condition = condition

    def fits(self, tags: Collection[str]) -> bool:
        """Whether a category with these tags is shown."""
        return self._condition(tags)


def read_tag_filter(text: str | None) -> TagFilter:
    """The filter that a text means: one tag, or a JSON object of `exists`, `not`, `and` and `or`; nothing fits all."""
    if text is None or not text.strip():
        return TagFilter(lambda tags: True)
    if not text.lstrip().startswith("{"):
        return TagFilter(_has(text.strip()))
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        raise Invalid("tags", "is neither a tag nor a JSON object") from None
    except RecursionError:
        raise Invalid("tags", "is nested too deeply") from None
    refuse_depth(document, "tags")
    return TagFilter(_read(document, "tags"))


def _has(tag: str) -> _Condition:
    return lambda tags: tag in tags


def _read(value: object, field: str) -> _Condition:
    match value:
        case str():
            return _has(value)
        case dict() if value:
            inner = [_read_operator(operator, operand, f"{field}.{operator}") for operator, operand in value.items()]
            return lambda tags: all(each(tags) for each in inner)
        case _:
            raise Invalid(field, "must be a tag, or an object of exists, not, and, or")


def _read_operator(operator: str, operand: object, field: str) -> _Condition:
    match operator, operand:
        case "exists", bool():
            return lambda tags: bool(tags) is operand
        case "exists", _:
            raise Invalid(field, "must be true or false")
        case "not", _:
            inner = _read(operand, field)
            return lambda tags: not inner(tags)
        case (("and" | "or"), list()) if operand:
            join = all if operator == "and" else any
            several = [_read(each, f"{field}[{index}]") for index, each in enumerate(operand)]
            return lambda tags: join(each(tags) for each in several)
        case (("and" | "or"), _):
            raise Invalid(field, "must be an array that is not empty")
        case _:
            raise Invalid(field, "is not an operator; use exists, not, and, or")
