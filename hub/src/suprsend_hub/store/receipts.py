"""Moving messages forward by what is told of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.message import Status
from suprsend_hub.domain.receipt import PATH
from suprsend_hub.store.database import Connection

_PATH = f"array[{', '.join(map(repr, PATH))}]"


@dataclass(frozen=True, slots=True)
class Progress:
    """All that is told of one message: the furthest state, and when each thing happened first."""

    message_id: str
    status: Status
    delivered_at: datetime | None
    dismissed_at: datetime | None
    seen_at: datetime | None
    clicked_at: datetime | None
    code: str | None
    detail: str | None


async def move_forward(
    connection: Connection, workspace_id: int, progress: Sequence[Progress], now: datetime
) -> list[str]:
    """Move messages on; returns the ids of those that there are, moved or not. Nothing ever moves back."""
    rows = await connection.fetch(
        "update message m set updated_at = $2,"  # noqa: S608 - made of constants
        f" status = case when array_position({_PATH}, p.status) > array_position({_PATH}, m.status)"
        " then p.status else m.status end,"
        " failure_code = case when p.status = 'delivery_failure' and m.status in ('triggered', 'sent_by_vendor')"
        " then p.code else m.failure_code end,"
        " failure_reason = case when p.status = 'delivery_failure' and m.status in ('triggered', 'sent_by_vendor')"
        " then p.detail else m.failure_reason end,"
        # Receipts may come late and twice: the first time that something happened is the one that counts.
        " delivered_at = least(m.delivered_at, p.delivered_at), dismissed_at = least(m.dismissed_at, p.dismissed_at),"
        " seen_at = least(m.seen_at, p.seen_at), clicked_at = least(m.clicked_at, p.clicked_at)"
        " from unnest($3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[],"
        " $8::timestamptz[], $9::text[], $10::text[])"
        " as p (id, status, delivered_at, dismissed_at, seen_at, clicked_at, code, detail)"
        f" where m.workspace_id = $1 and m.id = any($3::text[]) and m.id = p.id and m.status = any({_PATH})"
        " and m.status <> 'to_be_triggered' returning m.id",
        workspace_id,
        now,
        [each.message_id for each in progress],
        [each.status for each in progress],
        [each.delivered_at for each in progress],
        [each.dismissed_at for each in progress],
        [each.seen_at for each in progress],
        [each.clicked_at for each in progress],
        [each.code for each in progress],
        [each.detail for each in progress],
    )
    return [row["id"] for row in rows]
