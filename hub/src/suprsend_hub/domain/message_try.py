"""What a vendor's account answered when it was asked to send a message."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MessageTry:
    """An answer; `outcome` is accepted, rejected, deferred, uncertain or reported_failure."""

    message_id: str
    vendor: str
    vendor_nickname: str
    outcome: str
    code: str | None
    detail: str | None
    happened_at: datetime
