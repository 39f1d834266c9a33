"""A stand-in for Firebase Cloud Messaging and the token service that it trusts."""

import secrets
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from suprsend_hub.domain.document import Document
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request, read_form
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

PROJECT = "stand-in"
CLIENT_EMAIL = "hub@stand-in.iam.gserviceaccount.com"
TOKEN_PATH = "/token"  # noqa: S105 - a path, not a token
SEND_PATH = f"/v1/projects/{PROJECT}/messages:send"

_FAULT_TYPE = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_JSON = {"Content-Type": "application/json; charset=UTF-8"}
_MOST_TOKENS = 1000


class _Message(msgspec.Struct, frozen=True):
    token: str
    data: dict[str, str] = msgspec.field(default_factory=dict)
    notification: dict[str, str] = msgspec.field(default_factory=dict)
    android: dict[str, Any] = msgspec.field(default_factory=dict)


class _SendForm(msgspec.Struct, frozen=True):
    message: _Message


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    aud: str
    scope: str
    iat: int
    exp: int


@cache
def _make_key() -> RSAPrivateKey:
    """The key of the service account; finding its primes takes a tenth of a second and more, so once a process."""
    return generate_private_key(public_exponent=65537, key_size=2048)


class FcmSimulator:
    """The two services behind one address; knows one service account, whose key it makes itself."""

    def __init__(
        self,
        reception: Reception,
        token_lifetime: timedelta = timedelta(hours=1),
    ) -> None:
        self._reception = reception
        self._manners = Manners(
            taken=self._name,
            refused=_fault(404, "NOT_FOUND", "Requested entity was not found.", "UNREGISTERED"),
            failed=_fault(503, "UNAVAILABLE", "The service is currently unavailable.", "UNAVAILABLE"),
            limited=_fault(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", "QUOTA_EXCEEDED"),
        )
        self._token_lifetime = token_lifetime
        self._key = _make_key()
        self._tokens: dict[str, datetime] = {}
        self._tokens_issued = 0
        self.server = HttpServer(self._answer)

    @property
    def url(self) -> str:
        """The address of the service."""
        return self.server.url

    @property
    def tokens_issued(self) -> int:
        """How many tokens clients have fetched so far."""
        return self._tokens_issued

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        private_key = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        service_account = {
            "type": "service_account",
            "project_id": PROJECT,
            "client_email": CLIENT_EMAIL,
            "private_key": private_key.decode("ascii"),
            "token_uri": f"{self.url}{TOKEN_PATH}",
        }
        return {"service_account": service_account, "base_url": self.url}

    def revoke_tokens(self) -> None:
        """Forget every token given out, as if they had expired early."""
        self._tokens.clear()

    async def _answer(self, request: Request) -> Answer | Disconnect:
        match request.method, request.path:
            case "POST", path if path == TOKEN_PATH:
                return self._give_token(request)
            case "POST", path if path == SEND_PATH:
                return await self._take(request)
            case _:
                return _fault(404, "NOT_FOUND", "Requested entity was not found.")

    def _give_token(self, request: Request) -> Answer:
        form = read_form(request.body)
        problem = self._examine(form.get("assertion", ""), form.get("grant_type", ""))
        if problem:
            refusal = {"error": "invalid_grant", "error_description": problem}
            return Answer(400, msgspec.json.encode(refusal), _JSON)
        token = f"ya29.{secrets.token_urlsafe(48)}"
        while len(self._tokens) >= _MOST_TOKENS:
            del self._tokens[next(iter(self._tokens))]
        self._tokens[token] = self._reception.now() + self._token_lifetime
        self._tokens_issued += 1
        seconds = int(self._token_lifetime.total_seconds())
        given = {"access_token": token, "expires_in": seconds, "token_type": "Bearer"}
        return Answer(200, msgspec.json.encode(given), _JSON)

    def _examine(self, assertion: str, grant: str) -> str | None:
        """What is wrong with an assertion, or None."""
        signed, _, signature = assertion.rpartition(".")
        try:
            self._key.public_key().verify(_decode(signature), signed.encode(), PKCS1v15(), hashes.SHA256())
            claims = msgspec.json.decode(_decode(signed.partition(".")[2]), type=_Claims)
        except (InvalidSignature, Base64Error, ValueError, msgspec.MsgspecError):
            return "Invalid JWT Signature."
        now = self._reception.now().timestamp()
        if grant != _GRANT or claims.iss != CLIENT_EMAIL or claims.aud != f"{self.url}{TOKEN_PATH}":
            return "Invalid JWT: wrong grant, issuer or audience."
        if not now - 3600 <= claims.iat <= now + 300 or not now < claims.exp <= claims.iat + 3600:
            return "Invalid JWT: Token must be a short-lived token and in a reasonable timeframe."
        return None

    async def _take(self, request: Request) -> Answer | Disconnect:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._tokens.get(bearer, self._reception.now()) <= self._reception.now():
            return _fault(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        try:
            message = msgspec.json.decode(request.body, type=_SendForm).message
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return _fault(400, "INVALID_ARGUMENT", f"Invalid JSON payload received: {error}")
        arrival = Arrival("androidpush", "fcm", message.token, message.data.get("message_id"), request.body, read_push)
        return await self._reception.take(arrival, self._manners)

    def _name(self) -> Answer:
        name = f"projects/{PROJECT}/messages/0:{self._reception.total}"
        return Answer(200, msgspec.json.encode({"name": name}), _JSON)


def read_push(raw: bytes) -> Document:
    """A push message as people see it: title, text, and the whole message as it was sent."""
    message: Document = msgspec.json.decode(raw)["message"]
    shown = message.get("notification") or message.get("data") or {}
    return {"title": shown.get("title", ""), "text": shown.get("body", ""), "message": message}


def _fault(status: int, name: str, said: str, code: str | None = None) -> Answer:
    details = [{"@type": _FAULT_TYPE, "errorCode": code}] if code else []
    fault = {"code": status, "message": said, "status": name, "details": details}
    return Answer(status, msgspec.json.encode({"error": fault}), _JSON)


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
