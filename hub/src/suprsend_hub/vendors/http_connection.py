"""An HTTP vendor's account seen as a connection: what it remembers between requests is its token."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic

import msgspec
from msgspec.structs import replace

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Deferred, Outcome, Uncertain
from suprsend_hub.vendors.contract import (
    HttpAnswer,
    HttpRequest,
    HttpVendor,
    Settings,
    Token,
    TokenExchange,
    TokenMaker,
)
from suprsend_hub.vendors.http_client import HttpClient

# A token is not used in its last minutes, so it does not expire on the way.
_MARGIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Kept:
    token: Token
    until: datetime


class TokenKeeper(Generic[Settings]):
    """One account's token: fetched when needed, by one caller at a time, for all who wait."""

    def __init__(
        self,
        source: TokenExchange[Settings] | TokenMaker[Settings],
        settings: Settings,
        client: HttpClient,
        now: Callable[[], datetime],
    ) -> None:
        self._source = source
        self._settings = settings
        self._client = client
        self._now = now
        self._kept: _Kept | None = None
        self._fetching: asyncio.Task[Token | Outcome] | None = None

    async def get(self) -> Token | Outcome:
        """A token that is good for a while, or why there is none."""
        if self._kept is not None and self._now() < self._kept.until:
            return self._kept.token
        if self._fetching is None:
            self._fetching = asyncio.get_running_loop().create_task(self._fetch())
        return await asyncio.shield(self._fetching)

    def drop(self, token: Token) -> None:
        """Forget a token that the vendor refuses; a newer one stays."""
        if self._kept is not None and self._kept.token is token:
            self._kept = None

    async def close(self) -> None:
        """Give up a fetch that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    async def _fetch(self) -> Token | Outcome:
        try:
            asked_at, source = self._now(), self._source
            if isinstance(source, TokenMaker):
                token: Token | Outcome = source.make(self._settings, asked_at)
            else:
                token = await self._ask(source, asked_at)
            if isinstance(token, Token):
                self._kept = _Kept(token, asked_at + max(token.lifetime - _MARGIN, token.lifetime / 2))
            return token
        finally:
            self._fetching = None

    async def _ask(self, exchange: TokenExchange[Settings], now: datetime) -> Token | Outcome:
        answer = await self._client.exchange(exchange.request(self._settings, now))
        if isinstance(answer, Uncertain):
            # The message itself has not been sent, so nothing about it is uncertain.
            return Deferred("vendor_unavailable", f"token service: {answer.detail}")
        return exchange.read(answer) if isinstance(answer, HttpAnswer) else answer


class HttpConnection(Generic[Settings]):
    """Sends an HTTP vendor's messages, with a token where the vendor wants one."""

    def __init__(
        self,
        vendor: HttpVendor[Settings],
        settings: Settings,
        client: HttpClient,
        now: Callable[[], datetime],
    ) -> None:
        self._vendor = vendor
        self._settings = settings
        self._client = client
        self._now = now
        self._tokens = TokenKeeper(vendor.token, settings, client, now) if vendor.token else None

    async def send(self, message: OutgoingMessage) -> Outcome:
        """One request; a second one where the vendor no longer accepts the token of the first."""
        if self._tokens is None or not self._vendor.wants_token(self._settings, message):
            return self._read(await self._exchange(message, None))
        token = await self._tokens.get()
        if not isinstance(token, Token):
            return token
        answer = await self._exchange(message, token)
        if isinstance(answer, HttpAnswer) and self._vendor.refuses_token(answer):
            self._tokens.drop(token)
            renewed = await self._tokens.get()
            if not isinstance(renewed, Token):
                return renewed
            answer = await self._exchange(message, renewed)
        return self._read(answer)

    async def close(self) -> None:
        """Stop fetching tokens; the connections belong to the process."""
        if self._tokens is not None:
            await self._tokens.close()

    async def _exchange(self, message: OutgoingMessage, token: Token | None) -> HttpAnswer | Outcome:
        addressed = await self._look_up(message, token)
        if not isinstance(addressed, OutgoingMessage):
            return addressed
        request = self._vendor.request(self._settings, addressed, token, self._now())
        return await self._client.exchange(request) if isinstance(request, HttpRequest) else request

    async def _look_up(self, message: OutgoingMessage, token: Token | None) -> OutgoingMessage | HttpAnswer | Outcome:
        """The message with what its address lacked; the answer itself where the token is no longer accepted."""
        look_up = self._vendor.look_up
        request = look_up.request(self._settings, message, token) if look_up else None
        if look_up is None or request is None:
            return message
        answer = await self._client.exchange(request)
        # The message itself has not been sent, so nothing about it is uncertain.
        if isinstance(answer, Uncertain):
            return Deferred("vendor_unavailable", f"look-up: {answer.detail}")
        if not isinstance(answer, HttpAnswer) or self._vendor.refuses_token(answer):
            return answer
        found = look_up.read(answer)
        if isinstance(found, Uncertain):
            return Deferred("vendor_unavailable", found.detail)
        return _complete(message, found) if isinstance(found, dict) else found

    def _read(self, answer: HttpAnswer | Outcome) -> Outcome:
        return self._vendor.outcome(answer) if isinstance(answer, HttpAnswer) else answer


def _complete(message: OutgoingMessage, found: Document) -> OutgoingMessage:
    """The message with what was found beside what its address said before."""
    address: Document = msgspec.json.decode(message.address.encode())
    return replace(message, address=msgspec.json.encode({**address, **found}).decode())
