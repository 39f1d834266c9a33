"""The door: where calls that write wait for a commit that they share."""

from collections.abc import Callable, Sequence
from datetime import datetime

from suprsend_hub.actions.accept import Receipt, Submission, accept
from suprsend_hub.actions.group_commit import GroupCommit
from suprsend_hub.actions.record import Batch, record
from suprsend_hub.domain.fault import Invalid, SchemaMismatch
from suprsend_hub.store.database import Pool

# Calls that share a commit, and calls that may wait for one; a call holds at most 2 MB.
MOST_TOGETHER = 200
MOST_WAITING = 5_000


class Door:
    """Accepts triggers and records; what returns is committed."""

    def __init__(self, pool: Pool, now: Callable[[], datetime]) -> None:
        async def commit_triggers(submissions: Sequence[Submission]) -> list[Receipt | Invalid]:
            return await accept(pool, submissions, now())

        async def commit_records(batches: Sequence[Batch]) -> list[tuple[str | SchemaMismatch, ...]]:
            return await record(pool, batches, now())

        self.now = now
        self._triggers = GroupCommit(commit_triggers, most_together=MOST_TOGETHER, most_waiting=MOST_WAITING)
        self._records = GroupCommit(commit_records, most_together=MOST_TOGETHER, most_waiting=MOST_WAITING)

    async def accept(self, submission: Submission) -> Receipt:
        """Accept a call's triggers, or raise what is wrong with them."""
        result = await self._triggers.submit(submission)
        if isinstance(result, Invalid):
            raise result
        return result

    async def record(self, batch: Batch) -> tuple[str | SchemaMismatch, ...]:
        """Record a call's events and profile edits; returns an id for each, or what its schema has against it."""
        return await self._records.submit(batch)
