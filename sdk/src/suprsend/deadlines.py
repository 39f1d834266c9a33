"""Deadlines of the requests in one event loop: one timer for all of them, which seldom has to run."""

from __future__ import annotations

from asyncio import AbstractEventLoop, Task, TimerHandle
from typing import Any, TypeAlias

AnyTask: TypeAlias = Task[Any]


class Deadlines:
    """Cancels tasks that are still at their request when its time is over."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._ends: dict[AnyTask, float] = {}
        self._late: dict[AnyTask, int] = {}
        self._timer: TimerHandle | None = None

    def begin(self, task: AnyTask, seconds: float) -> None:
        """Give a task so many seconds, until `finish`."""
        end = self._ends[task] = self._loop.time() + seconds
        if self._timer is None or end < self._timer.when():
            self._wake_at(end)

    def finish(self, task: AnyTask) -> bool:
        """Take a task's deadline away; say whether it was cancelled because that was over, and for nothing else."""
        del self._ends[task]
        if task not in self._late:
            return False
        return task.uncancel() <= self._late.pop(task)

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake_at(self, end: float) -> None:
        self.close()
        self._timer = self._loop.call_at(end, self._cancel_late)

    def _cancel_late(self) -> None:
        self._timer = None
        now = self._loop.time()
        for task, end in self._ends.items():
            if end <= now and task not in self._late:
                self._late[task] = task.cancelling()
                task.cancel()
        waiting = [end for task, end in self._ends.items() if task not in self._late]
        if waiting:
            self._wake_at(min(waiting))
