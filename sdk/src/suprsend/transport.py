"""How a request reaches the server: the one-method contract, and the pooled connections used by default.

A transport of your own is any object with `send(request) -> Response` (a coroutine for the async client).
It raises `ConnectionNotMade` if nothing was sent and `AnswerLost` if the server may have acted. It must not
retry, follow redirects, or change the body, the target or the signed headers, and it must be thread-safe.
"""

from __future__ import annotations

import os
from ssl import SSLContext
from typing import Protocol
from urllib.request import getproxies, proxy_bypass

from urllib3 import HTTPConnectionPool, PoolManager, ProxyManager, Timeout, make_headers
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProxyError,
    SSLError,
)
from urllib3.response import BaseHTTPResponse
from urllib3.util import Url, parse_url

from suprsend.connection import PlainConnection, SecureConnection
from suprsend.encoding import KILOBYTE
from suprsend.errors import (
    AnswerLost,
    AnswerTooBig,
    ConnectionNotMade,
    SecureChannelRefused,
    SuprsendConfigError,
    SuprsendError,
)
from suprsend.protocol import Request, Response
from suprsend.trust import trusted

POOL_SIZE = 32
ANSWER_LIMIT = 16 * KILOBYTE * KILOBYTE


class Transport(Protocol):
    """Sends one request and returns the answer, blocking."""

    def send(self, request: Request, /) -> Response:
        """Send a request; raise a TransportError if no answer comes."""
        ...


class AsyncTransport(Protocol):
    """Sends one request and returns the answer, without blocking the event loop."""

    async def send(self, request: Request, /) -> Response:
        """Send a request; raise a TransportError if no answer comes."""
        ...


def find_proxy(origin: str) -> Url | None:
    """Return the proxy that the environment names for this origin, if any."""
    server = parse_url(origin)
    if proxy_bypass(server.host or ""):
        return None
    proxies = getproxies()
    address = proxies.get(server.scheme or "", proxies.get("all"))
    if not address:
        return None
    proxy = parse_url(address if "://" in address else f"http://{address}")
    if proxy.scheme not in ("http", "https"):
        raise SuprsendConfigError(f"the environment names a {proxy.scheme} proxy; only http and https are supported")
    return proxy


class PooledTransport:
    """Keeps connections to one origin open in urllib3; a forked child makes its own."""

    def __init__(self, origin: str, connect_timeout: float) -> None:
        self._origin = origin
        self._connect_timeout = connect_timeout
        self._is_closed = False
        self._process = os.getpid()
        self._trusted = trusted(origin)
        self._pool, self._target_prefix = _open_pool(origin, self._trusted)

    def send(self, request: Request, /) -> Response:
        """Send a request; raise a TransportError if no answer comes."""
        if self._is_closed:
            raise SuprsendError("this client is closed")
        if self._process != os.getpid():
            self._pool, self._target_prefix = _open_pool(self._origin, self._trusted)
            self._process = os.getpid()
        timeout = Timeout(total=request.timeout, connect=min(self._connect_timeout, request.timeout))
        try:
            answer = self._pool.urlopen(
                request.method,
                self._target_prefix + request.target,
                body=request.body or None,
                headers=request.headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                timeout=timeout,
            )
            return Response(answer.status, answer.headers, _read_body(answer))
        except (NewConnectionError, ConnectTimeoutError, ProxyError) as fault:
            raise ConnectionNotMade(f"no connection to {self._origin}: {fault}") from fault
        except SSLError as fault:
            raise SecureChannelRefused(f"no secure connection to {self._origin}: {fault}") from fault
        except (HTTPError, OSError) as fault:
            raise AnswerLost(f"no answer from {self._origin}: {fault}") from fault

    def close(self) -> None:
        """Close every idle connection; requests under way end as they would."""
        self._is_closed = True
        self._pool.close()


def _open_pool(origin: str, trusted: SSLContext | None) -> tuple[HTTPConnectionPool, str]:
    proxy = find_proxy(origin)
    manager = _manager(proxy, trusted)
    pool = manager.connection_from_url(origin)
    is_plain = pool.scheme == "http"
    pool.ConnectionCls = PlainConnection if is_plain else SecureConnection
    return pool, origin if proxy and is_plain else ""


def _manager(proxy: Url | None, trusted: SSLContext | None) -> PoolManager:
    if proxy is None:
        return PoolManager(num_pools=1, maxsize=POOL_SIZE, ssl_context=trusted)
    headers = make_headers(proxy_basic_auth=proxy.auth) if proxy.auth else None
    address = proxy._replace(auth=None).url
    return ProxyManager(
        address, num_pools=1, maxsize=POOL_SIZE, proxy_headers=headers, ssl_context=trusted, proxy_ssl_context=trusted
    )


def _read_body(answer: BaseHTTPResponse) -> bytes:
    body = answer.read(ANSWER_LIMIT + 1)
    if len(body) > ANSWER_LIMIT:
        answer.close()
        raise AnswerTooBig(f"the answer is larger than {ANSWER_LIMIT} bytes")
    answer.release_conn()
    return body
