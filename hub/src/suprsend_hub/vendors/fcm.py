"""Push notifications to Android through Firebase Cloud Messaging, HTTP v1."""

import re
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote, urlencode

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import Meta

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.vendors.android_push import AndroidPush, filled, read_android_push, write_data
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token, TokenExchange
from suprsend_hub.vendors.http_outcome import judge_status, read_retry_after
from suprsend_hub.vendors.oauth_token import read_oauth_token
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import HTTP_URL, Secret

_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, not a token
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_LIFETIME = timedelta(hours=1)
_RESERVED_KEYS = re.compile(r"from|message_type|collapse_key|gcm\..*|google\..*")


class ServiceAccount(msgspec.Struct, frozen=True):
    """The parts of Google's service account file that sending needs; others are ignored."""

    project_id: Annotated[str, Meta(min_length=1, description="the Firebase project")]
    client_email: Annotated[str, Meta(min_length=1, description="the account's name")]
    private_key: Annotated[Secret, Meta(description="the account's RSA key in PEM form")]
    token_uri: Annotated[str, Meta(pattern=HTTP_URL, description="where tokens are fetched")] = _TOKEN_URI

    def __post_init__(self) -> None:
        """Check the key now, when somebody can still mend it."""
        _load_key(self.private_key)


class FcmSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who sends, and where the service is."""

    service_account: Annotated[
        ServiceAccount, Meta(description="the JSON file of a service account that may send messages")
    ]
    base_url: Annotated[str, Meta(pattern=HTTP_URL, description="where messages are sent")] = (
        "https://fcm.googleapis.com"
    )


class _SentForm(msgspec.Struct, frozen=True):
    name: str


class _Detail(msgspec.Struct, frozen=True):
    error_code: str | None = msgspec.field(name="errorCode", default=None)


class _Fault(msgspec.Struct, frozen=True):
    message: str = ""
    status: str = ""
    details: list[_Detail] = msgspec.field(default_factory=list)


class _FaultForm(msgspec.Struct, frozen=True):
    error: _Fault


def write_request(
    settings: FcmSettings, message: OutgoingMessage, token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one message to one device."""
    content = read_android_push(message)
    if isinstance(content, Rejected):
        return content
    project = quote(settings.service_account.project_id, safe="")
    document = {"token": message.address, "data": _data(content, message.id), "android": _android(content)}
    if not content.is_silent:
        document["notification"] = filled(title=content.header, body=content.body, image=content.image_url)
    return HttpRequest(
        "POST",
        f"{settings.base_url.rstrip('/')}/v1/projects/{project}/messages:send",
        {"Content-Type": "application/json", "Authorization": f"Bearer {token.value if token else ''}"},
        msgspec.json.encode({"message": document}),
    )


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What Firebase made of a message."""
    if answer.status == 200:
        try:
            return Accepted(msgspec.json.decode(answer.body, type=_SentForm).name)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Uncertain("answer_unreadable", "HTTP 200 without the name of the message")
    try:
        fault = msgspec.json.decode(answer.body, type=_FaultForm).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return judge_status(answer)
    code = next((detail.error_code for detail in fault.details if detail.error_code), fault.status)
    detail = make_printable(f"{code or answer.status}: {fault.message}")
    match code:
        case "UNREGISTERED":
            return Rejected("unregistered", detail, "unregistered")
        case "INVALID_ARGUMENT" | "SENDER_ID_MISMATCH":
            return Rejected(code.lower(), detail)
        case "QUOTA_EXCEEDED" | "RESOURCE_EXHAUSTED":
            return Deferred("vendor_rate_limited", detail, read_retry_after(answer))
        case "UNAVAILABLE" | "INTERNAL":
            return Deferred("vendor_unavailable", detail, read_retry_after(answer))
        case "THIRD_PARTY_AUTH_ERROR" | "UNAUTHENTICATED" | "PERMISSION_DENIED":
            return Deferred("vendor_credentials", detail)
        case _:
            return judge_status(answer, fault.message)


def write_token_request(settings: FcmSettings, now: datetime) -> HttpRequest:
    """The request for a token: an assertion signed with the service account's key."""
    account = settings.service_account
    issued = int(now.timestamp())
    claims = {
        "iss": account.client_email,
        "scope": _SCOPE,
        "aud": account.token_uri,
        "iat": issued,
        "exp": issued + int(_ASSERTION_LIFETIME.total_seconds()),
    }
    signed = b".".join((_base64({"alg": "RS256", "typ": "JWT"}), _base64(claims)))
    signature = urlsafe_b64encode(_load_key(account.private_key).sign(signed, PKCS1v15(), hashes.SHA256()))
    assertion = b".".join((signed, signature.rstrip(b"="))).decode("ascii")
    return HttpRequest(
        "POST",
        account.token_uri,
        {"Content-Type": "application/x-www-form-urlencoded"},
        urlencode({"grant_type": _GRANT, "assertion": assertion}).encode("ascii"),
    )


def _data(content: AndroidPush, message_id: str) -> dict[str, str]:
    data = write_data(content, message_id)
    return {key: value for key, value in data.items() if not _RESERVED_KEYS.fullmatch(key)}


def _android(content: AndroidPush) -> Document:
    urgent = content.priority == "HIGH"
    android = filled(
        priority="HIGH" if urgent else "NORMAL",
        ttl=f"{content.timeout_sec}s" if content.timeout_sec else None,
    )
    if content.is_silent:
        return android
    importance = content.channel_importance
    android["notification"] = filled(
        icon=content.icon_small,
        color=content.color,
        sound=content.channel_sound,
        tag=content.group,
        visibility=content.channel_lock_screen_visibility,
        notification_priority=f"PRIORITY_{importance}" if importance else None,
        sticky=content.is_sticky,
        local_only=content.local_only,
    )
    return android


def _load_key(pem: Secret) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.reveal().encode(), password=None)
    except (ValueError, TypeError):
        raise ValueError("private_key: must be an RSA key in PEM form") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("private_key: must be an RSA key in PEM form")
    return key


def _base64(document: Document) -> bytes:
    return urlsafe_b64encode(msgspec.json.encode(document)).rstrip(b"=")


FCM_VENDOR = HttpVendor(
    name="fcm",
    title="Firebase Cloud Messaging",
    channel="androidpush",
    provider="fcm",
    documentation="https://firebase.google.com/docs/cloud-messaging/send/v1-api",
    settings=FcmSettings,
    request=write_request,
    outcome=read_outcome,
    token=TokenExchange(write_token_request, read_oauth_token),
)
