"""Messages as they are planned."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import Status
from suprsend_hub.store.database import Connection
from suprsend_hub.store.json_columns import to_column


class NewMessage(Struct, frozen=True):
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
