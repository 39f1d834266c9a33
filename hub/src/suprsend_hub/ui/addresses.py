"""The addresses of a profile as its page shows them: how each fares, and what is to be done about it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.explanation_facts import SuppressionFacts
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.message import shown_value
from suprsend_hub.domain.profile import Profile
from suprsend_hub.domain.suppression import suppressible
from suprsend_hub.store.database import Connection
from suprsend_hub.store.suppressions import read_standing


@dataclass(frozen=True, slots=True)
class ShownAddress:
    """An address whose credentials are shortened; `name` is what tells it from others without saying what it is."""

    name: str
    channel: Channel
    provider: str
    value: str
    suppressions: Sequence[SuppressionFacts]

    @property
    def state(self) -> str:
        """Whether it is used: not at all, not for some categories, or for everything."""
        if any(not each.category for each in self.suppressions):
            return "suppressed"
        return "unsubscribed" if self.suppressions else "active"


def name_of(identity: Identity) -> str:
    """What tells an address from the others of a profile; tokens can't be read from it."""
    text = "\n".join((identity.channel, identity.provider, identity.value))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _shown(identity: Identity) -> str:
    value = shown_value(identity.channel, identity.value)
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


async def show_addresses(
    connection: Connection, workspace_id: int, profile: Profile, now: datetime
) -> list[ShownAddress]:
    """The addresses of a profile in the order in which they were added, with what is known against them."""
    kept = [suppressible(each.channel, each.provider, each.value) for each in profile.identities]
    known = await read_standing(connection, workspace_id, [each for each in kept if each is not None], now)
    return [
        ShownAddress(
            name_of(identity),
            identity.channel,
            identity.provider,
            _shown(identity),
            [each for each in known if (each.channel, each.provider, each.address) == address],
        )
        for identity, address in zip(profile.identities, kept, strict=True)
    ]
