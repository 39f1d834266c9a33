"""Claiming messages: a worker takes what is still to be sent, gives back what must wait, and ends what nobody needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.success import EVENT_WINDOW, SUCCESS_STATES
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.json_columns import from_column

_STATES = ", ".join(f"('{state}', '{success}')" for success, states in SUCCESS_STATES.items() for state in states)

# Whether the delivery of message m had its success, so that this step of its ladder is not needed any more.
_SUCCESS_MET = (
    "exists (select from message o"  # noqa: S608 - made of constants
    " where o.workspace_id = m.workspace_id and o.run_id = m.run_id and o.node = m.node"
    # What somebody sent again is still wanted, whatever came of the messages before.
    " and (m.repeats is null or o.id >= m.id)"
    f" and ((o.status, m.success) in (values {_STATES})"
    # Who reacts may be faster than the vendor's answer, and a fallback is another send: the window begins with the
    # first try and ends so long after the last send.
    f" or (m.success not in ({', '.join(map(repr, SUCCESS_STATES))}) and o.triggered_at is not null"
    " and o.status not in ('delivery_failure', 'trigger_failed', 'not_to_be_triggered')"
    " and exists (select from event e where e.workspace_id = m.workspace_id and e.distinct_id = m.distinct_id"
    " and e.name = m.success and e.received_at >= o.triggered_at and e.received_at < coalesce(o.sent_at,"
    f" o.triggered_at) + interval '{int(EVENT_WINDOW.total_seconds())} seconds'))))"
)

# What a message says that was cancelled before it was sent.
CANCELLED, CANCELLED_REASON = "cancelled", "the run was cancelled before this message was sent"

_CLAIMED = (
    "m.id, m.run_id, m.template_version_id, m.category, m.tenant_id, m.distinct_id, m.channel, m.provider, m.address,"
    " m.details, m.created_at, m.sent_at, m.vendor, m.vendor_nickname, m.passed, m.failure_code, m.failure_reason,"
    " not exists (select from template_version v join template t on t.id = v.template_id"
    " where v.id = m.template_version_id and t.deleted_at is null) as template_deleted"
)


class ClaimedMessage(Struct, frozen=True):
    """A message that this worker may send now; the vendor and the failure are those of an earlier try.

    `passed` are the nicknames of the accounts that had it before that one.
    """

    id: str
    run_id: str
    template_version_id: int
    template_deleted: bool
    category: str
    tenant_id: str | None
    distinct_id: str | None
    channel: Channel
    provider: str
    address: str
    details: Document
    created_at: datetime
    sent_at: datetime | None
    vendor: str | None
    vendor_nickname: str | None
    passed: Sequence[str]
    failure_code: str | None
    failure_reason: str | None


@dataclass(frozen=True, slots=True)
class Hold:
    """What a job holds messages by: the attempt and the turn that it is for, and this worker's claim."""

    attempt: int
    turn: int
    claim: str


async def claim_messages(
    connection: Connection, workspace_id: int, message_ids: Sequence[str], hold: Hold, now: datetime
) -> list[ClaimedMessage]:
    """Take the messages that are still to be tried for the hold's attempt (from 0) and turn, and still needed.

    Whoever claimed them before and did not settle them is taken for dead: its claim no longer counts.
    """
    rows = await connection.fetch(
        "update message m set status = 'triggered', claim = $4, updated_at = $5,"  # noqa: S608 - made of constants
        " triggered_at = coalesce(m.triggered_at, $5)"
        " where m.workspace_id = $1 and m.id = any($2::text[]) and m.attempts = $3 and m.turn = $6"
        " and m.is_unsettled and not m.cancelled"
        f" and not (m.is_rung and {_SUCCESS_MET})"
        f" returning {_CLAIMED}",
        workspace_id,
        message_ids,
        hold.attempt,
        hold.claim,
        now,
        hold.turn,
    )
    return [_claimed(row) for row in rows]


