"""How often a page looks for what becomes of messages, and until when."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from suprsend_hub.store.run_log import ShownMessage

# Most of what is heard of a message is heard soon: for so long after it was sent pages go on to look.
HEARD_WITHIN = timedelta(hours=1)
_WITH_PERSON = ("sent_by_vendor", "delivered", "dismissed", "seen")


def pace_of(messages: Sequence[ShownMessage], now: datetime, *, is_moving: bool) -> str | None:
    """The time between two looks, where `is_moving` says that the hub has something left to do; None ends them."""
    if is_moving:
        return "2s"
    return "5s" if any(_is_awaited(each, now) for each in messages) else None


def _is_awaited(message: ShownMessage, now: datetime) -> bool:
    """Whether something may soon be heard of a message."""
    is_fresh = message.sent_at is not None and now - message.sent_at < HEARD_WITHIN
    return is_fresh and message.status in _WITH_PERSON
