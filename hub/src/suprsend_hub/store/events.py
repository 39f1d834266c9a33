"""Events that apps track."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.document import Document
from suprsend_hub.store.database import Connection
from suprsend_hub.store.json_columns import to_column


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event as it is written."""

    id: str
    distinct_id: str | None
    name: str
    properties: Document
    tenant_id: str | None
    happened_at: datetime


async def insert_events(connection: Connection, workspace_id: int, events: Sequence[NewEvent], now: datetime) -> None:
    """Write tracked events."""
    await connection.execute(
        "insert into event (workspace_id, received_at, id, distinct_id, name, properties, tenant_id, happened_at)"
        " select $1, $2, * from unnest($3::text[], $4::text[], $5::text[], $6::json[], $7::text[], $8::timestamptz[])",
        workspace_id,
        now,
        [each.id for each in events],
        [each.distinct_id for each in events],
        [each.name for each in events],
        [to_column(each.properties) for each in events],
        [each.tenant_id for each in events],
        [each.happened_at for each in events],
    )
