"""Requests and runs as people look at one of them: all that rows tell of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import Status
from suprsend_hub.domain.request_failure import Failure, failure_of
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.json_columns import from_optional_column
from suprsend_hub.store.keyset import Keyset

# Nobody has so many addresses that all of them are worth a line.
MOST_MESSAGES = 200

_EXCLUSIONS = msgspec.json.Decoder(list[Document])


@dataclass(frozen=True, slots=True)
class ShownRequest:
    """A request, with the names of what it runs."""

    id: str
    name: str
    category: str
    state: str
    tenant_id: str | None
    idempotency_key: str | None
    cancellation_key: str | None
    accepted_at: datetime
    due_at: datetime
    planned_at: datetime | None
    failure: Failure | None
    body: str
    template_slug: str | None
    template_version_no: int | None
    workflow_slug: str | None
    workflow_version_no: int | None
    workflow_definition: Document | None
    has_workflow: bool
    list_id: str | None
    expanded: int | None
    total: int | None


@dataclass(frozen=True, slots=True)
class ShownRun:
    """What a request does for one person; `exclusions` are the channels that it left out, and why."""

    id: str
    request_id: str
    position: int
    distinct_id: str | None
    node: int
    created_at: datetime
    waits_until: datetime | None
    cancelled_at: datetime | None
    exclusions: Sequence[Document]


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """One message to one address, and when what happened to it."""

    id: str
    run_id: str
    node: int
    channel: Channel
    provider: str
    address: str
    status: Status
    success: str | None
    is_rung: bool
    vendor: str | None
    vendor_nickname: str | None
    vendor_message_id: str | None
    passed: Sequence[str] | None
    variant_id: str | None
    template_slug: str | None
    template_version_no: int | None
    failure_code: str | None
    failure_reason: str | None
    attempts: int
    cancelled: bool
    created_at: datetime
    due_at: datetime
    updated_at: datetime
    triggered_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    seen_at: datetime | None
    clicked_at: datetime | None
    dismissed_at: datetime | None
    repeats: str | None
    repeated_by: str | None

    @property
    def is_waiting(self) -> bool:
        """Whether a worker has something left to do for it."""
        is_with_next = self.status == "sent_by_vendor" and self.failure_code is not None
        return self.status in ("to_be_triggered", "triggered") or is_with_next


def last_of_repeats(messages: Sequence[ShownMessage]) -> list[ShownMessage]:
    """Those of a run's messages that none of the others repeats: they say how it stands."""
    repeated = {each.repeats for each in messages}
    return [each for each in messages if each.id not in repeated]


async def find_request(connection: Connection, workspace_id: int, request_id: str) -> ShownRequest | None:
    """The request of that id in this workspace."""
    row = await connection.fetchrow(
        "select q.id, q.name, q.category, q.state, q.tenant_id, q.idempotency_key, q.cancellation_key, q.accepted_at,"
        " q.due_at, q.planned_at, q.failure_code, q.failure_reason, q.body, t.slug as template_slug,"
        " v.version_no as template_version_no,"
        " w.slug as workflow_slug, x.version_no as workflow_version_no, x.definition as workflow_definition,"
        " w.id is not null and w.deleted_at is null as has_workflow, b.list_id, b.expanded, b.total"
        " from request q left join template_version v on v.id = q.template_version_id"
        " left join template t on t.id = v.template_id left join workflow_version x on x.id = q.workflow_version_id"
        " left join workflow w on w.id = x.workflow_id left join broadcast b on b.request_id = q.id"
        " where q.id = $2 and q.workspace_id = $1",
        workspace_id,
        request_id,
    )
    return _request(row) if row else None


def _request(row: Record) -> ShownRequest:
    known = dict(row)
    failure = failure_of(known.pop("failure_code"), known.pop("failure_reason"))
    definition = from_optional_column(known.pop("workflow_definition"))
    return ShownRequest(**known, failure=failure, workflow_definition=definition)


async def page_runs(connection: Connection, workspace_id: int, request_id: str, keyset: Keyset) -> list[ShownRun]:
    """Runs of a request, in the order of their making, and one more where there are more."""
    rows = await connection.fetch(
        f"{_RUN} where r.request_id = $2 and r.workspace_id = $1 and r.id > $3 order by r.request_id, r.id limit $4",
        workspace_id,
        request_id,
        str(keyset.after or ""),
        keyset.limit + 1,
    )
    return [_run(row) for row in rows]


async def find_run(connection: Connection, workspace_id: int, run_id: str) -> ShownRun | None:
    """The run of that id in this workspace."""
    row = await connection.fetchrow(f"{_RUN} where r.id = $2 and r.workspace_id = $1", workspace_id, run_id)
    return _run(row) if row else None


async def list_messages(connection: Connection, workspace_id: int, run_ids: Sequence[str]) -> list[ShownMessage]:
    """The messages of these runs, in the order of their making."""
    rows = await connection.fetch(
        f"{_MESSAGE} where m.run_id = any($2) and m.workspace_id = $1 order by m.id limit $3",
        workspace_id,
        run_ids,
        MOST_MESSAGES,
    )
    return [ShownMessage(**row) for row in rows]


async def find_message(connection: Connection, workspace_id: int, message_id: str) -> ShownMessage | None:
    """The message of that id in this workspace."""
    row = await connection.fetchrow(f"{_MESSAGE} where m.id = $2 and m.workspace_id = $1", workspace_id, message_id)
    return ShownMessage(**row) if row else None


_MESSAGE = (
    "select m.id, m.run_id, m.node, m.channel, m.provider, m.address, m.status, m.success, m.is_rung, m.vendor,"
    " m.vendor_nickname, m.vendor_message_id, m.passed, m.variant_id, t.slug as template_slug,"
    " v.version_no as template_version_no, m.failure_code, m.failure_reason, m.attempts, m.cancelled,"
    " m.created_at, m.due_at, m.updated_at, m.triggered_at, m.sent_at, m.delivered_at, m.seen_at, m.clicked_at,"
    " m.dismissed_at, m.repeats, m.repeated_by from message m"
    " left join template_version v on v.id = m.template_version_id left join template t on t.id = v.template_id"
)

_RUN = (
    "select r.id, r.request_id, r.position, r.distinct_id, r.node, r.created_at, r.waits_until, r.cancelled_at,"
    " r.exclusions from run r"
)


def _run(row: Record) -> ShownRun:
    return ShownRun(**{**row, "exclusions": tuple(_EXCLUSIONS.decode(row["exclusions"]))})
