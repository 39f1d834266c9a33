"""How the channels of a run are used: `delivery` of a trigger (wire.md 3.1)."""

from dataclasses import dataclass
from datetime import timedelta

import msgspec

from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.duration import read_duration
from suprsend_hub.domain.fault import Invalid


class DeliveryForm(msgspec.Struct, frozen=True):
    """`delivery` as it is written on the wire."""

    smart: bool = False
    success: str = "seen"
    time_to_live: str = "1h"
    mandatory_channels: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the channels of a run are used; `time_to_live` spans the ladder of a smart one."""

    smart: bool
    success: str
    time_to_live: timedelta
    mandatory_channels: frozenset[Channel]


def read_delivery(form: DeliveryForm) -> Delivery:
    """The delivery from its wire form, or Invalid that names the field."""
    wanted = form.mandatory_channels or []
    for index, name in enumerate(wanted):
        if name not in CHANNELS:
            raise Invalid(
                f"delivery.mandatory_channels[{index}]",
                f"{name!r} is not a channel; use {', '.join(CHANNELS)}",
            )
    if not form.success.strip():
        raise Invalid("delivery.success", "must be delivered, seen, interaction or an event's name")
    return Delivery(
        smart=form.smart,
        success=form.success.strip(),
        time_to_live=read_duration(form.time_to_live, "delivery.time_to_live"),
        mandatory_channels=frozenset(channel for channel in CHANNELS if channel in wanted),
    )
