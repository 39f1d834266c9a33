"""A stand-in for Plivo's Messaging API, with one account."""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from hmac import digest
from types import MappingProxyType
from urllib.parse import urlencode

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request
from suprsend_hub.simulators.received import Post, Report
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

AUTH_ID = "MAXXXXXXXXXXXXXXXXXX"
FROM_NUMBER = "+15005550006"
SEND_PATH = f"/v1/Account/{AUTH_ID}/Message/"

_JSON = {"Content-Type": "application/json"}
_STATUSES: Mapping[Happening, str] = MappingProxyType({"delivered": "delivered", "failed": "undelivered"})


class _Form(msgspec.Struct, frozen=True):
    src: str
    dst: str
    text: str
    url: str | None = None
    method: str = "POST"


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
        arrival = Arrival("sms", "plivo", form.dst, None, request.body, read_text, self._reporter(form))
        return await self._reception.take(arrival, manners)

    def _reporter(self, form: _Form) -> Report:
        def report(happening: Happening, at: datetime) -> Post | None:
            status = _STATUSES.get(happening)
            if form.url is None or status is None:
                return None
            fields = {
                "From": form.src,
                "To": form.dst,
                "MessageUUID": secrets.token_hex(16),
                "Status": status,
                "DeliveryReportTime": at.strftime("%Y-%m-%d %H:%M:%S.%f"),
            }
            if happening == "failed":
                fields["ErrorCode"] = "70"
            nonce = secrets.token_hex(10)
            # The URL has a query, or else a question mark would stand in the place of the dot.
            told = "".join(f"{name}{fields[name]}" for name in sorted(fields))
            signature = digest(self._auth_token.encode(), f"{form.url}.{told}.{nonce}".encode(), "sha256")
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Plivo-Signature-V3": b64encode(signature).decode(),
                "X-Plivo-Signature-V3-Nonce": nonce,
            }
            return Post(form.url, headers, urlencode(fields).encode())

        return report


def read_text(raw: bytes) -> Document:
    """A text message as people see it; the title is its beginning."""
    form = msgspec.json.decode(raw, type=_Form)
    return {"title": form.text[:60], "text": form.text, "from": form.src}


def _taken() -> Answer:
    taken = {"message": "message(s) queued", "message_uuid": [secrets.token_hex(16)], "api_id": secrets.token_hex(8)}
    return Answer(202, msgspec.json.encode(taken), _JSON)


def _fault(status: int, said: str) -> Answer:
    return Answer(status, msgspec.json.encode({"error": said, "api_id": "x"}), _JSON)
