"""Service tokens are made and ended, with a note of who did."""

import secrets

from suprsend_hub.actions.audit import Act, Actor
from suprsend_hub.actions.make_keys import read_key_name
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.service_tokens import delete_service_token, insert_service_token


async def create_service_token(pool: Pool, name: str, actor: Actor) -> str:
    """Make a service token and return it; it can't be shown again."""
    checked, token = read_key_name(name), make_service_token()

    async def work(connection: Connection) -> None:
        await insert_service_token(connection, checked, token, actor.described)
        await actor.note(connection, Act("made service token", checked))

    await transact(pool, work)
    return token


async def end_service_token(pool: Pool, token_id: int, actor: Actor) -> None:
    """A service token opens nothing any more; NotFound where there is none."""

    async def work(connection: Connection) -> None:
        name = await delete_service_token(connection, token_id)
        if name is None:
            raise NotFound(f"there is no service token {token_id}; it may have ended already")
        await actor.note(connection, Act("ended service token", name, {"number": token_id}))

    await transact(pool, work)


def make_service_token() -> str:
    """A fresh service token."""
    return f"SS.ST.{secrets.token_urlsafe(32)}"
