"""Hearing what changes in inboxes, on a connection of its own that is made again whenever it is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from suprsend_hub.store.database import is_outage
from suprsend_hub.store.inbox_changes import CHANNEL

# A connection that died without a word is noticed after both.
CHECK_SECONDS = 10.0
PATIENCE_SECONDS = 5.0
AGAIN_SECONDS = 1.0

log = structlog.stdlib.get_logger("suprsend_hub.inbox")


class InboxListener:
    """Hands every text of the channel to `hear`; after a gap `catch_up` is called once hearing goes on.

    `is_heard` is called from time to time, where nothing can have been missed.
    """

    def __init__(
        self,
        database_url: str,
        hear: Callable[[str], None],
        is_heard: Callable[[], None],
        catch_up: Callable[[], Awaitable[None]],
    ) -> None:
        self._database_url = database_url
        self._hear = hear
        self._is_heard = is_heard
        self._catch_up = catch_up
        self.listening = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled."""
        is_again = False
        while True:
            try:
                connection = await self._connect()
                try:
                    await self._listen(connection, is_again=is_again)
                finally:
                    self.listening.clear()
                    connection.terminate()
            except Exception as error:
                if not is_outage(error) and not isinstance(error, asyncpg.PostgresError):
                    log.exception("listening for changes of inboxes")
            is_again = True
            await asyncio.sleep(AGAIN_SECONDS)

    async def _connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        settings = {"application_name": "suprsend-hub inbox", "timezone": "UTC"}
        return await asyncpg.connect(self._database_url, timeout=PATIENCE_SECONDS, server_settings=settings)

    async def _listen(self, connection: "asyncpg.Connection[asyncpg.Record]", *, is_again: bool) -> None:
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        await connection.add_listener(CHANNEL, self._take)
        self.listening.set()
        if is_again:
            await self._catch_up()
        while not ended.is_set():
            await connection.execute("select 1", timeout=PATIENCE_SECONDS)
            self._is_heard()
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), CHECK_SECONDS)

    def _take(self, _connection: Any, _process: int, _channel: str, text: Any) -> None:
        self._hear(str(text))
