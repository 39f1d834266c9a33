"""The edits of one user's profile, collected and checked before they are sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from suprsend.errors import InputValueError
from suprsend.resources.languages import LANGUAGES

Operator: TypeAlias = Literal["$set", "$set_once", "$add", "$append", "$remove"]
Identity: TypeAlias = Callable[[object, object, object], dict[str, Any]]

PUSH_PROVIDER = "$pushvendor"
ID_PROVIDER = "$id_provider"
BUNDLE_ID = "$bundle_id"

_OTHER_KEYS = """
    $messenger $inbox $pushvendor $device_id $insert_id $time $set $set_once $add $append $remove
    $unset $identify $anon_id $identified_id $preferred_language $notification_delivered
    $notification_dismiss $notification_clicked $app_version_string $app_build_number $brand
    $carrier $manufacturer $model $os $ss_sdk_version
"""

_is_mobile = re.compile(r"^\+[0-9\s]+").match
_is_email = re.compile(r"^\S+@\S+\.\S+$").match


def _stripped(value: object) -> str:
    stripped = value.strip() if isinstance(value, str) else ""
    if not stripped:
        raise InputValueError("value must a string with proper value")
    return stripped


def _email(value: object, _provider: object, _bundle_id: object) -> dict[str, Any]:
    email = _stripped(value)
    if not _is_email(email):
        raise InputValueError(f"invalid value {email}. value in email format required. e.g. user@example.com")
    if not 6 <= len(email) <= 127:
        raise InputValueError(f"invalid value {email}. must be 6 <= len(email) <= 127")
    return {"$email": email}


def _mobile(key: str, value: object, _provider: object, _bundle_id: object) -> dict[str, Any]:
    number = _stripped(value)
    if not _is_mobile(number):
        raise InputValueError(
            f"invalid value {number}. number must start with + and must contain country code. e.g. +41446681800"
        )
    if len(number) < 8:
        raise InputValueError(f"invalid value {number}. len(mobile_no) must be >= 8")
    return {key: number}


def _push_token(
    key: str, providers: tuple[str, ...], value: object, provider: object, bundle_id: object
) -> dict[str, Any]:
    token = {key: _stripped(value), PUSH_PROVIDER: _push_provider(key, providers, provider)}
    return token | {BUNDLE_ID: bundle_id} if bundle_id else token


def _push_provider(key: str, providers: tuple[str, ...], provider: object) -> object:
    chosen = provider or providers[0]
    if isinstance(chosen, str):
        chosen = chosen.lower()
    if chosen not in providers:
        raise InputValueError(f"unsupported {key[1:]} provider {chosen}")
    return chosen


def _web_push(value: object, provider: object, _bundle_id: object) -> dict[str, Any]:
    if not (value and isinstance(value, dict)):
        raise InputValueError("value must be a valid dict representing webpush-token")
    return {"$webpush": value, PUSH_PROVIDER: _push_provider("$webpush", ("vapid",), provider)}


def _details(key: str, value: object, _provider: object, _bundle_id: object) -> dict[str, Any]:
    if not (value and isinstance(value, dict)):
        raise InputValueError("value must be a valid dict/json with proper keys")
    return {key: value}


def _as_given(key: str, value: object, _provider: object, _bundle_id: object) -> dict[str, Any]:
    return {key: value}


def _push_as_given(key: str, value: object, provider: object, bundle_id: object) -> dict[str, Any]:
    token = {key: value, ID_PROVIDER: provider}
    return token | {BUNDLE_ID: bundle_id} if bundle_id else token


_checked_identities: Mapping[str, Identity] = MappingProxyType(
    {
        "$email": _email,
        "$sms": partial(_mobile, "$sms"),
        "$whatsapp": partial(_mobile, "$whatsapp"),
        "$androidpush": partial(_push_token, "$androidpush", ("fcm", "xiaomi", "oppo")),
        "$iospush": partial(_push_token, "$iospush", ("apns",)),
        "$webpush": _web_push,
        "$slack": partial(_details, "$slack"),
        "$ms_teams": partial(_details, "$ms_teams"),
    }
)

_pushes = ("$androidpush", "$iospush", "$webpush")
_identities_as_given: Mapping[str, Identity] = MappingProxyType(
    {key: partial(_push_as_given if key in _pushes else _as_given, key) for key in _checked_identities}
)

_known_keys = frozenset(_checked_identities) | frozenset(_OTHER_KEYS.split())


@dataclass(frozen=True, slots=True)
class Rules:
    """What an edit may hold: how each channel's address is written, and the sibling key that names a provider.

    `has_reserved_keys` if only the platform's own keys may begin with `$` or `ss_`.
    """

    identities: Mapping[str, Identity]
    provider_key: str
    has_reserved_keys: bool


CHECKED = Rules(_checked_identities, PUSH_PROVIDER, has_reserved_keys=True)
LEFT_TO_SERVER = Rules(_identities_as_given, ID_PROVIDER, has_reserved_keys=False)


def _is_known(key: str, value: object) -> bool:
    return isinstance(value, str) and (value in LANGUAGES if key == "$preferred_language" else bool(value.strip()))


@dataclass(slots=True)
class Edits:
    """Operations in the order they were asked for; a bad value is an error, a bad key only a warning."""

    rules: Rules
    operations: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def change(self, operator: Operator, caller: str, key: object, value: object) -> None:
        """Edit one property (key and value) or many (a dictionary)."""
        if isinstance(key, dict):
            self._record(operator, self._collect(operator, caller, key))
        elif not isinstance(key, str):
            kinds = "either string or a dict" if operator in ("$append", "$remove") else "String or a dict"
            self.errors.append(f"[{caller}] arg1 must be {kinds}")
        elif value is None:
            self.errors.append(f"[{caller}] if arg1 is a string, then arg2 must be passed")
        else:
            self._record(operator, self._collect(operator, caller, {key: value}))

    def identify(
        self,
        operator: Operator,
        caller: str,
        key: str,
        value: object,
        provider: object = None,
        bundle_id: object = None,
    ) -> None:
        """Add or remove one address of a channel."""
        self._record(operator, self._identity(caller, key, value, provider, bundle_id))

    def unset(self, keys: object) -> None:
        """Delete one property or many; a channel's key deletes the whole channel."""
        if not isinstance(keys, str | list | tuple | set):
            self.errors.append("[unset] key must be either String or List[string]")
            return
        named = [self._name("unset", key) for key in ([keys] if isinstance(keys, str) else keys)]
        if wanted := [key for key in named if key]:
            self.operations.append({"$unset": wanted})

    def set_known(self, caller: str, key: str, value: object) -> None:
        """Set a property that the platform itself reads: language, locale or time zone."""
        if not self.rules.has_reserved_keys or _is_known(key, value):
            self._record("$set", {key: value})
        else:
            self.warnings.append(f"[{caller}] invalid value {value}")

    def _collect(self, operator: Operator, caller: str, values: dict[Any, Any]) -> dict[str, Any]:
        collected: dict[str, Any] = {}
        for key, value in values.items():
            name = self._name(caller, key)
            if name in self.rules.identities and operator in ("$append", "$remove"):
                siblings = values.get(self.rules.provider_key), values.get(BUNDLE_ID)
                collected |= self._identity(f"{caller}:{name}", name, value, *siblings)
            elif name and self._may_be_set(caller, name):
                collected[name] = value
        return collected

    def _identity(self, caller: str, key: str, value: object, provider: object, bundle_id: object) -> dict[str, Any]:
        try:
            return self.rules.identities[key](value, provider, bundle_id)
        except InputValueError as fault:
            self.errors.append(f"[{caller}] {fault}")
            return {}

    def _name(self, caller: str, key: object) -> str:
        if not isinstance(key, str):
            self.warnings.append(f"[{caller}] skipping key: {key}. key must be a string")
            return ""
        if not (name := key.strip()):
            self.warnings.append(f"[{caller}] skipping key: empty string")
        return name

    def _may_be_set(self, caller: str, name: str) -> bool:
        if not self.rules.has_reserved_keys or name in _known_keys or not (name[0] == "$" or name[:3].lower() == "ss_"):
            return True
        self.warnings.append(f"[{caller}] skipping key: {name}. key starting with [$,ss_] are reserved")
        return False

    def _record(self, operator: Operator, fields: dict[str, Any]) -> None:
        if fields:
            self.operations.append({operator: fields})
