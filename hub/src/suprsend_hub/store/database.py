"""Connections to PostgreSQL, and transactions that are tried again when they collide."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias, TypeVar

import asyncpg

T = TypeVar("T")

Record: TypeAlias = asyncpg.Record
Connection: TypeAlias = "asyncpg.Connection[Record] | asyncpg.pool.PoolConnectionProxy[Record]"
Pool: TypeAlias = "asyncpg.Pool[Record]"

STATEMENT_TIMEOUT_SECONDS = 30
_TRIES = 6


async def open_pool(database_url: str, *, most: int = 16, application_name: str = "suprsend-hub") -> Pool:
    """A pool whose every statement is bounded in time and whose times are UTC.

    Whoever changes what outlives a transaction (`set`, `listen`, a lock of the session) undoes it before they let go.
    """
    return await asyncpg.create_pool(
        database_url,
        min_size=1,
        max_size=most,
        reset=_leave_as_it_is,
        command_timeout=STATEMENT_TIMEOUT_SECONDS + 5,
        server_settings={
            "application_name": application_name,
            "statement_timeout": f"{STATEMENT_TIMEOUT_SECONDS}s",
            "idle_in_transaction_session_timeout": f"{STATEMENT_TIMEOUT_SECONDS}s",
            "timezone": "UTC",
            # The statements here are short; compiling them costs more than it saves.
            "jit": "off",
        },
    )


async def _leave_as_it_is(_: Connection) -> None:
    """Nothing has to be undone for the next one: settings, cursors and locks here end with their transactions.

    An open transaction is ended all the same. To have the server reset everything is one more round trip each time.
    """


def is_outage(error: BaseException) -> bool:
    """Whether an error says that the database is gone for the moment, rather than that a statement is wrong."""
    return isinstance(
        error,
        OSError
        | TimeoutError
        | asyncpg.PostgresConnectionError
        | asyncpg.CannotConnectNowError
        | asyncpg.AdminShutdownError
        | asyncpg.CrashShutdownError
        # No room on the disk, no memory, no connection left.
        | asyncpg.InsufficientResourcesError
        # What a server says that was restored, renamed, failed over or closed for maintenance.
        | asyncpg.InvalidAuthorizationSpecificationError
        | asyncpg.InvalidCatalogNameError
        | asyncpg.ObjectNotInPrerequisiteStateError
        | asyncpg.ReadOnlySQLTransactionError
        | asyncpg.InterfaceError
        | asyncpg.InternalClientError,
    )


def count_changed(done: str) -> int:
    """How many rows a statement changed, by what PostgreSQL said of it, such as `UPDATE 3`."""
    return int(done.split()[-1])


async def transact(pool: Pool, work: Callable[[Connection], Awaitable[T]], *, patience_seconds: float = 0) -> T:
    """Run `work` in one transaction.

    On a deadlock, which only others can see coming, it runs again; while the database is gone, or a table is held for
    longer than a statement may take, for as long as `patience_seconds`.
    """
    collisions = 0
    give_up_at = asyncio.get_running_loop().time() + patience_seconds
    while True:
        try:
            return await _run_in_transaction(pool, work)
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            collisions += 1
            if collisions == _TRIES:
                raise
            await asyncio.sleep(random.uniform(0, 0.02 * 2**collisions))  # noqa: S311 - jitter, not a secret
        except Exception as error:
            is_over = asyncio.get_running_loop().time() > give_up_at
            if is_over or not (is_outage(error) or isinstance(error, asyncpg.QueryCanceledError)):
                raise
            await asyncio.sleep(random.uniform(0.1, 0.5))  # noqa: S311 - jitter, not a secret


async def _run_in_transaction(pool: Pool, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Run `work` in one transaction, on a connection that lives.

    When the server restarts, all that lie in the pool die. It takes a moment until they are known to be closed; whoever
    is given one until then begins with another, for nothing was done on it.
    """
    dead = 0
    while True:
        has_begun = False
        async with pool.acquire() as connection:
            try:
                async with connection.transaction():
                    has_begun = True
                    return await work(connection)
            except Exception as error:
                dead += 1
                if has_begun or dead > pool.get_max_size() or not is_outage(error) or isinstance(error, TimeoutError):
                    raise
                # A pool has taken back by itself what it knows to be closed.
                with suppress(asyncpg.InterfaceError):
                    connection.terminate()
