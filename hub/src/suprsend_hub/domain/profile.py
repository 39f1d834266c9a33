"""The profile of a person or an object, and the operations that edit it (wire.md 3.4)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.identity import Identity, read_identity

_CHANNEL_KEYS: Mapping[str, Channel] = {f"${channel}": channel for channel in CHANNELS}
# Siblings of a push token in $append and $remove; they qualify it and are no properties.
_QUALIFIERS = ("$id_provider", "$pushvendor", "$bundle_id", "$device_id")


class ProfileKey(NamedTuple):
    """Whose profile it is: a user's where `object_type` is empty, and every tenant's where `tenant_id` is."""

    distinct_id: str
    object_type: str = ""
    tenant_id: str = ""

    @property
    def for_all_tenants(self) -> "ProfileKey":
        """The key of the profile that the same one has for every tenant."""
        return self._replace(tenant_id="")


class Profile(Struct, frozen=True):
    """What is known of one person: properties by name, and addresses in the order they were added."""

    properties: Document
    identities: tuple[Identity, ...]

    def with_inline(self, identities: Iterable[Identity], properties: Document) -> "Profile":
        """The profile after a trigger's inline details were appended."""
        known = {identity.key for identity in self.identities}
        fresh = tuple(identity for identity in identities if identity.key not in known)
        merged = self.properties if properties.items() <= self.properties.items() else self.properties | properties
        return Profile(merged, self.identities + fresh) if fresh or merged is not self.properties else self

    def seen_by(self, own: "Profile") -> "Profile":
        """The profile as a tenant sees it: by property and by channel, what it has of its `own` stands in place."""
        replaced = {identity.channel for identity in own.identities}
        kept = tuple(identity for identity in self.identities if identity.channel not in replaced)
        return Profile(merge_properties(self.properties, own.properties), kept + own.identities)


def merge_properties(properties: Document, own: Document) -> Document:
    """Properties as a tenant sees them that has its own: only the first level is merged."""
    return {**properties, **own}


@dataclass(frozen=True, slots=True)
class _SetProperties:
    values: Document

    def apply(self, profile: Profile) -> Profile:
        return replace(profile, properties=profile.properties | self.values)


@dataclass(frozen=True, slots=True)
class _SetOnce:
    values: Document

    def apply(self, profile: Profile) -> Profile:
        return replace(profile, properties=self.values | profile.properties)


@dataclass(frozen=True, slots=True)
class _Add:
    amounts: Mapping[str, float]

    def apply(self, profile: Profile) -> Profile:
        added = {key: _number(profile.properties.get(key)) + amount for key, amount in self.amounts.items()}
        return replace(profile, properties=profile.properties | added)


@dataclass(frozen=True, slots=True)
class _AppendItems:
    items: Document

    def apply(self, profile: Profile) -> Profile:
        grown = {key: [*_listed(profile.properties.get(key)), item] for key, item in self.items.items()}
        return replace(profile, properties=profile.properties | grown)


@dataclass(frozen=True, slots=True)
class _RemoveItems:
    items: Document

    def apply(self, profile: Profile) -> Profile:
        shrunk = {
            key: [kept for kept in _listed(profile.properties.get(key)) if kept != item]
            for key, item in self.items.items()
            if key in profile.properties
        }
        return replace(profile, properties=profile.properties | shrunk)


@dataclass(frozen=True, slots=True)
class _AddIdentity:
    identity: Identity

    def apply(self, profile: Profile) -> Profile:
        return profile.with_inline((self.identity,), {})


@dataclass(frozen=True, slots=True)
class _RemoveIdentity:
    identity: Identity

    def apply(self, profile: Profile) -> Profile:
        kept = tuple(known for known in profile.identities if known.key != self.identity.key)
        return replace(profile, identities=kept)


@dataclass(frozen=True, slots=True)
class _Unset:
    keys: frozenset[str]

    def apply(self, profile: Profile) -> Profile:
        return Profile(
            {key: value for key, value in profile.properties.items() if key not in self.keys},
            tuple(known for known in profile.identities if f"${known.channel}" not in self.keys),
        )


