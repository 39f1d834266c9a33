"""Sessions of the console, in the database's time; of a token only a digest is kept."""

from dataclasses import dataclass
from datetime import timedelta

from suprsend_hub.store.console_users import Role
from suprsend_hub.store.database import Connection
from suprsend_hub.store.sealing import digest

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
# What is written of a session's use is this exact.
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in; `role` is what they may do in all workspaces, None where that is nothing."""

    id: int
    user_id: int
    user_name: str
    role: Role | None


async def insert_session(connection: Connection, user_id: int, token: str) -> None:
    """Begin a session, and note when its user was here last."""
    await connection.execute(
        "insert into console_session (console_user_id, digest, ends_at) values ($1, $2, now() + $3::interval)",
        user_id,
        digest(token),
        LONGEST,
    )
    await connection.execute("update console_user set signed_in_at = now() where id = $1", user_id)


async def find_session(connection: Connection, token: str, *, is_click: bool) -> Session | None:
    """The session of a token, unless it was idle for too long or has come to its end; a click keeps it from that."""
    row = await connection.fetchrow(
        "select s.id, u.id as user_id, u.name as user_name, u.role, s.seen_at < now() - $3::interval as is_stale"
        " from console_session s join console_user u on u.id = s.console_user_id"
        " where s.digest = $1 and s.ends_at > now() and s.seen_at > now() - $2::interval",
        digest(token),
        IDLE,
        _SEEN_EVERY,
    )
    if row is None:
        return None
    if row["is_stale"] and is_click:
        await connection.execute("update console_session set seen_at = now() where id = $1", row["id"])
    return Session(row["id"], row["user_id"], row["user_name"], row["role"])


async def delete_session(connection: Connection, token: str) -> None:
    """End the session of a token, if there is one."""
    await connection.execute("delete from console_session where digest = $1", digest(token))


async def delete_sessions_of(connection: Connection, user_id: int, but: int | None = None) -> None:
    """End all sessions of a user, or all but one."""
    await connection.execute(
        "delete from console_session where console_user_id = $1 and id is distinct from $2", user_id, but
    )


async def prune_sessions(connection: Connection) -> None:
    """Forget sessions that have come to their end; one that is idle for too long soon does."""
    await connection.execute("delete from console_session where ends_at <= now()")
