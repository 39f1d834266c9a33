"""An address of a person on a channel, as triggers and profile operations write it (wire.md 3.1, 3.4)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid

PUSH_PROVIDERS: dict[Channel, tuple[str, ...]] = {
    "androidpush": ("fcm", "xiaomi", "oppo"),
    "iospush": ("apns",),
    "webpush": ("vapid",),
}

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PHONE = re.compile(r"\+[0-9 ]{7,31}")


@dataclass(frozen=True, slots=True)
class Identity:
    """One address; `provider` is empty where a channel has only one kind of address."""

    channel: Channel
    value: str
    provider: str = ""
    details: Document = field(default_factory=dict, compare=False)

    @property
    def key(self) -> tuple[Channel, str, str]:
        """What makes this address the same as another of the same person."""
        return (self.channel, self.provider, self.value)


def read_identity(channel: Channel, value: object, provider: object, field_name: str) -> Identity:
    """One address of `channel` from its wire form, or Invalid that names what is wrong."""
    if channel in PUSH_PROVIDERS:
        return _read_push(channel, value, provider, field_name)
    if channel in _DOCUMENT_CHECKS:
        return Identity(channel, _canonical(_DOCUMENT_CHECKS[channel](value, field_name)))
    return Identity(channel, _TEXT_CHECKS[channel](_text(value, field_name), field_name))


def _text(value: object, field_name: str) -> str:
    if not isinstance(value, str):
        raise Invalid(field_name, f"must be a text; got {_kind(value)}")
    stripped = value.strip()
    if not stripped:
        raise Invalid(field_name, "must not be empty")
    if len(stripped) > 4096:
        raise Invalid(field_name, "must be at most 4096 characters")
    return stripped


def _email(value: str, field_name: str) -> str:
    if len(value) < 6 or len(value) > 254 or not _EMAIL.fullmatch(value):
        raise Invalid(field_name, f"{value[:80]!r} is not an email address")
    return value


def _phone(value: str, field_name: str) -> str:
    if not _PHONE.fullmatch(value):
        raise Invalid(field_name, f"{value[:80]!r} is not a phone number; write + and the country code first")
    return value.replace(" ", "")


def _plain(value: str, field_name: str) -> str:
    return value


def _read_push(channel: Channel, value: object, provider: object, field_name: str) -> Identity:
    details: Document = {}
    if channel != "webpush" and isinstance(value, dict):
        details = {key: value[key] for key in ("device_id", "bundle_id") if value.get(key)}
        provider = value.get("provider") or provider
        value = value.get("token")
        field_name = f"{field_name}.token"
    allowed = PUSH_PROVIDERS[channel]
    name = str(provider).lower() if provider else allowed[0]
    if name not in allowed:
        raise Invalid(field_name, f"provider {name[:40]!r} is not known; use {' or '.join(allowed)}")
    if channel == "webpush":
        return Identity(channel, _canonical(_filled(value, field_name)), name)
    return Identity(channel, _text(value, field_name), name, details)


def _filled(value: object, field_name: str) -> Document:
    if not isinstance(value, dict) or not value:
        raise Invalid(field_name, f"must be an object with at least one key; got {_kind(value)}")
    return value


def _slack(value: object, field_name: str) -> Document:
    document = _filled(value, field_name)
    webhook = document.get("incoming_webhook")
    if isinstance(webhook, dict) and webhook.get("url"):
        return document
    # Without an access_token of its own it is reached by the bot of the workspace's account.
    if any(document.get(key) for key in ("channel_id", "user_id", "email")):
        return document
    raise Invalid(field_name, "needs incoming_webhook.url, channel_id, user_id or email")


def _ms_teams(value: object, field_name: str) -> Document:
    document = _filled(value, field_name)
    webhook = document.get("incoming_webhook")
    if isinstance(webhook, dict) and webhook.get("url"):
        return document
    if document.get("service_url") and any(document.get(key) for key in ("conversation_id", "user_id")):
        return document
    raise Invalid(
        field_name,
        "needs incoming_webhook.url, or service_url with conversation_id or user_id",
    )


def _canonical(document: Document) -> str:
    return msgspec.json.encode(document, order="sorted").decode()


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "an array"
        case _:
            return "an object"


_TEXT_CHECKS: dict[Channel, Callable[[str, str], str]] = {
    "email": _email,
    "sms": _phone,
    "whatsapp": _phone,
    "inbox": _plain,
    "messenger": _plain,
}

_DOCUMENT_CHECKS: dict[Channel, Callable[[object, str], Document]] = {
    "slack": _slack,
    "ms_teams": _ms_teams,
}
