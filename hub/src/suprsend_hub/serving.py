"""Serving the application in this process's own event loop."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

from granian.constants import HTTPModes, Interfaces, TaskImpl
from granian.server.embed import Server

from suprsend_hub.domain.fault import Misconfigured


class HttpServer:
    """An HTTP server on `host` and `port`; port 0 takes a free one, which `port` then tells."""

    def __init__(self, application: Callable[..., Awaitable[Any]], host: str, port: int) -> None:
        self._application = application
        self._host = host
        self.port = port
        self._held: socket.socket | None = None
        self._serving: asyncio.Task[None] | None = None
        self._server: Server | None = None

    async def __aenter__(self) -> "HttpServer":
        """Listen; returns when connections are accepted."""
        self._hold_port()
        self._server = Server(
            self._application,
            address=self._host,
            port=self.port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            task_impl=TaskImpl.asyncio,
            backlog=1024,
            log_enabled=False,
        )
        self._serving = asyncio.create_task(self._server.serve())
        await self._until_listening()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop accepting, and finish what was begun."""
        if self._server is not None and self._serving is not None:
            self._server.stop()  # type: ignore[no-untyped-call]  # granian leaves it without annotations
            await asyncio.wait([self._serving], timeout=5)
        if self._held is not None:
            self._held.close()

    def _hold_port(self) -> None:
        # The server does not tell which free port it took. A socket that is bound but does not listen holds one
        # for it: the server shares it through SO_REUSEPORT, and nobody else can take it in between. A port that
        # was named is only tried, for a clear error: holding it would let a second hub share it unnoticed.
        self._held = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET)
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        is_free_one = self.port == 0
        if is_free_one:
            self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            self._held.bind((self._host, self.port))
        except OSError as error:
            raise Misconfigured(
                f"can't listen on {self._host}:{self.port}: {error.strerror}; choose another with --port"
            ) from None
        self.port = self._held.getsockname()[1]
        if not is_free_one:
            self._held.close()

    async def _until_listening(self) -> None:
        assert self._serving is not None, "called once it is being served"
        for _ in range(500):
            if self._serving.done():
                self._serving.result()
                break
            try:
                _, writer = await asyncio.open_connection(self._host, self.port)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.close()
            await writer.wait_closed()
            return
        raise Misconfigured(f"the HTTP server did not come up on {self._host}:{self.port}")
