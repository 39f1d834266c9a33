"""Which messages a run leads to and when, and a reason for each channel that is not used."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, TypeAlias

from suprsend_hub.domain.category import Root
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.delivery import Delivery
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.preference import OBJECTIONS, Objection, Preferences
from suprsend_hub.domain.suppression import AddressUse, Cause, suppressible
from suprsend_hub.domain.vendor import VendorOffer, choose_accounts, why_no_account

Obstacle: TypeAlias = Literal[
    "channel_not_requested",
    "template_deleted",
    "vendor_not_configured",
    "vendor_disabled",
    "channel_blocked_for_tenant",
    "address_suppressed",
    "unsubscribed",
    "no_identity",
    "no_distinct_id",
]
# What is in the way of a message, or who does not want it.
ExclusionReason: TypeAlias = Obstacle | Objection

# These are faults of the set-up, not of the person: each such message is shown as failed.
FAULTS: frozenset[ExclusionReason] = frozenset({"template_deleted", "vendor_not_configured", "vendor_disabled"})

_OBSTACLES: dict[Obstacle, str] = {
    "channel_not_requested": "the trigger, or this step of its workflow, is for other channels",
    "template_deleted": "the template was deleted after the request was accepted",
    "vendor_not_configured": "no vendor is configured for this channel",
    "vendor_disabled": "every vendor account that there is for this channel is disabled",
    "channel_blocked_for_tenant": "the tenant that the trigger was for has blocked this channel",
    "address_suppressed": "the address bounced for good, or complained, and is left alone for a while",
    "unsubscribed": "somebody ended this category for this address, by the link in a message or with the vendor",
    "no_identity": "the user has no address on this channel",
    "no_distinct_id": "an inbox message needs a distinct_id",
}
EXPLANATIONS: Mapping[ExclusionReason, str] = _OBSTACLES | OBJECTIONS


@dataclass(frozen=True, slots=True)
class Step:
    """One message to send, so long after the run began; a rung is not sent if `success` is met by then."""

    channel: Channel
    identity: Identity
    after: timedelta = timedelta(0)
    success: str | None = None
    is_rung: bool = False


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
    """What is the same for all people of a request; the vendors' offers are in the order in which they are used."""

    template_channels: frozenset[Channel]
    offers: Sequence[VendorOffer]
    template_deleted: bool
    root: Root = "transactional"
    tenant_id: str | None = None
    category: str = ""
    suppressed: Mapping[AddressUse, Cause] = field(default_factory=dict)
    blocked_channels: Collection[Channel] = ()
    preferences: Preferences = field(default_factory=Preferences)
    _costs: dict[tuple[Channel, str], float | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def objection(self, profile_id: int | None, address: Identity) -> ExclusionReason | None:
        """Why this address of a profile can't be used, or None."""
        if self.template_deleted:
            return "template_deleted"
        if address.channel in self.blocked_channels:
            return "channel_blocked_for_tenant"
        suppressed = objection_to(self.suppressed, address.channel, address.provider, address.value, self.category)
        if suppressed is not None:
            return suppressed
        unwanted = self.preferences.objection(profile_id, self.tenant_id, self.category, address.channel)
        if unwanted is not None:
            return unwanted
        if self.cost(address) is not None:
            return None
        return why_no_account(self.offers, address.channel, address.provider, self.root, self.tenant_id)

    def cost(self, address: Identity) -> float | None:
        """What the vendor costs that a message to this address goes through; None where there is no vendor."""
        if address.channel == "inbox":
            return 0.0
        key = (address.channel, address.provider)
        if key not in self._costs:
            offers = choose_accounts(self.offers, address.channel, address.provider, self.root, self.tenant_id)
            self._costs[key] = offers[0].notification_cost if offers else None
        return self._costs[key]


def objection_to(
    suppressed: Mapping[AddressUse, Cause], channel: Channel, provider: str, value: str, category: str
) -> Literal["address_suppressed", "unsubscribed"] | None:
    """Why an address must not be used for a message of this category, or None."""
    address = suppressible(channel, provider, value) if suppressed else None
    cause = suppressed.get(AddressUse(address, category)) if address else None
    if cause is None:
        return None
    return "unsubscribed" if cause == "unsubscribed" else "address_suppressed"


def route(
    terrain: Terrain,
    distinct_id: str | None,
    identities: Iterable[Identity],
    wanted: frozenset[Channel] | None,
    delivery: Delivery,
    profile_id: int | None = None,
) -> Route:
    """Decide for one person: every valid channel at once, or as a ladder where the delivery is smart.

    What the person wants is found by the row of their profile.
    """
    exclusions: list[Exclusion] = []
    valid: dict[Channel, list[Identity]] = {}
    costs: dict[Channel, float] = {}
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
        for address in addresses if wanted is None or channel in wanted else ():
            reason = terrain.objection(profile_id, address)
            if reason is not None:
                exclusions.append(Exclusion(channel, reason, address))
                continue
            valid.setdefault(channel, []).append(address)
            cost = terrain.cost(address) or 0.0
            costs[channel] = min(cost, costs.get(channel, cost))
    ladder = climb([*valid], costs, delivery) if delivery.smart else {}
    steps = [
        Step(channel, address, ladder.get(channel, timedelta(0)), delivery.success, channel in ladder)
        for channel, addresses in valid.items()
        for address in addresses
    ]
    return Route(tuple(steps), tuple(exclusions))


def climb(channels: Sequence[Channel], costs: Mapping[Channel, float], delivery: Delivery) -> dict[Channel, timedelta]:
    """When each rung of a ladder is due: cheapest first, evenly over `time_to_live`, to the second.

    Mandatory channels and the inbox are no rungs: they go at once, and nothing stops them.
    """
    rungs = [each for each in channels if each != "inbox" and each not in delivery.mandatory_channels]
    rungs.sort(key=lambda each: (costs.get(each, 0.0), each))
    seconds = int(delivery.time_to_live.total_seconds())
    spaces = max(len(rungs) - 1, 1)
    return {each: timedelta(seconds=seconds * index // spaces) for index, each in enumerate(rungs)}


def _addresses(channel: Channel, distinct_id: str | None, owned: Mapping[Channel, list[Identity]]) -> list[Identity]:
    if channel == "inbox":
        return [Identity("inbox", distinct_id)] if distinct_id else []
    return owned.get(channel, [])
