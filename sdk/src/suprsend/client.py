"""The two clients: each obeys the steps of an operation, one by waiting and one by awaiting."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import Protocol, Self, TypeVar, assert_never

from suprsend.errors import SuprsendConfigError, TransportError
from suprsend.journal import log_exchange, warn_of_unknown
from suprsend.protocol import Answer, Request, Send, Sleep, Steps
from suprsend.settings import USER_AGENT, Settings, read_settings
from suprsend.surface import Surface
from suprsend.transport import AsyncTransport, PooledTransport, Transport

T = TypeVar("T")


def _sign(send: Send, settings: Settings) -> Request:
    now = settings.policy.clock()
    headers = settings.credentials.headers(send.method, send.target, send.body, now)
    headers["User-Agent"] = USER_AGENT
    return Request(send.method, settings.origin, send.target, headers, send.body, send.timeout)


class Suprsend(Surface):
    """The client of the platform: thread-safe, fork-safe, one pool of connections.

    `timeout` bounds each call in seconds, retries included; `connect_timeout` each attempt to connect.
    Up to `max_retries` further attempts are made, only where that cannot send twice. `debug` logs every
    request to the logger `suprsend`. `transport` replaces the connections (see `suprsend.testing`).
    Raises SuprsendConfigError, which says what is missing or malformed.

        with Suprsend("workspace key", "workspace secret") as client:
            client.track("user-1", "ORDER_PLACED", {"amount": 10})
    """

    def __init__(
        self,
        workspace_key: str,
        workspace_secret: str,
        base_url: str | None = None,
        debug: bool = False,
        *,
        is_uat: bool = False,
        timeout: float = 30.0,
        connect_timeout: float = 5.0,
        max_retries: int = 2,
        transport: Transport | None = None,
        **unknown: object,
    ) -> None:
        warn_of_unknown(unknown)
        self.settings = read_settings(
            workspace_key,
            workspace_secret,
            base_url,
            is_uat=is_uat,
            debug=debug,
            timeout=timeout,
            connect_timeout=connect_timeout,
            max_retries=max_retries,
        )
        self._pool: PooledTransport | None = None
        if transport is None:
            transport = self._pool = PooledTransport(self.settings.origin, connect_timeout)
        self._send = transport.send

    def perform(self, steps: Steps[T], /) -> T:
        """Obey the steps of an operation, waiting where they say so, and return its value."""
        answer: Answer | None = None
        try:
            while True:
                match steps.send(answer):
                    case Send() as send:
                        request = _sign(send, self.settings)
                        try:
                            answer = self._send(request)
                        except TransportError as fault:
                            answer = fault
                        if self.settings.debug:
                            log_exchange(request, answer)
                    case Sleep(seconds):
                        time.sleep(seconds)
                        answer = None
                    case unreachable:
                        assert_never(unreachable)
        except StopIteration as finished:
            value: T = finished.value
            return value

    def close(self) -> None:
        """Close the pooled connections; a transport of your own stays open."""
        if self._pool is not None:
            self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncSuprsend(Surface):
    """The client of the platform for asyncio: the same names as `Suprsend`, each call awaited.

    Arguments and errors are those of `Suprsend`. It needs the extra `suprsend[async]`, unless `transport` is
    given.

        async with AsyncSuprsend("workspace key", "workspace secret") as client:
            await client.track("user-1", "ORDER_PLACED", {"amount": 10})
    """

    def __init__(
        self,
        workspace_key: str,
        workspace_secret: str,
        base_url: str | None = None,
        debug: bool = False,
        *,
        is_uat: bool = False,
        timeout: float = 30.0,
        connect_timeout: float = 5.0,
        max_retries: int = 2,
        transport: AsyncTransport | None = None,
        **unknown: object,
    ) -> None:
        warn_of_unknown(unknown)
        self.settings = read_settings(
            workspace_key,
            workspace_secret,
            base_url,
            is_uat=is_uat,
            debug=debug,
            timeout=timeout,
            connect_timeout=connect_timeout,
            max_retries=max_retries,
        )
        self._pool: ClosableTransport | None = None
        if transport is None:
            transport = self._pool = _open_aiohttp(self.settings.origin, connect_timeout)
        self._send = transport.send

    async def perform(self, steps: Steps[T], /) -> T:
        """Obey the steps of an operation, awaiting where they say so, and return its value."""
        answer: Answer | None = None
        try:
            while True:
                match steps.send(answer):
                    case Send() as send:
                        request = _sign(send, self.settings)
                        try:
                            answer = await self._send(request)
                        except TransportError as fault:
                            answer = fault
                        if self.settings.debug:
                            log_exchange(request, answer)
                    case Sleep(seconds):
                        await asyncio.sleep(seconds)
                        answer = None
                    case unreachable:
                        assert_never(unreachable)
        except StopIteration as finished:
            value: T = finished.value
            return value

    async def aclose(self) -> None:
        """Close the pooled connections; a transport of your own stays open."""
        if self._pool is not None:
            await self._pool.close()

    close = aclose

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class ClosableTransport(AsyncTransport, Protocol):
    """An async transport that this package opened and closes."""

    async def close(self) -> None:
        """Close every connection."""
        ...


def _open_aiohttp(origin: str, connect_timeout: float) -> ClosableTransport:
    try:
        # Imported here because aiohttp is an extra, and costs a synchronous program 0.2 s of start-up.
        from suprsend.aiohttp_transport import AiohttpTransport
    except ImportError as missing:
        raise SuprsendConfigError("AsyncSuprsend needs aiohttp: pip install 'suprsend[async]'") from missing
    return AiohttpTransport(origin, connect_timeout)
