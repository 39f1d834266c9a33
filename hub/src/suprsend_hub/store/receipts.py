"""Moving messages forward by what is told of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.category import Root, root_of
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.message import Status
from suprsend_hub.store.database import Connection
from suprsend_hub.store.message_states import PATH_ARRAY


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


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a message stood before something was told of it, and where it stands now; held while a worker has it."""

    message_id: str
    channel: Channel
    vendor_nickname: str | None
    before: Status
    after: Status
    is_held: bool


async def move_forward(
    connection: Connection, workspace_id: int, progress: Sequence[Progress], now: datetime
) -> list[Moved]:
    """Move messages on; returns those that there are, moved or not. Nothing ever moves back."""
    rows = await connection.fetch(
        # One order everywhere, and what a message was before: an update tells only what it is now.
        "with former as (select id, status from message where workspace_id = $1 and id = any($3::text[])"  # noqa: S608 - constants
        " order by id for update)"
        " update message m set updated_at = $2,"
        f" status = case when array_position({PATH_ARRAY}, p.status) > array_position({PATH_ARRAY}, m.status)"
        " then p.status else m.status end,"
        " failure_code = case when p.status = 'delivery_failure' and m.status in ('triggered', 'sent_by_vendor')"
        " then p.code else m.failure_code end,"
        " failure_reason = case when p.status = 'delivery_failure' and m.status in ('triggered', 'sent_by_vendor')"
        # What a vendor says may hold the address: of somebody who was erased it is not kept.
        " and m.address <> '' then p.detail else m.failure_reason end,"
        # Receipts may come late and twice: the first time that something happened is the one that counts.
        " delivered_at = least(m.delivered_at, p.delivered_at), dismissed_at = least(m.dismissed_at, p.dismissed_at),"
        " seen_at = least(m.seen_at, p.seen_at), clicked_at = least(m.clicked_at, p.clicked_at)"
        " from unnest($3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[],"
        " $8::timestamptz[], $9::text[], $10::text[])"
        " as p (id, status, delivered_at, dismissed_at, seen_at, clicked_at, code, detail)"
        " join former on former.id = p.id"
        f" where m.workspace_id = $1 and m.id = any($3::text[]) and m.id = p.id and m.status = any({PATH_ARRAY})"
        " and m.status <> 'to_be_triggered' returning m.id as message_id, m.channel, m.vendor_nickname,"
        " former.status as before, m.status as after, m.claim is not null as is_held",
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
    return [Moved(**row) for row in rows]


async def list_known_messages(connection: Connection, workspace_id: int, message_ids: Sequence[str]) -> frozenset[str]:
    """Those of these ids that are messages of the workspace."""
    rows = await connection.fetch(
        "select id from message where workspace_id = $1 and id = any($2::text[])", workspace_id, message_ids
    )
    return frozenset(row["id"] for row in rows)


@dataclass(frozen=True, slots=True)
class CarriedMessage:
    """A message of which its vendor tells something."""

    id: str
    status: Status
    channel: Channel
    provider: str
    address: str
    category: str
    root: Root
    tenant_id: str | None
    distinct_id: str | None
    profile_id: int | None
    vendor_nickname: str | None
    passed: Sequence[str] | None
    turn: int
    is_held: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the vendor that had a message could not deliver it."""

    message_id: str
    code: str | None
    detail: str | None


async def read_carried(
    connection: Connection, workspace_id: int, message_ids: Sequence[str]
) -> dict[str, CarriedMessage]:
    """These messages by id, but for those of people who were erased, locked in the order of their ids."""
    rows = await connection.fetch(
        "select m.id, m.status, m.channel, m.provider, m.address, m.category, m.tenant_id, m.distinct_id, r.profile_id,"
        " m.vendor_nickname, m.passed, m.turn, m.claim is not null as is_held,"
        " q.root from message m"
        " left join run r on r.id = m.run_id left join request q on q.id = r.request_id"
        " where m.workspace_id = $1 and m.id = any($2) and m.address <> '' order by m.id for update of m",
        workspace_id,
        message_ids,
    )
    return {row["id"]: CarriedMessage(**{**row, "root": row["root"] or root_of(row["category"])}) for row in rows}


async def note_failures(
    connection: Connection, workspace_id: int, failures: Sequence[Failure], now: datetime
) -> dict[str, int]:
    """Note why vendors failed, also among the tries; returns the attempt by which the next vendor is to be asked.

    A message that is with the next vendor already, or of which this was noted before, is not returned.
    """
    rows = await connection.fetch(
        # Another attempt fences the timer that waits for a report, and a retry: they find nothing to do any more.
        # Whoever reports a failure had the message, whatever became of its answer.
        "with noted as ("
        "update message m set failure_code = coalesce(f.code, 'vendor_reported_failure'), failure_reason = f.detail,"
        " status = 'sent_by_vendor', sent_at = coalesce(m.sent_at, $2), updated_at = $2, due_at = $2,"
        " attempts = m.attempts + 1"
        " from unnest($3::text[], $4::text[], $5::text[]) as f (id, code, detail)"
        " where m.workspace_id = $1 and m.id = any($3::text[]) and m.id = f.id and m.claim is null"
        " and (m.status = 'triggered' or (m.status = 'sent_by_vendor' and m.failure_code is null))"
        " returning m.id, m.attempts, m.vendor, m.vendor_nickname, m.failure_code, m.failure_reason),"
        " remembered as (insert into message_try (workspace_id, message_id, vendor, vendor_nickname, outcome, code,"
        " detail, happened_at)"
        " select $1, id, vendor, vendor_nickname, 'reported_failure', failure_code, failure_reason, $2 from noted"
        " where vendor_nickname is not null) select id, attempts from noted",
        workspace_id,
        now,
        [each.message_id for each in failures],
        [each.code for each in failures],
        [each.detail for each in failures],
    )
    return {row["id"]: row["attempts"] for row in rows}


async def note_in_hand(
    connection: Connection, workspace_id: int, failures: Sequence[Failure], final: Collection[str], reporter: str
) -> None:
    """Note failures of messages that a worker has in hand; its settlement makes of them what they mean by then."""
    if not failures:
        return
    await connection.execute(
        "update message m set noted_by = $2, noted_code = coalesce(f.code, 'vendor_reported_failure'),"
        " noted_reason = f.detail, noted_final = f.id = any($6)"
        " from unnest($3::text[], $4::text[], $5::text[]) as f (id, code, detail)"
        " where m.workspace_id = $1 and m.id = any($3::text[]) and m.id = f.id and m.claim is not null",
        workspace_id,
        reporter,
        [each.message_id for each in failures],
        [each.code for each in failures],
        [each.detail for each in failures],
        list(final),
    )
