"""The in-app inbox: one row a notification."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from suprsend_hub.domain.document import Document
from suprsend_hub.store.database import Connection
from suprsend_hub.store.json_columns import from_column, to_column


@dataclass(frozen=True, slots=True)
class NewNotification:
    """A notification as it is written; its id is its message's."""

    id: str
    tenant_id: str
    distinct_id: str
    category: str
    content: Document


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification as the feed shows it."""

    id: str
    category: str
    content: Document
    created_at: datetime
    seen_at: datetime | None
    read_at: datetime | None
    interacted_at: datetime | None
    archived_at: datetime | None


async def insert_notifications(
    connection: Connection, workspace_id: int, notifications: Sequence[NewNotification], now: datetime
) -> None:
    """Write notifications; one that is there already stays as it is."""
    await connection.execute(
        "insert into inbox_notification (workspace_id, created_at, id, tenant_id, distinct_id, category, content)"
        " select $1, $2, * from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::json[])"
        " on conflict do nothing",
        workspace_id,
        now,
        [each.id for each in notifications],
        [each.tenant_id for each in notifications],
        [each.distinct_id for each in notifications],
        [each.category for each in notifications],
        [to_column(each.content) for each in notifications],
    )


async def page_notifications(
    connection: Connection,
    workspace_id: int,
    distinct_id: str,
    tenant_id: str,
    *,
    limit: int,
    older_than: datetime | None,
) -> list[Notification]:
    """One page of a person's notifications, newest first, without the archived ones."""
    rows = await connection.fetch(
        "select id, category, content, created_at, seen_at, read_at, interacted_at, archived_at"
        " from inbox_notification where workspace_id = $1 and distinct_id = $2 and tenant_id = $3"
        " and archived_at is null and ($4::timestamptz is null or created_at < $4) order by id desc limit $5",
        workspace_id,
        distinct_id,
        tenant_id,
        older_than,
        limit,
    )
    return [Notification(**{**row, "content": from_column(row["content"])}) for row in rows]


async def count_notifications(connection: Connection, workspace_id: int, distinct_id: str, tenant_id: str) -> int:
    """How many notifications the feed holds for a person."""
    found: int = await connection.fetchval(
        "select count(*) from inbox_notification"
        " where workspace_id = $1 and distinct_id = $2 and tenant_id = $3 and archived_at is null",
        workspace_id,
        distinct_id,
        tenant_id,
    )
    return found


# What a person may do to notifications, and what each action sets; one that was done before keeps its time.
ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "seen": "seen_at = coalesce(seen_at, $4)",
        "read": "seen_at = coalesce(seen_at, $4), read_at = coalesce(read_at, $4)",
        "unread": "unread_at = case when read_at is null then unread_at else $4 end, read_at = null",
        "interacted": "seen_at = coalesce(seen_at, $4), read_at = coalesce(read_at, $4),"
        " interacted_at = coalesce(interacted_at, $4)",
        "archive": "archived_at = coalesce(archived_at, $4)",
        "unarchive": "unarchived_at = case when archived_at is null then unarchived_at else $4 end, archived_at = null",
    }
)


async def act_on_notifications(
    connection: Connection,
    workspace_id: int,
    distinct_id: str | None,
    tenant_id: str | None,
    notification_ids: Sequence[str],
    action: str,
    now: datetime,
) -> list[str]:
    """Do one of ACTIONS to notifications, of one person in one tenant unless those are None; the ids of all found."""
    rows = await connection.fetch(
        f"update inbox_notification set {ACTIONS[action]}"  # noqa: S608 - made of constants
        " where workspace_id = $1 and ($2::text is null or distinct_id = $2) and id = any($3::text[])"
        " and $4::timestamptz is not null and ($5::text is null or tenant_id = $5) returning id",
        workspace_id,
        distinct_id,
        notification_ids,
        now,
        tenant_id,
    )
    return [row["id"] for row in rows]
