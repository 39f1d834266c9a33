"""Profiles as the API shows them (wire.md 3.9, 3.10)."""

from collections.abc import Collection, Mapping

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.message import shown_value
from suprsend_hub.domain.profile import Profile, ProfileKey
from suprsend_hub.domain.suppression import AddressUse, Cause, suppressible
from suprsend_hub.store.profile_pages import Listed
from suprsend_hub.store.profiles import StoredProfile
from suprsend_hub.store.subscriptions import Subscription

# After these an address is dead; after the others its owner only wants nothing more.
_DEAD: tuple[Cause, ...] = ("hard_bounce", "unregistered")


def uses_of(profiles: Collection[Profile]) -> list[AddressUse]:
    """What has to be known of the addresses of these profiles."""
    addresses = [
        suppressible(each.channel, each.provider, each.value) for profile in profiles for each in profile.identities
    ]
    return [AddressUse(address, "") for address in addresses if address is not None]


def key_document(key: ProfileKey) -> Document:
    """Whose profile it is."""
    own: Document = {"object_type": key.object_type, "id": key.distinct_id}
    named: Document = own if key.object_type else {"distinct_id": key.distinct_id}
    return named | {"tenant_id": key.tenant_id} if key.tenant_id else named


def profile_document(key: ProfileKey, stored: StoredProfile, suppressed: Mapping[AddressUse, Cause]) -> Document:
    """A profile with an array for each channel that it has addresses on."""
    channels: dict[str, list[Document]] = {}
    for identity in stored.profile.identities:
        channels.setdefault(f"${identity.channel}", []).append(_identity_document(identity, suppressed))
    return {
        **key_document(key),
        "properties": stored.profile.properties,
        "created_at": stored.created_at,
        "updated_at": stored.updated_at,
        **channels,
    }


def listed_document(listed: Listed, suppressed: Mapping[AddressUse, Cause]) -> Document:
    """A profile of a page."""
    return profile_document(listed.key, listed.stored, suppressed)


def tenant_document(listed: Listed) -> Document:
    """A tenant that knows a user."""
    stored = listed.stored
    return {"tenant_id": listed.key.tenant_id, "created_at": stored.created_at, "updated_at": stored.updated_at}


def subscription_document(subscription: Subscription, suppressed: Mapping[AddressUse, Cause]) -> Document:
    """A subscription, whose other side stands under `user` or `object`."""
    side = "object" if subscription.other.key.object_type else "user"
    return {
        side: listed_document(subscription.other, suppressed),
        "properties": subscription.properties,
        "created_at": subscription.created_at,
    }


def _identity_document(identity: Identity, suppressed: Mapping[AddressUse, Cause]) -> Document:
    address = suppressible(identity.channel, identity.provider, identity.value)
    cause = suppressed.get(AddressUse(address, "")) if address is not None else None
    provider = {"id_provider": identity.provider} if identity.provider else {}
    return {
        "value": shown_value(identity.channel, identity.value),
        **provider,
        "status": "active" if cause is None else "inactive",
        "perma_status": "disabled" if cause in _DEAD else "active",
    }
