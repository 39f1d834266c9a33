"""Group commit: what arrives while a commit is under way shares the next one.

Batches grow with load and stay at one without it, so latency is low when it can be.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import asyncpg

from suprsend_hub.domain.fault import Overloaded

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupCommit(Generic[Item, Result]):
    """Collects items and hands them to `commit` in batches, one batch at a time."""

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        most_together: int,
        most_waiting: int,
    ) -> None:
        self._commit = commit
        self._most_together = most_together
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """Wait until `item` is committed and return what became of it."""
        if len(self._waiting) >= self._most_waiting:
            raise Overloaded("the hub is busy: too much waits to be written; try again in a moment")
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._running is None:
            self._running = asyncio.create_task(self._drain())
        return await done

    async def _drain(self) -> None:
        try:
            # One turn of the loop, so that those who are about to submit share even the first commit.
            await asyncio.sleep(0)
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(self._most_together, len(self._waiting)))]
                await self._settle(batch)
        finally:
            self._running = None

    async def _settle(self, batch: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._commit([item for item, _ in batch])
        except Exception as error:
            if len(batch) > 1 and _is_of_one_item(error):
                # One item that the database refuses must not fail those that came with it.
                for each in batch:
                    await self._settle([each])
                return
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
            return
        for (_, done), result in zip(batch, results, strict=True):
            if not done.done():
                done.set_result(result)


def _is_of_one_item(error: Exception) -> bool:
    return isinstance(
        error,
        asyncpg.DataError | asyncpg.IntegrityConstraintViolationError | asyncpg.ProgramLimitExceededError,
    )
