"""Who may use the console: adding people, what they may do, their passwords, and removing them."""

from collections.abc import Awaitable, Callable

from suprsend_hub.actions.audit import Act, Actor
from suprsend_hub.actions.passwords import hash_password, is_password
from suprsend_hub.domain.fault import Conflict, Invalid, NotFound
from suprsend_hub.store.console_sessions import delete_sessions_of
from suprsend_hub.store.console_users import (
    ROLES,
    ConsoleUser,
    Role,
    delete_console_user,
    find_console_user,
    insert_console_user,
    lock_admins,
    read_password_hash,
    set_password_hash,
    set_role,
)
from suprsend_hub.store.database import Connection, Pool, transact

LONGEST_NAME = 64


async def add_user(pool: Pool, name: str, role: str, password: str, actor: Actor) -> None:
    """Let somebody sign in; the name must be new, and is written in small letters."""
    checked, allowed = _checked_name(name), read_role(role)
    password_hash = await hash_password(password)

    async def work(connection: Connection) -> None:
        if await insert_console_user(connection, checked, allowed, password_hash) is None:
            raise Invalid("name", f"there is a user {checked!r} already")
        await actor.note(connection, Act("added user", checked, {"role": allowed}))

    await transact(pool, work)


async def change_role(pool: Pool, name: str, role: str, actor: Actor) -> None:
    """Let somebody do more or less; it counts from their next click on."""
    allowed = read_role(role)

    async def work(connection: Connection, user: ConsoleUser) -> None:
        if allowed != "admin":
            await _keep_an_admin(connection, user)
        await set_role(connection, user.id, allowed)
        await actor.note(connection, Act("changed role", user.name, {"from": user.role, "to": allowed}))

    await _with_user(pool, name, work)


async def reset_password(pool: Pool, name: str, password: str, actor: Actor) -> None:
    """Give somebody a new password; their sessions end."""
    password_hash = await hash_password(password)

    async def work(connection: Connection, user: ConsoleUser) -> None:
        await set_password_hash(connection, user.id, password_hash)
        await delete_sessions_of(connection, user.id)
        await actor.note(connection, Act("reset password", user.name))

    await _with_user(pool, name, work)


async def change_own_password(pool: Pool, session_id: int, former: str, password: str, actor: Actor) -> None:
    """Change the password of whoever is signed in and knows the one before; their other sessions end."""
    async with pool.acquire() as connection:
        found = await read_password_hash(connection, actor.name)
    if found is None or not await is_password(former, found[1]):
        raise Invalid("former", "is not the password that you have now")
    user_id, password_hash = found[0], await hash_password(password)

    async def work(connection: Connection) -> None:
        await set_password_hash(connection, user_id, password_hash)
        await delete_sessions_of(connection, user_id, but=session_id)
        await actor.note(connection, Act("changed password", actor.name))

    await transact(pool, work)


async def remove_user(pool: Pool, name: str, actor: Actor) -> None:
    """Remove somebody, whose sessions end with that."""

    async def work(connection: Connection, user: ConsoleUser) -> None:
        await _keep_an_admin(connection, user)
        await delete_console_user(connection, user.id)
        await actor.note(connection, Act("removed user", user.name, {"role": user.role}))

    await _with_user(pool, name, work)


def read_role(role: str) -> Role:
    """A role, or Invalid."""
    known = next((each for each in ROLES if each == role), None)
    if known is None:
        raise Invalid("role", f"must be one of {', '.join(ROLES)}")
    return known


async def _with_user(pool: Pool, name: str, change: Callable[[Connection, ConsoleUser], Awaitable[None]]) -> None:
    async def work(connection: Connection) -> None:
        user = await find_console_user(connection, name.strip().lower())
        if user is None:
            raise NotFound(f"there is no user {name[:LONGEST_NAME]!r} of the console")
        await change(connection, user)

    await transact(pool, work)


async def _keep_an_admin(connection: Connection, user: ConsoleUser) -> None:
    if await lock_admins(connection) == {user.id}:
        raise Conflict(f"{user.name} is the only admin; make somebody else an admin first")


def _checked_name(name: str) -> str:
    small = name.strip().lower()
    if not 1 <= len(small) <= LONGEST_NAME or not small.isprintable() or set(small) & set(" /"):
        raise Invalid("name", f"must have 1 to {LONGEST_NAME} characters without spaces and slashes")
    return small
