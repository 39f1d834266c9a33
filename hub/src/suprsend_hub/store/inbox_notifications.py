"""The in-app inbox: one row a notification."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.inbox import Inbox
from suprsend_hub.domain.inbox_change import Action, Change, changes_of
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.inbox_changes import tell_changes
from suprsend_hub.store.json_columns import from_column, to_column


@dataclass(frozen=True, slots=True)
class NewNotification:
    """A notification as it is written; its id is its message's."""

    id: str
    tenant_id: str
    distinct_id: str
    category: str
    content: Document
    is_pinned: bool = False
    tags: Sequence[str] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification as the feed shows it."""

    id: str
    category: str
    content: Document
    is_pinned: bool
    tags: Sequence[str]
    created_at: datetime
    expires_at: datetime | None
    seen_at: datetime | None
    read_at: datetime | None
    interacted_at: datetime | None
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class PutDown:
    """A notification as whoever develops sees it: who got what, and when."""

    id: str
    distinct_id: str
    content: Document
    created_at: datetime


COLUMNS = "id, category, content, is_pinned, tags, created_at, expires_at, seen_at, read_at, interacted_at, archived_at"

# Each inbox has a clock of its own that never shows the same millisecond twice, since clients page by it.
_INSERT = """
with fresh as (
    select tenant_id, distinct_id, position, id, row_number() over whole as nth,
        count(*) over (partition by tenant_id, distinct_id) as many
    from unnest($3::text[], $4::text[], $5::text[]) with ordinality as given (id, tenant_id, distinct_id, position)
    window whole as (partition by tenant_id, distinct_id order by position)
), clock as (
    insert into inbox (workspace_id, tenant_id, distinct_id, latest_at)
        select $1::bigint, tenant_id, distinct_id, $2::timestamptz + interval '1 millisecond' * (many - 1)
        from fresh where nth = 1 order by tenant_id, distinct_id
    on conflict (workspace_id, distinct_id, tenant_id) do update set latest_at = greatest(
        excluded.latest_at, inbox.latest_at + (excluded.latest_at - $2) + interval '1 millisecond')
    returning tenant_id, distinct_id, latest_at
)
insert into inbox_notification (workspace_id, id, tenant_id, distinct_id, created_at, category, content, is_pinned,
        tags, expires_at)
    select $1::bigint, f.id, f.tenant_id, f.distinct_id, c.latest_at - interval '1 millisecond' * (f.many - f.nth),
        w.category, w.content, w.is_pinned,
        array(select json_array_elements_text(w.tags)), w.expires_at
    from fresh f join clock c on c.tenant_id = f.tenant_id and c.distinct_id = f.distinct_id
    join unnest($6::text[], $7::json[], $8::boolean[], $9::json[], $10::timestamptz[]) with ordinality
        as w (category, content, is_pinned, tags, expires_at, position) on w.position = f.position
on conflict do nothing returning id
"""


async def insert_notifications(
    connection: Connection, workspace_id: int, notifications: Sequence[NewNotification], now: datetime
) -> None:
    """Write notifications, and tell of them; one that is there already stays as it is."""
    rows = await connection.fetch(
        _INSERT,
        workspace_id,
        now.replace(microsecond=now.microsecond // 1000 * 1000),
        [each.id for each in notifications],
        [each.tenant_id for each in notifications],
        [each.distinct_id for each in notifications],
        [each.category for each in notifications],
        [to_column(each.content) for each in notifications],
        [each.is_pinned for each in notifications],
        [to_column(list(each.tags)) for each in notifications],
        [each.expires_at for each in notifications],
    )
    written = {row["id"] for row in rows}
    changes = [
        Change(workspace_id, each.distinct_id, each.tenant_id, "new", (each.id,))
        for each in notifications
        if each.id in written
    ]
    await tell_changes(connection, changes)


async def find_notification(connection: Connection, inbox: Inbox, notification_id: str) -> Notification | None:
    """One notification of an inbox, archived and expired ones too."""
    row = await connection.fetchrow(
        f"select {COLUMNS} from inbox_notification"  # noqa: S608 - made of constants
        " where workspace_id = $1 and id = $4 and distinct_id = $2 and tenant_id = $3",
        inbox.workspace_id,
        inbox.distinct_id,
        inbox.tenant_id,
        notification_id,
    )
    return None if row is None else notification_of(row)


async def find_tenant(connection: Connection, inbox: Inbox, notification_id: str) -> str | None:
    """In which tenant's inbox of this person a notification is."""
    found: str | None = await connection.fetchval(
        "select tenant_id from inbox_notification where workspace_id = $1 and id = $3 and distinct_id = $2",
        inbox.workspace_id,
        inbox.distinct_id,
        notification_id,
    )
    return found


