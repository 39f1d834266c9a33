"""Auditing: whoever changes something through the console is noted in the transaction of the change."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from suprsend_hub.domain.document import Document
from suprsend_hub.store.audit_log import insert_entry
from suprsend_hub.store.database import Connection

# What is written along with a change; an action calls it inside the transaction that makes the change.
Along: TypeAlias = Callable[[Connection], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something, and in which workspace; None where it is the installation that changes."""

    user_id: int | None
    name: str
    workspace_id: int | None = None

    async def note(self, connection: Connection, act: "Act") -> None:
        """Write what was done, inside the transaction that does it."""
        await insert_entry(connection, self.user_id, self.name, self.workspace_id, act.action, act.target, act.details)

    def noting(self, action: str, target: str, **details: object) -> Along:
        """The same as a function, for actions that open their own transaction."""
        return lambda connection: self.note(connection, Act(action, target, details))


@dataclass(frozen=True, slots=True)
class Act:
    """What was done, and to what; `details` hold nothing secret."""

    action: str
    target: str
    details: Document = field(default_factory=dict)


COMMAND_LINE = Actor(None, "command line")


async def nothing_along(_: Connection) -> None:
    """For changes of which nobody is to be noted, such as those of programs."""
