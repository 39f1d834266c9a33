"""Connections that die: what a server's restart leaves in the pool, and what a transaction does about it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import asyncpg
import pytest
from suprsend_hub.store.database import Connection, Pool, open_pool, transact

SIZE = 8
TERMINATE = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'behind a relay'"


class Relay:
    """Stands between a pool and its server; it never says that the server has closed a connection.

    So the moment between the server's last words and the end of the connection lasts.
    """

    def __init__(self, server: Path) -> None:
        self._server = server
        self._answers: list[asyncio.Task[None]] = []
        self._relays: list[asyncio.Task[None]] = []

    def begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._relays.append(asyncio.create_task(self._relay(reader, writer)))

    def swallow_answers(self) -> None:
        """Let those that are connected now hear nothing more of the server; of its end they learn by speaking to it."""
        for answers in self._answers:
            answers.cancel()

    async def end(self) -> None:
        """Wait until all its clients have gone."""
        await asyncio.gather(*self._relays)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(self._server)
        self._answers.append(asyncio.create_task(_pass_on(from_server, writer)))
        await _pass_on(reader, to_server)
        for end in (to_server, writer):
            end.close()
            with suppress(ConnectionError):
                await end.wait_closed()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while heard := await reader.read(65536):
            writer.write(heard)
            await writer.drain()


@pytest.fixture
def relay(database_url: str) -> Relay:
    """A relay to the test's database."""
    folder = Path(parse_qs(urlsplit(database_url).query)["host"][0])
    (socket,) = folder.glob(".s.PGSQL.*[0-9]")
    return Relay(socket)


@pytest.fixture
async def relayed_pool(relay: Relay, database_url: str, tmp_path: Path) -> AsyncIterator[Pool]:
    """A pool that reaches the test's database through the relay."""
    async with await asyncio.start_unix_server(relay.begin, tmp_path / ".s.PGSQL.5432"):
        url = urlsplit(database_url)._replace(query=urlencode({"host": tmp_path})).geturl()
        pool = await open_pool(url, most=SIZE, application_name="behind a relay")
        yield pool
        pool.terminate()
        await relay.end()


async def say_one(connection: Connection) -> int:
    return int(await connection.fetchval("select 1"))


async def fill(pool: Pool) -> None:
    await asyncio.gather(*(pool.fetchval("select pg_sleep(0.2)") for _ in range(SIZE)))
    assert pool.get_idle_size() == SIZE


async def end_all(pool: Pool) -> None:
    """End all connections through the relay at the server, and give its last words the time to arrive."""
    assert len(await pool.fetch(TERMINATE)) == SIZE
    await asyncio.sleep(0.2)


async def test_connections_that_are_known_to_have_died_in_the_pool_are_replaced(pool: Pool, relayed_pool: Pool) -> None:
    await fill(relayed_pool)
    await end_all(pool)
    with pytest.raises(asyncpg.InternalClientError):
        await relayed_pool.fetchval("select 1")
    assert await asyncio.gather(*(transact(relayed_pool, say_one) for _ in range(3 * SIZE))) == [1] * 3 * SIZE


async def test_connections_that_died_in_the_pool_unheard_are_replaced(
    pool: Pool, relayed_pool: Pool, relay: Relay
) -> None:
    await fill(relayed_pool)
    relay.swallow_answers()
    await end_all(pool)
    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await relayed_pool.fetchval("select 1")
    assert await asyncio.gather(*(transact(relayed_pool, say_one) for _ in range(3 * SIZE))) == [1] * 3 * SIZE


async def test_what_fails_once_it_has_begun_is_not_begun_again(pool: Pool, relayed_pool: Pool) -> None:
    begun = 0

    async def lose_the_server(connection: Connection) -> int:
        nonlocal begun
        begun += 1
        await pool.execute(TERMINATE)
        return await say_one(connection)

    with pytest.raises(asyncpg.InterfaceError, match="connection is closed"):
        await transact(relayed_pool, lose_the_server)
    assert begun == 1
