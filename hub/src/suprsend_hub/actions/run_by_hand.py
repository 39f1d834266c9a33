"""A workflow triggered by hand: accepted as over the API, and noted with who did it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.actions.accept import Submission, accept_within
from suprsend_hub.actions.audit import Along
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.workflow_trigger import WorkflowTrigger
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.requests import claim_keys, find_requests


@dataclass(frozen=True, slots=True)
class Started:
    """The request of a form, which `is_new` unless the form was sent before.

    The id is None where that was so long ago that the request is not kept any more.
    """

    request_id: str | None
    is_new: bool


async def run_by_hand(
    pool: Pool, workspace_id: int, trigger: WorkflowTrigger, now: datetime, noting: Callable[[str], Along]
) -> Started:
    """Accept one trigger that has an idempotency key, once, or raise what is wrong with it.

    `noting` makes the entry of its request.
    """
    key = trigger.idempotency_key
    assert key is not None, "a form has a key"

    async def work(connection: Connection) -> Started:
        # A kind of its own: whoever sends the same form at the same moment waits here until this one is through.
        if not await claim_keys(connection, workspace_id, "run_by_hand", [key], now):
            return Started((await find_requests(connection, workspace_id, [key])).get(key), is_new=False)
        (result,) = await accept_within(connection, [Submission(workspace_id, (trigger,), is_array=False)], now)
        if isinstance(result, Invalid):
            raise result
        (request_id,) = result.request_ids
        if request_id is None:
            return Started(None, is_new=False)
        await noting(request_id)(connection)
        return Started(request_id, is_new=True)

    return await transact(pool, work)
