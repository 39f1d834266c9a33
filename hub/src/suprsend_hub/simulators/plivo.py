"""A stand-in for Plivo's Messaging API, with one account."""

import secrets
from base64 import b64encode

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

AUTH_ID = "MAXXXXXXXXXXXXXXXXXX"
FROM_NUMBER = "+15005550006"
SEND_PATH = f"/v1/Account/{AUTH_ID}/Message/"

_JSON = {"Content-Type": "application/json"}


class _Form(msgspec.Struct, frozen=True):
    src: str
    dst: str
    text: str


class PlivoSimulator:
    """The API behind one address; knows one account, whose token it makes itself."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._auth_token = secrets.token_hex(20)
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        return {
            "auth_id": AUTH_ID,
            "auth_token": self._auth_token,
            "from_number": FROM_NUMBER,
            "base_url": self.server.url,
        }

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if (request.method, request.path) != ("POST", SEND_PATH):
            return _fault(404, "not found")
        login = b64encode(f"{AUTH_ID}:{self._auth_token}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {login}":
            return Answer(401, b"Could not verify your access level for that URL.", {"Content-Type": "text/html"})
        try:
            form = msgspec.json.decode(request.body, type=_Form)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return _fault(400, f"invalid request: {error}")
        if form.src != FROM_NUMBER:
            return _fault(400, "src parameter is not a number of this account")
        manners = Manners(
            taken=_taken,
            refused=_fault(400, f"{form.dst} is not a valid dst"),
            failed=_fault(500, "internal server error"),
            limited=_fault(429, "rate limit exceeded"),
        )
        return await self._reception.take(Arrival("sms", "plivo", form.dst, None, request.body, read_text), manners)


def read_text(raw: bytes) -> Document:
    """A text message as people see it; the title is its beginning."""
    form = msgspec.json.decode(raw, type=_Form)
    return {"title": form.text[:60], "text": form.text, "from": form.src}


def _taken() -> Answer:
    taken = {"message": "message(s) queued", "message_uuid": [secrets.token_hex(16)], "api_id": secrets.token_hex(8)}
    return Answer(202, msgspec.json.encode(taken), _JSON)


def _fault(status: int, said: str) -> Answer:
    return Answer(status, msgspec.json.encode({"error": said, "api_id": "x"}), _JSON)
