"""A stand-in for Twilio's Programmable Messaging API, with one account that sends on one channel."""

import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import digest
from types import MappingProxyType
from urllib.parse import urlencode

import msgspec

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request, read_form
from suprsend_hub.simulators.received import Post, Report
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

ACCOUNT_SID = "AC" + "0" * 32
FROM_NUMBER = "+15005550006"
SEND_PATH = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"

_STATUSES: Mapping[Happening, str] = MappingProxyType(
    {"delivered": "delivered", "failed": "undelivered", "seen": "read"}
)
_JSON = {"Content-Type": "application/json;charset=utf-8"}


@dataclass(frozen=True, slots=True)
class TwilioChannel:
    """What is particular to a channel: how it writes numbers, what it can't send, and how it fails."""

    channel: Channel
    vendor: str
    prefix: str
    find_fault: Callable[[Document], Answer | None]
    read: Callable[[bytes], Document]
    failure_code: str


class TwilioSimulator:
    """The API behind one address; knows one account, whose token it makes itself."""

    def __init__(self, reception: Reception, channel: TwilioChannel) -> None:
        self._reception = reception
        self._channel = channel
        self._auth_token = secrets.token_hex(16)
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        return {
            "account_sid": ACCOUNT_SID,
            "auth_token": self._auth_token,
            "from_number": FROM_NUMBER,
            "base_url": self.server.url,
        }

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if request.path != SEND_PATH or request.method != "POST":
            return twilio_fault(404, 20404, "The requested resource was not found")
        login = b64encode(f"{ACCOUNT_SID}:{self._auth_token}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {login}":
            return twilio_fault(401, 20003, "Authenticate")
        form, channel = read_form(request.body), self._channel
        if fault := self._missing(form) or channel.find_fault(form):
            return fault
        to = form["To"].removeprefix(channel.prefix)
        manners = Manners(
            taken=lambda: _taken(form),
            refused=twilio_fault(400, 21211, f"Invalid 'To' Phone Number: {to}"),
            failed=twilio_fault(503, 20503, "Service unavailable"),
            limited=twilio_fault(429, 20429, "Too Many Requests"),
        )
        arrival = Arrival(channel.channel, channel.vendor, to, None, request.body, channel.read, self._reporter(form))
        return await self._reception.take(arrival, manners)

    def _missing(self, form: Document) -> Answer | None:
        if not form.get("To", "").startswith(self._channel.prefix + "+"):
            return twilio_fault(400, 21604, "A 'To' phone number is required.")
        if form.get("From") != self._channel.prefix + FROM_NUMBER:
            return twilio_fault(400, 21606, "The 'From' number is not a valid phone number of this account.")
        return None

    def _reporter(self, form: Document) -> Report:
        def report(happening: Happening, _at: datetime) -> Post | None:
            url, status = form.get("StatusCallback"), _STATUSES.get(happening)
            if url is None or status is None:
                return None
            fields = {"To": form["To"], "From": form["From"], "MessageStatus": status, "AccountSid": ACCOUNT_SID}
            if happening == "failed":
                fields["ErrorCode"] = self._channel.failure_code
            signed = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
            signature = b64encode(digest(self._auth_token.encode(), signed.encode(), "sha1")).decode()
            headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
            return Post(url, headers, urlencode(fields).encode())

        return report


def twilio_fault(status: int, code: int, said: str) -> Answer:
    """How Twilio says that something is wrong."""
    fault = {"code": code, "message": said, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
    return Answer(status, msgspec.json.encode(fault), _JSON)


def _taken(form: Document) -> Answer:
    taken = {"sid": f"SM{secrets.token_hex(16)}", "status": "queued", "to": form["To"], "from": form["From"]}
    return Answer(201, msgspec.json.encode(taken), _JSON)
