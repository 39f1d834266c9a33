"""A stand-in for Mailgun's messages API and its webhooks."""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from hmac import digest
from types import MappingProxyType

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request
from suprsend_hub.simulators.received import Post, Report
from suprsend_hub.simulators.reception import Arrival, Manners, Reception
from suprsend_hub.simulators.smtp import read_mail

DOMAIN = "mg.example.com"

_JSON = {"Content-Type": "application/json"}
_GONE = {"code": 550, "message": "5.1.1 no such user"}
_EVENTS: Mapping[Happening, Document] = MappingProxyType(
    {
        "delivered": {"event": "delivered"},
        "failed": {"event": "failed", "severity": "permanent", "reason": "bounce", "delivery-status": _GONE},
        "complained": {"event": "complained"},
        "seen": {"event": "opened"},
        "clicked": {"event": "clicked", "url": "https://example.com/"},
    }
)


class MailgunSimulator:
    """The API behind one address; knows one domain, one key and one signing key."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._api_key = secrets.token_hex(16)
        self._signing_key = secrets.token_hex(16)
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        return {
            "api_key": self._api_key,
            "domain": DOMAIN,
            "from_address": f"hub@{DOMAIN}",
            "signing_key": self._signing_key,
            "base_url": self.server.url,
        }

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if (request.method, request.path) != ("POST", f"/v3/{DOMAIN}/messages.mime"):
            return _fault(404, "Domain not found: nothing is here")
        login = b64encode(f"api:{self._api_key}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {login}":
            return _fault(401, "Forbidden")
        fields = _read_form(request)
        if not fields.get("to"):
            return _fault(400, "to parameter is missing")
        if not fields.get("message"):
            return _fault(400, "message parameter is missing")
        to, mail = fields["to"][0].decode(), fields["message"][0]
        message_id = next((each.decode() for each in fields.get("v:message_id", [])), None)
        arrival = Arrival("email", "mailgun", to, message_id, mail, read_mail, self._reporter(to, message_id))
        return await self._reception.take(arrival, _MANNERS)

    def _reporter(self, to: str, message_id: str | None) -> Report:
        def report(happening: Happening, at: datetime) -> Post | None:
            url, event = self._reception.reports_to.get("mailgun"), _EVENTS.get(happening)
            if url is None or event is None:
                return None
            stamp, token = str(int(at.timestamp())), secrets.token_hex(25)
            signature = digest(self._signing_key.encode(), f"{stamp}{token}".encode(), "sha256").hex()
            told = {
                "signature": {"timestamp": stamp, "token": token, "signature": signature},
                "event-data": {
                    **event,
                    "timestamp": at.timestamp(),
                    "recipient": to,
                    "user-variables": {"message_id": message_id} if message_id else {},
                },
            }
            return Post(url, _JSON, msgspec.json.encode(told))

        return report


def _read_form(request: Request) -> dict[str, list[bytes]]:
    """The fields of a form with files, as the standard library's mail parser reads them."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    form = message_from_bytes(head + request.body, policy=policy.HTTP)
    fields: dict[str, list[bytes]] = {}
    for part in form.iter_parts() if isinstance(form, EmailMessage) and form.is_multipart() else ():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(0) if part.is_multipart() else None
        if isinstance(content, EmailMessage):
            value = content.as_bytes(policy=policy.SMTP)
        else:
            data = part.get_payload(decode=True)
            value = data.strip() if isinstance(data, bytes) else b""
        fields.setdefault(name, []).append(value)
    return fields


def _taken() -> Answer:
    taken = {"id": f"<{secrets.token_hex(12)}@{DOMAIN}>", "message": "Queued. Thank you."}
    return Answer(200, msgspec.json.encode(taken), _JSON)


def _fault(status: int, said: str) -> Answer:
    return Answer(status, msgspec.json.encode({"message": said}), _JSON)


_MANNERS = Manners(
    taken=_taken,
    refused=_fault(400, "'to' parameter is not a valid address. please check documentation"),
    failed=_fault(500, "Internal Server Error"),
    limited=_fault(429, "Too many requests"),
)
