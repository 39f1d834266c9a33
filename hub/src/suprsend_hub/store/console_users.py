"""People who use the console, and what they may do there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from suprsend_hub.store.database import Connection

Role: TypeAlias = Literal["viewer", "editor", "admin"]

# Each may do what those before it may.
ROLES: tuple[Role, ...] = ("viewer", "editor", "admin")


def highest(*roles: Role | None) -> Role | None:
    """The role that may do most, None where there is none."""
    return max((each for each in roles if each is not None), key=ROLES.index, default=None)


_COLUMNS = "id, name, role, created_at, signed_in_at"


@dataclass(frozen=True, slots=True)
class ConsoleUser:
    """Somebody who may sign in; `signed_in_at` is None for whoever never did.

    `role` is what they may do in all workspaces, None where that is nothing.
    """

    id: int
    name: str
    role: Role | None
    created_at: datetime
    signed_in_at: datetime | None


async def insert_console_user(connection: Connection, name: str, role: Role | None, password_hash: str) -> int | None:
    """Add somebody and return the id; None where there is one of that name."""
    added: int | None = await connection.fetchval(
        "insert into console_user (name, role, password_hash) values ($1, $2, $3)"
        " on conflict (name) do nothing returning id",
        name,
        role,
        password_hash,
    )
    return added


async def list_console_users(connection: Connection, limit: int = 1000) -> list[ConsoleUser]:
    """Everybody, by name."""
    rows = await connection.fetch(
        f"select {_COLUMNS} from console_user order by name limit $1",  # noqa: S608 - constant columns
        limit,
    )
    return [ConsoleUser(**row) for row in rows]


async def find_console_user(connection: Connection, name: str) -> ConsoleUser | None:
    """Whoever has that name."""
    row = await connection.fetchrow(f"select {_COLUMNS} from console_user where name = $1", name)  # noqa: S608 - constant
    return ConsoleUser(**row) if row else None


async def read_password_hash(connection: Connection, name: str) -> tuple[int, str] | None:
    """The id of whoever has that name, and what their password is checked with."""
    row = await connection.fetchrow("select id, password_hash from console_user where name = $1", name)
    return (row["id"], row["password_hash"]) if row else None


async def set_password_hash(connection: Connection, user_id: int, password_hash: str) -> None:
    """Give somebody another password."""
    await connection.execute("update console_user set password_hash = $2 where id = $1", user_id, password_hash)


async def lock_admins(connection: Connection) -> frozenset[int]:
    """The ids of all admins, of whom none can be added or removed until the transaction ends."""
    await connection.execute("lock table console_user in share row exclusive mode")
    rows = await connection.fetch("select id from console_user where role = 'admin'")
    return frozenset(row["id"] for row in rows)


async def set_role(connection: Connection, user_id: int, role: Role | None) -> None:
    """Let somebody do more or less than before in all workspaces."""
    await connection.execute("update console_user set role = $2 where id = $1", user_id, role)


async def delete_console_user(connection: Connection, user_id: int) -> None:
    """Remove somebody, and their sessions with them."""
    await connection.execute("delete from console_user where id = $1", user_id)
