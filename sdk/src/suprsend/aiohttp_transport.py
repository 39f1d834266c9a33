"""The async client's pooled connections; needs the extra `suprsend[async]`."""

from __future__ import annotations

import asyncio
import os
from asyncio import AbstractEventLoop
from dataclasses import dataclass
from functools import lru_cache

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientHttpProxyError,
    ClientResponse,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    TCPConnector,
)
from yarl import URL

from suprsend.deadlines import Deadlines
from suprsend.errors import AnswerLost, AnswerTooBig, ConnectionNotMade, SecureChannelRefused, SuprsendError
from suprsend.protocol import Request, Response
from suprsend.transport import ANSWER_LIMIT, find_proxy
from suprsend.trust import trusted

CONNECTIONS = 100


@lru_cache(maxsize=64)
def _url(origin: str, target: str) -> URL:
    return URL(origin + target, encoded=True)


@dataclass(frozen=True, slots=True)
class _Local:
    loop: AbstractEventLoop
    process: int
    session: ClientSession
    deadlines: Deadlines

    def is_here(self, loop: AbstractEventLoop) -> bool:
        return self.loop is loop and self.process == os.getpid()


class AiohttpTransport:
    """Keeps connections open in aiohttp; each event loop and each forked child gets its own.

    Close it before its event loop ends, or aiohttp complains of connections left open.
    """

    def __init__(self, origin: str, connect_timeout: float) -> None:
        proxy = find_proxy(origin)
        self._origin = origin
        self._timeout = ClientTimeout(total=None, sock_connect=connect_timeout)
        self._proxy = URL(proxy.url) if proxy else None
        self._trusted = trusted(origin) or True
        self._is_closed = False
        self._local: _Local | None = None
        self._inherited: _Local | None = None

    async def send(self, request: Request, /) -> Response:
        """Send a request; raise a TransportError if no answer comes."""
        local = self._open_here()
        task = asyncio.current_task()
        if task is None:
            raise SuprsendError("an async client is used from a task of asyncio")
        is_late = False
        local.deadlines.begin(task, request.timeout)
        try:
            try:
                return await self._exchange(local.session, request)
            finally:
                is_late = local.deadlines.finish(task)
        except asyncio.CancelledError:
            if is_late:
                raise AnswerLost(f"no answer from {self._origin}: none within {request.timeout:g} s") from None
            raise

    async def close(self) -> None:
        """Close every connection."""
        self._is_closed = True
        if self._local is not None and self._local.is_here(asyncio.get_running_loop()):
            self._local.deadlines.close()
            await self._local.session.close()

    async def _exchange(self, session: ClientSession, request: Request) -> Response:
        try:
            answer = await session.request(
                request.method,
                _url(request.origin, request.target),
                data=request.body or None,
                headers=request.headers,
                allow_redirects=False,
                proxy=self._proxy,
                timeout=self._timeout,
            )
            try:
                return Response(answer.status, answer.headers, await _read_body(answer))
            except BaseException:
                answer.close()
                raise
        except ClientSSLError as fault:
            raise SecureChannelRefused(f"no secure connection to {self._origin}: {fault}") from fault
        except (ClientConnectorError, ConnectionTimeoutError, ClientHttpProxyError) as fault:
            raise ConnectionNotMade(f"no connection to {self._origin}: {fault}") from fault
        except (ClientError, OSError) as fault:
            raise AnswerLost(f"no answer from {self._origin}: {fault}") from fault

    def _open_here(self) -> _Local:
        if self._is_closed:
            raise SuprsendError("this client is closed")
        loop = asyncio.get_running_loop()
        local = self._local
        if local is not None and local.is_here(loop):
            return local
        if local is not None and local.process != os.getpid():
            # Freeing a session that the parent still uses would take its sockets out of the shared epoll set.
            self._inherited = local
        session = ClientSession(
            connector=TCPConnector(limit=CONNECTIONS, ssl=self._trusted),
            cookie_jar=DummyCookieJar(),
            timeout=self._timeout,
        )
        self._local = _Local(loop, os.getpid(), session, Deadlines(loop))
        return self._local


async def _read_body(answer: ClientResponse) -> bytes:
    if answer.content_length is not None and answer.content_length <= ANSWER_LIMIT:
        return await answer.read()
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > ANSWER_LIMIT:
            raise AnswerTooBig(f"the answer is larger than {ANSWER_LIMIT} bytes")
    return bytes(body)
