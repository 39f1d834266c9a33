"""Keeping keys to their requests a second: each process draws a lease of about a second, and counts within it alone."""

import asyncio
import math
import time
from collections.abc import Callable

from suprsend_hub.domain.fault import TooManyRequests
from suprsend_hub.store.database import Pool, transact
from suprsend_hub.store.request_budgets import draw_requests

LEASE_SECONDS = 1.0
# After it found nothing a process looks again no sooner and no later than this, whatever the rate.
PAUSE_SECONDS = (0.1, 1.0)
MOST_LEASES = 10_000


class _Lease:
    """What one process may still let through for one key, and how much was asked of it since it was drawn."""

    __slots__ = ("asked", "closed_until", "drawing", "drawn", "ends_at", "left", "retry_at")

    def __init__(self) -> None:
        self.drawing = asyncio.Lock()
        self.left = 0
        self.drawn = 0
        self.asked = 0
        self.ends_at = self.closed_until = self.retry_at = 0.0

    def take(self, now: float) -> bool:
        """Use one request of the lease, if it has one and has not ended."""
        if now >= self.ends_at or not self.left:
            return False
        self.left -= 1
        return True

    def wanted(self) -> int:
        """What is worth drawing: as much as was asked for, and twice as much where that was too little."""
        return max(1, self.asked, 0 if self.left else 2 * self.drawn)


class RequestLimits:
    """Counts requests by purse; rates hold for all processes on one database together."""

    def __init__(self, pool: Pool, rate: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._rate = rate
        self._monotonic = monotonic
        self._leases: dict[str, _Lease] = {}

    async def admit(self, purse: str, rate: float | None = None) -> None:
        """Let one request through, or raise TooManyRequests; a rate of None is the usual one, 0 is any number."""
        rate = self._rate if rate is None else rate
        if rate <= 0:
            return
        lease = self._lease(purse)
        lease.asked += 1
        if lease.take(self._monotonic()):
            return
        async with lease.drawing:
            # Another call may have drawn meanwhile, for all that waited.
            now = self._monotonic()
            if lease.take(now):
                return
            if now >= lease.closed_until:
                await self._draw(purse, rate, lease)
                if lease.take(self._monotonic()):
                    return
            seconds = max(1, math.ceil(lease.retry_at - now))
        raise TooManyRequests(f"this key may make {rate:g} requests a second; try again in {seconds} s", seconds)

    async def _draw(self, purse: str, rate: float, lease: _Lease) -> None:
        wanted, returned = lease.wanted(), lease.left
        # Those who come while it is drawn count for the next time.
        lease.asked = 0
        drawn = await transact(self._pool, lambda connection: draw_requests(connection, purse, rate, wanted, returned))
        now = self._monotonic()
        lease.left = lease.drawn = drawn.granted
        lease.ends_at = now + LEASE_SECONDS
        if not drawn.granted:
            wait = drawn.wait.total_seconds()
            lease.retry_at = now + wait
            lease.closed_until = now + min(max(wait, PAUSE_SECONDS[0]), PAUSE_SECONDS[1])

    def _lease(self, purse: str) -> _Lease:
        lease = self._leases.get(purse)
        if lease is None:
            if len(self._leases) >= MOST_LEASES:
                self._leases.clear()
            lease = self._leases[purse] = _Lease()
        return lease
