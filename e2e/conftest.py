"""One hub in development mode for the tests that only use one, and a deployment of its own for those that run one."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from suprsend_hub.embedded import EmbeddedDatabase
from suprsend_hub.store.sealing import make_master_key

from e2e.compatibility.hub import a_hub
from e2e.running import Access, Deployment, a_folder, development_hub, execute


@pytest.fixture(scope="session")
def development() -> Iterator[tuple[Access, int]]:
    """A running hub in development mode, and the port of its SMTP server."""
    with a_folder() as folder, development_hub(folder) as (_, access, ready):
        yield access, ready["smtp_port"]


@pytest.fixture(scope="session")
def hub(development: tuple[Access, int]) -> Access:
    """A running hub in development mode."""
    return development[0]


@pytest.fixture(scope="session")
def smtp_port(development: tuple[Access, int]) -> int:
    """The SMTP server whose mails that hub's outbox shows."""
    return development[1]


@pytest.fixture(scope="session")
def operated_hub() -> Iterator[tuple[Access, Mapping[str, Any]]]:
    """A hub that official clients of every kind are pointed at, and all the keys that its operator has."""
    with a_hub() as operated:
        yield operated


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """A PostgreSQL as a user would have it; the URL of its first database."""
    with a_folder() as folder, asyncio.Runner() as runner:
        server = EmbeddedDatabase(folder)
        url = runner.run(server.__aenter__())
        try:
            yield url
        finally:
            runner.run(server.__aexit__(None, None, None))


@pytest.fixture
def deployment(database_server: str, tmp_path: Path) -> Deployment:
    """An empty database, and what the hub's processes have to know of it."""
    name = f"hub_{uuid4().hex}"
    asyncio.run(execute(database_server, f"create database {name}"))
    environment = {
        "HUB_DATABASE_URL": database_server.replace("/postgres?", f"/{name}?"),
        "HUB_MASTER_KEY": make_master_key(),
        "HUB_HEARTBEAT_SECONDS": "2",
        "HUB_LOG_JSON": "false",
    }
    return Deployment(tmp_path, environment)
