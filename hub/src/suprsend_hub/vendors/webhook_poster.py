"""Posting webhooks: only to public addresses, resolved once for each visit and pinned, without redirects."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeAlias

from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.outcome import Deferred, Rejected, Uncertain
from suprsend_hub.domain.webhook import Answer
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest
from suprsend_hub.vendors.http_client import HttpLimits, exchange_at, find_or_tell
from suprsend_hub.vendors.http_outcome import read_retry_after
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.public_client import (
    Place,
    Resolve,
    Unfetchable,
    ask_system,
    find_place,
    open_client,
)

Post: TypeAlias = Callable[[Mapping[str, str], bytes], Awaitable[Answer]]

LIMITS = HttpLimits(total_timeout=timedelta(seconds=15))


class WebhookPoster:
    """Opens the way to endpoints; private URLs are for tests and closed networks."""

    def __init__(
        self, limits: HttpLimits = LIMITS, *, allow_private_urls: bool = False, resolve: Resolve = ask_system
    ) -> None:
        self._limits = limits
        self._resolve = resolve
        self._allow_private_urls = allow_private_urls

    async def check(self, url: str) -> None:
        """Raise Invalid where it is known already that this URL will never be asked."""
        try:
            await find_place(url, self._resolve, allow_private=self._allow_private_urls)
        except Unfetchable as fault:
            # A name that can't be found now may be found when there is something to tell.
            if not fault.is_temporary:
                raise Invalid("url", str(fault)) from None

    @asynccontextmanager
    async def visit(self, url: str) -> AsyncIterator[Post]:
        """What posts to this URL, over connections that are kept for the visit."""
        place = await find_or_tell(url, self._resolve, allow_private=self._allow_private_urls)
        if not isinstance(place, Place):
            unreachable = Answer(None, place.detail)

            async def tell(_headers: Mapping[str, str], _body: bytes) -> Answer:
                return unreachable

            yield tell
            return
        async with open_client(place, self._limits.connect_timeout, self._limits.total_timeout) as client:

            async def post(headers: Mapping[str, str], body: bytes) -> Answer:
                return _read(await exchange_at(client, HttpRequest("POST", url, headers, body)))

            yield post


def _read(answer: HttpAnswer | Rejected | Deferred | Uncertain) -> Answer:
    if not isinstance(answer, HttpAnswer):
        return Answer(None, answer.detail)
    said = make_printable(f"HTTP {answer.status} {answer.body[:300].decode('utf-8', 'replace')}")
    return Answer(answer.status, said, read_retry_after(answer))
