"""Whom a trigger is for: the user object of wire.md 3.1."""

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.identity import Identity, read_identity

MOST_IDENTITIES = 10
LONGEST_DISTINCT_ID = 255

_CHANNEL_KEYS: dict[str, Channel] = {f"${channel}": channel for channel in CHANNELS}
LOCALE_KEYS = ("$preferred_language", "$locale", "$timezone")


class Recipient(Struct, frozen=True):
    """One user of a trigger with the channel details given inline.

    `distinct_id` is None only for a transient user without one; `channels` is None where all may be tried.
    """

    distinct_id: str | None
    is_transient: bool
    channels: frozenset[Channel] | None
    identities: tuple[Identity, ...]
    properties: Document

    def with_more(self, other: "Recipient") -> "Recipient":
        """The same one with what was said at another place, appended."""
        known = {each.key for each in self.identities}
        fresh = tuple(each for each in other.identities if each.key not in known)
        everywhere = self.channels is None or other.channels is None
        channels = None if everywhere else (self.channels or frozenset()) | (other.channels or frozenset())
        return replace(
            self,
            channels=channels,
            identities=self.identities + fresh,
            properties=self.properties | other.properties,
        )


def join_people(recipients: Mapping[int, Recipient]) -> dict[int, Recipient]:
    """Everybody once, by the first place at which they are named, with what was said of them at all of their places.

    Who is named as transient too is told apart: what is said of a transient user is stored nowhere.
    """
    first: dict[tuple[str, bool], int] = {}
    joined: dict[int, Recipient] = {}
    for place, each in recipients.items():
        at = place if each.distinct_id is None else first.setdefault((each.distinct_id, each.is_transient), place)
        joined[at] = joined[at].with_more(each) if at in joined else each
    return joined


def name_people(recipients: Iterable[Recipient]) -> tuple[str, ...]:
    """The distinct ids of those who have one, each once, in their order."""
    return tuple(dict.fromkeys(each.distinct_id for each in recipients if each.distinct_id is not None))


def known_as(distinct_id: str | None) -> Recipient:
    """Somebody of whom a request says no more than who it is."""
    return Recipient(distinct_id, is_transient=False, channels=None, identities=(), properties={})


def read_recipient(user: Document) -> Recipient:
    """A recipient from its wire form, or Invalid with the field's path inside the user object."""
    is_transient = user.get("is_transient") or False
    if not isinstance(is_transient, bool):
        raise Invalid("is_transient", "must be true or false")
    return Recipient(
        distinct_id=_distinct_id(user.get("distinct_id"), is_transient),
        is_transient=is_transient,
        channels=read_channels(user.get("$channels"), "$channels"),
        identities=read_identities(user),
        properties=read_properties(user, ("distinct_id", "is_transient")),
    )


def read_identities(document: Document) -> tuple[Identity, ...]:
    """The addresses in a document of inline details, or Invalid that names the one that is wrong."""
    return tuple(
        identity
        for key, channel in _CHANNEL_KEYS.items()
        if key in document
        for identity in _identities(channel, key, document[key])
    )


def read_distinct_id(value: object, field: str = "distinct_id") -> str:
    """A distinct id: a text of 1 to 255 characters that is not only spaces."""
    if not isinstance(value, str) or not value.strip():
        raise Invalid(field, "must be a text that is not empty")
    if len(value) > LONGEST_DISTINCT_ID:
        raise Invalid(field, f"must be at most {LONGEST_DISTINCT_ID} characters; has {len(value)}")
    return value.strip()


def read_channels(value: object, field: str) -> frozenset[Channel] | None:
    """The channels of an array of their names; None where it is not there, which stands for all."""
    if value is None:
        return None
    if not isinstance(value, list):
        raise Invalid(field, "must be an array of channel names")
    wanted = frozenset(channel for channel in CHANNELS if channel in value)
    for index, name in enumerate(value):
        if name not in CHANNELS:
            raise Invalid(f"{field}[{index}]", f"{name!r} is not a channel; use {', '.join(CHANNELS)}")
    return wanted


def _distinct_id(value: object, is_transient: bool) -> str | None:
    if value is None or value == "":
        if is_transient:
            return None
        raise Invalid("distinct_id", "is required unless is_transient is true")
    return read_distinct_id(value)


def _identities(channel: Channel, key: str, value: object) -> tuple[Identity, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        return (read_identity(channel, value, None, key),)
    if not 1 <= len(value) <= MOST_IDENTITIES:
        raise Invalid(key, f"must have 1 to {MOST_IDENTITIES} items; has {len(value)}")
    read = (read_identity(channel, item, None, f"{key}[{index}]") for index, item in enumerate(value))
    return tuple({identity.key: identity for identity in read}.values())


def read_properties(document: Document, names: Collection[str]) -> Document:
    """The properties in a document of inline details; `names` are the keys that say whose they are."""
    properties = {
        key: value
        for key, value in document.items()
        if not key.startswith("$") and key not in names and value is not None
    }
    for key in LOCALE_KEYS:
        value = document.get(key)
        if value is None:
            continue
        if not isinstance(value, str) or len(value) > 64:
            raise Invalid(key, "must be a text of at most 64 characters")
        properties[key] = value
    return properties
