"""What differs between two texts, line by line."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

# Comparing takes time that grows with the square of the lines.
MOST_LINES = 2_000


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line, and whether it came, went, stayed, or says where a stretch begins."""

    kind: Literal["added", "removed", "same", "place"]
    text: str


def compare_lines(old: Sequence[str], new: Sequence[str]) -> list[DiffLine]:
    """The lines in which two texts differ, with a few around them."""
    if len(old) > MOST_LINES or len(new) > MOST_LINES:
        return [DiffLine("place", f"Too long to compare here: {len(old)} lines before, {len(new)} now.")]
    lines = list(difflib.unified_diff(old, new, "", "", lineterm="", n=3))[2:]
    return [_shown(line) for line in lines]


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
