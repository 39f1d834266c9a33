"""The pages and numbers of the feed (wire.md 4.3)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.inbox import read_store, read_stores
from suprsend_hub.inbox.documents import from_milliseconds, notification_document
from suprsend_hub.inbox.opening import (
    AnyRequest,
    Authenticate,
    Person,
    StoresText,
    StoreText,
    Tenant,
    no_notification,
    open_inbox,
)
from suprsend_hub.store.database import Pool
from suprsend_hub.store.inbox_feed import Place, count_notifications, count_unread, page_notifications
from suprsend_hub.store.inbox_notifications import find_notification

MOST_A_PAGE = 100

_SEARCH_AFTER = msgspec.json.Decoder(Annotated[list[bool | int], Meta(max_length=2)])


def feed_routes(authenticate: Authenticate, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The routes that read the feed."""

    @get("/v1/feed/notifications", summary="List a person's inbox", tags=["inbox"])
    async def list_notifications(
        request: AnyRequest,
        distinct_id: Person,
        tenant_id: Tenant = "default",
        page_size: Annotated[int, QueryParameter(ge=1, le=MOST_A_PAGE)] = 20,
        search_after: Annotated[str, QueryParameter(max_length=255)] = "[]",
        store: StoreText = "",
    ) -> Document:
        """A page of notifications, pinned ones first, then newest first.

        `search_after` is `[]` or `[is_pinned, created_on]` of the last one held; `store` is a tab.
        """
        inbox = await open_inbox(authenticate, request, distinct_id, tenant_id)
        after, tab = _read_search_after(search_after), read_store(store)
        async with pool.acquire() as connection:
            found = await page_notifications(connection, inbox, tab, now(), limit=page_size + 1, after=after)
            total = await count_notifications(connection, inbox, tab, now())
        return {
            "results": [notification_document(each) for each in found[:page_size]],
            "meta": {"total_count": total, "has_more": len(found) > page_size},
        }

    @get("/v1/feed/notifications_count", summary="Count what a person has not read", tags=["inbox"])
    async def count(
        request: AnyRequest, distinct_id: Person, tenant_id: Tenant = "default", stores: StoresText = ""
    ) -> Document:
        """The bell's number as `badge`, and what is unread in each tab by its `store_id`; none is above 1000."""
        inbox = await open_inbox(authenticate, request, distinct_id, tenant_id)
        tabs = read_stores(stores)
        async with pool.acquire() as connection:
            counts = await count_unread(connection, inbox, tabs, now())
        return {"badge": counts.badge, **dict(zip((each.id for each in tabs), counts.unread, strict=True))}

    @get("/v1/feed/notifications/{notification_id:str}", summary="Read a notification", tags=["inbox"])
    async def read_one(
        request: AnyRequest, notification_id: FromPath[str], distinct_id: Person, tenant_id: Tenant = "default"
    ) -> Document:
        """One notification, archived and expired ones too."""
        inbox = await open_inbox(authenticate, request, distinct_id, tenant_id)
        async with pool.acquire() as connection:
            found = await find_notification(connection, inbox, notification_id)
        if found is None:
            raise no_notification(notification_id)
        return notification_document(found)

    return [list_notifications, count, read_one]


def _read_search_after(text: str) -> Place | None:
    try:
        values = _SEARCH_AFTER.decode(text)
        return Place(bool(values[0]), from_milliseconds(int(values[1]))) if values else None
    except (msgspec.DecodeError, IndexError, OverflowError):
        raise Invalid("search_after", "must be [] or [is_pinned, created_on] of the last notification held") from None
