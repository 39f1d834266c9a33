"""What counts as the success of a run, after which the rest of its ladder is not sent (DESIGN.md, section 5)."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from suprsend_hub.domain.message import Status

# A word that is none of these is the name of an event.
SUCCESS_STATES: Mapping[str, tuple[Status, ...]] = MappingProxyType(
    {
        "delivered": ("delivered", "dismissed", "seen", "clicked"),
        "seen": ("seen", "clicked"),
        "interaction": ("clicked",),
    }
)

# An event counts that the person's app tracks so long after a message of the run was sent.
EVENT_WINDOW = timedelta(hours=24)
