"""From the database to the sockets: what changed is told once, and what was missed is told later."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from suprsend_hub.domain.inbox_change import Change, read_changes
from suprsend_hub.inbox.audience import Audience
from suprsend_hub.store.database import Pool
from suprsend_hub.store.inbox_missed import read_missed

# Changes that wait to be told; where there are more, the inboxes are looked at instead.
MOST_WAITING = 10_000
# New notifications that are remembered, so that none is told twice.
MOST_REMEMBERED = 20_000
INBOXES_AT_ONCE = 200
# What was under way when the line went dead may be older than that by as much as a transaction takes.
MARGIN = timedelta(seconds=60)

log = structlog.stdlib.get_logger("suprsend_hub.inbox")


class News:
    """Tells an audience of changes."""

    def __init__(
        self, pool: Pool, audience: Audience, tell: Callable[[Change], Awaitable[None]], now: Callable[[], datetime]
    ) -> None:
        self._pool = pool
        self._audience = audience
        self._tell = tell
        self._now = now
        self._waiting: asyncio.Queue[Change] = asyncio.Queue(MOST_WAITING)
        self._told: OrderedDict[str, None] = OrderedDict()
        self._heard_until = now()
        self._has_missed = False

    def hear(self, text: str) -> None:
        """Take in what another process told."""
        try:
            changes = read_changes(text)
        except ValueError as error:
            # A newer version of the hub may tell more.
            log.warning("a change of an inbox was not understood", error=str(error))
            return
        for change in changes:
            if change.inbox not in self._audience:
                # Whoever comes later fetches it: it is news to nobody.
                self._remember(change)
            elif self._waiting.full():
                self._has_missed = True
            else:
                self._waiting.put_nowait(change)

    def is_heard(self) -> None:
        """Note that nothing was missed until now."""
        self._heard_until = self._now()

    async def run(self) -> None:
        """Tell what was heard, until cancelled."""
        while True:
            await self._pass_on(await self._waiting.get())
            if self._has_missed and self._waiting.empty():
                await self._look_after_overflow()

    async def catch_up(self) -> None:
        """Tell what was missed since something was heard last."""
        since = self._heard_until - MARGIN
        inboxes = self._audience.inboxes()
        for start in range(0, len(inboxes), INBOXES_AT_ONCE):
            async with self._pool.acquire() as connection:
                missed = await read_missed(connection, inboxes[start : start + INBOXES_AT_ONCE], since)
            for change in missed:
                await self._pass_on(change)

    async def _look_after_overflow(self) -> None:
        self._has_missed = False
        try:
            await self.catch_up()
        except Exception:
            log.exception("looking for missed changes of inboxes")
            self._has_missed = True

    async def _pass_on(self, change: Change) -> None:
        if change.kind == "new" and all(each in self._told for each in change.notification_ids):
            return
        self._remember(change)
        try:
            await self._tell(change)
        except Exception:
            log.exception("telling a change of an inbox")

    def _remember(self, change: Change) -> None:
        if change.kind != "new":
            return
        self._told.update(dict.fromkeys(change.notification_ids))
        while len(self._told) > MOST_REMEMBERED:
            self._told.popitem(last=False)
