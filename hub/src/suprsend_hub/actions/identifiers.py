"""New ids."""

import os
from datetime import datetime

from suprsend_hub.domain.ulid import write_ulid


def make_id(now: datetime) -> str:
    """A new ULID."""
    return write_ulid(now, int.from_bytes(os.urandom(10)))
