"""Until when an inbox notification is shown."""

from datetime import UTC, datetime

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.duration import read_span
from suprsend_hub.domain.fault import Invalid

_FIELD = "expiry.value"
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def read_expiry(content: Document, now: datetime) -> datetime | None:
    """When content that is filled in expires, None for never; Invalid where its value is no time."""
    expiry = content.get("expiry")
    if not content.get("is_expiry_enabled") or not isinstance(expiry, dict):
        return None
    value = str(expiry.get("value") or "").strip()
    if not value:
        return None
    return _read_moment(value) if expiry.get("format") == "absolute" else now + read_span(value, _FIELD)


def check_expiry(content: Document) -> None:
    """Invalid where the expiry of a template can't be read; one that is filled in later may be anything."""
    expiry = content.get("expiry")
    if not (isinstance(expiry, dict) and "{{" in str(expiry.get("value"))):
        read_expiry(content, _ANY_TIME)


def _read_moment(text: str) -> datetime:
    """A moment in ISO 8601; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(_FIELD, f"{text[:40]!r} is not a time in ISO 8601, such as 2026-12-31T23:59:59Z") from None
