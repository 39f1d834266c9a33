"""What differs between two states of a variant, line by line."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from suprsend_hub.domain.template import Variant

# Comparing takes time that grows with the square of the lines.
MOST_LINES = 2_000


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line, and whether it came, went, stayed, or says where a stretch begins."""

    kind: Literal["added", "removed", "same", "place"]
    text: str


def compare(before: Variant | None, after: Variant | None) -> list[DiffLine]:
    """The lines in which two variants differ, with a few around them; None is a variant that is not there."""
    old, new = list(_lines(before)), list(_lines(after))
    if len(old) > MOST_LINES or len(new) > MOST_LINES:
        return [DiffLine("place", f"Too long to compare here: {len(old)} lines before, {len(new)} now.")]
    lines = list(difflib.unified_diff(old, new, "", "", lineterm="", n=3))[2:]
    return [_shown(line) for line in lines]


def lines_of(variant: Variant) -> list[str]:
    """All that a variant says, line by line."""
    return list(_lines(variant))


def _shown(line: str) -> DiffLine:
    match line[:1]:
        case "+":
            return DiffLine("added", line[1:])
        case "-":
            return DiffLine("removed", line[1:])
        case "@":
            return DiffLine("place", line)
        case _:
            return DiffLine("same", line[1:])


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
