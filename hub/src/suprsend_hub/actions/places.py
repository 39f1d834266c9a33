"""The places of a lane: as many messages are under way in it at once, whoever's they are.

One account never holds all of them, and one whose vendor hangs gets no more until it answers: the rest of the lane is
for everybody else.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import count, islice

# A vendor that takes longer than this over half of a lane's messages hangs by anybody's measure.
HANGING_SECONDS = 5.0
# A job of which nothing could begin is opened again after so long, whatever hangs: health may change whom it asks.
REOPEN_SECONDS = 60.0
# How many such jobs are remembered; one that is forgotten is opened once more.
MOST_REMEMBERED = 10_000


@dataclass(slots=True)
class _Account:
    """One account's share of the places, how many hold or want one, and since when its vendor has which message."""

    share: asyncio.Semaphore
    users: int = 0
    asked: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _TurnedAway:
    """A job of which nothing could begin: for which accounts, and when it was opened."""

    accounts: frozenset[int | None]
    opened_at: float


class Places:
    """So many places, shared by all accounts that send in a lane."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._free = asyncio.Semaphore(most)
        self._share = max(most * 3 // 4, 1)
        self._half = max(most // 2, 1)
        self._clock = clock
        self._accounts: dict[int, _Account] = {}
        self._numbers = count()
        self._turned_away: dict[Hashable, _TurnedAway] = {}

    async def take(self, account_id: int | None) -> bool:
        """Wait for a place for a message to this account; False where its vendor hangs. The inbox has no account."""
        if account_id is None:
            return await self._free.acquire()
        if self._hangs(account_id):
            return False
        account = self._accounts.setdefault(account_id, _Account(asyncio.Semaphore(self._share)))
        account.users += 1
        try:
            # A timer for each message costs more than the place: most find one free.
            async with asyncio.timeout(HANGING_SECONDS) if account.share.locked() else nullcontext():
                await account.share.acquire()
        except TimeoutError:
            self._leave(account_id)
            return False
        return await self._free.acquire()

    def give_back(self, account_id: int | None) -> None:
        """Free a place."""
        self._free.release()
        if account_id is not None:
            self._accounts[account_id].share.release()
            self._leave(account_id)

    @contextmanager
    def asking(self, account_id: int) -> Iterator[None]:
        """While a vendor has a message in hand."""
        account = self._accounts.setdefault(account_id, _Account(asyncio.Semaphore(self._share)))
        account.users += 1
        number = next(self._numbers)
        account.asked[number] = self._clock()
        try:
            yield
        finally:
            del account.asked[number]
            self._leave(account_id)

    def turn_away(self, job: Hashable, accounts: Collection[int | None]) -> None:
        """Note that nothing of this job could begin, since the vendors of all of these accounts hang."""
        self._turned_away.pop(job, None)
        self._turned_away[job] = _TurnedAway(frozenset(accounts), self._clock())
        if len(self._turned_away) > MOST_REMEMBERED:
            del self._turned_away[next(iter(self._turned_away))]

    def is_turned_away(self, job: Hashable) -> bool:
        """Whether nothing of this job could begin now either, so that it need not be opened to see it."""
        known = self._turned_away.get(job)
        if known is None:
            return False
        if self._clock() - known.opened_at < REOPEN_SECONDS and all(self._hangs(each) for each in known.accounts):
            return True
        del self._turned_away[job]
        return False

    def _hangs(self, account_id: int | None) -> bool:
        account = None if account_id is None else self._accounts.get(account_id)
        if account is None or len(account.asked) < self._half:
            return False
        # They are in the order in which they were asked: were this one answered, fewer than half would be late.
        decisive = next(islice(account.asked.values(), self._half - 1, None))
        return self._clock() - decisive > HANGING_SECONDS

    def _leave(self, account_id: int) -> None:
        account = self._accounts[account_id]
        account.users -= 1
        if not account.users:
            del self._accounts[account_id]
