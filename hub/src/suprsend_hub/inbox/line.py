"""One WebSocket below the library that speaks Socket.IO: what is broken, too much or too slow ends it."""

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, TypeAlias

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

# The longest user token is half of it.
MOST_CHARACTERS = 16_384
# A client answers a ping in 25 seconds and has nothing else to say; whoever says more than this in a while is none.
MOST_FRAMES = 20
WHILE_SECONDS = 10.0
GREETING_SECONDS = 10.0
SEND_SECONDS = 10.0
# Events that wait for a slow client.
MOST_OWED = 200

# A pong, a greeting, a farewell, and events and answers, which nobody waits for.
_FRAME = re.compile(r"3|40(\{.*\})?|41|4[23]\d*\[.*\]", re.DOTALL)
_EVENT = "42"


class Line:
    """A WebSocket that closes itself; what is sent to a closed one is lost."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._closed = asyncio.Event()
        # What the library calls it, once it is known who is there.
        self.session: str | None = None
        self._owed = 0
        self._frames = 0
        self._greeted = False
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        self._deadline: asyncio.TimerHandle | None = loop.call_later(GREETING_SECONDS, self.close)

    @property
    def is_closed(self) -> bool:
        """Whether nothing is sent any more."""
        return self._closed.is_set()

    def close(self) -> None:
        """End it, from whichever side."""
        self._closed.set()
        self._set_deadline(None)

    def greet(self, seconds_left: float | None) -> None:
        """Note that it is known who is there, for so long."""
        self._greeted = True
        loop = asyncio.get_running_loop()
        self._set_deadline(None if seconds_left is None else loop.call_later(max(seconds_left, 0), self.close))

    def owe(self) -> bool:
        """Whether one more event may wait for this client; if not, it is closed, and comes back."""
        self._owed += 1
        if self._owed > MOST_OWED:
            self.close()
        return not self.is_closed

    async def receive(self) -> Message:
        """The next message, the end where the line is closed or what came is none of the protocol's."""
        if self.is_closed:
            return await self._end()
        coming = asyncio.ensure_future(self._receive())
        closing = asyncio.ensure_future(self._closed.wait())
        try:
            await asyncio.wait((coming, closing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            closing.cancel()
            if not coming.done():
                coming.cancel()
        if not coming.done() or coming.cancelled() or coming.exception() is not None or self.is_closed:
            return await self._end()
        message = coming.result()
        if message["type"] == "websocket.receive" and not self._is_fine(message.get("text")):
            return await self._end()
        return message

    async def send(self, message: Message) -> None:
        """Send a message; a client that does not take it in time is gone."""
        if self.is_closed:
            return
        text = message.get("text")
        if isinstance(text, str) and text.startswith(_EVENT):
            self._owed -= 1
        try:
            await asyncio.wait_for(self._send(message), SEND_SECONDS)
        except Exception:  # whatever it is, nobody is there any more
            self.close()

    async def _end(self) -> Message:
        self.close()
        with suppress(Exception):
            # 1012: come back.
            await asyncio.wait_for(self._send({"type": "websocket.close", "code": 1012}), SEND_SECONDS)
        return {"type": "websocket.disconnect", "code": 1012}

    def _is_fine(self, text: object) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._began > WHILE_SECONDS:
            self._began, self._frames = now, 0
        self._frames += 1
        if self._frames > MOST_FRAMES or not isinstance(text, str) or len(text) > MOST_CHARACTERS:
            return False
        is_greeting = text.startswith("40")
        # Who is there is said once.
        return _FRAME.fullmatch(text) is not None and not (is_greeting and self._greeted)

    def _set_deadline(self, deadline: asyncio.TimerHandle | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = deadline
