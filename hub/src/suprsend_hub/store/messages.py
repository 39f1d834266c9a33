"""Runs and their messages, from planned to settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import Status
from suprsend_hub.domain.receipt import PATH
from suprsend_hub.domain.success import EVENT_WINDOW, SUCCESS_STATES
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.json_columns import from_column, to_column

_STATES = ", ".join(f"('{state}', '{success}')" for success, states in SUCCESS_STATES.items() for state in states)

# Whether the delivery of message m had its success, so that this step of its ladder is not needed any more.
_SUCCESS_MET = (
    "exists (select from message o"  # noqa: S608 - made of constants
    " where o.workspace_id = m.workspace_id and o.run_id = m.run_id and o.node = m.node"
    f" and ((o.status, m.success) in (values {_STATES})"
    # Who reacts may be faster than the vendor's answer, and a fallback is another send: the window begins with the
    # first try and ends so long after the last send.
    f" or (m.success not in ({', '.join(map(repr, SUCCESS_STATES))}) and o.triggered_at is not null"
    " and o.status not in ('delivery_failure', 'trigger_failed', 'not_to_be_triggered')"
    " and exists (select from event e where e.workspace_id = m.workspace_id and e.distinct_id = m.distinct_id"
    " and e.name = m.success and e.received_at >= o.triggered_at and e.received_at < coalesce(o.sent_at,"
    f" o.triggered_at) + interval '{int(EVENT_WINDOW.total_seconds())} seconds'))))"
)

_PATH = f"array[{', '.join(map(repr, PATH))}]"

_CLAIMED = (
    "m.id, m.run_id, m.template_version_id, m.category, m.tenant_id, m.distinct_id, m.channel, m.provider, m.address,"
    " m.details, m.created_at, m.vendor_nickname, m.passed, m.failure_code, m.failure_reason,"
    " not exists (select from template_version v join template t on t.id = v.template_id"
    " where v.id = m.template_version_id and t.deleted_at is null) as template_deleted"
)


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message as it is planned; one that is never sent has a status and a reason that say so."""

    id: str
    run_id: str
    node: int
    template_version_id: int
    category: str
    tenant_id: str | None
    distinct_id: str | None
    channel: Channel
    provider: str
    address: str
    status: Status
    failure_code: str | None
    failure_reason: str | None
    due_at: datetime
    success: str | None
    is_rung: bool
    details: Document


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
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


@dataclass(frozen=True, slots=True)
class RunContext:
    """Where the data of a run's messages lies."""

    id: str
    request_id: str
    position: int
    profile_id: int | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a try made of a message; `due_at` is set only where it is tried again.

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


@dataclass(frozen=True, slots=True)
class Settled:
    """A settlement that counted; `has_failed` where the vendor that has the message reported a failure meanwhile."""

    message_id: str
    has_failed: bool


async def insert_messages(
    connection: Connection, workspace_id: int, messages: Sequence[NewMessage], now: datetime
) -> None:
    """Write planned messages."""
    await connection.execute(
        "insert into message (workspace_id, created_at, updated_at, id, run_id, template_version_id, category,"
        " tenant_id, distinct_id, channel, provider, address, status, failure_code, failure_reason, due_at, success,"
        " is_rung, details, node)"
        " select $1, $2, $2, * from unnest($3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[],"
        " $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::timestamptz[],"
        " $16::text[], $17::boolean[], $18::json[], $19::int[])",
        workspace_id,
        now,
        [each.id for each in messages],
        [each.run_id for each in messages],
        [each.template_version_id for each in messages],
        [each.category for each in messages],
        [each.tenant_id for each in messages],
        [each.distinct_id for each in messages],
        [each.channel for each in messages],
        [each.provider for each in messages],
        [each.address for each in messages],
        [each.status for each in messages],
        [each.failure_code for each in messages],
        [each.failure_reason for each in messages],
        [each.due_at for each in messages],
        [each.success for each in messages],
        [each.is_rung for each in messages],
        [to_column(each.details) if each.details else None for each in messages],
        [each.node for each in messages],
    )


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
        f" and m.status in ('to_be_triggered', 'triggered') and not m.cancelled"
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


async def stop_succeeded(
    connection: Connection,
    workspace_id: int,
    message_ids: Sequence[str],
    hold: Hold,
    now: datetime,
    *,
    lost: bool = False,
) -> list[str]:
    """End those of these steps of ladders that are not needed any more; returns their ids.

    With `lost` a vendor may have them, whose answer was lost: nobody can say that they were not sent.
    """
    rows = await connection.fetch(
        "update message m set claim = null, updated_at = $3,"  # noqa: S608 - made of constants
        " status = case when $4 then 'delivery_failure' else 'not_to_be_triggered' end,"
        " failure_code = case when $4 then m.failure_code else 'success_met' end,"
        " failure_reason = case when $4 then m.failure_reason || '; not tried again, as the run had its success'"
        " else 'the run had its success before: ' || m.success end"
        " where m.workspace_id = $1 and m.id = any($2::text[])"
        f" and m.status in ('to_be_triggered', 'triggered') and m.attempts = $5 and m.turn = $6 and m.is_rung"
        f" and {_SUCCESS_MET} returning m.id",
        workspace_id,
        message_ids,
        now,
        lost,
        hold.attempt,
        hold.turn,
    )
    return [row["id"] for row in rows]


async def end_failed(
    connection: Connection, workspace_id: int, message_ids: Sequence[str], hold: Hold, now: datetime
) -> None:
    """End those whose vendor failed, where no other is asked as their run had its success or was cancelled."""
    await connection.execute(
        "update message m set status = 'delivery_failure', updated_at = $3"
        " where m.workspace_id = $1 and m.id = any($2::text[]) and m.status = 'sent_by_vendor'"
        " and m.failure_code is not null and m.claim is null and m.attempts = $4 and m.turn = $5",
        workspace_id,
        message_ids,
        now,
        hold.attempt,
        hold.turn,
    )


async def read_runs(connection: Connection, workspace_id: int, run_ids: Sequence[str]) -> dict[str, RunContext]:
    """Where the data of these runs lies, by run id."""
    rows = await connection.fetch(
        "select id, request_id, position, profile_id from run where workspace_id = $1 and id = any($2)",
        workspace_id,
        run_ids,
    )
    return {row["id"]: RunContext(**row) for row in rows}


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
    f" or array_position({_PATH}, s.status) > array_position({_PATH}, m.status) then s.status else m.status end,"
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
    " returning m.id, m.status, m.failure_code, s.failure_code as settled_code, s.status as settled_status"
)


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
    return {row["id"]: Settled(row["id"], _has_failed(row)) for row in rows}


def _has_failed(row: Record) -> bool:
    """Whether a message is with a vendor that reported a failure while it was in hand."""
    return bool(
        row["status"] == row["settled_status"] == "sent_by_vendor"
        and row["failure_code"] is not None
        and row["settled_code"] is None
    )
