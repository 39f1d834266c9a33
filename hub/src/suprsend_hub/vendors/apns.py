"""Push notifications to Apple devices through the Apple Push Notification service, with a provider token."""

import re
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
from msgspec import Meta

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token, TokenMaker
from suprsend_hub.vendors.http_outcome import judge_status, read_retry_after
from suprsend_hub.vendors.json_web_token import load_es256_key, sign_es256
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import HTTP_URL, Secret

# Apple refuses tokens older than an hour, and who makes new ones more often than every 20 minutes.
_TOKEN_LIFETIME = timedelta(minutes=50)
# A device that is off gets the notification when it is on again within this time.
_KEPT_FOR = timedelta(days=28)
_MOST_BYTES = 4096
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID = re.compile(f"[0-7][{_DIGITS}]{{25}}")

# https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns
_DEAD = ("Unregistered", "ExpiredToken")
_ACCOUNT = (
    "ExpiredProviderToken",
    "InvalidProviderToken",
    "MissingProviderToken",
    "BadCertificate",
    "BadCertificateEnvironment",
    "Forbidden",
    "TopicDisallowed",
    "DeviceTokenNotForTopic",
    "BadTopic",
    "MissingTopic",
)


class ApnsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose key signs, and for which app."""

    key_id: Annotated[str, Meta(min_length=1, description="the id of the key, ten letters and digits")]
    team_id: Annotated[str, Meta(min_length=1, description="the id of the developer team")]
    private_key: Annotated[Secret, Meta(description="the key, the content of the .p8 file")]
    bundle_id: Annotated[
        str, Meta(min_length=1, description="the app; a device token that names its own app goes by that")
    ]
    base_url: Annotated[
        str, Meta(pattern=HTTP_URL, description="Apple's service; https://api.sandbox.push.apple.com for development")
    ] = "https://api.push.apple.com"

    def __post_init__(self) -> None:
        """Check the key now, when somebody can still mend it."""
        load_es256_key(self.private_key.reveal(), "private_key")


class _Content(msgspec.Struct, frozen=True):
    """The fields of an iospush template."""

    header: str = ""
    body: str = ""
    image_url: str | None = None
    action_url: str | None = None
    badge: int | None = None
    sound: str | None = None
    content_available: int | None = None
    mutable_content: int | None = None
    thread_identifier: str | None = None
    notification_type: str | None = None


class _FaultForm(msgspec.Struct, frozen=True):
    reason: str


def make_token(settings: ApnsSettings, now: datetime) -> Token:
    """The provider token, made here: Apple knows the key."""
    key = load_es256_key(settings.private_key.reveal(), "private_key")
    claims = {"iss": settings.team_id, "iat": int(now.timestamp())}
    return Token(sign_es256(key, {"kid": settings.key_id}, claims), _TOKEN_LIFETIME)


def write_request(
    settings: ApnsSettings, message: OutgoingMessage, token: Token | None, now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one notification to one device."""
    try:
        content = msgspec.convert(message.content, _Content)
    except msgspec.ValidationError as error:
        return Rejected("content", f"the push message's content is wrong: {error}")
    is_background = bool(content.content_available) and not (content.header or content.body)
    body = msgspec.json.encode(_payload(content, message.id, is_background=is_background))
    if len(body) > _MOST_BYTES:
        return Rejected("content", f"the notification has {len(body)} bytes; Apple takes {_MOST_BYTES}")
    return HttpRequest(
        "POST",
        f"{settings.base_url.rstrip('/')}/3/device/{quote(message.address, safe='')}",
        {
            "Content-Type": "application/json",
            "Authorization": f"bearer {token.value if token else ''}",
            "apns-id": as_apns_id(message.id),
            "apns-topic": str(message.details.get("bundle_id") or settings.bundle_id),
            "apns-push-type": "background" if is_background else "alert",
            "apns-priority": "5" if is_background else "10",
            "apns-expiration": str(int((now + _KEPT_FOR).timestamp())),
        },
        body,
    )


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What Apple made of a notification."""
    if answer.status == 200:
        named = answer.headers.get("apns-id")
        return Accepted(named) if named else Uncertain("answer_unreadable", "HTTP 200 without the apns-id")
    try:
        reason = msgspec.json.decode(answer.body, type=_FaultForm).reason
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return judge_status(answer)
    detail = make_printable(f"{answer.status} {reason}")
    match reason:
        case each if each in _DEAD:
            return Rejected("unregistered", detail, "unregistered")
        case "BadDeviceToken":
            # Apple says so also of a good token of the other environment, development or production.
            return Rejected("address", detail)
        case each if each in _ACCOUNT:
            return Deferred("vendor_credentials", detail)
        case "PayloadTooLarge" | "BadMessageId" | "BadCollapseId" | "BadExpirationDate" | "PayloadEmpty":
            return Rejected("content", detail)
        case "TooManyRequests" | "TooManyProviderTokenUpdates":
            return Deferred("vendor_rate_limited", detail, read_retry_after(answer))
        case _:
            return judge_status(answer, reason)


def as_apns_id(message_id: str) -> str:
    """The message's id as the UUID that Apple wants: both are 128 bits. Tries of a message share it."""
    if not _ULID.fullmatch(message_id):
        return str(uuid5(NAMESPACE_URL, message_id))
    number = 0
    for digit in message_id:
        number = number * 32 + _DIGITS.index(digit)
    return str(UUID(int=number))


def _payload(content: _Content, message_id: str, *, is_background: bool) -> Document:
    aps: Document = {} if is_background else {"alert": {"title": content.header, "body": content.body}}
    aps |= {
        name: value
        for name, value in (
            ("badge", content.badge),
            ("sound", None if is_background else content.sound or "default"),
            ("content-available", content.content_available),
            # A picture is put there by the app's own extension, which only runs when it is told to.
            ("mutable-content", content.mutable_content or (1 if content.image_url else None)),
            ("thread-id", content.thread_identifier),
            ("category", content.notification_type),
        )
        if value not in (None, "")
    }
    own = {
        "nid": message_id,
        "via_suprsend": True,
        "global_action_url": content.action_url,
        "image_url": content.image_url,
    }
    return {"aps": aps, **{name: value for name, value in own.items() if value not in (None, "")}}


APNS_VENDOR = HttpVendor(
    name="apns",
    title="Apple Push Notification service",
    channel="iospush",
    provider="apns",
    documentation="https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns",
    settings=ApnsSettings,
    request=write_request,
    outcome=read_outcome,
    token=TokenMaker(make_token),
)
