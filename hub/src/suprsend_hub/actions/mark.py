"""Marking many messages at once: what a program tells of them counts as if their people had done it."""

from collections.abc import Sequence
from datetime import datetime

from suprsend_hub.actions.record_receipts import apply_receipts
from suprsend_hub.domain.message_action import (
    HAPPENING_OF,
    INBOX_ACTION_OF,
    MESSAGE_ACTIONS,
    MessageAction,
    Refusal,
    refuse_action,
)
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.inbox_notifications import act_on_anyones_notifications
from suprsend_hub.store.message_states import lock_states


async def mark(
    pool: Pool, workspace_id: int, marks: Sequence[tuple[str, MessageAction]], now: datetime
) -> list[Refusal | None]:
    """Do one action to each message; why it was not done, or None where it was, in the order of the marks."""

    async def work(connection: Connection) -> list[Refusal | None]:
        states = await lock_states(connection, workspace_id, [message_id for message_id, _ in marks])
        refusals: list[Refusal | None] = []
        done: list[tuple[str, MessageAction]] = []
        for message_id, action in marks:
            state = states.get(message_id)
            refusal = refuse_action(action, state.channel if state else None, state.status if state else None)
            refusals.append(refusal)
            if refusal is None:
                done.append((message_id, action))
        receipts = [Receipt(each, HAPPENING_OF[action], now) for each, action in done if action in HAPPENING_OF]
        await apply_receipts(connection, workspace_id, receipts, now)
        for action in MESSAGE_ACTIONS:
            ids = sorted(each for each, chosen in done if chosen == action and states[each].channel == "inbox")
            if ids:
                await act_on_anyones_notifications(connection, workspace_id, ids, INBOX_ACTION_OF[action], now)
        return refusals

    return await transact(pool, work)
