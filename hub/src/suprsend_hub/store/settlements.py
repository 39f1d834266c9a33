"""Settling messages: what tries came to is written where their claims still count."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.message import Status
from suprsend_hub.domain.message_try import MessageTry
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.json_columns import to_column
from suprsend_hub.store.message_states import PATH_ARRAY

# Whether a failure was reported, meanwhile, of the account that has the message after this settlement.
_NOTED = "(m.noted_by is not null and m.noted_by = coalesce(s.vendor_nickname, m.vendor_nickname))"
_ENDS = f"({_NOTED} and s.status = 'sent_by_vendor' and (m.noted_final or not s.has_others))"
_SETTLE = (
    "update message m set status = case"  # noqa: S608 - made of constants
    # A cancelled message that was not taken is not tried again.
    " when m.cancelled and s.status = 'triggered' then 'not_to_be_triggered'"
    f" when {_ENDS} and m.status in ('triggered', 'sent_by_vendor') then 'delivery_failure'"
    # A vendor's callback may be faster than its answer: what it moved forward stays there.
    " when m.status = 'triggered'"
    f" or array_position({PATH_ARRAY}, s.status) > array_position({PATH_ARRAY}, m.status) then s.status"
    " else m.status end,"
    " attempts = m.attempts + 1, claim = null, updated_at = $2,"
    " passed = case when s.passed is null then m.passed"
    " else array(select json_array_elements_text(s.passed)) end,"
    # A fallback that came to nothing leaves the message with the vendor that has it.
    " variant_id = coalesce(s.variant_id, m.variant_id), vendor = coalesce(s.vendor, m.vendor),"
    " vendor_nickname = coalesce(s.vendor_nickname, m.vendor_nickname),"
    " vendor_message_id = case when s.vendor is null then m.vendor_message_id else s.vendor_message_id end,"
    " failure_code = case when m.cancelled and s.status = 'triggered' then 'cancelled'"
    f" when {_NOTED} then m.noted_code else s.failure_code end,"
    f" failure_reason = case when {_NOTED} then m.noted_reason else s.failure_reason end,"
    " noted_by = null, noted_code = null, noted_reason = null, noted_final = false,"
    " due_at = coalesce(s.due_at, m.due_at),"
    " sent_at = case when s.status = 'sent_by_vendor' and (s.vendor is not null or m.sent_at is null) then $2"
    " else m.sent_at end"
    " from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],"
    " $10::text[], $11::text[], $12::timestamptz[], $13::json[], $14::boolean[]) as s (id, claim, status,"
    " variant_id, vendor, vendor_nickname, vendor_message_id, failure_code, failure_reason, due_at, passed,"
    " has_others) where m.workspace_id = $1 and m.id = any($3::text[]) and m.id = s.id and m.claim = s.claim"
    " returning m.id, m.status, m.channel, m.vendor, m.vendor_nickname, m.failure_code, m.failure_reason,"
    " s.failure_code as settled_code, s.status as settled_status"
)


class Settlement(Struct, frozen=True):
    """What a try made of a message; `due_at` is set where it is tried again, or where it is given to nobody else.

    `passed` are the accounts that are not to be asked again, None where that is as before; `has_others` where one is
    left that could be asked.
    """

    message_id: str
    claim: str
    status: Status
    variant_id: str | None
    vendor: str | None
    vendor_nickname: str | None
    vendor_message_id: str | None
    failure_code: str | None
    failure_reason: str | None
    due_at: datetime | None
    passed: Sequence[str] | None = None
    has_others: bool = False


class Settled(Struct, frozen=True):
    """A settlement that counted; `reported` where the vendor that has the message reported a failure meanwhile.

    `status` is what the try came to, whatever a report made of the message since; `is_returned` where that was its end.
    """

    message_id: str
    reported: MessageTry | None
    status: Status
    channel: Channel
    vendor_nickname: str | None
    is_returned: bool


async def settle_messages(
    connection: Connection, workspace_id: int, settlements: Sequence[Settlement], now: datetime
) -> dict[str, Settled]:
    """Write what tries came to, where the claim still counts; returns what was written, by message."""
    rows = await connection.fetch(
        _SETTLE,
        workspace_id,
        now,
        [each.message_id for each in settlements],
        [each.claim for each in settlements],
        [each.status for each in settlements],
        [each.variant_id for each in settlements],
        [each.vendor for each in settlements],
        [each.vendor_nickname for each in settlements],
        [each.vendor_message_id for each in settlements],
        [each.failure_code for each in settlements],
        [each.failure_reason for each in settlements],
        [each.due_at for each in settlements],
        [None if each.passed is None else to_column(list(each.passed)) for each in settlements],
        [each.has_others for each in settlements],
    )
    return {
        row["id"]: Settled(
            message_id=row["id"],
            reported=_reported(row, now),
            status=row["settled_status"],
            channel=row["channel"],
            vendor_nickname=row["vendor_nickname"],
            is_returned=row["settled_status"] == "sent_by_vendor" and row["status"] == "delivery_failure",
        )
        for row in rows
    }


def _reported(row: Record, now: datetime) -> MessageTry | None:
    """The failure that was reported, while a message was in hand, of the vendor that has it now."""
    if not row["status"] == row["settled_status"] == "sent_by_vendor":
        return None
    if row["failure_code"] is None or row["settled_code"] is not None:
        return None
    vendor, nickname, code, reason = row["vendor"], row["vendor_nickname"], row["failure_code"], row["failure_reason"]
    return MessageTry(row["id"], vendor, nickname, "reported_failure", code, reason, now)
