"""Fixtures: one PostgreSQL a session, a fresh database a test, and the real application on a real socket."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest
from pyreqwest.client import Client, ClientBuilder
from suprsend_hub.actions.create_workspace import NewWorkspace, create_workspace
from suprsend_hub.config import Settings
from suprsend_hub.embedded import DEFAULT_OPTIONS, EmbeddedDatabase
from suprsend_hub.hub import Hub, open_hub
from suprsend_hub.main import run_api
from suprsend_hub.store.database import Pool, open_pool
from suprsend_hub.store.migrating import migrate
from suprsend_hub.store.sealing import Vault, make_master_key
from suprsend_hub.store.workspaces import Workspace

# Tests throw their databases away: waiting for the disk would buy nothing. What the planner knows of a table changes
# where a test says so, not whenever the server finds the time.
THROWAWAY = {
    **DEFAULT_OPTIONS,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}
MIGRATED = "migrated"
PLENTY_OF_MEMORY_BYTES = 8 << 30


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply, read whole."""

    status_code: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass(frozen=True, slots=True)
class Api:
    """A client of the application under test."""

    client: Client
    base_url: str

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        sent = msgspec.json.encode(json) if json is not None else body
        request = self.client.request(method, self.base_url + path)
        if sent is not None:
            request = request.header("Content-Type", "application/json").body_bytes(sent)
        for name, value in (headers or {}).items():
            request = request.header(name, value)
        answer = await request.build().send()
        return Reply(
            answer.status,
            {name.lower(): value for name, value in answer.headers.items()},
            bytes(await answer.bytes()),
        )


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """A PostgreSQL with a migrated database to copy; gives a URL with %s for the database's name."""
    folder = Path(tempfile.mkdtemp(prefix="hub-tests-", dir=_find_memory()))
    folder.chmod(0o755)
    server = EmbeddedDatabase(folder, THROWAWAY)
    url = asyncio.run(server.__aenter__())
    try:
        pattern = url.replace("/postgres?", "/%s?").replace("%2F", "%%2F")
        asyncio.run(_make_migrated(url, pattern % MIGRATED))
        yield pattern
    finally:
        asyncio.run(server.__aexit__(None, None, None))
        shutil.rmtree(folder, ignore_errors=True)


def _find_memory() -> Path | None:
    """Where files lie in memory, if there is plenty: to copy a database makes 700, in a twentieth of the time."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > PLENTY_OF_MEMORY_BYTES else None


async def _make_migrated(url: str, migrated_url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(f"create database {MIGRATED}")
    await connection.close()
    pool = await open_pool(migrated_url)
    await migrate(pool)
    await pool.close()


@asynccontextmanager
async def copied_database(database_server: str, original: str) -> AsyncIterator[str]:
    """The name of a new database that is a copy of another; it is dropped at the end."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(database_server % "postgres")
    # Nothing here outlives a crash, so the files are copied as they are instead of page by page through the log.
    await connection.execute(f"create database {name} template {original} strategy file_copy")
    yield name
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest.fixture
def original() -> str:
    """The database that each test has a copy of."""
    return MIGRATED


@pytest.fixture
async def database_url(database_server: str, original: str) -> AsyncIterator[str]:
    """A fresh, migrated database of this test's own."""
    async with copied_database(database_server, original) as name:
        yield database_server % name


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool of connections to the test's database."""
    pool = await open_pool(database_url)
    yield pool
    await pool.close()


@pytest.fixture
def master_key() -> str:
    """A master key of this test's own."""
    return make_master_key()


@pytest.fixture
def vault(master_key: str) -> Vault:
    """What seals secrets in this test."""
    return Vault(master_key)


@pytest.fixture
async def made(pool: Pool, vault: Vault) -> NewWorkspace:
    """A workspace with its credentials in clear."""
    return await create_workspace(pool, vault, "demo")


@pytest.fixture
def workspace(made: NewWorkspace) -> Workspace:
    """A stored workspace."""
    return made.workspace


@pytest.fixture
def service_headers(made: NewWorkspace) -> dict[str, str]:
    """Headers that open the management API."""
    return {"Authorization": f"ServiceToken {made.service_token}"}


@pytest.fixture
def key_headers(made: NewWorkspace) -> dict[str, str]:
    """Headers that open the workspace."""
    return {"Authorization": f"Bearer {made.api_key}"}


@pytest.fixture
def settings(database_url: str, master_key: str) -> Settings:
    """Settings for the test's database."""
    return Settings(database_url=database_url, master_key=master_key, port=0, heartbeat_seconds=2, private_urls=True)


@pytest.fixture
async def hub(settings: Settings) -> AsyncIterator[Hub]:
    """An open hub on the test's database."""
    async with open_hub(settings) as hub:
        yield hub


@pytest.fixture
async def api(hub: Hub) -> AsyncIterator[Api]:
    """A client of the real application, served on a real socket."""
    async with run_api(hub) as server, ClientBuilder().follow_redirects(False).build() as client:
        yield Api(client, f"http://127.0.0.1:{server.port}")
