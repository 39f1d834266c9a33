"""Where messages stand, read before and after a change to tell what became of them."""

from collections.abc import Sequence

from suprsend_hub.domain.announcement import MessageState
from suprsend_hub.domain.message import Status
from suprsend_hub.domain.receipt import PATH
from suprsend_hub.store.database import Connection, Record

# The states in the order in which a message goes through them, as an array of SQL.
PATH_ARRAY = f"array[{', '.join(map(repr, PATH))}]"

_MOMENTS: dict[Status, str] = {
    "triggered": "triggered_at",
    "sent_by_vendor": "sent_at",
    "delivered": "delivered_at",
    "dismissed": "dismissed_at",
    "seen": "seen_at",
    "clicked": "clicked_at",
}


async def lock_states(connection: Connection, workspace_id: int, message_ids: Sequence[str]) -> dict[str, MessageState]:
    """Where these messages stand, by id; until the transaction ends nobody else changes that."""
    rows = await connection.fetch(
        f"select id, channel, status, updated_at, {', '.join(_MOMENTS.values())} from message"  # noqa: S608 - constants
        # One order everywhere, so that two that change the same messages never wait for one another in a ring.
        " where workspace_id = $1 and id = any($2) order by id for update",
        workspace_id,
        message_ids,
    )
    return {row["id"]: _state(row) for row in rows}


def _state(row: Record) -> MessageState:
    moments = {status: row[column] for status, column in _MOMENTS.items() if row[column] is not None}
    return MessageState(row["id"], row["channel"], row["status"], row["updated_at"], moments)
