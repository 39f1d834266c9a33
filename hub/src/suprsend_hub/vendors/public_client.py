"""Requests to URLs that a caller gave: only to public addresses, resolved once and pinned."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.http import Url

from suprsend_hub.vendors.public_address import is_public

Resolve: TypeAlias = Callable[[str], Awaitable[Sequence[str]]]


class Unfetchable(Exception):
    """Why a URL must not be asked, or can't be now."""

    def __init__(self, reason: str, *, is_temporary: bool = False) -> None:
        super().__init__(reason)
        self.is_temporary = is_temporary


@dataclass(frozen=True, slots=True)
class Place:
    """A checked URL: where its host is, decided once so that nobody can move it after the check."""

    url: Url
    addresses: Sequence[str]


async def ask_system(host: str) -> Sequence[str]:
    """The addresses of a host, as the system resolves it."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def find_place(address: str, resolve: Resolve, *, allow_private: bool) -> Place:
    """The place of a URL, or Unfetchable."""
    try:
        # The client's own parser, so that both understand the same host.
        url = Url(address)
    except ValueError:
        raise Unfetchable("has no valid URL") from None
    if url.scheme not in ("http", "https") or not url.host_str:
        raise Unfetchable("has a URL that is neither http nor https")
    host = url.domain or url.host_str.strip("[]")
    try:
        addresses = await resolve(host)
    except (OSError, UnicodeError):
        raise Unfetchable("is at a host that could not be found", is_temporary=True) from None
    if not addresses or not (allow_private or all(is_public(each) for each in addresses)):
        raise Unfetchable("is at an address that is not public")
    return Place(url, addresses)


def open_client(place: Place, connect_timeout: timedelta | None = None, timeout: timedelta | None = None) -> Client:
    """A client that can only reach this place."""
    # A proxy would resolve the name again, so none is used here.
    builder = ClientBuilder().no_proxy().follow_redirects(False).referer(False).user_agent("suprsend-hub")
    if connect_timeout is not None:
        builder = builder.connect_timeout(connect_timeout)
    if timeout is not None:
        builder = builder.timeout(timeout)
    if place.url.domain is not None:
        builder = builder.resolve(place.url.domain, place.addresses[0], place.url.port_or_known_default or 443)
    return builder.build()
