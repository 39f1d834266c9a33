"""Bringing a database to this version's tables: numbered SQL files, applied once, in order, forward only."""

import asyncio
import re
from dataclasses import dataclass
from importlib import resources

import asyncpg
from pgqueuer.domain.errors import PgqException

from suprsend_hub.store.database import Connection, Pool
from suprsend_hub.store.queue import queue_queries

# Any fixed number serves, as long as every process of every version uses the same.
_LOCK = 7_301_947
# A step may write a large table anew.
_LONGEST_SECONDS = 24 * 3600
# Whoever comes after somebody who waits for a table waits too: so a step waits briefly, and often.
_LOCK_TIMEOUT = "3s"
_LOCK_TRIES = 200
_NAME = re.compile(r"(\d{4})_[a-z_]+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step; `number` orders them."""

    number: int
    name: str
    sql: str


def migrations() -> list[Migration]:
    """All steps of this version, first to last."""
    folder = resources.files("suprsend_hub.store") / "migrations"
    found = [
        Migration(int(match[1]), entry.name, entry.read_text())
        for entry in folder.iterdir()
        if (match := _NAME.fullmatch(entry.name))
    ]
    return sorted(found, key=lambda each: each.number)


async def pending(pool: Pool) -> list[str]:
    """The names of the steps that this database lacks."""
    async with pool.acquire() as connection:
        return await _pending(connection)


async def migrate(pool: Pool) -> list[str]:
    """Apply what is pending and return its names; processes that try at once wait for one another."""
    async with pool.acquire() as connection:
        await connection.execute("set statement_timeout = 0")
        await connection.execute("select pg_advisory_lock($1)", _LOCK, timeout=_LONGEST_SECONDS)
        try:
            names = await _pending(connection)
            await _apply(connection)
        finally:
            await connection.execute("select pg_advisory_unlock($1)", _LOCK)
            await connection.execute("reset statement_timeout")
    return names


async def _pending(connection: Connection) -> list[str]:
    applied = await _applied(connection)
    names = [each.name for each in migrations() if each.number not in applied]
    return names if await _queue_is_current(connection) else [*names, "queue"]


async def _apply(connection: Connection) -> None:
    await connection.execute(
        "create table if not exists migration"
        " (number integer primary key, name text not null, applied_at timestamptz not null default now())"
    )
    applied = await _applied(connection)
    queue = queue_queries(connection)
    if not await queue.schema_is_installed():
        await queue.install()
        await queue.optimize_autovacuum()
    elif not await _queue_is_current(connection):
        await queue.apply_upgrade()
    for step in migrations():
        if step.number in applied:
            continue
        await _take(connection, step)


async def _take(connection: Connection, step: Migration) -> None:
    """Take one step, however long it takes; LockNotAvailableError where its tables are never free for it."""
    for tries_left in reversed(range(_LOCK_TRIES)):
        try:
            async with connection.transaction():
                await connection.execute(f"set local lock_timeout = '{_LOCK_TIMEOUT}'")
                await connection.execute(step.sql, timeout=_LONGEST_SECONDS)
                await connection.execute("insert into migration (number, name) values ($1, $2)", step.number, step.name)
                return
        except asyncpg.LockNotAvailableError:
            if not tries_left:
                raise
            await asyncio.sleep(1)


async def _applied(connection: Connection) -> set[int]:
    if await connection.fetchval("select to_regclass('migration')") is None:
        return set()
    return {row["number"] for row in await connection.fetch("select number from migration")}


async def _queue_is_current(connection: Connection) -> bool:
    queue = queue_queries(connection)
    if not await queue.schema_is_installed():
        return False
    try:
        return not (await queue.plan_upgrade()).statements
    except PgqException:
        return False
