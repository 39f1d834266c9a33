"""Fixtures: a real local server, and each client behind one way of calling it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import pytest
from suprsend import AsyncSuprsend, Suprsend

from sdk.tests.local_server import LocalServer, running

T = TypeVar("T")

KEY = "ws_key_0123456789abcdefgh"
SECRET = "ws_secret_abc"


@dataclass(slots=True)
class App:
    """A program that uses one of the two clients; `run` gives the value of a call of either."""

    kind: Literal["sync", "async"]
    server: LocalServer
    loop: asyncio.Runner = field(default_factory=asyncio.Runner)
    clients: list[Suprsend | AsyncSuprsend] = field(default_factory=list)

    def connect(self, base_url: str | None = None, **options: Any) -> Suprsend | AsyncSuprsend:
        """Build a client of this kind."""
        build = Suprsend if self.kind == "sync" else AsyncSuprsend
        client = build(KEY, SECRET, base_url=base_url or self.server.origin, **options)
        self.clients.append(client)
        return client

    def run(self, value: T | Coroutine[Any, Any, T]) -> T:
        """Return what a call returns, awaiting it if it is a coroutine."""
        if isinstance(value, Coroutine):
            result: T = self.loop.run(value)
            return result
        return value

    def close(self) -> None:
        """Close every client, and the loop."""
        for client in self.clients:
            self.run(client.close())
        self.loop.close()


@pytest.fixture
def server() -> Iterator[LocalServer]:
    """Run a local HTTP server."""
    with running() as local:
        yield local


@pytest.fixture(params=["sync", "async"])
def app(request: pytest.FixtureRequest, server: LocalServer) -> Iterator[App]:
    """Give a program for each client in turn."""
    program = App(request.param, server)
    yield program
    program.close()
