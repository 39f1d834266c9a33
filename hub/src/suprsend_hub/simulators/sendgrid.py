"""A stand-in for SendGrid's v3 API and its signed Event Webhook."""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request
from suprsend_hub.simulators.received import Post, Report
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

_JSON = {"Content-Type": "application/json"}
_EVENTS: Mapping[Happening, Document] = MappingProxyType(
    {
        "delivered": {"event": "delivered", "response": "250 OK"},
        "failed": {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 no such user"},
        "complained": {"event": "spamreport"},
        "seen": {"event": "open"},
        "clicked": {"event": "click", "url": "https://example.com/"},
    }
)


class _Person(msgspec.Struct, frozen=True):
    email: str
    name: str = ""


class _Personalization(msgspec.Struct, frozen=True):
    to: list[_Person]
    custom_args: dict[str, str] = msgspec.field(default_factory=dict)


class _Body(msgspec.Struct, frozen=True):
    type: str
    value: str


class _SendForm(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    personalizations: list[_Personalization]
    sender: _Person
    subject: str
    content: list[_Body]
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    attachments: list[dict[str, Any]] = msgspec.field(default_factory=list)


class SendgridSimulator:
    """The API behind one address; knows one key, and signs events with a key pair of its own."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._api_key = f"SG.{secrets.token_urlsafe(24)}"
        self._key = generate_private_key(SECP256R1())
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        public = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {
            "api_key": self._api_key,
            "from_address": "hub@example.com",
            "webhook_public_key": b64encode(public).decode(),
            "base_url": self.server.url,
        }

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if (request.method, request.path) != ("POST", "/v3/mail/send"):
            return _fault(404, "not found")
        if request.headers.get("authorization") != f"Bearer {self._api_key}":
            return _fault(401, "The provided authorization grant is invalid, expired, or revoked")
        try:
            form = msgspec.json.decode(request.body, type=_SendForm)
            person = form.personalizations[0].to[0]
        except (msgspec.MsgspecError, IndexError) as error:
            return _fault(400, f"Bad Request: {error}")
        arrival = Arrival(
            "email",
            "sendgrid",
            person.email,
            form.personalizations[0].custom_args.get("hub_message_id"),
            request.body,
            read_mail_form,
            self._reporter(form),
        )
        return await self._reception.take(arrival, _MANNERS)

    def _reporter(self, form: _SendForm) -> Report:
        person, arguments = form.personalizations[0].to[0], form.personalizations[0].custom_args

        def report(happening: Happening, at: datetime) -> Post | None:
            url, event = self._reception.reports_to.get("sendgrid"), _EVENTS.get(happening)
            if url is None or event is None:
                return None
            whole = {"email": person.email, "timestamp": int(at.timestamp()), **event, **arguments}
            body, stamp = msgspec.json.encode([whole]), str(int(at.timestamp()))
            signature = self._key.sign(stamp.encode() + body, ECDSA(SHA256()))
            headers = {
                "Content-Type": "application/json",
                "X-Twilio-Email-Event-Webhook-Signature": b64encode(signature).decode(),
                "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
            }
            return Post(url, headers, body)

        return report


def read_mail_form(raw: bytes) -> Document:
    """A mail as people see it."""
    form = msgspec.json.decode(raw, type=_SendForm)
    bodies = {each.type: each.value for each in form.content}
    return {
        "title": form.subject,
        "text": bodies.get("text/plain"),
        "html": bodies.get("text/html"),
        "headers": {"From": form.sender.email, **form.headers},
        "attachments": [{"filename": each.get("filename")} for each in form.attachments],
    }


def _taken() -> Answer:
    return Answer(202, b"", {"X-Message-Id": secrets.token_urlsafe(16)})


def _fault(status: int, said: str, field: str | None = None) -> Answer:
    return Answer(status, msgspec.json.encode({"errors": [{"message": said, "field": field, "help": None}]}), _JSON)


_MANNERS = Manners(
    taken=_taken,
    refused=_fault(400, "Does not contain a valid address.", "personalizations.0.to.0.email"),
    failed=_fault(503, "Service unavailable"),
    limited=_fault(429, "too many requests"),
)
