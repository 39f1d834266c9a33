"""What differs between two states of a variant, line by line."""

from collections.abc import Iterator
from typing import Any

from suprsend_hub.domain.template import Variant
from suprsend_hub.ui.line_diff import DiffLine, compare_lines


def compare(before: Variant | None, after: Variant | None) -> list[DiffLine]:
    """The lines in which two variants differ, with a few around them; None is a variant that is not there."""
    return compare_lines(list(_lines(before)), list(_lines(after)))


def lines_of(variant: Variant) -> list[str]:
    """All that a variant says, line by line."""
    return list(_lines(variant))


def _lines(variant: Variant | None) -> Iterator[str]:
    if variant is None:
        return
    yield f"language: {variant.locale}"
    yield f"tenant: {variant.tenant_id or 'every'}"
    yield from _spread(variant.content, "")


def _spread(value: Any, path: str) -> Iterator[str]:
    match value:
        case dict():
            for key, each in value.items():
                yield from _spread(each, f"{path}.{key}" if path else key)
        case list():
            for index, each in enumerate(value):
                yield from _spread(each, f"{path}[{index}]")
        case str() if "\n" in value:
            yield f"{path}:"
            yield from (f"  {line}" for line in value.split("\n"))
        case _:
            yield f"{path}: {value}"
