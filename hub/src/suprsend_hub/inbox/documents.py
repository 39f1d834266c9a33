"""Notifications as the official inbox clients read them."""

from datetime import UTC, datetime, timedelta

from suprsend_hub.domain.document import Document
from suprsend_hub.store.inbox_notifications import Notification

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def notification_document(notification: Notification) -> Document:
    """A notification of the feed (wire.md 4.3)."""
    content = notification.content
    return {
        "n_id": notification.id,
        "n_category": notification.category,
        "created_on": to_milliseconds(notification.created_at),
        "seen_on": to_milliseconds(notification.seen_at),
        "read_on": to_milliseconds(notification.read_at),
        "interacted_on": to_milliseconds(notification.interacted_at),
        "archived": notification.archived_at is not None,
        "tags": list(notification.tags),
        "expiry": to_milliseconds(notification.expires_at),
        "is_expiry_visible": bool((content.get("expiry") or {}).get("is_expiry_visible")),
        "is_pinned": notification.is_pinned,
        "can_user_unpin": False,
        "importance": content.get("importance") or "default",
        "message": _message(notification.content),
    }


def first_document(notification: Notification) -> Document:
    """A notification as the first inbox clients read it: what they call seen is what later ones call read."""
    document = notification_document(notification)
    return {**document, "seen_on": document["read_on"]}


def _message(content: Document) -> Document:
    avatar = content.get("avatar") or {}
    subtext = content.get("subtext") or {}
    return {
        "schema": "1",
        "header": content.get("header") or "",
        "text": content.get("body") or "",
        "url": content.get("action_url") or "",
        "open_in_new_tab": bool(content.get("open_in_new_tab")),
        "extra_data": content.get("extra_data") or "",
        "actions": [
            {
                "name": button.get("text"),
                "url": button.get("url"),
                "open_in_new_tab": bool(button.get("open_in_new_tab")),
            }
            for button in content.get("buttons") or []
            if isinstance(button, dict)
        ],
        "avatar": {"avatar_url": avatar.get("image_url"), "action_url": avatar.get("url")},
        "subtext": {
            "text": subtext.get("text"),
            "action_url": subtext.get("url"),
            "open_in_new_tab": bool(subtext.get("open_in_new_tab")),
        },
    }


def to_milliseconds(moment: datetime | None) -> int | None:
    """A moment as browsers count."""
    return None if moment is None else (moment - _EPOCH) // timedelta(milliseconds=1)


def from_milliseconds(number: int) -> datetime:
    """The moment that a browser means; OverflowError where there is none."""
    return _EPOCH + timedelta(milliseconds=number)
