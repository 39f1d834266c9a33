"""A stand-in for Slack's Web API and its incoming webhooks."""

import secrets
from typing import Any

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request, read_form
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_WEBHOOK = "/services/"


class SlackSimulator:
    """The API behind one address; knows every token that begins as Slack's do, and everybody at example.com."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        return {"base_url": self.server.url, "bot_token": "xoxb-of-the-workspace"}

    def webhook(self, name: str) -> Document:
        """An address by an incoming webhook."""
        return {"incoming_webhook": {"url": f"{self.server.url}{_WEBHOOK}{name}"}}

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if request.method == "POST" and request.path.startswith(_WEBHOOK):
            return await self._take_by_webhook(request)
        if not request.headers.get("authorization", "").startswith("Bearer xoxb-"):
            return _fault("invalid_auth")
        match request.method, request.path:
            case "POST", "/api/users.lookupByEmail":
                return _find_user(request.body)
            case "POST", "/api/chat.postMessage":
                return await self._take(request)
            case _:
                return _fault("unknown_method")

    async def _take(self, request: Request) -> Answer | Disconnect:
        try:
            form = msgspec.json.decode(request.body, type=dict[str, Any])
        except msgspec.MsgspecError:
            return _fault("invalid_json")
        if not form.get("channel"):
            return _fault("channel_not_found")
        if not (form.get("text") or form.get("blocks")):
            return _fault("no_text")
        manners = Manners(
            taken=lambda: _ok(channel=form["channel"], ts=f"{secrets.randbelow(10**10)}.000100"),
            refused=_fault("channel_not_found"),
            failed=_fault("internal_error"),
            limited=_fault("ratelimited", 429),
        )
        return await self._reception.take(_arrival(str(form["channel"]), request.body), manners)

    async def _take_by_webhook(self, request: Request) -> Answer | Disconnect:
        try:
            form = msgspec.json.decode(request.body, type=dict[str, Any])
        except msgspec.MsgspecError:
            return Answer(400, b"invalid_payload")
        if not (form.get("text") or form.get("blocks")):
            return Answer(400, b"no_text")
        manners = Manners(
            taken=lambda: Answer(200, b"ok"),
            refused=Answer(404, b"no_service"),
            failed=Answer(500, b"rollup_error"),
            limited=Answer(429, b"rate_limited"),
        )
        return await self._reception.take(_arrival(request.path.removeprefix(_WEBHOOK), request.body), manners)


def read_post(raw: bytes) -> Document:
    """A message as people see it."""
    form = msgspec.json.decode(raw, type=dict[str, Any])
    return {"title": str(form.get("text", ""))[:60], "text": form.get("text"), "blocks": form.get("blocks")}


def _arrival(recipient: str, raw: bytes) -> Arrival:
    return Arrival("slack", "slack", recipient, None, raw, read_post)


def _find_user(body: bytes) -> Answer:
    name, _, host = read_form(body).get("email", "").partition("@")
    return _ok(user={"id": f"U{name.upper()}"}) if host == "example.com" else _fault("users_not_found")


def _ok(**more: object) -> Answer:
    return Answer(200, msgspec.json.encode({"ok": True, **more}), _JSON)


def _fault(error: str, status: int = 200) -> Answer:
    return Answer(status, msgspec.json.encode({"ok": False, "error": error}), _JSON)