def notification_of(row: Record) -> Notification:
    """The notification in a row of COLUMNS."""
    return Notification(**{**row, "content": from_column(row["content"])})


# What a person may do to notifications, and what each action sets; one that was done before keeps its time.
ACTIONS: Mapping[Action, str] = MappingProxyType(
    {
        "seen": "seen_at = coalesce(seen_at, $3)",
        "read": "seen_at = coalesce(seen_at, $3), read_at = coalesce(read_at, $3)",
        "unread": "unread_at = case when read_at is null then unread_at else $3 end, read_at = null",
        "interacted": "seen_at = coalesce(seen_at, $3), read_at = coalesce(read_at, $3),"
        " interacted_at = coalesce(interacted_at, $3)",
        "archive": "archived_at = coalesce(archived_at, $3)",
        "unarchive": "unarchived_at = case when archived_at is null then unarchived_at else $3 end, archived_at = null",
    }
)


async def act_on_notifications(
    connection: Connection, inbox: Inbox, notification_ids: Sequence[str], action: Action, now: datetime
) -> list[str]:
    """Do something to a person's notifications, and tell of it; returns the ids of those that there are."""
    condition = "distinct_id = $4 and tenant_id = $5"
    whose = (inbox.distinct_id, inbox.tenant_id)
    return await _act(connection, inbox.workspace_id, notification_ids, action, now, condition, *whose)


async def act_on_anyones_notifications(
    connection: Connection, workspace_id: int, notification_ids: Sequence[str], action: Action, now: datetime
) -> None:
    """Do something to notifications, whoever they are for, and tell of it."""
    await _act(connection, workspace_id, notification_ids, action, now, "true")


async def _act(
    connection: Connection,
    workspace_id: int,
    notification_ids: Sequence[str],
    action: Action,
    now: datetime,
    condition: str,
    *whose: str,
) -> list[str]:
    rows = await connection.fetch(
        f"update inbox_notification set {ACTIONS[action]}"  # noqa: S608 - made of constants
        f" where workspace_id = $1 and id = any($2::text[]) and $3::timestamptz is not null and {condition}"
        " returning id, distinct_id, tenant_id",
        workspace_id,
        notification_ids,
        now,
        *whose,
    )
    found: dict[Inbox, list[str]] = {}
    for row in rows:
        found.setdefault(Inbox(workspace_id, row["distinct_id"], row["tenant_id"]), []).append(row["id"])
    changes = [change for inbox, ids in found.items() for change in changes_of(inbox, action, ids)]
    await tell_changes(connection, changes)
    return [row["id"] for row in rows]


async def read_all(connection: Connection, inbox: Inbox, limit: int, now: datetime) -> list[str]:
    """Mark so many notifications as read, and tell of it; returns the ids of those that were unread."""
    rows = await connection.fetch(
        f"update inbox_notification set {ACTIONS['read']} where workspace_id = $1 and id = any(array("  # noqa: S608
        "select id from inbox_notification where workspace_id = $1 and distinct_id = $2 and tenant_id = $4"
        " and read_at is null limit $5 for update)) returning id",
        inbox.workspace_id,
        inbox.distinct_id,
        now,
        inbox.tenant_id,
        limit,
    )
    await tell_changes(connection, changes_of(inbox, "read_all"))
    return [row["id"] for row in rows]


async def reset_bell(connection: Connection, inbox: Inbox) -> None:
    """Let the bell's number begin anew after the newest notification, and tell of it."""
    await connection.execute(
        "update inbox set bell_reset_at = latest_at where workspace_id = $1 and distinct_id = $2 and tenant_id = $3",
        inbox.workspace_id,
        inbox.distinct_id,
        inbox.tenant_id,
    )
    await tell_changes(connection, changes_of(inbox, "bell"))


async def list_put_down(
    connection: Connection, recipient: str | None, before: tuple[datetime, str] | None, limit: int, most_looked_at: int
) -> list[PutDown]:
    """Notifications of the first hundred workspaces, newest first; of each its newest alone are looked at.

    `before` is the moment and the id that they are older than.
    """
    rows = await connection.fetch(
        "select n.id, n.distinct_id, n.content, n.created_at from (select id from workspace order by id limit 100) w"
        " cross join lateral (select id, distinct_id, content, created_at from inbox_notification i"
        " where i.workspace_id = w.id order by i.id desc limit $4) n"
        " where ($1::text is null or n.distinct_id = $1)"
        " and ($2::timestamptz is null or (n.created_at, n.id) < ($2, $5))"
        " order by n.created_at desc, n.id desc limit $3",
        recipient,
        before[0] if before else None,
        limit,
        most_looked_at,
        before[1] if before else None,
    )
    return [PutDown(row["id"], row["distinct_id"], from_column(row["content"]), row["created_at"]) for row in rows]
