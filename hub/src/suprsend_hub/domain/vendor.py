"""A workspace's account with a vendor."""

from dataclasses import dataclass, field

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document


@dataclass(frozen=True, slots=True)
class VendorAccount:
    """One configured vendor; `revision` changes with its settings, so what is cached can be told stale."""

    id: int
    revision: int
    channel: Channel
    vendor: str
    nickname: str
    priority: int
    notification_cost: float
    settings: Document = field(repr=False)
