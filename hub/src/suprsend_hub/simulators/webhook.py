"""A stand-in for somebody's own endpoint, as the documentation asks for one."""

import secrets
from base64 import b64encode
from datetime import datetime
from typing import Any

import msgspec

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.domain.webhook_signature import is_webhook_signed, sign_webhook
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request
from suprsend_hub.simulators.received import Post, Report
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

_JSON = {"Content-Type": "application/json"}


class _Message(msgspec.Struct, frozen=True):
    message_id: str
    channel: Channel
    address: str
    content: dict[str, Any]
    reports_to: str | None = None


class WebhookSimulator:
    """The endpoint; checks who sends, and reports to where each message says."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._key = secrets.token_bytes(24)
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        return {"base_url": f"{self.server.url}/messages", "secret": f"whsec_{b64encode(self._key).decode()}"}

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if (request.method, request.path) != ("POST", "/messages"):
            return Answer(404, b"{}", _JSON)
        if not is_webhook_signed(self._key, request.headers, request.body, self._reception.now()):
            return Answer(401, b'{"error": "the signature does not match"}', _JSON)
        try:
            message = msgspec.json.decode(request.body, type=_Message)
        except msgspec.MsgspecError as error:
            return Answer(400, msgspec.json.encode({"error": str(error)}), _JSON)
        manners = Manners(
            taken=lambda: Answer(202, msgspec.json.encode({"id": secrets.token_hex(8)}), _JSON),
            refused=Answer(422, b'{"error": "no such address"}', _JSON),
            failed=Answer(503, b"{}", _JSON),
            limited=Answer(429, b"{}", _JSON),
        )
        arrival = Arrival(
            message.channel,
            "webhook",
            message.address,
            message.message_id,
            request.body,
            read_message,
            self._reporter(message),
        )
        return await self._reception.take(arrival, manners)

    def _reporter(self, message: _Message) -> Report:
        def report(happening: Happening, at: datetime) -> Post | None:
            if message.reports_to is None:
                return None
            told: Document = {"message_id": message.message_id, "status": happening, "at": at}
            if happening == "failed":
                told |= {"code": "no_such_address", "detail": "nobody is there", "permanent": True}
            body = msgspec.json.encode(told)
            return Post(message.reports_to, {**_JSON, **sign_webhook(self._key, secrets.token_hex(8), at, body)}, body)

        return report


def read_message(raw: bytes) -> Document:
    """A message as people see it."""
    content = msgspec.json.decode(raw, type=_Message).content
    title = content.get("subject") or content.get("header") or content.get("body") or ""
    return {"title": str(title)[:60], **content}
