"""A workflow triggered by hand: accepted as over the API, and noted with who did it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.actions.accept import Submission, accept_within
from suprsend_hub.actions.audit import Along
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.workflow_trigger import WorkflowTrigger
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.keyset import Keyset
from suprsend_hub.store.request_log import RequestFilter, page_requests


@dataclass(frozen=True, slots=True)
class Started:
    """The request of a trigger; not `is_new` where its idempotency key was seen before.

    The id is None where that was so long ago that the request is forgotten.
    """

    request_id: str | None
    is_new: bool


async def run_by_hand(
    pool: Pool, workspace_id: int, trigger: WorkflowTrigger, now: datetime, noting: Callable[[str], Along]
) -> Started:
    """Accept one trigger, or raise what is wrong with it; `noting` makes the entry of its request."""

    async def work(connection: Connection) -> Started:
        submission = Submission(workspace_id, (trigger,), is_array=False)
        (result,) = await accept_within(connection, [submission], now)
        if isinstance(result, Invalid):
            raise result
        (request_id,) = result.request_ids
        if request_id is not None:
            await noting(request_id)(connection)
            return Started(request_id, is_new=True)
        narrowed = RequestFilter(idempotency_key=trigger.idempotency_key)
        found = await page_requests(connection, workspace_id, narrowed, Keyset(1))
        return Started(found.rows[0].id if found.rows else None, is_new=False)

    return await transact(pool, work)
