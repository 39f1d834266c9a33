"""Small checks that compose into the rules of a body, and say which field breaks them.

A check returns None, or the end of a sentence that begins with the field's path: `users[0].$email must be …`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from suprsend.errors import SuprsendValidationError

Check: TypeAlias = Callable[[object], str | None]

_LONGEST_SHOWN = 60
_NEVER = sys.maxsize


def shown(value: object) -> str:
    """Return a value as an error message quotes it: short, and with its type."""
    text = repr(value)
    if len(text) > _LONGEST_SHOWN:
        text = f"{text[:_LONGEST_SHOWN]}…"
    return f"{text} ({type(value).__name__})"


@dataclass(frozen=True, slots=True)
class Text:
    """Accepts a string within these lengths."""

    shortest: int = 0
    longest: int | None = None
    or_null: bool = False

    def __call__(self, value: object) -> str | None:
        """Return None for such a string, else the fault."""
        if isinstance(value, str):
            if self.shortest <= len(value) and (self.longest is None or len(value) <= self.longest):
                return None
        elif value is None and self.or_null:
            return None
        return f" must be {self._form()}, not {shown(value)}"

    def _form(self) -> str:
        kind = "a string or null" if self.or_null else "a string"
        if self.longest is not None:
            return f"{kind} of at most {self.longest} characters"
        return f"{kind} of at least {self.shortest} characters" if self.shortest else kind


def matching(pattern: str, form: str, shortest: int = 0, longest: int = 1 << 30) -> Check:
    """Accept a string in which the pattern is found; `form` says in words what that looks like."""
    search = re.compile(pattern).search

    def check(value: object) -> str | None:
        if isinstance(value, str) and shortest <= len(value) <= longest and search(value):
            return None
        return f" must be {form}, not {shown(value)}"

    return check


def choice(*words: str) -> Check:
    """Accept one of these strings."""
    allowed = frozenset(words)

    def check(value: object) -> str | None:
        if isinstance(value, str) and value in allowed:
            return None
        return f" must be one of {', '.join(words)}, not {shown(value)}"

    return check


def boolean(*, or_null: bool = False) -> Check:
    """Accept true or false."""

    def check(value: object) -> str | None:
        if isinstance(value, bool) or (or_null and value is None):
            return None
        return f" must be true or false, not {shown(value)}"

    return check


def mapping(value: object) -> str | None:
    """Accept any dictionary."""
    return None if isinstance(value, dict) else f" must be an object, not {shown(value)}"


def choices(*words: str) -> Check:
    """Accept a list of any of these strings."""
    allowed = frozenset(words)
    check_one = choice(*words)

    def check(value: object) -> str | None:
        if not isinstance(value, list):
            return f" must be a list, not {shown(value)}"
        for index, member in enumerate(value):
            if not isinstance(member, str) or member not in allowed:
                return f"[{index}]{check_one(member)}"
        return None

    return check


def array(item: Check, fewest: int, most: int | None = None) -> Check:
    """Accept a list of so many items, each of which passes a check."""
    allowed = f"{fewest} to {most}" if most else f"at least {fewest}"

    def check(value: object) -> str | None:
        if not isinstance(value, list):
            return f" must be a list of {allowed}, not {shown(value)}"
        if len(value) < fewest or (most and len(value) > most):
            return f" must be a list of {allowed}; it has {len(value)}"
        for index, member in enumerate(value):
            if fault := item(member):
                return f"[{index}]{fault}"
        return None

    return check


def one_or_more(item: Check) -> Check:
    """Accept one value, or a list of 1 to 10 of them."""

    def check(value: object) -> str | None:
        if not isinstance(value, list):
            return item(value)
        if not 1 <= len(value) <= 10:
            return f" must be one value or a list of 1 to 10; it has {len(value)}"
        for index, member in enumerate(value):
            if fault := item(member):
                return f"[{index}]{fault}"
        return None

    return check


def text_or(when_dict: Check) -> Check:
    """Accept a string that isn't empty, or a dictionary that passes a check."""

    def check(value: object) -> str | None:
        if isinstance(value, dict):
            return when_dict(value)
        return None if isinstance(value, str) and value else f" must be an id or an object, not {shown(value)}"

    return check


def either_by_type(when_dict: Check, otherwise: Check) -> Check:
    """Accept a dictionary by one check and anything else by another; a list must be of one kind."""
    one_kind = (array(when_dict, 1, 10), array(otherwise, 1, 10))

    def check(value: object) -> str | None:
        if isinstance(value, list):
            return one_kind[not (value and isinstance(value[0], dict))](value)
        return when_dict(value) if isinstance(value, dict) else otherwise(value)

    return check


def record(fields: Mapping[str, Check], required: tuple[str, ...] = (), *, is_closed: bool) -> Check:
    """Accept a dictionary whose known keys pass their checks; a closed one has no other keys."""

    # Most fields are plain strings: those are accepted by their length, without a call for each.
    plain = {key: field.shortest for key, field in fields.items() if isinstance(field, Text) and not field.longest}

    def check(value: object) -> str | None:
        if not isinstance(value, dict):
            return f" must be an object, not {shown(value)}"
        for key, member in value.items():
            if isinstance(member, str) and len(member) >= plain.get(key, _NEVER):
                continue
            field = fields.get(key)
            if field is None:
                if is_closed:
                    return f" has the unknown key {key!r}; known are {', '.join(fields)}"
            elif fault := field(member):
                return f".{key}{fault}"
        for key in required:
            if key not in value:
                return f".{key} is required"
        return None

    return check


def enforce(check: Check, body: object) -> None:
    """Raise SuprsendValidationError, naming the field, if a body does not pass."""
    if fault := check(body):
        raise SuprsendValidationError(fault.lstrip(" ."))
