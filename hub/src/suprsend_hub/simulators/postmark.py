"""A stand-in for Postmark's email API and its webhooks."""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request
from suprsend_hub.simulators.received import Post, Report
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

_JSON = {"Content-Type": "application/json"}
# What is told of each happening, and the names under which the recipient and the time stand there.
_RECORDS: Mapping[Happening, tuple[Document, str, str]] = MappingProxyType(
    {
        "delivered": ({"RecordType": "Delivery"}, "Recipient", "DeliveredAt"),
        "failed": (
            {"RecordType": "Bounce", "Type": "HardBounce", "Description": "The server could not deliver your message"},
            "Email",
            "BouncedAt",
        ),
        "complained": ({"RecordType": "SpamComplaint"}, "Email", "BouncedAt"),
        "seen": ({"RecordType": "Open"}, "Recipient", "ReceivedAt"),
        "clicked": ({"RecordType": "Click", "OriginalLink": "https://example.com/"}, "Recipient", "ReceivedAt"),
    }
)


class _SendForm(msgspec.Struct, frozen=True, rename="pascal"):
    to: str
    sender: str = msgspec.field(name="From")
    subject: str = ""
    text_body: str | None = None
    html_body: str | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)
    headers: list[dict[str, str]] = msgspec.field(default_factory=list)
    attachments: list[dict[str, Any]] = msgspec.field(default_factory=list)

    @property
    def first(self) -> str:
        """The first recipient's bare address."""
        return self.to.split(",")[0].rpartition("<")[2].rstrip("> ")


class PostmarkSimulator:
    """The API behind one address; knows one server, and logs in where it reports."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._token = secrets.token_hex(16)
        self._login = f"postmark:{secrets.token_hex(8)}"
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        return {
            "server_token": self._token,
            "from_address": "hub@example.com",
            "webhook_login": self._login,
            "base_url": self.server.url,
        }

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if (request.method, request.path) != ("POST", "/email"):
            return _fault(404, 404, "Not found")
        if request.headers.get("x-postmark-server-token") != self._token:
            return _fault(401, 10, "The server token you provided is invalid.")
        try:
            form = msgspec.json.decode(request.body, type=_SendForm)
        except msgspec.MsgspecError as error:
            return _fault(422, 402, f"Invalid JSON: {error}")
        if not (form.text_body or form.html_body):
            return _fault(422, 300, "Provide either email TextBody or HtmlBody or both.")
        message_id = form.metadata.get("message_id")
        manners = Manners(
            taken=lambda: _taken(form),
            refused=_fault(422, 300, f"Invalid 'To' address: '{form.to}'."),
            failed=_fault(503, 100, "Maintenance"),
            limited=_fault(429, 429, "Rate limit exceeded"),
        )
        arrival = Arrival(
            "email", "postmark", form.first, message_id, request.body, read_mail_form, self._reporter(form)
        )
        return await self._reception.take(arrival, manners)

    def _reporter(self, form: _SendForm) -> Report:
        def report(happening: Happening, at: datetime) -> Post | None:
            url, told = self._reception.reports_to.get("postmark"), _RECORDS.get(happening)
            if url is None or told is None:
                return None
            record, whom, when = told
            whole = {**record, whom: form.first, when: at.isoformat(), "Metadata": form.metadata}
            login = b64encode(self._login.encode()).decode()
            return Post(url, {**_JSON, "Authorization": f"Basic {login}"}, msgspec.json.encode(whole))

        return report


def read_mail_form(raw: bytes) -> Document:
    """A mail as people see it."""
    form = msgspec.json.decode(raw, type=_SendForm)
    return {
        "title": form.subject,
        "text": form.text_body,
        "html": form.html_body,
        "headers": {"From": form.sender, "To": form.to, **{each["Name"]: each["Value"] for each in form.headers}},
        "attachments": [{"filename": each.get("Name")} for each in form.attachments],
    }


def _taken(form: _SendForm) -> Answer:
    taken = {"To": form.to, "MessageID": secrets.token_hex(16), "ErrorCode": 0, "Message": "OK"}
    return Answer(200, msgspec.json.encode(taken), _JSON)


def _fault(status: int, code: int, said: str) -> Answer:
    return Answer(status, msgspec.json.encode({"ErrorCode": code, "Message": said}), _JSON)
