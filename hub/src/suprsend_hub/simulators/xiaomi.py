"""A stand-in for Xiaomi's Mi Push, with one app."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from urllib.parse import parse_qs, urlencode

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request
from suprsend_hub.simulators.received import Post, Report
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

PACKAGE_NAME = "com.example.shop"
CHANNEL_ID = "orders"
SEND_PATH = "/v3/message/regid"

_JSON = {"Content-Type": "application/json;charset=UTF-8"}
_TYPES: Mapping[Happening, int] = MappingProxyType({"delivered": 1, "clicked": 2, "failed": 16})
_MOST_CHARACTERS: Mapping[str, int] = MappingProxyType({"title": 49, "description": 127})


class XiaomiSimulator:
    """The API behind one address; knows one app, whose secret it makes itself."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._app_secret = secrets.token_urlsafe(18)
        self._manners = Manners(
            taken=_taken,
            refused=_fault(20301, "No valid targets!", "发送消息失败"),
            failed=_fault(10002, "System is busy.", "系统繁忙"),
            limited=_fault(10027, "Too many requests.", "应用的API调用太频繁"),
        )
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        return {
            "app_secret": self._app_secret,
            "package_name": PACKAGE_NAME,
            "channel_id": CHANNEL_ID,
            "base_url": self.server.url,
        }

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if (request.method, request.path) != ("POST", SEND_PATH):
            return Answer(404, b"")
        if request.headers.get("authorization") != f"key={self._app_secret}":
            return _fault(21301, "Invalid application credential.", "认证失败", 401)
        form = _read_form(request.body)
        if problem := _examine(form):
            return _fault(10017, problem, "参数值非法")
        message_id = msgspec.json.decode(form["payload"].encode()).get("message_id")
        arrival = Arrival(
            "androidpush",
            "xiaomi",
            form["registration_id"],
            message_id,
            request.body,
            read_push,
            _reporter(form),
        )
        return await self._reception.take(arrival, self._manners)


def read_push(raw: bytes) -> Document:
    """A push message as people see it: title, text, and the form as it was sent."""
    form = _read_form(raw)
    payload = msgspec.json.decode(form["payload"].encode())
    title, text = form.get("title", payload.get("title", "")), form.get("description", payload.get("body", ""))
    return {"title": title, "text": text, "payload": payload, "form": form}


def _read_form(raw: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(raw.decode("latin-1"), keep_blank_values=True).items()}


def _examine(form: dict[str, str]) -> str | None:
    """What is wrong with a message, or None."""
    shown = () if form.get("pass_through") == "1" else ("title", "description")
    for name in ("registration_id", "payload", *shown):
        if not form.get(name, "").strip():
            return f"{name} is missing or blank"
    for name, most in _MOST_CHARACTERS.items():
        if len(form.get(name, "").encode("utf-16-le")) > 2 * most:
            return f"{name} is too long"
    if form.get("restricted_package_name") != PACKAGE_NAME:
        return "restricted_package_name is not the app's"
    if len(form["payload"].encode()) > 4096:
        return "payload is too long"
    if len(form.get("extra.callback", "")) > 128 or len(form.get("extra.jobkey", "")) > 20:
        return "extra is too long"
    return None


def _reporter(form: dict[str, str]) -> Report:
    wanted = int(form.get("extra.callback.type", "3"))

    def report(happening: Happening, at: datetime) -> Post | None:
        url, kind = form.get("extra.callback"), _TYPES.get(happening, 0)
        if url is None or not kind & wanted:
            return None
        told = {
            "param": form.get("extra.callback.param", ""),
            "type": kind,
            "targets": form["registration_id"],
            "jobkey": form.get("extra.jobkey", ""),
            "barStatus": "Enable",
            "timestamp": int(at.timestamp() * 1000),
        }
        data = msgspec.json.encode({f"scm{secrets.token_hex(8)}": told}).decode()
        return Post(url, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode({"data": data}).encode())

    return report


def _taken() -> Answer:
    taken = {
        "result": "ok",
        "trace_id": secrets.token_hex(8),
        "code": 0,
        "data": {"id": f"scm{secrets.token_hex(8)}"},
        "description": "成功",
        "info": "Received push messages for 1 REGID",
    }
    return Answer(200, msgspec.json.encode(taken), _JSON)


def _fault(code: int, reason: str, said: str, status: int = 200) -> Answer:
    fault = {"result": "error", "reason": reason, "trace_id": "Xcm0", "code": code, "description": said}
    return Answer(status, msgspec.json.encode(fault), _JSON)
