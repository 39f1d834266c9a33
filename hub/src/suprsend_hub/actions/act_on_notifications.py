"""What a person does to the notifications in the inbox, which is also what became of their messages."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from suprsend_hub.actions.record_receipts import apply_receipts
from suprsend_hub.domain.inbox import Inbox
from suprsend_hub.domain.inbox_change import Action
from suprsend_hub.domain.receipt import Happening, Receipt
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.inbox_notifications import act_on_notifications, read_all

AT_ONCE = 500

_HAPPENINGS: Mapping[str, Happening] = {"seen": "seen", "read": "seen", "interacted": "clicked"}


async def act(pool: Pool, inbox: Inbox, notification_ids: Sequence[str], action: Action, now: datetime) -> list[str]:
    """Do an action; returns the ids of the notifications that this inbox has."""

    async def work(connection: Connection) -> list[str]:
        found = await act_on_notifications(connection, inbox, notification_ids, action, now)
        await _apply(connection, inbox, found, action, now)
        return found

    return await transact(pool, work)


async def mark_all_read(pool: Pool, inbox: Inbox, now: datetime) -> None:
    """Mark everything as read, in steps that may all run again."""

    async def work(connection: Connection) -> int:
        found = await read_all(connection, inbox, AT_ONCE, now)
        await _apply(connection, inbox, found, "read", now)
        return len(found)

    while await transact(pool, work) == AT_ONCE:
        pass


async def _apply(connection: Connection, inbox: Inbox, found: Sequence[str], action: Action, now: datetime) -> None:
    if action in _HAPPENINGS:
        receipts = [Receipt(each, _HAPPENINGS[action], now) for each in found]
        await apply_receipts(connection, inbox.workspace_id, receipts, now)