Operation: TypeAlias = (
    _SetProperties | _SetOnce | _Add | _AppendItems | _RemoveItems | _AddIdentity | _RemoveIdentity | _Unset
)


def edit(profile: Profile, operations: Sequence[Operation]) -> Profile:
    """The profile after all operations, from first to last."""
    for operation in operations:
        profile = operation.apply(profile)
    return profile


def read_operations(documents: Sequence[object], field: str) -> tuple[Operation, ...]:
    """Operations from their wire form, or Invalid that names the one that is wrong."""
    read: list[Operation] = []
    for index, document in enumerate(documents):
        where = f"{field}[{index}]"
        if not isinstance(document, dict):
            raise Invalid(where, "must be an object of operators such as $set")
        read.extend(read_operators(document, where))
    return tuple(read)


def read_operators(document: Document, where: str = "") -> tuple[Operation, ...]:
    """The operations of one document at a place, or of a record in which the operators stand themselves."""
    read: list[Operation] = []
    for operator, payload in document.items():
        field = f"{where}.{operator}" if where else operator
        reader = _READERS.get(operator)
        if reader is None:
            raise Invalid(field, f"is not an operator; use {', '.join(_READERS)}")
        read.extend(reader(payload, field))
    return tuple(read)


def _number(value: object) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _object(payload: object, field: str) -> Document:
    if not isinstance(payload, dict):
        raise Invalid(field, "must be an object")
    return payload


def _read_set(payload: object, field: str) -> list[Operation]:
    return [_SetProperties(_own_properties(_object(payload, field), field))]


def _read_set_once(payload: object, field: str) -> list[Operation]:
    return [_SetOnce(_own_properties(_object(payload, field), field))]


def _own_properties(values: Document, field: str) -> Document:
    for key in values:
        if key in _CHANNEL_KEYS:
            raise Invalid(f"{field}.{key}", "is a channel; add an address with $append")
    return values


def _read_add(payload: object, field: str) -> list[Operation]:
    amounts: dict[str, float] = {}
    for key, amount in _object(payload, field).items():
        if isinstance(amount, bool) or not isinstance(amount, int | float):
            raise Invalid(f"{field}.{key}", "must be a number")
        amounts[key] = amount
    return [_Add(amounts)]


def _read_append(payload: object, field: str) -> list[Operation]:
    return _read_items(_object(payload, field), field, _AddIdentity, _AppendItems)


def _read_remove(payload: object, field: str) -> list[Operation]:
    return _read_items(_object(payload, field), field, _RemoveIdentity, _RemoveItems)


def _read_items(
    payload: Document,
    field: str,
    on_identity: Callable[[Identity], Operation],
    on_items: Callable[[Document], Operation],
) -> list[Operation]:
    provider = payload.get("$id_provider") or payload.get("$pushvendor")
    operations = [
        on_identity(_qualified(read_identity(channel, value, provider, f"{field}.{key}"), payload))
        for key, channel in _CHANNEL_KEYS.items()
        if key in payload
        for value in _listed(payload[key])
    ]
    items = {key: value for key, value in payload.items() if key not in _CHANNEL_KEYS and key not in _QUALIFIERS}
    return [*operations, on_items(items)] if items else operations


def _qualified(identity: Identity, payload: Document) -> Identity:
    if not identity.provider:
        return identity
    details = {key: payload[f"${key}"] for key in ("bundle_id", "device_id") if payload.get(f"${key}")}
    return Identity(identity.channel, identity.value, identity.provider, {**identity.details, **details})


def _read_unset(payload: object, field: str) -> list[Operation]:
    if not isinstance(payload, list) or not all(isinstance(key, str) for key in payload):
        raise Invalid(field, "must be an array of keys")
    return [_Unset(frozenset(payload))]


_READERS: Mapping[str, Callable[[object, str], list[Operation]]] = {
    "$set": _read_set,
    "$set_once": _read_set_once,
    "$add": _read_add,
    "$increment": _read_add,
    "$append": _read_append,
    "$remove": _read_remove,
    "$unset": _read_unset,
}
