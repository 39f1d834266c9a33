"""Which messages a run leads to: every valid channel, and a reason for each that is not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.identity import Identity

ExclusionReason: TypeAlias = Literal[
    "channel_not_requested",
    "template_deleted",
    "vendor_not_configured",
    "no_identity",
    "no_distinct_id",
]

# These two are faults of the set-up, not of the person: each such message is shown as failed.
FAULTS: frozenset[ExclusionReason] = frozenset({"template_deleted", "vendor_not_configured"})

EXPLANATIONS: Mapping[ExclusionReason, str] = {
    "channel_not_requested": "the trigger named other channels in $channels",
    "template_deleted": "the template was deleted after the request was accepted",
    "vendor_not_configured": "no vendor is configured for this channel",
    "no_identity": "the user has no address on this channel",
    "no_distinct_id": "an inbox message needs a distinct_id",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One message to send, so long after the run began."""

    channel: Channel
    identity: Identity
    after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One message that is not sent; `identity` is None where there is no address at all."""

    channel: Channel
    reason: ExclusionReason
    identity: Identity | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """What a run sends, and what it doesn't."""

    steps: tuple[Step, ...]
    exclusions: tuple[Exclusion, ...]


@dataclass(frozen=True, slots=True)
class Terrain:
    """What is the same for all people of a request."""

    template_channels: frozenset[Channel]
    vendor_channels: frozenset[Channel]
    template_deleted: bool


def route(
    terrain: Terrain,
    distinct_id: str | None,
    identities: Iterable[Identity],
    wanted: frozenset[Channel] | None,
) -> Route:
    """Decide for one person: every valid channel at once, every address on it (DESIGN.md, not smart)."""
    steps: list[Step] = []
    exclusions: list[Exclusion] = []
    owned: dict[Channel, list[Identity]] = {}
    for identity in identities:
        owned.setdefault(identity.channel, []).append(identity)
    for channel in CHANNELS:
        if channel not in terrain.template_channels:
            continue
        addresses = _addresses(channel, distinct_id, owned)
        if wanted is not None and channel not in wanted:
            exclusions.append(Exclusion(channel, "channel_not_requested"))
        elif not addresses:
            exclusions.append(Exclusion(channel, "no_distinct_id" if channel == "inbox" else "no_identity"))
        elif terrain.template_deleted:
            exclusions.extend(Exclusion(channel, "template_deleted", address) for address in addresses)
        elif channel != "inbox" and channel not in terrain.vendor_channels:
            exclusions.extend(Exclusion(channel, "vendor_not_configured", address) for address in addresses)
        else:
            steps.extend(Step(channel, address) for address in addresses)
    return Route(tuple(steps), tuple(exclusions))


def _addresses(channel: Channel, distinct_id: str | None, owned: Mapping[Channel, list[Identity]]) -> list[Identity]:
    if channel == "inbox":
        return [Identity("inbox", distinct_id)] if distinct_id else []
    return owned.get(channel, [])
