"""A stand-in for Resend's email API and its webhooks."""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.domain.webhook_signature import sign_webhook
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request
from suprsend_hub.simulators.received import Post, Report
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

_JSON = {"Content-Type": "application/json"}
_GONE = {"type": "Permanent", "subType": "General", "message": "The mailbox does not exist."}
_EVENTS: Mapping[Happening, tuple[str, Document]] = MappingProxyType(
    {
        "delivered": ("email.delivered", {}),
        "failed": ("email.bounced", {"bounce": _GONE}),
        "complained": ("email.complained", {}),
        "seen": ("email.opened", {}),
        "clicked": ("email.clicked", {"click": {"link": "https://example.com/"}}),
    }
)


class _SendForm(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    sender: str
    to: list[str]
    subject: str
    text: str | None = None
    html: str | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    tags: list[dict[str, str]] = msgspec.field(default_factory=list)
    attachments: list[dict[str, Any]] = msgspec.field(default_factory=list)

    @property
    def named(self) -> dict[str, str]:
        """The tags by name."""
        return {each["name"]: each["value"] for each in self.tags}


class ResendSimulator:
    """The API behind one address; knows one key, and remembers the idempotency keys that it saw."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._api_key = f"re_{secrets.token_urlsafe(16)}"
        self._key = secrets.token_bytes(24)
        self._ids: dict[str, str] = {}
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        return {
            "api_key": self._api_key,
            "from_address": "hub@example.com",
            "webhook_secret": f"whsec_{b64encode(self._key).decode()}",
            "base_url": self.server.url,
        }

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if (request.method, request.path) != ("POST", "/emails"):
            return _fault(404, "not_found", "The requested endpoint does not exist.")
        if request.headers.get("authorization") != f"Bearer {self._api_key}":
            return _fault(403, "invalid_api_key", "The API key is not valid.")
        try:
            form = msgspec.json.decode(request.body, type=_SendForm)
            to = form.to[0].rpartition("<")[2].rstrip("> ")
        except (msgspec.MsgspecError, IndexError) as error:
            return _fault(422, "validation_error", f"The request is malformed: {error}")
        key = request.headers.get("idempotency-key", "")
        if key in self._ids:
            return Answer(200, msgspec.json.encode({"id": self._ids[key]}), _JSON)
        manners = Manners(
            taken=lambda: self._taken(key),
            refused=_fault(422, "validation_error", "Invalid `to` field."),
            failed=_fault(500, "internal_server_error", "An unexpected error occurred."),
            limited=_fault(429, "rate_limit_exceeded", "Too many requests."),
        )
        arrival = Arrival(
            "email",
            "resend",
            to,
            form.named.get("message_id"),
            request.body,
            read_mail_form,
            self._reporter(form),
        )
        return await self._reception.take(arrival, manners)

    def _taken(self, key: str) -> Answer:
        made = secrets.token_hex(16)
        if key:
            self._ids[key] = made
        return Answer(200, msgspec.json.encode({"id": made}), _JSON)

    def _reporter(self, form: _SendForm) -> Report:
        def report(happening: Happening, at: datetime) -> Post | None:
            url, told = self._reception.reports_to.get("resend"), _EVENTS.get(happening)
            if url is None or told is None:
                return None
            kind, more = told
            data = {"email_id": secrets.token_hex(16), "to": form.to, "tags": form.named, **more}
            body = msgspec.json.encode({"type": kind, "created_at": at.isoformat(), "data": data})
            signed = sign_webhook(self._key, f"msg_{secrets.token_hex(8)}", at, body)
            headers = {name.replace("webhook-", "svix-"): value for name, value in signed.items()}
            return Post(url, {**_JSON, **headers}, body)

        return report


def read_mail_form(raw: bytes) -> Document:
    """A mail as people see it."""
    form = msgspec.json.decode(raw, type=_SendForm)
    return {
        "title": form.subject,
        "text": form.text,
        "html": form.html,
        "headers": {"From": form.sender, **form.headers},
        "attachments": [{"filename": each.get("filename")} for each in form.attachments],
    }


def _fault(status: int, name: str, said: str) -> Answer:
    return Answer(status, msgspec.json.encode({"statusCode": status, "name": name, "message": said}), _JSON)
