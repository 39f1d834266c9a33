"""What a person does to the notifications in the inbox, which is also what became of their messages."""

from collections.abc import Sequence
from datetime import datetime

from suprsend_hub.actions.record_receipts import apply_receipts
from suprsend_hub.domain.receipt import Happening, Receipt
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.inbox_notifications import act_on_notifications

_HAPPENINGS: dict[str, Happening] = {"seen": "seen", "read": "seen", "interacted": "clicked"}


async def act(
    pool: Pool,
    workspace_id: int,
    distinct_id: str,
    tenant_id: str,
    notification_ids: Sequence[str],
    action: str,
    now: datetime,
) -> list[str]:
    """Do an action; returns the ids of the notifications that the person's inbox in this tenant has."""

    async def work(connection: Connection) -> list[str]:
        found = await act_on_notifications(
            connection, workspace_id, distinct_id, tenant_id, notification_ids, action, now
        )
        if action in _HAPPENINGS:
            receipts = [Receipt(each, _HAPPENINGS[action], now) for each in found]
            await apply_receipts(connection, workspace_id, receipts, now)
        return found

    return await transact(pool, work)