async def claim_for_fallback(
    connection: Connection, workspace_id: int, message_ids: Sequence[str], hold: Hold, now: datetime
) -> list[ClaimedMessage]:
    """Take messages that a vendor has and of which nothing good was heard, unless their run had its success."""
    rows = await connection.fetch(
        "update message m set claim = $4, updated_at = $5"  # noqa: S608 - made of constants
        " where m.workspace_id = $1 and m.id = any($2::text[]) and m.attempts = $3 and m.turn = $6"
        f" and m.status = 'sent_by_vendor' and not m.cancelled and not ({_SUCCESS_MET}) returning {_CLAIMED}",
        workspace_id,
        message_ids,
        hold.attempt,
        hold.claim,
        now,
        hold.turn,
    )
    return [_claimed(row) for row in rows]


def _claimed(row: Record) -> ClaimedMessage:
    details = from_column(row["details"]) if row["details"] else {}
    return ClaimedMessage(**{**row, "details": details, "passed": row["passed"] or ()})


async def is_claimed(connection: Connection, workspace_id: int, message_id: str, claim: str) -> bool:
    """Whether a claim still counts, for a message that nobody has cancelled meanwhile."""
    return bool(
        await connection.fetchval(
            "select true from message where workspace_id = $1 and id = $2 and claim = $3 and not cancelled",
            workspace_id,
            message_id,
            claim,
        )
    )


async def put_off_messages(
    connection: Connection, workspace_id: int, due: Sequence[tuple[str, datetime]], claim: str
) -> frozenset[str]:
    """Give messages back untried, to be due later; returns the ids of those whose claim still counted.

    Only a job for their next turn can take them: one that runs a second time finds nothing.
    """
    rows = await connection.fetch(
        "update message m set claim = null, turn = m.turn + 1, due_at = d.due_at"
        " from unnest($3::text[], $4::timestamptz[]) as d (id, due_at)"
        " where m.workspace_id = $1 and m.id = any($3::text[]) and m.id = d.id and m.claim = $2 returning m.id",
        workspace_id,
        claim,
        [message_id for message_id, _ in due],
        [moment for _, moment in due],
    )
    return frozenset(row["id"] for row in rows)


async def stop_unneeded(
    connection: Connection,
    workspace_id: int,
    message_ids: Sequence[str],
    hold: Hold,
    now: datetime,
    *,
    lost: bool = False,
) -> list[str]:
    """End those of these that are cancelled, and steps of ladders that are not needed any more; returns their ids.

    With `lost` a vendor may have them, whose answer was lost: nobody can say that they were not sent.
    """
    rows = await connection.fetch(
        "update message m set claim = null, updated_at = $3,"  # noqa: S608 - made of constants
        " status = case when $4 then 'delivery_failure' else 'not_to_be_triggered' end,"
        f" failure_code = case when $4 then m.failure_code when m.cancelled then '{CANCELLED}' else 'success_met' end,"
        " failure_reason = case when $4 then m.failure_reason || '; not tried again, as the run '"
        "  || case when m.cancelled then 'was cancelled' else 'had its success' end"
        f" when m.cancelled then '{CANCELLED_REASON}'"
        " else 'the run had its success before: ' || m.success end"
        " where m.workspace_id = $1 and m.id = any($2::text[])"
        " and m.is_unsettled and m.attempts = $5 and m.turn = $6"
        f" and (m.cancelled or (m.is_rung and {_SUCCESS_MET})) returning m.id",
        workspace_id,
        message_ids,
        now,
        lost,
        hold.attempt,
        hold.turn,
    )
    return [row["id"] for row in rows]


async def end_fallbacks(
    connection: Connection, workspace_id: int, message_ids: Sequence[str], hold: Hold, now: datetime
) -> None:
    """Leave those with the vendor that has them whose run had its success or was cancelled; end those that failed."""
    await connection.execute(
        "update message m set claim = null, due_at = least(m.due_at, m.sent_at),"
        " updated_at = case when m.failure_code is null and not m.cancelled then m.updated_at else $3 end,"
        " status = case when m.failure_code is null then m.status else 'delivery_failure' end"
        " where m.workspace_id = $1 and m.id = any($2::text[]) and m.status = 'sent_by_vendor'"
        " and m.attempts = $4 and m.turn = $5"
        " and (m.claim is null or m.cancelled)",
        workspace_id,
        message_ids,
        now,
        hold.attempt,
        hold.turn,
    )
