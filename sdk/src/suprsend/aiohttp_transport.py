"""The async client's pooled connections; needs the extra `suprsend[async]`."""

from __future__ import annotations

import asyncio
import os
from asyncio import AbstractEventLoop
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

from suprsend.errors import AnswerLost, AnswerTooBig, ConnectionNotMade, SecureChannelRefused, SuprsendError
from suprsend.protocol import Request, Response
from suprsend.transport import ANSWER_LIMIT, find_proxy

CONNECTIONS = 100


@lru_cache(maxsize=64)
def _url(origin: str, target: str) -> URL:
    return URL(origin + target, encoded=True)


@lru_cache(maxsize=16)
def _timeout(total: float, connect: float) -> ClientTimeout:
    return ClientTimeout(total=total, sock_connect=connect)


class AiohttpTransport:
    """Keeps connections open in aiohttp; each event loop and each forked child gets its own.

    Close it before its event loop ends, or aiohttp complains of connections left open.
    """

    def __init__(self, origin: str, connect_timeout: float) -> None:
        proxy = find_proxy(origin)
        self._origin = origin
        self._connect_timeout = connect_timeout
        self._proxy = URL(proxy.url) if proxy else None
        self._is_closed = False
        self._process = os.getpid()
        self._loop: AbstractEventLoop | None = None
        self._session: ClientSession | None = None
        self._inherited: ClientSession | None = None

    async def send(self, request: Request, /) -> Response:
        """Send a request; raise a TransportError if no answer comes."""
        session = self._session_here()
        try:
            async with session.request(
                request.method,
                _url(request.origin, request.target),
                data=request.body or None,
                headers=request.headers,
                allow_redirects=False,
                proxy=self._proxy,
                timeout=_timeout(request.timeout, self._connect_timeout),
            ) as answer:
                return Response(answer.status, answer.headers, await _read_body(answer))
        except ClientSSLError as fault:
            raise SecureChannelRefused(f"no secure connection to {self._origin}: {fault}") from fault
        except (ClientConnectorError, ConnectionTimeoutError, ClientHttpProxyError) as fault:
            raise ConnectionNotMade(f"no connection to {self._origin}: {fault}") from fault
        except TimeoutError as fault:
            raise AnswerLost(f"no answer from {self._origin}: none within {request.timeout:g} s") from fault
        except (ClientError, OSError) as fault:
            raise AnswerLost(f"no answer from {self._origin}: {fault}") from fault

    async def close(self) -> None:
        """Close every connection."""
        self._is_closed = True
        is_here = self._loop is asyncio.get_running_loop() and self._process == os.getpid()
        if self._session is not None and is_here:
            await self._session.close()

    def _session_here(self) -> ClientSession:
        if self._is_closed:
            raise SuprsendError("this client is closed")
        loop = asyncio.get_running_loop()
        is_own_process = self._process == os.getpid()
        if self._session is not None and self._loop is loop and is_own_process:
            return self._session
        if not is_own_process:
            # Freeing a session that the parent still uses would take its sockets out of the shared epoll set.
            self._inherited = self._session
        self._session = ClientSession(connector=TCPConnector(limit=CONNECTIONS), cookie_jar=DummyCookieJar())
        self._loop = loop
        self._process = os.getpid()
        return self._session


async def _read_body(answer: ClientResponse) -> bytes:
    if answer.content_length is not None and answer.content_length <= ANSWER_LIMIT:
        return await answer.read()
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > ANSWER_LIMIT:
            raise AnswerTooBig(f"the answer is larger than {ANSWER_LIMIT} bytes")
    return bytes(body)
