"""What became of messages: the pages of `GET /v1/message/`, and what is overdue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.keyset import Keyset, fetch_page


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """What a page is narrowed to; empty means everything."""

    message_id: str | None = None
    idempotency_key: str | None = None
    tenant_id: str | None = None
    channel: str | None = None
    workflow: str | None = None
    execution_id: str | None = None
    recipients: Sequence[str] = ()
    statuses: Sequence[str] = ()
    categories: Sequence[str] = ()
    created_from: datetime | None = None
    created_to: datetime | None = None


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
    m.clicked_at, m.success,
    q.id as request_id, q.name as workflow_name, q.idempotency_key,
    q.list_version_id is not null as is_campaign,
    t.slug as template_slug, t.name as template_name, v.version_no
"""


async def page_messages(
    connection: Connection, workspace_id: int, narrowed: MessageFilter, keyset: Keyset
) -> list[Record]:
    """One page of messages, newest first, and one more where there are more."""
    # Each filter that is not set must not be in the statement at all, or no index would serve it.
    conditions, arguments = _conditions(workspace_id, narrowed)
    return await fetch_page(
        connection,
        f"select {_COLUMNS} from message m"  # noqa: S608 - made of constants; values are arguments
        " join run r on r.id = m.run_id join request q on q.id = r.request_id"
        " left join template_version v on v.id = m.template_version_id left join template t on t.id = v.template_id"
        f" where {' and '.join(conditions)}",
        "m.id",
        keyset,
        *arguments,
    )


def _conditions(workspace_id: int, narrowed: MessageFilter) -> tuple[list[str], list[object]]:
    arguments: list[object] = [workspace_id]
    conditions = ["m.workspace_id = $1"]
    wanted: list[tuple[str, object]] = [
        ("m.id = {}", narrowed.message_id),
        (
            "m.run_id in (select id from run where request_id in"
            " (select id from request where workspace_id = $1 and idempotency_key = {}))",
            narrowed.idempotency_key,
        ),
        ("m.tenant_id = {}", narrowed.tenant_id),
        ("m.channel = {}", narrowed.channel),
        ("q.name = {}", narrowed.workflow),
        ("m.run_id = {}", narrowed.execution_id),
        ("m.distinct_id = any({})", list(narrowed.recipients) or None),
        ("m.status = any({})", list(narrowed.statuses) or None),
        ("m.category = any({})", list(narrowed.categories) or None),
        ("m.created_at >= {}", narrowed.created_from),
        ("m.created_at <= {}", narrowed.created_to),
    ]
    for condition, value in wanted:
        if value is not None:
            arguments.append(value)
            conditions.append(condition.format(f"${len(arguments)}"))
    return conditions, arguments


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
        "  where m.status in ('to_be_triggered', 'triggered') and m.due_at < $1"
        "  order by m.due_at limit $2)"
        " union all"
        # A vendor failed, and nobody came to ask the next one.
        " (select m.workspace_id, r.request_id, m.id, m.status, m.due_at from message m join run r on r.id = m.run_id"
        "  where m.status = 'sent_by_vendor' and m.failure_code is not null and m.due_at < $1"
        "  order by m.due_at limit $2)"
        ") found join workspace w on w.id = found.workspace_id order by found.due_at limit $2",
        due_before,
        limit,
    )
    return [
        Overdue(row["workspace"], row["request_id"], row["message_id"], row["state"], row["due_at"]) for row in rows
    ]
