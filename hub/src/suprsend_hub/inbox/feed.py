"""The feed's REST face: `GET /v1/feed/notifications` (wire.md 4.3)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.recipient import read_distinct_id
from suprsend_hub.store.database import Pool
from suprsend_hub.store.inbox_notifications import Notification, count_notifications, page_notifications
from suprsend_hub.store.workspaces import Workspace

MOST_A_PAGE = 100

Authenticate: TypeAlias = Callable[[Request[Any, Any, Any]], Awaitable[Workspace]]

_SEARCH_AFTER = msgspec.json.Decoder(list[bool | int])


def feed_routes(authenticate: Authenticate, pool: Pool) -> list[HTTPRouteHandler]:
    """The routes of the feed."""

    @get("/v1/feed/notifications", summary="List a person's inbox", tags=["inbox"])
    async def list_notifications(
        request: Request[Any, Any, Any],
        distinct_id: Annotated[str, QueryParameter(max_length=255)],
        tenant_id: Annotated[str, QueryParameter(min_length=1, max_length=64)] = "default",
        page_size: Annotated[int, QueryParameter(ge=1, le=MOST_A_PAGE)] = 20,
        search_after: Annotated[str, QueryParameter(max_length=255)] = "[]",
    ) -> Document:
        """A page of notifications, newest first; `search_after` is `[]` or `[is_pinned, created_on]` of the last."""
        workspace = await authenticate(request)
        person = read_distinct_id(distinct_id)
        if "\x00" in person + tenant_id:
            raise Invalid("distinct_id", "must not hold the NUL character")
        older_than = _read_search_after(search_after)
        async with pool.acquire() as connection:
            found = await page_notifications(
                connection, workspace.id, person, tenant_id, limit=page_size + 1, older_than=older_than
            )
            total = await count_notifications(connection, workspace.id, person, tenant_id)
        return {
            "results": [notification_document(each) for each in found[:page_size]],
            "meta": {"total_count": total, "has_more": len(found) > page_size},
        }

    return [list_notifications]


def notification_document(notification: Notification) -> Document:
    """A notification as every official inbox client reads it."""
    content = notification.content
    avatar = content.get("avatar") or {}
    subtext = content.get("subtext") or {}
    return {
        "n_id": notification.id,
        "n_category": notification.category,
        "created_on": _milliseconds(notification.created_at),
        "seen_on": _milliseconds(notification.seen_at),
        "read_on": _milliseconds(notification.read_at),
        "interacted_on": _milliseconds(notification.interacted_at),
        "archived": notification.archived_at is not None,
        "tags": [],
        "expiry": None,
        "is_expiry_visible": False,
        "is_pinned": bool(content.get("is_pinned")),
        "can_user_unpin": False,
        "message": {
            "schema": "1",
            "header": content.get("header") or "",
            "text": content.get("body") or "",
            "url": content.get("action_url") or "",
            "open_in_new_tab": bool(content.get("open_in_new_tab")),
            "extra_data": content.get("extra_data") or "",
            "actions": [
                {"name": button.get("text"), "url": button.get("url"), "open_in_new_tab": False}
                for button in content.get("buttons") or []
                if isinstance(button, dict)
            ],
            "avatar": {"avatar_url": avatar.get("image_url"), "action_url": avatar.get("url")},
            "subtext": {"text": subtext.get("text"), "action_url": subtext.get("url")},
        },
    }


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def _read_search_after(text: str) -> datetime | None:
    try:
        values = _SEARCH_AFTER.decode(text)
        if not values:
            return None
        return datetime.fromtimestamp(int(values[-1]) / 1000, UTC)
    except (msgspec.DecodeError, ValueError, OverflowError, OSError):
        raise Invalid("search_after", "must be [] or [is_pinned, created_on] of the last notification held") from None
