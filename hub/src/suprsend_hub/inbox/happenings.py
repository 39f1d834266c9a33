"""What clients are told of a change, each generation of them in its own words (wire.md 4.4, 4.5)."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from suprsend_hub.domain.inbox_change import Change

# A name, and what goes with it; None for nothing.
Event: TypeAlias = tuple[str, dict[str, Any] | None]


def events_of(change: Change) -> Iterator[Event]:
    """What later clients are told."""
    match change.kind:
        case "new":
            for each in change.notification_ids:
                yield "new_notification", {"n_id": each}
        case "bell":
            yield "reset_badge", None
        case "read_all":
            yield "bulk_notification_update", {"notification_ids": "all", "action": "read"}
        case "seen":
            yield "bulk_notification_update", {"notification_ids": list(change.notification_ids), "action": "seen"}
        case action:
            for each in change.notification_ids:
                yield "notification_update", {"n_id": each, "action": action}


def first_events_of(change: Change) -> Iterator[Event]:
    """What the first clients are told."""
    match change.kind:
        case "new":
            for each in change.notification_ids:
                yield "new_notification", {"n_id": each}
        case "bell":
            yield "update_badge", None
        case "read_all":
            yield "mark_all_read", None
        case "seen":
            # What they call seen is what is read.
            return
        case action:
            for each in change.notification_ids:
                yield "notification_updated", {"n_id": each, "type": action}
