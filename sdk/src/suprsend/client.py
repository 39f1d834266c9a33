"""The two clients: each obeys the steps of an operation, one by waiting and one by awaiting."""

from __future__ import annotations

import asyncio
import time
from asyncio import Task
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, Unpack, assert_never

from suprsend.errors import SuprsendConfigError, TransportError
from suprsend.journal import log_exchange, warn_of_unknown
from suprsend.protocol import Answer, Concurrently, Request, Send, Sleep, Steps
from suprsend.settings import Options, Settings, read_settings, with_api_key, with_secret
from suprsend.signing import Credentials
from suprsend.surface import Surface
from suprsend.transport import AsyncTransport, PooledTransport, Transport

T = TypeVar("T")


def _sign(send: Send, settings: Settings) -> Request:
    now = settings.policy.clock()
    headers = settings.credentials.headers(send.method, send.target, send.body, now)
    headers["User-Agent"] = settings.user_agent
    return Request(send.method, settings.origin, send.target, headers, send.body, send.timeout)


class Suprsend(Surface):
    """The client of the platform: thread-safe, fork-safe, one pool of connections.

    `debug` logs every request to the logger `suprsend`, secrets masked. `transport` replaces the connections (see
    `suprsend.testing`). The other options are those of `suprsend.settings.Options`. Raises SuprsendConfigError,
    which says what is missing or malformed.

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
        transport: Transport | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._open(with_secret(workspace_key, workspace_secret), base_url, debug, transport, options)

    @classmethod
    def with_workspace_api_key(
        cls,
        workspace_uid: str,
        api_key: str,
        base_url: str | None = None,
        debug: bool = False,
        *,
        transport: Transport | None = None,
        **options: Unpack[Options],
    ) -> Self:
        """Return a client that sends an API key instead of signing; the arguments and errors are the class's own.

        client = Suprsend.with_workspace_api_key("workspace uid", "api key")
        """
        client = cls.__new__(cls)
        client._open(with_api_key(workspace_uid, api_key), base_url, debug, transport, options)
        return client

    def _open(
        self,
        workspace: tuple[str, Credentials],
        base_url: str | None,
        debug: bool,
        transport: Transport | None,
        options: Options,
    ) -> None:
        warn_of_unknown(options, Options.__annotations__)
        self.settings = read_settings(*workspace, base_url, debug=debug, options=options)
        self._pool: PooledTransport | None = None
        if transport is None:
            transport = self._pool = PooledTransport(self.settings.origin, self.settings.connect_timeout)
        self._transport = transport

    def perform(self, steps: Steps[T], /) -> T:
        """Obey the steps of an operation, waiting where they say so, and return its value."""
        answer: Answer | None = None
        try:
            while True:
                match steps.send(answer):
                    case Send() as send:
                        request = _sign(send, self.settings)
                        try:
                            answer = self._transport.send(request)
                        except TransportError as fault:
                            answer = fault
                        if self.settings.debug:
                            log_exchange(request, answer)
                    case Sleep(seconds):
                        time.sleep(seconds)
                        answer = None
                    case Concurrently() as many:
                        self._perform_all(many)
                        answer = None
                    case unreachable:
                        assert_never(unreachable)
        except StopIteration as finished:
            value: T = finished.value
            return value

    def _perform_all(self, many: Concurrently) -> None:
        if many.width == 1:
            for steps in many.series:
                many.done(self.perform(steps))
            return
        threads = ThreadPoolExecutor(many.width, thread_name_prefix="suprsend")
        waiting: set[Future[Any]] = set()
        try:
            for steps in many.series:
                waiting.add(threads.submit(self.perform, steps))
                if len(waiting) == many.width:
                    waiting = _hand_over(waiting, many)
            while waiting:
                waiting = _hand_over(waiting, many)
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

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


def _hand_over(waiting: set[Future[Any]], many: Concurrently) -> set[Future[Any]]:
    ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
    for future in ended:
        many.done(future.result())
    return waiting


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
        transport: AsyncTransport | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._open(with_secret(workspace_key, workspace_secret), base_url, debug, transport, options)

    @classmethod
    def with_workspace_api_key(
        cls,
        workspace_uid: str,
        api_key: str,
        base_url: str | None = None,
        debug: bool = False,
        *,
        transport: AsyncTransport | None = None,
        **options: Unpack[Options],
    ) -> Self:
        """Return a client that sends an API key instead of signing; the arguments and errors are the class's own.

        client = AsyncSuprsend.with_workspace_api_key("workspace uid", "api key")
        """
        client = cls.__new__(cls)
        client._open(with_api_key(workspace_uid, api_key), base_url, debug, transport, options)
        return client

    def _open(
        self,
        workspace: tuple[str, Credentials],
        base_url: str | None,
        debug: bool,
        transport: AsyncTransport | None,
        options: Options,
    ) -> None:
        warn_of_unknown(options, Options.__annotations__)
        self.settings = read_settings(*workspace, base_url, debug=debug, options=options)
        self._pool: ClosableTransport | None = None
        if transport is None:
            transport = self._pool = _open_aiohttp(self.settings.origin, self.settings.connect_timeout)
        self._transport = transport

    async def perform(self, steps: Steps[T], /) -> T:
        """Obey the steps of an operation, awaiting where they say so, and return its value."""
        answer: Answer | None = None
        try:
            while True:
                match steps.send(answer):
                    case Send() as send:
                        request = _sign(send, self.settings)
                        try:
                            answer = await self._transport.send(request)
                        except TransportError as fault:
                            answer = fault
                        if self.settings.debug:
                            log_exchange(request, answer)
                    case Sleep(seconds):
                        await asyncio.sleep(seconds)
                        answer = None
                    case Concurrently() as many:
                        await self._perform_all(many)
                        answer = None
                    case unreachable:
                        assert_never(unreachable)
        except StopIteration as finished:
            value: T = finished.value
            return value

    async def _perform_all(self, many: Concurrently) -> None:
        waiting: set[Task[Any]] = set()
        try:
            for steps in many.series:
                waiting.add(asyncio.create_task(self.perform(steps)))
                if len(waiting) == many.width:
                    waiting = await _await_some(waiting, many)
            while waiting:
                waiting = await _await_some(waiting, many)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

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


async def _await_some(waiting: set[Task[Any]], many: Concurrently) -> set[Task[Any]]:
    ended, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in ended:
        many.done(task.result())
    return waiting


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
