"""A stand-in for a browser and its push service: it gives out subscriptions and opens what is sent to them."""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from suprsend_hub.domain.document import Document
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

_ENDPOINT = "/push/"


class WebPushSimulator:
    """The push service behind one address; every subscription of it shares one browser's keys."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._browser = generate_private_key(SECP256R1())
        self._secret = secrets.token_bytes(16)
        self._server_key = secrets.randbelow(2**200) + 1
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account whose key the browser knows."""
        return {"private_key": _encode(self._server_key.to_bytes(32, "big")), "subject": "mailto:hub@example.com"}

    def subscription(self, name: str) -> Document:
        """What a browser gives a page that may notify; the name tells one person's from another's."""
        keys = {"p256dh": _encode(self._point()), "auth": _encode(self._secret)}
        return {"endpoint": f"{self.server.url}{_ENDPOINT}{name}", "keys": keys}

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if request.method != "POST" or not request.path.startswith(_ENDPOINT):
            return Answer(404, b"no such subscription")
        if problem := self._examine(request.headers.get("authorization", "")):
            return Answer(403, problem.encode())
        if request.headers.get("content-encoding") != "aes128gcm" or not request.headers.get("ttl", "").isdecimal():
            return Answer(400, b"Content-Encoding: aes128gcm and TTL are needed")
        if len(request.body) > 4096:
            return Answer(413, b"too large")
        try:
            text = self.open(request.body)
            shown = msgspec.json.decode(text)
            message_id = shown["data"]["notification_id"]
        except (InvalidTag, ValueError, KeyError, TypeError) as error:
            return Answer(400, f"the browser can't open it: {type(error).__name__}".encode())
        name = request.path.removeprefix(_ENDPOINT)
        manners = Manners(
            taken=lambda: Answer(201, b"", {"Location": f"{self.server.url}/message/{secrets.token_hex(8)}"}),
            refused=Answer(410, b"push subscription has unsubscribed or expired"),
            failed=Answer(503, b"try later"),
            limited=Answer(429, b"slow down"),
        )
        return await self._reception.take(Arrival("webpush", "vapid", name, message_id, text, read_shown), manners)

    def open(self, body: bytes) -> bytes:
        """What a browser reads of a push, written apart from the hub's own way of closing it."""
        salt, size = body[:16], body[20]
        server, sealed = body[21 : 21 + size], body[21 + size :]
        shared = self._browser.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), server))
        info = b"WebPush: info\x00" + self._point() + server
        material = HKDF(SHA256(), 32, self._secret, info).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(material)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(material)
        text, mark, _ = AESGCM(key).decrypt(nonce, sealed, None).rpartition(b"\x02")
        if not mark:
            raise ValueError("the last record has no mark")
        return text

    def _point(self) -> bytes:
        return self._browser.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def _examine(self, authorization: str) -> str | None:
        """What is wrong with the proof of who sends, or None."""
        scheme, _, rest = authorization.partition(" ")
        fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
        if scheme != "vapid" or not fields.keys() >= {"t", "k"}:
            return "the vapid scheme needs t and k"
        try:
            header, claims, raw = fields["t"].split(".")
            key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _decode(fields["k"]))
            r, s = _decode(raw)[:32], _decode(raw)[32:]
            signature = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
            key.verify(signature, f"{header}.{claims}".encode(), ECDSA(SHA256()))
            told = msgspec.json.decode(_decode(claims))
            left = told["exp"] - self._reception.now().timestamp()
        except (InvalidSignature, ValueError, KeyError, TypeError):
            return "the token is not signed by k"
        if told.get("aud") != self.server.url or not told.get("sub"):
            return "the token is for another push service, or names nobody to ask"
        return None if 0 < left <= timedelta(days=1).total_seconds() else "the token's time is over, or too long"


def read_shown(raw: bytes) -> Document:
    """A notification as people see it."""
    shown = msgspec.json.decode(raw)
    return {"title": shown.get("title", ""), "text": shown.get("body", ""), **shown}


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
