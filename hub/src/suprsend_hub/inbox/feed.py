"""The feed's REST face (wire.md 4.3)."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Request, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from suprsend_hub.actions.act_on_notifications import act
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.reading import read_json
from suprsend_hub.domain.recipient import read_distinct_id
from suprsend_hub.store.database import Pool
from suprsend_hub.store.inbox_notifications import ACTIONS, Notification, count_notifications, page_notifications
from suprsend_hub.store.workspaces import Workspace

MOST_A_PAGE = 100

# The workspace of a caller who may see the inbox of this person in this tenant.
Authenticate: TypeAlias = Callable[[Request[Any, Any, Any], str, str], Awaitable[Workspace]]
Person: TypeAlias = Annotated[str, QueryParameter(max_length=255)]
Tenant: TypeAlias = Annotated[str, QueryParameter(min_length=1, max_length=64)]


class SeenForm(msgspec.Struct, frozen=True):
    """Which notifications were looked at."""

    notification_ids: Annotated[list[str], Meta(max_length=MOST_A_PAGE)]


_SEEN = msgspec.json.Decoder(SeenForm)
_SEARCH_AFTER = msgspec.json.Decoder(list[bool | int])


def feed_routes(authenticate: Authenticate, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The routes of the feed."""

    @get("/v1/feed/notifications", summary="List a person's inbox", tags=["inbox"])
    async def list_notifications(
        request: Request[Any, Any, Any],
        distinct_id: Person,
        tenant_id: Tenant = "default",
        page_size: Annotated[int, QueryParameter(ge=1, le=MOST_A_PAGE)] = 20,
        search_after: Annotated[str, QueryParameter(max_length=255)] = "[]",
    ) -> Document:
        """A page of notifications, newest first; `search_after` is `[]` or `[is_pinned, created_on]` of the last."""
        person = _read_person(distinct_id)
        workspace = await authenticate(request, person, _without_nul(tenant_id))
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

    @patch("/v1/feed/notifications/{notification_id:str}/{action:str}", summary="Mark a notification", tags=["inbox"])
    async def act_on_one(
        request: Request[Any, Any, Any],
        notification_id: FromPath[str],
        action: FromPath[str],
        distinct_id: Person,
        tenant_id: Tenant = "default",
    ) -> Document:
        """Mark as seen, read, unread or interacted, or archive; the message moves on with it."""
        person = _read_person(distinct_id)
        workspace = await authenticate(request, person, _without_nul(tenant_id))
        if action not in ACTIONS:
            raise Invalid("action", f"{action[:40]!r} is not known; use {', '.join(ACTIONS)}")
        if not await act(pool, workspace.id, person, tenant_id, [_without_nul(notification_id)], action, now()):
            raise NotFound(f"this person has no notification {notification_id[:40]!r}")
        return {"status": "success"}

    @post(
        "/v1/feed/bulk/notifications/seen",
        summary="Mark notifications as seen",
        tags=["inbox"],
        status_code=200,
        operation_class=body_of(SeenForm, example={"notification_ids": ["01K"]}),
    )
    async def see_many(request: Request[Any, Any, Any], distinct_id: Person, tenant_id: Tenant = "default") -> Document:
        """Mark what a person has looked at; ids of others are passed over."""
        person = _read_person(distinct_id)
        workspace = await authenticate(request, person, _without_nul(tenant_id))
        form = read_json(await request.body(), _SEEN)
        ids = [_without_nul(each) for each in form.notification_ids]
        await act(pool, workspace.id, person, tenant_id, ids, "seen", now())
        return {"status": "success"}

    return [list_notifications, act_on_one, see_many]


def _read_person(distinct_id: str) -> str:
    return _without_nul(read_distinct_id(distinct_id))


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise Invalid("path or query", "must not hold the NUL character")
    return text


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
