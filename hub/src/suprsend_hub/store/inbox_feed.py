"""What the feed of an inbox asks: pages, and numbers that look at no more than its newest notifications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.inbox import Inbox, Store
from suprsend_hub.store.database import Connection
from suprsend_hub.store.inbox_notifications import COLUMNS, Notification, notification_of

# No number that a person sees is larger: older notifications are not looked at.
MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page goes on: after a notification that a client holds already."""

    is_pinned: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """The bell's number, and what is unread in each tab, in their order."""

    badge: int
    unread: Sequence[int]


async def page_notifications(
    connection: Connection, inbox: Inbox, store: Store, now: datetime, *, limit: int, after: Place | None
) -> list[Notification]:
    """One page of a tab: pinned ones first, then newest first."""
    rows = await connection.fetch(
        f"select {COLUMNS} from inbox_notification where {_OWN}"  # noqa: S608 - made of constants
        f" and ($5::boolean is null or (is_pinned, created_at) < ($5, $6::timestamptz)) and {_fits(8)}"
        " order by is_pinned desc, created_at desc limit $7",
        *_key(inbox, now),
        after.is_pinned if after else None,
        after.created_at if after else None,
        limit,
        *_asked(store),
    )
    return [notification_of(row) for row in rows]


async def page_by_number(
    connection: Connection, inbox: Inbox, store: Store, now: datetime, *, limit: int, offset: int, before: datetime
) -> list[Notification]:
    """One page of a tab as the first clients ask for it, without what came after their first page."""
    rows = await connection.fetch(
        f"select {COLUMNS} from inbox_notification where {_OWN} and created_at <= $5 and {_fits(8)}"  # noqa: S608
        " order by is_pinned desc, created_at desc limit $6 offset $7",
        *_key(inbox, now),
        before,
        limit,
        offset,
        *_asked(store),
    )
    return [notification_of(row) for row in rows]


async def count_notifications(connection: Connection, inbox: Inbox, store: Store, now: datetime) -> int:
    """How many notifications a tab holds, among the newest MOST_COUNTED."""
    found: int = await connection.fetchval(
        f"select count(*) filter (where {_fits(5)}) from ({_NEWEST}) newest where {_IN_TIME}",  # noqa: S608
        *_key(inbox, now),
        *_asked(store),
    )
    return found


async def count_unread(connection: Connection, inbox: Inbox, stores: Sequence[Store], now: datetime) -> Counts:
    """What came since the bell was clicked, and what is unread in each tab, among the newest MOST_COUNTED."""
    places = [5 + 4 * index for index in range(len(stores))]
    # What fits no tab is nowhere to be seen, so the bell does not ring for it.
    shown = " or ".join(_fits_words(each) for each in places) or "true"
    numbers = [f"count(*) filter (where archived_at is null and rang and ({shown}))"]
    numbers += [f"count(*) filter (where read_at is null and {_fits(each)})" for each in places]
    row = await connection.fetchrow(
        f"select {', '.join(numbers)} from (select *, created_at > coalesce("  # noqa: S608 - made of constants
        f"(select bell_reset_at from inbox where {_WHOSE}), '-infinity') as rang from ({_NEWEST}) own"
        f" where {_IN_TIME}) newest",
        *_key(inbox, now),
        *[value for each in stores for value in _asked(each)],
    )
    assert row is not None, "it counts"
    badge, *unread = row
    return Counts(badge, unread)


_WHOSE = "workspace_id = $1 and distinct_id = $2 and tenant_id = $3"
_IN_TIME = "(expires_at is null or expires_at > $4::timestamptz)"
_OWN = f"{_WHOSE} and {_IN_TIME}"
_NEWEST = (
    "select read_at, archived_at, tags, category, created_at, expires_at from inbox_notification"  # noqa: S608
    f" where {_WHOSE} order by is_pinned desc, created_at desc limit {MOST_COUNTED}"
)


def _fits(first: int) -> str:
    """Whether a notification belongs to the tab whose question begins at this parameter."""
    return (
        f"(${first}::boolean is null or (read_at is not null) = ${first})"
        f" and (archived_at is not null) = ${first + 1}::boolean and {_fits_words(first)}"
    )


def _fits_words(first: int) -> str:
    return (
        f"((${first + 2}::text[] = '{{}}' or tags && ${first + 2})"
        f" and (${first + 3}::text[] = '{{}}' or category = any(${first + 3})))"
    )


def _key(inbox: Inbox, now: datetime) -> tuple[int, str, str, datetime]:
    return inbox.workspace_id, inbox.distinct_id, inbox.tenant_id, now


def _asked(store: Store) -> tuple[bool | None, bool, list[str], list[str]]:
    return store.is_read, store.is_archived, list(store.tags), list(store.categories)
