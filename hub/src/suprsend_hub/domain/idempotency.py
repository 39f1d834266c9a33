"""Idempotency keys: the same key within 24 hours does nothing (wire.md part two)."""

from datetime import timedelta

from suprsend_hub.domain.fault import Invalid

KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 255


def read_idempotency_key(value: str | None) -> str | None:
    """The key without the spaces around it; None where there is none."""
    key = (value or "").strip()
    if len(key) > LONGEST_KEY:
        raise Invalid("$idempotency_key", f"must be at most {LONGEST_KEY} characters; has {len(key)}")
    return key or None
