"""A stand-in for OPPO PUSH, with one app."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request, read_form
from suprsend_hub.simulators.received import Post, Report
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

AUTH_PATH = "/server/v1/auth"
SEND_PATH = "/server/v1/message/notification/unicast"
CHANNEL_ID = "orders"

_JSON = {"Content-Type": "application/json;charset=UTF-8"}
_EVENTS: Mapping[Happening, str] = MappingProxyType({"delivered": "push_arrive", "failed": "regid_invalid"})
_MOST_MINUTES = 10
_MOST_TOKENS = 1000
_MOST_CHARACTERS: Mapping[int, int] = MappingProxyType({1: 50, 2: 128})


class _Notification(msgspec.Struct, frozen=True):
    title: Annotated[str, Meta(min_length=1, max_length=50)]
    content: Annotated[str, Meta(min_length=1)]
    style: int = 1
    app_message_id: str | None = None
    sub_title: Annotated[str, Meta(max_length=10)] = ""
    action_parameters: Annotated[str, Meta(max_length=4000)] = ""
    call_back_url: Annotated[str, Meta(max_length=200)] = ""
    call_back_parameter: Annotated[str, Meta(max_length=50)] = ""


class _Message(msgspec.Struct, frozen=True):
    target_type: int
    target_value: Annotated[str, Meta(min_length=1)]
    notification: _Notification


class OppoSimulator:
    """The API behind one address; knows one app, whose keys it makes itself."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._app_key, self._master_secret = secrets.token_hex(12), secrets.token_hex(16)
        self._tokens: dict[str, datetime] = {}
        self.tokens_issued = 0
        self._manners = Manners(
            taken=lambda: _said(0, "Success", {"messageId": f"app-1-1-{secrets.token_hex(12)}"}),
            refused=_said(10000, "Invalid Registration_id"),
            failed=_said(-1, "Service Currently Unavailable"),
            limited=_said(13, "App Call Limited"),
        )
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        return {
            "app_key": self._app_key,
            "master_secret": self._master_secret,
            "channel_id": CHANNEL_ID,
            "base_url": self.server.url,
        }

    def revoke_tokens(self) -> None:
        """Forget every token given out, as if they had expired early."""
        self._tokens.clear()

    async def _answer(self, request: Request) -> Answer | Disconnect:
        form = read_form(request.body)
        match request.method, request.path:
            case "POST", path if path == AUTH_PATH:
                return self._give_token(form)
            case "POST", path if path == SEND_PATH:
                return await self._take(form)
            case _:
                return _said(20, "Invalid Method")

    def _give_token(self, form: dict[str, str]) -> Answer:
        if form.get("app_key") != self._app_key:
            return _said(14, "Invalid App Key")
        timestamp, now = form.get("timestamp", ""), self._reception.now()
        if not timestamp.isdecimal() or abs(int(timestamp) / 1000 - now.timestamp()) > 60 * _MOST_MINUTES:
            return _said(19, "Invalid Timestamp")
        if form.get("sign") != sha256(f"{self._app_key}{timestamp}{self._master_secret}".encode()).hexdigest():
            return _said(16, "Invalid Signature")
        token = secrets.token_hex(16)
        while len(self._tokens) >= _MOST_TOKENS:
            del self._tokens[next(iter(self._tokens))]
        self._tokens[token] = now + timedelta(hours=24)
        self.tokens_issued += 1
        return _said(0, "Success", {"auth_token": token, "create_time": int(timestamp)})

    async def _take(self, form: dict[str, str]) -> Answer | Disconnect:
        now = self._reception.now()
        if self._tokens.get(form.get("auth_token", ""), now) <= now:
            return _said(11, "Invalid AuthToken")
        raw = form.get("message", "").encode()
        try:
            message = msgspec.json.decode(raw, type=_Message)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return _said(41, f"Invalid Arguments: {error}")
        shown = message.notification
        if message.target_type != 2 or len(shown.content) > _MOST_CHARACTERS.get(shown.style, 0):
            return _said(41, "Invalid Arguments")
        arrival = Arrival(
            "androidpush",
            "oppo",
            message.target_value,
            shown.app_message_id,
            raw,
            read_notification,
            _reporter(message),
        )
        return await self._reception.take(arrival, self._manners)


def read_notification(raw: bytes) -> Document:
    """A notification as people see it: title, text, and the whole message as it was sent."""
    message: dict[str, Any] = msgspec.json.decode(raw)
    shown = message["notification"]
    return {"title": shown["title"], "text": shown["content"], "message": message}


def _reporter(message: _Message) -> Report:
    def report(happening: Happening, at: datetime) -> Post | None:
        url, event = message.notification.call_back_url, _EVENTS.get(happening)
        if not url or event is None:
            return None
        told = {
            "messageId": f"app-1-1-{secrets.token_hex(12)}",
            "appId": "app",
            "taskId": secrets.token_hex(12),
            "registrationIds": message.target_value,
            "eventTime": str(int(at.timestamp() * 1000)),
            "param": message.notification.call_back_parameter,
            "eventType": event,
        }
        return Post(url, {"Content-Type": "application/json"}, msgspec.json.encode([told]))

    return report


def _said(code: int, message: str, data: Document | None = None) -> Answer:
    return Answer(200, msgspec.json.encode({"code": code, "message": message, "data": data or {}}), _JSON)
