"""Reading what explains a request and its messages."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from suprsend_hub.domain.explanation_facts import AccountFacts, MessageFacts
from suprsend_hub.domain.message_try import MessageTry
from suprsend_hub.domain.success import EVENT_WINDOW
from suprsend_hub.store.database import Connection, Record

_MESSAGE = (
    "m.id, m.run_id, m.node, m.channel, m.provider, m.address, m.status, m.failure_code, m.failure_reason, m.attempts,"
    " m.turn, m.claim is not null as is_claimed, m.cancelled as is_cancelled, m.is_rung, m.success, m.due_at,"
    " m.updated_at, m.triggered_at, m.sent_at, m.delivered_at, m.dismissed_at, m.seen_at, m.clicked_at, i.read_at,"
    " i.archived_at, m.vendor, m.vendor_nickname, m.vendor_message_id, m.passed, m.variant_id, m.created_at, m.repeats,"
    " m.repeated_by"
)


async def find_place(connection: Connection, message_or_request_id: str) -> tuple[int, str | None, str | None] | None:
    """The workspace of a message or a request, and its message id or request id; None where there is neither."""
    row = await connection.fetchrow(
        "select w.id, m.id as message_id, null as request_id from workspace w"
        " join message m on m.workspace_id = w.id and m.id = $1"
        " union all select q.workspace_id, null, q.id from request q where q.id = $1 limit 1",
        message_or_request_id,
    )
    return None if row is None else (row["id"], row["message_id"], row["request_id"])


async def find_run(connection: Connection, workspace_id: int, message_id: str) -> str | None:
    """The run of a message, or None where there is no such message."""
    found: str | None = await connection.fetchval(
        "select run_id from message where workspace_id = $1 and id = $2", workspace_id, message_id
    )
    return found


async def read_request(
    connection: Connection, workspace_id: int, *, request_id: str | None = None, run_id: str | None = None
) -> Record | None:
    """A request by its own id or by a run's, with its body and versions, and how far it has come if a broadcast."""
    row: Record | None = await connection.fetchrow(
        "select q.id, q.name, q.category, q.root, q.tenant_id, q.idempotency_key, q.state, q.accepted_at, q.due_at,"
        " q.planned_at, q.failure_code, q.failure_reason, q.body, q.template_version_id, q.workflow_version_id,"
        " q.list_version_id, q.template_versions,"
        " b.list_id, b.expanded, b.total from request q left join broadcast b on b.request_id = q.id"
        " where q.workspace_id = $1"
        " and q.id = coalesce($2, (select request_id from run where id = $3 and workspace_id = $1))",
        workspace_id,
        request_id,
        run_id,
    )
    return row


async def read_runs(
    connection: Connection, workspace_id: int, request_id: str, run_id: str | None, most: int
) -> Sequence[Record]:
    """So many runs of a request, or only this one, by the places of their people."""
    rows: Sequence[Record] = await connection.fetch(
        "select r.id, r.position, r.distinct_id, r.exclusions, r.created_at, r.node, r.waits, r.waits_until,"
        " r.cancelled_at, p.object_type, p.distinct_id as object_id"
        " from (select * from run where workspace_id = $1 and request_id = $2 and ($3::text is null or id = $3)"
        " limit $4) r"
        " left join profile p on p.id = r.profile_id and p.object_type <> '' order by r.position, r.id",
        workspace_id,
        request_id,
        run_id,
        most,
    )
    return rows


async def read_messages(connection: Connection, workspace_id: int, run_ids: Sequence[str]) -> list[MessageFacts]:
    """All messages of these runs."""
    rows = await connection.fetch(
        f"select {_MESSAGE} from message m"  # noqa: S608 - made of constants
        " left join inbox_notification i on i.workspace_id = m.workspace_id and i.id = m.id"
        " where m.workspace_id = $1 and m.run_id = any($2) order by m.id",
        workspace_id,
        run_ids,
    )
    return [MessageFacts(**row) for row in rows]


async def read_tries(connection: Connection, workspace_id: int, message_ids: Sequence[str]) -> list[MessageTry]:
    """What is remembered of the tries of these messages, in their order."""
    rows = await connection.fetch(
        "select message_id, vendor, vendor_nickname, outcome, code, detail, happened_at from message_try"
        " where message_id = any($2) and workspace_id = $1 order by message_id, id",
        workspace_id,
        message_ids,
    )
    return [MessageTry(**row) for row in rows]


async def find_success_events(
    connection: Connection, workspace_id: int, run_ids: Sequence[str]
) -> dict[tuple[str, int], datetime]:
    """By run and node, when the first event was tracked that has the name of its success and counts for it."""
    rows = await connection.fetch(
        "select m.run_id, m.node, min(e.received_at) as at from message m join event e"
        " on e.workspace_id = m.workspace_id and e.distinct_id = m.distinct_id and e.name = m.success"
        " and e.received_at >= m.triggered_at"
        " and e.received_at < coalesce(m.sent_at, m.triggered_at) + $3::interval"
        " where m.workspace_id = $1 and m.run_id = any($2)"
        " and m.status not in ('delivery_failure', 'trigger_failed', 'not_to_be_triggered') group by m.run_id, m.node",
        workspace_id,
        run_ids,
        EVENT_WINDOW,
    )
    return {(row["run_id"], row["node"]): row["at"] for row in rows}


async def read_accounts(connection: Connection, workspace_id: int) -> list[AccountFacts]:
    """The workspace's vendor accounts in the order in which they are used, without their secrets."""
    rows = await connection.fetch(
        "select channel, nickname, provider, roots, tenant_id, fallback_seconds, disabled_at is null as is_enabled"
        " from vendor where workspace_id = $1 order by channel, priority, id",
        workspace_id,
    )
    return [_account(row) for row in rows]


def _account(row: Record) -> AccountFacts:
    fields = dict(row)
    seconds = fields.pop("fallback_seconds")
    return AccountFacts(
        **{
            **fields,
            "roots": frozenset(row["roots"]),
            "fallback_after": None if seconds is None else timedelta(seconds=seconds),
        }
    )
