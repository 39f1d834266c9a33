"""Who may use the console: adding people, what they may do, their passwords, and removing them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from suprsend_hub.actions.audit import Act, Actor
from suprsend_hub.actions.passwords import hash_password, is_password
from suprsend_hub.domain.fault import Conflict, Invalid, NotFound
from suprsend_hub.store.console_roles import put_workspace_role
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
from suprsend_hub.store.workspaces import find_workspace_name

LONGEST_NAME = 64
# What people write where somebody is to have no role.
NO_ROLE = "none"


async def add_user(
    pool: Pool, name: str, role: str, password: str, actor: Actor, workspaces: Sequence[str] = ()
) -> None:
    """Let somebody sign in, with a role in these workspaces alone, or in all where none is named.

    The name must be new, and is written in small letters.
    """
    checked, allowed = _checked_name(name), read_role(role)
    password_hash = await hash_password(password)

    async def work(connection: Connection) -> None:
        user_id = await insert_console_user(connection, checked, None if workspaces else allowed, password_hash)
        if user_id is None:
            raise Invalid("name", f"there is a user {checked!r} already")
        for workspace in workspaces:
            await put_workspace_role(connection, user_id, await _find_workspace(connection, workspace), allowed)
        where = {"workspaces": ", ".join(workspaces)} if workspaces else {}
        await actor.note(connection, Act("added user", checked, {"role": allowed, **where}))

    await transact(pool, work)


async def change_roles(pool: Pool, name: str, role: str | None, by_workspace: Mapping[str, str], actor: Actor) -> None:
    """Let somebody do more or less in all workspaces, and in single ones; what is not named stays as it is.

    "none" takes a role away. In each workspace the higher role counts, from the next click on.
    """

    async def work(connection: Connection, user: ConsoleUser) -> None:
        if role is not None:
            await _change_everywhere(connection, user, _read_role_or_none(role), actor)
        for workspace, wanted in by_workspace.items():
            allowed, workspace_id = _read_role_or_none(wanted), await _find_workspace(connection, workspace)
            if await put_workspace_role(connection, user.id, workspace_id, allowed):
                details = {"to": allowed or NO_ROLE, "workspace": workspace}
                await actor.note(connection, Act("changed role in workspace", user.name, details))

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


async def _change_everywhere(connection: Connection, user: ConsoleUser, role: Role | None, actor: Actor) -> None:
    if role == user.role:
        return
    if role != "admin":
        await _keep_an_admin(connection, user)
    await set_role(connection, user.id, role)
    await actor.note(connection, Act("changed role", user.name, {"from": user.role or NO_ROLE, "to": role or NO_ROLE}))


def _read_role_or_none(role: str) -> Role | None:
    return None if role == NO_ROLE else read_role(role)


async def _find_workspace(connection: Connection, name: str) -> int:
    found = await find_workspace_name(connection, name)
    if found is None:
        raise Invalid("workspace", f"there is no workspace {name[:80]!r}")
    return found.id


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
