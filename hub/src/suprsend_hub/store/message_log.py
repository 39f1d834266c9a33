"""What became of messages: the pages of `GET /v1/message/`, and what is overdue."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.message import InboxMark, Status
from suprsend_hub.domain.template import DEFAULT_TENANT
from suprsend_hub.domain.ulid import first_id
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.keyset import Keyset


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """What a page is narrowed to; None and empty mean everything, but for `statuses`, where they mean nothing.

    A message that has one of the statuses or one of the marks is wanted. `created_to` is the first moment that is too
    late.
    """

    message_id: str | None = None
    idempotency_key: str | None = None
    tenant_id: str | None = None
    channel: str | None = None
    workflow: str | None = None
    execution_id: str | None = None
    recipients: Sequence[str] = ()
    statuses: Sequence[Status] | None = None
    marks: Sequence[InboxMark] = ()
    categories: Sequence[str] = ()
    created_from: datetime | None = None
    created_to: datetime | None = None
    is_campaign: bool = False
    object_type: str | None = None
    object_id: str | None = None


@dataclass(frozen=True, slots=True)
class Overdue:
    """An accepted request that has not reached an end though it is due."""

    workspace: str
    request_id: str
    message_id: str | None
    state: str
    due_at: datetime


_COLUMNS = """
    m.id, m.created_at, m.updated_at, m.triggered_at, m.sent_at, m.status, m.channel, m.provider, m.address,
    m.failure_code, m.failure_reason, m.distinct_id, m.tenant_id, m.category, m.vendor, m.vendor_nickname,
    m.vendor_message_id, m.attempts, m.variant_id, m.run_id, m.due_at, m.delivered_at, m.dismissed_at, m.seen_at,
    m.clicked_at, m.success, m.repeats, i.read_at, i.unread_at, i.archived_at, i.unarchived_at,
    q.id as request_id, q.name as workflow_name, q.idempotency_key,
    q.list_version_id is not null as is_campaign, w.name as stored_workflow_name,
    q.workflow_version_id, w.version_no as workflow_version_no,
    p.object_type, p.distinct_id as object_id,
    t.slug as template_slug, t.name as template_name, v.version_no
"""

_JOINED = """
    join message m on m.workspace_id = $1 and m.id = page.id
    join run r on r.id = m.run_id join request q on q.id = r.request_id
    left join workflow_version w on w.id = q.workflow_version_id
    left join profile p on p.id = r.profile_id and p.object_type <> ''
    left join template_version v on v.id = m.template_version_id left join template t on t.id = v.template_id
    left join inbox_notification i on i.workspace_id = m.workspace_id and i.id = m.id
