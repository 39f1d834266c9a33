"""Stretches of a text that look the same throughout."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Mark: TypeAlias = Literal["bold", "italic", "struck", "code"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text that looks the same throughout; `href` is where it leads, empty where nowhere."""

    text: str
    marks: tuple[Mark, ...] = ()
    href: str = ""
