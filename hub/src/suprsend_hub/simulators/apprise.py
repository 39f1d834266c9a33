"""A stand-in for an endpoint that Apprise's `json://` service posts to."""

import secrets
from base64 import b64encode
from typing import Any
from urllib.parse import unquote

import msgspec

from suprsend_hub.domain.channel import CHANNELS
from suprsend_hub.domain.document import Document
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

_USER = "hub"


class _Message(msgspec.Struct, frozen=True):
    """What Apprise posts, its version 1.0."""

    version: str
    title: str
    message: str
    type: str
    attachments: list[dict[str, Any]]


class AppriseSimulator:
    """The endpoint; the path says which channel a message is of, and to whom."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._password = secrets.token_urlsafe(16)
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account for text messages that points at this stand-in."""
        return {"url": f"json://{_USER}:{self._password}@127.0.0.1:{self.server.port}/sms/{{address}}"}

    async def _answer(self, request: Request) -> Answer | Disconnect:
        login = b64encode(f"{_USER}:{self._password}".encode()).decode()
        if not secrets.compare_digest(request.headers.get("authorization", ""), f"Basic {login}"):
            return Answer(401)
        _, name, *rest = request.path.partition("?")[0].split("/")
        channel = next((each for each in CHANNELS if each == name), None)
        if request.method != "POST" or channel is None or not any(rest):
            return Answer(404)
        try:
            msgspec.json.decode(request.body, type=_Message)
        except msgspec.MsgspecError:
            return Answer(400)
        manners = Manners(taken=lambda: Answer(200), refused=Answer(422), failed=Answer(503), limited=Answer(429))
        arrival = Arrival(channel, "apprise", unquote(rest[0]), None, request.body, read_message)
        return await self._reception.take(arrival, manners)


def read_message(raw: bytes) -> Document:
    """A message as people see it."""
    message = msgspec.json.decode(raw, type=_Message)
    return {"title": message.title, "text": message.message}
