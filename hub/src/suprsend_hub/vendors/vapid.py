"""Push notifications to browsers: encrypted for the browser (RFC 8291), signed for its push service (RFC 8292)."""

import os
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
    generate_private_key,
)
from msgspec import Meta

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Outcome, Rejected, Uncertain
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.http_outcome import judge_status
from suprsend_hub.vendors.json_web_token import encode_base64, load_es256_key, sign_es256
from suprsend_hub.vendors.settings import Secret
from suprsend_hub.vendors.web_push_encryption import MOST_BYTES, encrypt, write_point

# A browser that is closed gets the notification when it is open again within this time.
_KEPT_FOR = timedelta(days=28)
# RFC 8292 allows a day.
_SIGNED_FOR = timedelta(hours=12)


class VapidSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose key signs, and whom a push service may ask."""

    private_key: Annotated[Secret, Meta(description="the VAPID key: 32 bytes in base64url, or PEM")]
    subject: Annotated[
        str, Meta(pattern=r"^(mailto:.+@.+|https://.+)$", description="whom a push service may ask: mailto: or https:")
    ]
    public_key: Annotated[str, Meta(description="the key that browsers were given; checked if it is here")] = ""

    def __post_init__(self) -> None:
        """Check the keys now, when somebody can still mend them."""
        key = _load_key(self.private_key)
        if self.public_key and encode_base64(write_point(key.public_key())) != self.public_key.rstrip("="):
            raise ValueError("public_key: is not the one of the private key")


class _Button(msgspec.Struct, frozen=True):
    text: str
    url: str = ""
    id: str | None = None
    icon: str | None = None


class _Content(msgspec.Struct, frozen=True):
    """The fields of a webpush template (wire.md, part two)."""

    header: str = ""
    body: str = ""
    icon_url: str | None = None
    image_url: str | None = None
    action_url: str | None = None
    badge_url: str | None = None
    dir: str | None = None
    vibrate: list[int] | None = None
    sound: str | None = None
    is_sticky: bool | None = None
    is_silent: bool | None = None
    renotify: bool | None = None
    group: str | None = None
    lang: str | None = None
    buttons: list[_Button] | None = None
    extra_payload: dict[str, Any] | None = None


class _Keys(msgspec.Struct, frozen=True):
    p256dh: str
    auth: str


class _Subscription(msgspec.Struct, frozen=True):
    endpoint: Annotated[str, Meta(pattern="^https?://")]
    keys: _Keys


def write_request(
    settings: VapidSettings, message: OutgoingMessage, _token: Token | None, now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one notification to one browser."""
    try:
        content = msgspec.convert(message.content, _Content)
    except msgspec.ValidationError as error:
        return Rejected("content", f"the push message's content is wrong: {error}")
    text = msgspec.json.encode(_payload(content, message.id))
    if len(text) > MOST_BYTES:
        return Rejected("content", f"the notification has {len(text)} bytes; push services take {MOST_BYTES}")
    try:
        subscription = msgspec.json.decode(message.address, type=_Subscription)
        browser_key, secret = _decode(subscription.keys.p256dh), _decode(subscription.keys.auth)
        body = encrypt(text, browser_key, secret, generate_private_key(SECP256R1()), os.urandom(16))
    except (msgspec.MsgspecError, ValueError):
        return Rejected("address", "the address is not a browser's push subscription with endpoint and keys")
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "Authorization": _prove(settings, subscription.endpoint, now),
        "TTL": str(int(_KEPT_FOR.total_seconds())),
        "Urgency": "normal" if content.is_silent else "high",
    }
    return HttpRequest("POST", subscription.endpoint, headers, body, is_foreign=True)


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What a push service made of a notification."""
    match answer.status:
        case 201:
            return Accepted(answer.headers.get("location"))
        case status if 200 <= status < 300:
            return Uncertain("answer_unreadable", f"HTTP {status} where 201 was expected")
        case 404 | 410:
            return Rejected(
                "unregistered", f"HTTP {answer.status}: the browser has no such subscription", "unregistered"
            )
        case 413:
            return Rejected("content", "HTTP 413: the push service takes no notification of this size")
        case _:
            return judge_status(answer)


def _prove(settings: VapidSettings, endpoint: str, now: datetime) -> str:
    place = urlsplit(endpoint)
    claims = {
        "aud": f"{place.scheme}://{place.netloc}",
        "exp": int((now + _SIGNED_FOR).timestamp()),
        "sub": settings.subject,
    }
    key = _load_key(settings.private_key)
    token = sign_es256(key, {"typ": "JWT"}, claims)
    return f"vapid t={token}, k={encode_base64(write_point(key.public_key()))}"


def _payload(content: _Content, message_id: str) -> Document:
    """What the service worker of the official web client shows (wire.md 4.6)."""
    buttons = content.buttons or []
    named = [(button.id or f"action_{number}", button) for number, button in enumerate(buttons, 1)]
    urls = {"default": content.action_url, **{name: button.url for name, button in named}}
    shown = {
        "title": content.header,
        "body": content.body,
        "icon": content.icon_url,
        "image": content.image_url,
        "badge": content.badge_url,
        "vibrate": content.vibrate,
        "sound": content.sound,
        "dir": content.dir,
        "tag": content.group,
        "lang": content.lang,
        "requireInteraction": content.is_sticky,
        "renotify": content.renotify,
        "silent": content.is_silent,
        "actions": [_filled(action=name, title=button.text, icon=button.icon) for name, button in named],
    }
    data = {
        **(content.extra_payload or {}),
        "notification_id": message_id,
        "launch_urls": _filled(**urls),
    }
    return {**_filled(**shown), "data": data}


def _filled(**fields: object) -> Document:
    return {name: value for name, value in fields.items() if value not in (None, "", [])}


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _load_key(secret: Secret) -> EllipticCurvePrivateKey:
    text = secret.reveal().strip()
    if text.startswith("-----"):
        return load_es256_key(text, "private_key")
    try:
        number = int.from_bytes(_decode(text), "big") if len(_decode(text)) == 32 else 0
        return derive_private_key(number, SECP256R1())
    except (NotBase64, ValueError):
        raise ValueError("private_key: must be 32 bytes in base64url, or a P-256 key in PEM form") from None


VAPID_VENDOR = HttpVendor(
    name="vapid",
    title="Web push (VAPID)",
    channel="webpush",
    provider="vapid",
    documentation="https://www.rfc-editor.org/rfc/rfc8030",
    settings=VapidSettings,
    request=write_request,
    outcome=read_outcome,
)
