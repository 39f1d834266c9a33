"""Auditing: whoever changes how a workspace is set up is noted in the transaction of the change."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

from suprsend_hub.domain.document import Document
from suprsend_hub.store.audit_log import ActorKind, insert_entry
from suprsend_hub.store.database import Connection, Pool, transact

T = TypeVar("T")

# What is written along with a change; an action calls it inside the transaction that makes the change.
Along: TypeAlias = Callable[[Connection], Awaitable[None]]
# The same for actions that add a thing or change it, which say whether it is new.
AlongSaving: TypeAlias = Callable[[Connection, bool], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something, and in which workspace; None where it is the installation that changes."""

    user_id: int | None
    name: str
    workspace_id: int | None = None
    kind: ActorKind = "person"

    @property
    def described(self) -> str:
        """The name, and what it is the name of unless it is a person's; for places that keep nothing else."""
        return self.name if self.kind in ("person", self.name) else f"{self.kind} ({self.name})"

    def within(self, workspace_id: int) -> "Actor":
        """The same, as somebody who changes something in this workspace."""
        return replace(self, workspace_id=workspace_id)

    async def note(self, connection: Connection, act: "Act") -> None:
        """Write what was done, inside the transaction that does it."""
        await insert_entry(
            connection, self.user_id, self.kind, self.name, self.workspace_id, act.action, act.target, act.details
        )

    def noting(self, action: str, target: str, **details: object) -> Along:
        """The same as a function, for actions that open their own transaction."""
        return lambda connection: self.note(connection, Act(action, target, details))

    def saving(self, added: str, changed: str, target: str, **details: object) -> AlongSaving:
        """The same for actions that add or change, with a word for either."""
        return lambda connection, is_new: self.note(connection, Act(added if is_new else changed, target, details))


@dataclass(frozen=True, slots=True)
class Act:
    """What was done, and to what; `details` hold nothing secret."""

    action: str
    target: str
    details: Document = field(default_factory=dict)


# Somebody at the command line of whom nothing else is known.
COMMAND_LINE = Actor(None, "command line", kind="command line")


async def nothing_along(_: Connection, _is_new: bool = False) -> None:
    """For changes of which nobody is to be noted, such as those that an app makes while it runs."""


async def change_along(pool: Pool, work: Callable[[Connection], Awaitable[T]], along: Along) -> T:
    """Do something, and note it in the same transaction."""

    async def both(connection: Connection) -> T:
        done = await work(connection)
        await along(connection)
        return done

    return await transact(pool, both)


def name_user(profile_id: int) -> str:
    """How the audit log, which outlives whoever is erased, names a user."""
    return f"user #{profile_id}"
