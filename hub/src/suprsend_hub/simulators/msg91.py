"""A stand-in for MSG91's ways of sending texts, with one account that has one template."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request
from suprsend_hub.simulators.received import Post, Report
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

SENDER = "HUBTXT"
TEMPLATE_ID = "65f0c0ffee0000000000beef"
FLOW_PATH = "/api/v5/flow"
TEXT_PATH = "/api/v2/sendsms"

_JSON = {"Content-Type": "application/json"}
_VARIABLE = "text"
_STATUSES: Mapping[Happening, tuple[str, str, str]] = MappingProxyType(
    {"delivered": ("1", "DELIVERED", ""), "failed": ("2", "FAILED", "absent subscriber")}
)


class _FlowForm(msgspec.Struct, frozen=True):
    template_id: str
    recipients: list[dict[str, Any]]
    sender: str = SENDER
    short_url: str = "0"


class _Text(msgspec.Struct, frozen=True):
    message: str
    to: list[str]


class _TextForm(msgspec.Struct, frozen=True):
    sender: str
    route: str
    country: str
    sms: list[_Text]
    unicode: int = 0
    crqid: str = msgspec.field(name="CRQID", default="0")
    dlt_te_id: str = msgspec.field(name="DLT_TE_ID", default="")


class _Sent(msgspec.Struct, frozen=True):
    """A text, whichever way it came."""

    number: str
    text: str
    sender: str
    crqid: str
    template: str


class Msg91Simulator:
    """The API behind one address; knows one account, whose authkey it makes itself."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._auth_key = secrets.token_hex(12)
        self._callback_secret = secrets.token_urlsafe(12)
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        return {
            "auth_key": self._auth_key,
            "sender": SENDER,
            "template_id": TEMPLATE_ID,
            "text_variable": _VARIABLE,
            "callback_secret": self._callback_secret,
            "base_url": self.server.url,
        }

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if request.method != "POST" or request.path not in (FLOW_PATH, TEXT_PATH):
            return Answer(404, b"<html>Not found</html>", {"Content-Type": "text/html"})
        if request.headers.get("authkey") != self._auth_key:
            return _fault("207", "Invalid authentication key")
        sent = _read(request.path, request.body)
        if isinstance(sent, Answer):
            return sent
        manners = Manners(
            taken=_taken,
            refused=_fault("202", "Invalid mobile number"),
            failed=Answer(503, b"Service Unavailable", {"Content-Type": "text/plain"}),
            limited=Answer(429, b'{"type": "error", "message": "Too many requests"}', _JSON),
        )
        message_id = None if sent.crqid == "0" else sent.crqid
        raw = msgspec.json.encode(sent)
        arrival = Arrival("sms", "msg91", f"+{sent.number}", message_id, raw, read_text, self._reporter(sent))
        return await self._reception.take(arrival, manners)

    def _reporter(self, sent: _Sent) -> Report:
        def report(happening: Happening, at: datetime) -> Post | None:
            url, told = self._reception.reports_to.get("msg91"), _STATUSES.get(happening)
            if url is None or told is None:
                return None
            status, said, reason = told
            line = {
                "date": at.strftime("%Y-%m-%d %H:%M:%S"),
                "number": sent.number,
                "CRQID": sent.crqid,
                "status": status,
                "desc": said,
                "failedReason": reason,
            }
            batch = {"senderId": sent.sender, "requestId": secrets.token_hex(12), "report": [line], "userId": "1"}
            form = {"data": msgspec.json.encode([batch]).decode()}
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return Post(f"{url}?secret={self._callback_secret}", headers, urlencode(form).encode())

        return report


def read_text(raw: bytes) -> Document:
    """A text message as people see it; the title is its beginning."""
    sent = msgspec.json.decode(raw, type=_Sent)
    return {"title": sent.text[:60], "text": sent.text, "from": sent.sender, "template": sent.template}


def _read(path: str, body: bytes) -> _Sent | Answer:
    try:
        if path == FLOW_PATH:
            return _read_flow(msgspec.json.decode(body, type=_FlowForm))
        form = msgspec.json.decode(body, type=_TextForm)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return _fault("400", f"invalid request: {error}")
    [text] = form.sms
    if not text.message.isascii() and not form.unicode:
        return _fault("400", "the text needs unicode=1")
    return _Sent(text.to[0], text.message, form.sender, form.crqid, form.dlt_te_id)


def _read_flow(form: _FlowForm) -> _Sent | Answer:
    if form.template_id != TEMPLATE_ID:
        return _fault("400", "template id missing or invalid")
    [recipient] = form.recipients
    if missing := next((name for name in ("mobiles", _VARIABLE) if name not in recipient), None):
        return _fault("400", f"{missing} is missing")
    crqid = recipient.get("CRQID", "0")
    return _Sent(recipient["mobiles"], recipient[_VARIABLE], form.sender, crqid, form.template_id)


def _taken() -> Answer:
    return Answer(200, msgspec.json.encode({"type": "success", "message": secrets.token_hex(12)}), _JSON)


def _fault(code: str, said: str) -> Answer:
    # It says what it thinks of a request in the body alone.
    return Answer(200, msgspec.json.encode({"type": "error", "message": said, "code": code}), _JSON)
