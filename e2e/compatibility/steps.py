"""The language in which features are written down once and played with every client."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from e2e.running import Access

Step = dict[str, Any]
Values = list[Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody, and the things of theirs, whom only one feature of one client knows."""

    hub: Access
    keys: Mapping[str, Any]
    id: str

    def email(self, which: str = "first") -> str:
        """One of their mail addresses."""
        return f"{self.id}.{which}@example.com"

    def phone(self, which: int = 1) -> str:
        """One of their telephone numbers."""
        return f"+1{500 + which}{int.from_bytes(self.id.encode(), 'big') % 9_999_991:07d}"

    def token(self, which: str = "first") -> str:
        """One of their devices' tokens."""
        return f"{self.id}-{which}"

    def push_name(self) -> str:
        """The name under which the browser's push service knows them."""
        return f"push-{self.id}"

    def other(self, which: str) -> str:
        """Somebody else of theirs, or a list, tenant or object."""
        return f"{self.id}-{which}"


@dataclass(frozen=True, slots=True)
class Feature:
    """What a client does, and how one sees that it worked; `before` makes ready what no client can make."""

    steps: Callable[[Subject], list[Step]]
    proof: Callable[[Subject, Values], object] = lambda subject, values: None
    before: Callable[[Subject], None] = lambda subject: None


def call(path: str, *arguments: Any, save: str = "", **options: Any) -> Step:
    """Call a method, or construct what is written with a capital; `save` names the result for later steps.

    Options are keyword arguments in Python and a last object in JavaScript.
    """
    return {"call": path, "arguments": list(arguments), "options": options, "save": save}


def refused(path: str, *arguments: Any, **options: Any) -> Step:
    """Call what must fail; its value is what was raised, or what was returned in place of it."""
    return {**call(path, *arguments, **options), "refused": True}


def saved(path: str) -> dict[str, str]:
    """A saved result, or a member of it, as an argument."""
    return {"$saved": path}


def fault_of(value: Any) -> str | None:
    """What is wrong with a returned value, as each client tells it; None where nothing is."""
    if isinstance(value, dict) and (
        value.get("success") is False or value.get("status") in ("fail", "partial", "error")
    ):
        return str(value.get("message") or value.get("error") or value.get("failed_records") or value)
    return None
