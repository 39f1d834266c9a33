"""One HTTP exchange with a vendor: an answer, or exactly how far the request got."""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import (
    BuilderError,
    DecodeError,
    DetailedPyreqwestError,
    PoolTimeoutError,
    PyreqwestError,
    RequestTimeoutError,
)
from pyreqwest.response import Response

from suprsend_hub.domain.outcome import Deferred, Rejected, Uncertain
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.public_client import Place, Resolve, Unfetchable, ask_system, find_place, open_client

MOST_BODY_BYTES = 64 * 1024

# The library's exception classes do not tell connecting from waiting; only this step in its causes does.
_CONNECTING = "client error (Connect)"
_TLS_WORDS = ("certificate", "tls", "handshake")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Bounds of all requests of a process."""

    connections: int = 256
    connect_timeout: timedelta = timedelta(seconds=5)
    total_timeout: timedelta = timedelta(seconds=30)


class HttpClient:
    """The process's pooled connections to vendors; no redirects, no cookies, bounded answers."""

    def __init__(self, limits: HttpLimits, *, allow_private_urls: bool = False) -> None:
        self._limits = limits
        self._allow_private_urls = allow_private_urls
        self._client = (
            ClientBuilder()
            # Offered over TLS; who does not speak it answers in HTTP/1.1. Apple speaks nothing else.
            .http2(True)
            .max_connections(limits.connections)
            .pool_timeout(limits.total_timeout)
            .connect_timeout(limits.connect_timeout)
            .timeout(limits.total_timeout)
            .follow_redirects(False)
            .referer(False)
            .user_agent("suprsend-hub")
            .build()
        )

    async def exchange(self, request: HttpRequest) -> HttpAnswer | Rejected | Deferred | Uncertain:
        """Send one request; Deferred where it surely never left, Uncertain where the answer was lost."""
        if not request.is_foreign:
            return await exchange_at(self._client, request)
        place = await find_or_tell(request.url, ask_system, allow_private=self._allow_private_urls)
        if not isinstance(place, Place):
            return place
        async with open_client(place, self._limits.connect_timeout, self._limits.total_timeout) as client:
            return await exchange_at(client, request)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()


async def find_or_tell(url: str, resolve: Resolve, *, allow_private: bool) -> Place | Rejected | Deferred:
    """Where a URL of a caller leads, or why it is not asked."""
    try:
        return await find_place(url, resolve, allow_private=allow_private)
    except Unfetchable as fault:
        if fault.is_temporary:
            return Deferred("vendor_unreachable", f"the address {fault}")
        return Rejected("address", f"the address {fault}")


async def exchange_at(client: Client, request: HttpRequest) -> HttpAnswer | Rejected | Deferred | Uncertain:
    """Send one request by this client."""
    try:
        built = (
            client.request(request.method, request.url)
            .headers(dict(request.headers))
            .body_bytes(request.body)
            .build_streamed()
        )
    except (BuilderError, ValueError) as error:
        _log.warning("vendor_request_unbuildable", error=type(error).__name__)
        return Rejected("vendor_settings", "the settings make no valid HTTP request")
    try:
        async with built as response:
            body = await _read(response)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return HttpAnswer(response.status, headers, body)
    except PyreqwestError as error:
        return _judge(error)


async def _read(response: Response) -> bytes:
    parts: list[bytes] = []
    missing = MOST_BODY_BYTES
    while missing > 0 and (part := await response.body_reader.read(missing)):
        parts.append(bytes(part))
        missing -= len(part)
    return b"".join(parts)


def _judge(error: PyreqwestError) -> Rejected | Deferred | Uncertain:
    causes = _causes(error)
    # The first cause shows the address, which some vendors use as a credential.
    said = make_printable(causes[-1] if len(causes) > 1 else error.message)
    match error:
        case BuilderError():
            return Rejected("vendor_settings", said)
        case PoolTimeoutError():
            return Deferred("vendor_busy", "no connection was free in time")
        case _ if _CONNECTING in causes:
            is_tls = any(word in cause.lower() for cause in causes[2:] for word in _TLS_WORDS)
            return Deferred("vendor_tls" if is_tls else "vendor_unreachable", said)
        case RequestTimeoutError():
            return Uncertain("answer_lost", "no answer in time")
        case DecodeError():
            return Uncertain("answer_unreadable", said)
        case _:
            return Uncertain("answer_lost", said)


def _causes(error: PyreqwestError) -> list[str]:
    if isinstance(error, DetailedPyreqwestError):
        return [cause["message"] for cause in error.details.get("causes") or []]
    return []
