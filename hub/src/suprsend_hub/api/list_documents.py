"""Subscriber lists as the API shows them (wire.md 3.6)."""

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.subscriber_list import ListVersion, SubscriberList


def list_document(shown: SubscriberList) -> Document:
    """A list with its live members' number, and its drafts; null where there are none."""
    drafts = [
        {
            "version_id": each.version_id,
            "subscribers_count": each.subscribers_count,
            "created_at": each.created_at,
            "updated_at": each.updated_at,
        }
        for each in shown.drafts
    ]
    return {
        "list_id": shown.list_id,
        "list_name": shown.name,
        "list_description": shown.description,
        "list_type": shown.list_type,
        "subscribers_count": shown.live.subscribers_count,
        "source": "api",
        "is_readonly": False,
        "status": "active",
        "track_user_entry": shown.tracks_entry,
        "track_user_exit": shown.tracks_exit,
        "requested_for_delete": False,
        "created_at": shown.created_at,
        "updated_at": max(shown.updated_at, shown.live.updated_at),
        "version_id": None,
        "drafts": drafts or None,
    }


def draft_document(shown: SubscriberList, draft: ListVersion) -> Document:
    """A list as it would be with this draft in its place."""
    return list_document(shown) | {
        "status": "draft",
        "version_id": draft.version_id,
        "subscribers_count": draft.subscribers_count,
        "created_at": draft.created_at,
        "updated_at": draft.updated_at,
        "drafts": None,
    }


def version_document(shown: SubscriberList, version_id: str) -> Document:
    """A draft, or the list itself where that version is live."""
    if shown.live.version_id == version_id:
        return list_document(shown)
    return draft_document(shown, shown.draft(version_id))
