"""What is told of a user or an object in one document: addresses by channel, and properties (wire.md 3.9, 3.10)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from suprsend_hub.domain.channel import CHANNELS
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.profile import Profile, ProfileKey
from suprsend_hub.domain.recipient import LOCALE_KEYS, read_distinct_id, read_identities, read_properties

MOST_MEMBERS = 100

_KNOWN = (*(f"${channel}" for channel in CHANNELS), *LOCALE_KEYS)


@dataclass(frozen=True, slots=True)
class Details:
    """Addresses to add and properties to set."""

    identities: tuple[Identity, ...] = ()
    properties: Document = field(default_factory=dict)

    def added_to(self, profile: Profile) -> Profile:
        """The profile with these details in it."""
        return profile.with_inline(self.identities, self.properties)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who subscribes to an object, and what is told of it by the way."""

    key: ProfileKey
    details: Details


def read_details(document: Document, names: Collection[str] = ()) -> Details:
    """Details from their wire form; `names` are the keys that say whose they are."""
    for key in document:
        if key.startswith("$") and key not in _KNOWN:
            raise Invalid(key, f"is neither a channel nor a setting; use {', '.join(_KNOWN)}")
    given = {key: value for key, value in document.items() if value != [] or key not in _KNOWN}
    return Details(read_identities(given), read_properties(given, names))


def read_members(recipients: Sequence[object]) -> tuple[Member, ...]:
    """Subscribers from their wire form, each once, or Invalid that names the one that is wrong."""
    if not 1 <= len(recipients) <= MOST_MEMBERS:
        raise Invalid("recipients", f"must have 1 to {MOST_MEMBERS} items; has {len(recipients)}")
    members: dict[ProfileKey, Member] = {}
    for index, each in enumerate(recipients):
        try:
            member = _read_member(each)
        except Invalid as fault:
            raise fault.within(f"recipients[{index}]") from None
        if member.key in members:
            raise Invalid(f"recipients[{index}]", f"is the same as one before: {member.key.distinct_id!r}")
        members[member.key] = member
    return tuple(members.values())


def _read_member(recipient: object) -> Member:
    match recipient:
        case str():
            return Member(ProfileKey(read_distinct_id(recipient, "")), Details())
        case dict() if "object_type" in recipient:
            object_type = read_distinct_id(recipient["object_type"], "object_type")
            key = ProfileKey(read_distinct_id(recipient.get("id"), "id"), object_type)
            return Member(key, read_details(recipient, ("object_type", "id")))
        case dict():
            key = ProfileKey(read_distinct_id(recipient.get("distinct_id")))
            return Member(key, read_details(recipient, ("distinct_id",)))
        case _:
            raise Invalid("", "must be a distinct id, a user object, or an object with object_type and id")
