"""Keys that were looked up a moment ago, so that not every request asks the database who calls."""

import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from suprsend_hub.store.database import Connection, Pool

Found = TypeVar("Found")

# A rotated or revoked credential stops working everywhere within this time.
KEPT_SECONDS = 5.0
MOST_KEPT = 10_000


class KeyRing(Generic[Found]):
    """What credentials of one kind open; what is not known is asked for each time."""

    def __init__(self, pool: Pool, find: Callable[[Connection, str], Awaitable[Found | None]]) -> None:
        self._pool = pool
        self._find = find
        self._kept: dict[str, tuple[float, Found]] = {}

    async def find(self, credential: str) -> Found | None:
        """What the credential opens."""
        if not credential or "\x00" in credential:
            return None
        now = time.monotonic()
        kept = self._kept.get(credential)
        if kept is not None and kept[0] > now:
            return kept[1]
        async with self._pool.acquire() as connection:
            found = await self._find(connection, credential)
        if found is None:
            self._kept.pop(credential, None)
            return None
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[credential] = (now + KEPT_SECONDS, found)
        return found
