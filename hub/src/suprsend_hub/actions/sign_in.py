"""Signing in to the console and out of it."""

import math
import secrets

from suprsend_hub.actions.audit import Act, Actor
from suprsend_hub.actions.passwords import NOBODYS_HASH, is_password
from suprsend_hub.domain.fault import TooManyRequests, Unauthenticated
from suprsend_hub.store.console_sessions import delete_session, insert_session
from suprsend_hub.store.console_users import read_password_hash
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.sign_in_failures import count_tries, take_back_try

# Failures within a quarter of an hour: of one account from one address, from one address, and of one account.
MOST_OF_PAIR, MOST_OF_ADDRESS, MOST_OF_ACCOUNT = 5, 50, 100


async def sign_in(pool: Pool, name: str, password: str, address: str, former_token: str | None) -> str:
    """The token of a new session; the former one of this browser ends.

    Raises Unauthenticated, without saying whether there is such a name, or TooManyRequests after too many failures.
    """
    account = name.strip().lower()
    pair = f"pair\n{account}\n{address}"
    limits = {pair: MOST_OF_PAIR, f"address\n{address}": MOST_OF_ADDRESS, f"account\n{account}": MOST_OF_ACCOUNT}
    await _admit(pool, limits)
    async with pool.acquire() as connection:
        found = await read_password_hash(connection, account)
    is_right = await is_password(password, found[1] if found else NOBODYS_HASH)
    if found is None or not is_right:
        raise Unauthenticated("the name or the password is not right")
    user_id, _ = found
    token = secrets.token_urlsafe(32)

    async def work(connection: Connection) -> None:
        await take_back_try(connection, [*limits], forgiven=pair)
        if former_token:
            await delete_session(connection, former_token)
        await insert_session(connection, user_id, token)
        await Actor(user_id, account).note(connection, Act("signed in", account, {"address": address}))

    await transact(pool, work)
    return token


async def sign_out(pool: Pool, token: str, actor: Actor) -> None:
    """End a session."""

    async def work(connection: Connection) -> None:
        await delete_session(connection, token)
        await actor.note(connection, Act("signed out", actor.name))

    await transact(pool, work)


async def _admit(pool: Pool, limits: dict[str, int]) -> None:
    """Count the try before it is made, so that tries at the same time count as well."""
    failures = await transact(pool, lambda connection: count_tries(connection, [*limits]))
    waits = [failures[purse].seconds_left for purse, most in limits.items() if failures[purse].count > most]
    if waits:
        seconds = max(1, math.ceil(max(waits)))
        minutes = math.ceil(seconds / 60)
        raise TooManyRequests(f"signing in failed too often; try again in {minutes} minutes", seconds)
