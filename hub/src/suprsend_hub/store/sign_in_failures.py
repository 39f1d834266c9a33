"""How often signing in failed lately, counted in the database's time for all processes together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from suprsend_hub.store.database import Connection
from suprsend_hub.store.sealing import digest

WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Failures:
    """How many there were in the window that ends in so many seconds."""

    count: int
    seconds_left: float


async def count_tries(connection: Connection, purses: list[str]) -> Mapping[str, Failures]:
    """Count a try in each purse as if it failed; what each holds now."""
    # One order everywhere, so that two that sign in at once never wait for one another in a ring.
    by_digest = {digest(each): each for each in purses}
    rows = await connection.fetch(
        "insert into sign_in_failure as f (purse, failures, since)"
        " select purse, 1, now() from unnest($1::bytea[]) as purse order by purse"
        " on conflict (purse) do update set"
        " failures = case when f.since <= now() - $2::interval then 1 else f.failures + 1 end,"
        " since = case when f.since <= now() - $2::interval then now() else f.since end"
        " returning purse, failures, extract(epoch from since + $2::interval - now())::float8 as seconds_left",
        sorted(by_digest),
        WINDOW,
    )
    return {by_digest[row["purse"]]: Failures(row["failures"], row["seconds_left"]) for row in rows}


async def take_back_try(connection: Connection, purses: list[str], forgiven: str) -> None:
    """Take back a try that did not fail; what `forgiven` held is forgotten."""
    await connection.execute(
        "update sign_in_failure set failures = greatest(0, failures - 1) where purse = any($1::bytea[])",
        sorted(digest(each) for each in purses),
    )
    await connection.execute("delete from sign_in_failure where purse = $1", digest(forgiven))


async def prune_failures(connection: Connection) -> None:
    """Forget what no longer counts."""
    await connection.execute("delete from sign_in_failure where since <= now() - $1::interval", WINDOW)
