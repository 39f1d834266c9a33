"""Lingering close: who is refused in the middle of a large body would see a broken connection and no answer."""

import asyncio
from contextlib import suppress

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send, WebSocketReceiveMessage

# What is smaller lies in buffers by the time the answer is there.
_LARGE_BYTES = 64 * 1024
# How much more is heard of a caller, for how long, and for how long in silence; then the connection breaks after all.
_MOST_BYTES = 64 * 1024 * 1024
_MOST_SECONDS = 10
_MOST_SILENT_SECONDS = 1


class LingeringClose:
    """An application that answers large requests only once their bodies were read, or far too much of them."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != ScopeType.HTTP or not _may_be_large(scope):
            await self._application(scope, receive, send)
            return
        body = _Body(receive)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                await body.drop_rest()
            await send(message)

        await self._application(scope, body.receive, answer)


class _Body:
    """A body that is being read."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._has_ended = False

    async def receive(self) -> HTTPReceiveMessage | WebSocketReceiveMessage:
        """The next part, or that the caller is gone."""
        part = await self._receive()
        self._has_ended = part["type"] != "http.request" or not part["more_body"]
        return part

    async def drop_rest(self) -> None:
        """Read what nobody asked for."""
        left = _MOST_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(_MOST_SECONDS):
                while not self._has_ended and left > 0:
                    part = await asyncio.wait_for(self.receive(), _MOST_SILENT_SECONDS)
                    left -= len(part["body"]) if part["type"] == "http.request" else 0


def _may_be_large(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return not value.isdigit() or int(value) > _LARGE_BYTES
        if name == b"transfer-encoding":
            return True
    return False
