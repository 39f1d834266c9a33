"""Making workspaces and the credentials that open them."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime

from suprsend_hub.actions.audit import COMMAND_LINE, Act, Actor, Along, nothing_along
from suprsend_hub.actions.edit_service_tokens import make_service_token
from suprsend_hub.actions.make_keys import create_api_key, create_public_key, ensure_inbox_secret
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.service_tokens import insert_service_token
from suprsend_hub.store.workspaces import Workspace, find_workspace, insert_workspace, replace_secret


@dataclass(frozen=True, slots=True)
class NewWorkspace:
    """A workspace just made, with credentials that can be shown only this once."""

    workspace: Workspace
    public_key: str
    api_key: str = field(repr=False)
    service_token: str = field(repr=False)


async def create_workspace(pool: Pool, vault: Vault, name: str, actor: Actor = COMMAND_LINE) -> NewWorkspace:
    """Make a workspace with a public key, an API key and a service token; its name must be new."""

    async def work(connection: Connection) -> NewWorkspace:
        made = await _insert(connection, vault, name, actor)
        workspace = replace(made, inbox_secret=await ensure_inbox_secret(connection, vault, made))
        public_key = await create_public_key(connection, made.id, "first", is_default=True)
        api_key = await create_api_key(connection, made.id, "first")
        service_token, token_name = make_service_token(), f"made with workspace {name}"
        await insert_service_token(connection, token_name, service_token, actor.described)
        await actor.note(connection, Act("made service token", token_name))
        return NewWorkspace(workspace, public_key.key, api_key, service_token)

    return await transact(pool, work)


async def add_workspace(pool: Pool, vault: Vault, name: str, actor: Actor) -> Workspace:
    """Make a workspace for somebody who has a service token already; its name must be new."""

    async def work(connection: Connection) -> Workspace:
        return await _insert(connection, vault, name, actor)

    return await transact(pool, work)


async def _insert(connection: Connection, vault: Vault, name: str, actor: Actor) -> Workspace:
    if (
        not name
        or len(name) > 64
        or not all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in name)
    ):
        raise Invalid("name", f"{name[:80]!r} is not a workspace name: use 1 to 64 letters, digits, - and _")
    if await find_workspace(connection, vault, name) is not None:
        raise Invalid("name", f"there is a workspace {name!r} already")
    made = await insert_workspace(
        connection,
        vault,
        name,
        uid=secrets.token_urlsafe(16),
        key=secrets.token_urlsafe(24),
        secret=make_secret(),
    )
    await actor.within(made.id).note(connection, Act("made workspace", name))
    return made


def make_secret() -> str:
    """A fresh workspace secret."""
    return f"SS.WSS.{secrets.token_urlsafe(32)}"


async def rotate_secret(
    pool: Pool, vault: Vault, name: str, previous_until: datetime, along: Along = nothing_along
) -> str:
    """Give a workspace a new secret and return it; the old one works until `previous_until`."""
    secret = make_secret()

    async def work(connection: Connection) -> None:
        workspace = await find_workspace(connection, vault, name)
        if workspace is None:
            raise NotFound(f"there is no workspace {name!r}; see: suprsend-hub workspace list")
        await replace_secret(connection, vault, workspace, secret, previous_until)
        await along(connection)

    await transact(pool, work)
    return secret