"""

_MARKED: dict[InboxMark, str] = {
    "read": "m.id in (select id from inbox_notification where workspace_id = $1 and read_at is not null)",
    "unread": "m.id in (select id from inbox_notification where workspace_id = $1 and read_at is null)",
    "archived": "m.id in (select id from inbox_notification where workspace_id = $1 and archived_at is not null)",
}


async def page_messages(
    connection: Connection, workspace_id: int, narrowed: MessageFilter, keyset: Keyset
) -> list[Record]:
    """One page of messages, newest first, and one more where there are more."""
    # Each filter that is not set must not be in the statement at all, or no index would serve it.
    conditions, arguments = _conditions(workspace_id, narrowed)
    forward = keyset.after is None and keyset.before is not None
    if keyset.after is not None or keyset.before is not None:
        arguments.append(keyset.before if forward else keyset.after)
        conditions.append(f"m.id {'>' if forward else '<'} ${len(arguments)}")
    arguments.append(keyset.limit + 1)
    ordered = f"order by id {'asc' if forward else 'desc'} limit ${len(arguments)}"
    # Each alternative is a page of its own: joined by `or`, no index would serve any of them.
    pages = [
        f"(select m.id from message m where {' and '.join([*conditions, each])} {ordered})"  # noqa: S608 - constants
        for each in _alternatives(narrowed, arguments)
    ]
    async with connection.transaction():
        # How rare a value is decides which way is the shortest, so a plan must be made for the value. Of a column that
        # is empty everywhere nothing is known, and reading the whole table would look cheap.
        await connection.execute("set local plan_cache_mode = force_custom_plan; set local enable_seqscan = off")
        rows = await connection.fetch(
            f"with page as (select id from ({' union '.join(pages)}) found {ordered})"  # noqa: S608 - constants
            f" select {_COLUMNS} from page {_JOINED} order by m.id desc",
            *arguments,
        )
    return list(rows)


def _alternatives(narrowed: MessageFilter, arguments: list[object]) -> list[str]:
    """The conditions of which one must hold; their values are added to the arguments."""
    alternatives = [_MARKED[mark] for mark in dict.fromkeys(narrowed.marks)]
    if narrowed.statuses is not None:
        arguments.append(narrowed.statuses)
        alternatives.append(f"m.status = any(${len(arguments)})")
    return alternatives or ["true"]


def _conditions(workspace_id: int, narrowed: MessageFilter) -> tuple[list[str], list[object]]:
    arguments: list[object] = [workspace_id]
    conditions = ["m.workspace_id = $1"]
    tenant = narrowed.tenant_id
    wanted: list[tuple[str, object]] = [
        ("m.id = {}", narrowed.message_id),
        # Whoever names no tenant has the default one.
        ("(m.tenant_id = {} or m.tenant_id is null)" if tenant == DEFAULT_TENANT else "m.tenant_id = {}", tenant),
        ("m.channel = {}", narrowed.channel),
        ("m.run_id = {}", narrowed.execution_id),
        ("m.distinct_id = any({})", list(narrowed.recipients) or None),
        ("m.category = any({})", list(narrowed.categories) or None),
        ("m.created_at >= {}", narrowed.created_from),
        ("m.created_at < {}", narrowed.created_to),
        # The time is in the id too, by which pages are ordered.
        ("m.id >= {}", first_id(narrowed.created_from) if narrowed.created_from else None),
        ("m.id < {}", first_id(narrowed.created_to) if narrowed.created_to else None),
        *((f"m.run_id in ({runs})", value) for runs, value in _runs(narrowed)),
    ]
    for condition, value in wanted:
        if value is not None:
            arguments.append(value)
            conditions.append(condition.format(f"${len(arguments)}"))
    return conditions, arguments


def _runs(narrowed: MessageFilter) -> Iterator[tuple[str, object]]:
    """The runs whose messages are wanted, as statements with the value that each takes, or None."""
    of_request = "select r.id from run r join request q on q.id = r.request_id where q.workspace_id = $1"
    yield f"{of_request} and q.idempotency_key = {{}}", narrowed.idempotency_key
    yield f"{of_request} and q.name = {{}}", narrowed.workflow
    yield f"{of_request} and q.list_version_id is not null and {{}}", narrowed.is_campaign or None
    yield (
        "select r.id from profile p join run r on r.profile_id = p.id and r.distinct_id is null"
        " where p.workspace_id = $1 and p.tenant_id = '' and p.object_type = ({0}::text[])[1]"
        " and p.distinct_id = ({0}::text[])[2]",
        None if narrowed.object_type is None else [narrowed.object_type, narrowed.object_id],
    )


async def list_overdue(connection: Connection, due_before: datetime, limit: int) -> list[Overdue]:
    """Requests not planned and messages not settled though they were due before this, longest overdue first.

    A broadcast that still moves is not late, however long it takes.
    """
    rows = await connection.fetch(
        "select w.name as workspace, found.* from ("
        " (select workspace_id, id as request_id, null as message_id, state, due_at from request q"
        "  where state = 'accepted' and due_at < $1 and not exists (select from broadcast b"
        "  where b.request_id = q.id and b.moved_at >= $1) order by due_at limit $2)"
        " union all"
        " (select m.workspace_id, r.request_id, m.id, m.status, m.due_at from message m join run r on r.id = m.run_id"
        "  where m.is_unsettled and m.due_at < $1"
        "  order by m.due_at limit $2)"
        " union all"
        # A vendor failed, and nobody came to ask the next one.
        " (select m.workspace_id, r.request_id, m.id, m.status, m.due_at from message m join run r on r.id = m.run_id"
        "  where m.is_with_vendor and m.failure_code is not null and m.due_at < $1"
        "  order by m.due_at limit $2)"
        ") found join workspace w on w.id = found.workspace_id order by found.due_at limit $2",
        due_before,
        limit,
    )
    return [
        Overdue(row["workspace"], row["request_id"], row["message_id"], row["state"], row["due_at"]) for row in rows
    ]
