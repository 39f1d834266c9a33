"""A stand-in for Apple's push service, with one key; it speaks HTTP/1.1 where Apple's insists on HTTP/2."""

import re
from base64 import urlsafe_b64decode
from datetime import datetime, timedelta
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from suprsend_hub.domain.document import Document
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

KEY_ID = "ABC123DEFG"
TEAM_ID = "DEF123GHIJ"
BUNDLE_ID = "com.example.shop"

_PATH = re.compile(r"/3/device/([^/]+)")
_JSON = {"Content-Type": "application/json"}


class _Notification(msgspec.Struct, frozen=True):
    aps: dict[str, Any]
    nid: str | None = None
    global_action_url: str | None = None


class ApnsSimulator:
    """The service behind one address; makes its own key, as a developer account would."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._key = generate_private_key(SECP256R1())
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return {
            "key_id": KEY_ID,
            "team_id": TEAM_ID,
            "private_key": pem.decode("ascii"),
            "bundle_id": BUNDLE_ID,
            "base_url": self.server.url,
        }

    async def _answer(self, request: Request) -> Answer | Disconnect:
        device = _PATH.fullmatch(request.path)
        if request.method != "POST" or device is None:
            return _fault(404, "BadPath")
        if problem := self._examine(request.headers.get("authorization", "")):
            return _fault(403, problem)
        if request.headers.get("apns-topic") != BUNDLE_ID:
            return _fault(400, "DeviceTokenNotForTopic")
        if len(request.body) > 4096:
            return _fault(413, "PayloadTooLarge")
        try:
            notification = msgspec.json.decode(request.body, type=_Notification)
        except msgspec.MsgspecError:
            return _fault(400, "PayloadEmpty")
        manners = Manners(
            taken=lambda: Answer(200, b"", {"apns-id": request.headers.get("apns-id", "")}),
            refused=_fault(410, "Unregistered"),
            failed=_fault(503, "ServiceUnavailable"),
            limited=_fault(429, "TooManyRequests"),
        )
        arrival = Arrival("iospush", "apns", device[1], notification.nid, request.body, read_notification)
        return await self._reception.take(arrival, manners)

    def _examine(self, authorization: str) -> str | None:
        """What is wrong with a provider token, or None."""
        scheme, _, token = authorization.partition(" ")
        parts = token.split(".")
        if scheme.lower() != "bearer" or len(parts) != 3:
            return "MissingProviderToken"
        try:
            header, claims = (msgspec.json.decode(_decode(part)) for part in parts[:2])
            raw = _decode(parts[2])
            signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
            self._key.public_key().verify(signature, f"{parts[0]}.{parts[1]}".encode(), ECDSA(SHA256()))
            age = self._reception.now() - datetime.fromtimestamp(claims["iat"], self._reception.now().tzinfo)
        except (InvalidSignature, ValueError, KeyError, TypeError, msgspec.MsgspecError):
            return "InvalidProviderToken"
        if (header.get("alg"), header.get("kid"), claims.get("iss")) != ("ES256", KEY_ID, TEAM_ID):
            return "InvalidProviderToken"
        return "ExpiredProviderToken" if age > timedelta(hours=1) else None


def read_notification(raw: bytes) -> Document:
    """A notification as people see it."""
    notification = msgspec.json.decode(raw, type=_Notification)
    alert = notification.aps.get("alert", {})
    return {"title": alert.get("title", ""), "text": alert.get("body", ""), "url": notification.global_action_url}


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _fault(status: int, reason: str) -> Answer:
    return Answer(status, msgspec.json.encode({"reason": reason}), _JSON)
