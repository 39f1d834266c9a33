"""What a vendor made of one message: four answers, each leading to another next step."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from suprsend_hub.domain.suppression import Cause


@dataclass(frozen=True, slots=True)
class Accepted:
    """The vendor took the message; its own id helps to match later receipts."""

    vendor_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The vendor refuses this message for good; `cause` is set where that lies with the address itself."""

    code: str
    detail: str
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """The vendor surely did not take the message, but may later."""

    code: str
    detail: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Uncertain:
    """Nobody knows whether the vendor took the message: the answer was lost."""

    code: str
    detail: str


Outcome: TypeAlias = Accepted | Rejected | Deferred | Uncertain
