"""The socket of inboxes: who may listen, and what they are told (wire.md 4.4, 4.5)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from socketio import AsyncServer  # type: ignore[import-untyped]  # the library has no types
from socketio.exceptions import (  # type: ignore[import-untyped]  # as above
    ConnectionRefusedError as Refused,
)

from suprsend_hub.domain.fault import HubError, Overloaded, Unauthenticated
from suprsend_hub.domain.inbox_change import Change
from suprsend_hub.inbox.audience import Audience, Listener
from suprsend_hub.inbox.greeting import Doorkeeper, Guest, admit
from suprsend_hub.inbox.happenings import events_of, first_events_of
from suprsend_hub.inbox.line import MOST_CHARACTERS, Line

# What makes the official client ask its page for a fresh token, and come back with it.
WRONG_TOKEN = "Authentication Error: wrong auth token"  # noqa: S105 - a message
PING_SECONDS = 25
PONG_SECONDS = 20

_LINE = "suprsend_hub.line"

log = structlog.stdlib.get_logger("suprsend_hub.inbox")


class InboxSocket:
    """The ASGI application below `/socket.io/`."""

    def __init__(
        self, doorkeeper: Doorkeeper, audience: Audience, now: Callable[[], datetime], most_lines: int
    ) -> None:
        self._doorkeeper = doorkeeper
        self._audience = audience
        self._now = now
        self._most_lines = most_lines
        self._lines = 0
        self._is_closing = False
        self._server = AsyncServer(
            async_mode="asgi",
            transports=["websocket"],
            cors_allowed_origins="*",
            ping_interval=PING_SECONDS,
            ping_timeout=PONG_SECONDS,
            max_http_buffer_size=MOST_CHARACTERS,
            http_compression=False,
        )
        self._server.on("connect", self._enter)
        self._server.on("disconnect", self._leave)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Keep one WebSocket until it ends."""
        if self._is_closing or self._lines >= self._most_lines:
            await receive()
            await send({"type": "websocket.close", "code": 1013})
            return
        line = Line(receive, send)
        self._lines += 1
        try:
            await self._server.handle_request({**scope, _LINE: line}, line.receive, line.send)
        except Exception as error:
            # The library has no answer to frames of other protocols.
            log.info("inbox socket ended", error=type(error).__name__)
        finally:
            line.close()
            if line.session is not None:
                self._audience.leave(line.session)
            self._lines -= 1

    async def tell(self, change: Change) -> None:
        """Tell everybody who listens; nobody waits for a slow one."""
        for listener in self._audience.of(change.inbox):
            for name, document in (first_events_of if listener.guest.is_first else events_of)(change):
                if listener.line.owe():
                    await self._server.emit(name, document, to=listener.session)

    def close(self) -> None:
        """Let every client go, and take no more; they come back to whoever serves then."""
        self._is_closing = True
        for listener in self._audience.everybody():
            listener.line.close()

    async def _enter(self, session: str, environ: dict[str, Any], said: object = None) -> None:
        line: Line = environ["asgi.scope"][_LINE]
        guest = await self._admit(line, said)
        if line.is_closed:
            return
        line.greet(None if guest.until is None else (guest.until - self._now()).total_seconds())
        try:
            self._audience.join(Listener(session, guest, line))
        except HubError as fault:
            raise Refused(fault.message) from None
        line.session = session

    async def _admit(self, line: Line, said: object) -> Guest:
        try:
            return await admit(self._doorkeeper, said)
        except Unauthenticated:
            raise Refused(WRONG_TOKEN) from None
        except Overloaded:
            line.close()
            raise Refused("try again") from None
        except HubError as fault:
            raise Refused(fault.message) from None
        except Exception as error:
            # A refusal would be for good; whoever loses the line tries again.
            log.warning("inbox socket: nobody could be let in", error=type(error).__name__)
            line.close()
            raise Refused("try again") from None

    async def _leave(self, session: str, *_: object) -> None:
        self._audience.leave(session)
