"""What a vendor tells the hub by itself, after it has taken a message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from suprsend_hub.domain.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Callback:
    """One request of a vendor; `url` is the whole one that the vendor was given, header names are in lower case."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """A callback that comes from the vendor: what it tells, and what the vendor wants to hear in return."""

    receipts: tuple[Receipt, ...] = ()
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Unheard:
    """A callback that is not believed or not understood; 503 where the vendor should try again."""

    status: int
    reason: str
