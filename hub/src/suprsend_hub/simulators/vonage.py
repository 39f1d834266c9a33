"""A stand-in for Vonage's SMS API, with one account."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from hmac import digest
from types import MappingProxyType
from urllib.parse import urlencode

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request, read_form
from suprsend_hub.simulators.received import Post, Report
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

API_KEY = "abcd1234"
SENDER = "HUB"
SEND_PATH = "/sms/json"

_JSON = {"Content-Type": "application/json"}
_STATUSES: Mapping[Happening, tuple[str, str]] = MappingProxyType(
    {"delivered": ("delivered", "0"), "failed": ("failed", "3")}
)


class VonageSimulator:
    """The API behind one address; knows one account, whose secret it makes itself."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._api_secret = secrets.token_urlsafe(12)
        self._signature_secret = secrets.token_urlsafe(30)
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        return {
            "api_key": API_KEY,
            "api_secret": self._api_secret,
            "signature_secret": self._signature_secret,
            "sender": SENDER,
            "base_url": self.server.url,
        }

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if (request.method, request.path) != ("POST", SEND_PATH):
            return Answer(404, b"{}", _JSON)
        form = read_form(request.body)
        if (form.get("api_key"), form.get("api_secret")) != (API_KEY, self._api_secret):
            return _said("4", "Bad Credentials")
        if missing := next((name for name in ("from", "to", "text") if name not in form), None):
            return _said("2", f"Missing {missing} param")
        if form.get("type") != "unicode" and not form["text"].isascii():
            return _said("6", "Unroutable message - the text needs type=unicode")
        manners = Manners(
            taken=_taken,
            refused=_said("7", "Number barred"),
            failed=_said("5", "Internal Error"),
            limited=_said("1", "Throughput Rate Exceeded"),
        )
        arrival = Arrival(
            "sms", "vonage", f"+{form['to']}", form.get("client-ref"), request.body, read_text, self._reporter(form)
        )
        return await self._reception.take(arrival, manners)

    def _reporter(self, form: dict[str, str]) -> Report:
        def report(happening: Happening, at: datetime) -> Post | None:
            url, told = form.get("callback"), _STATUSES.get(happening)
            if url is None or told is None:
                return None
            fields = {
                "msisdn": form["to"],
                "to": form["from"],
                "messageId": secrets.token_hex(8),
                "status": told[0],
                "err-code": told[1],
                "message-timestamp": at.strftime("%Y-%m-%d %H:%M:%S"),
                "timestamp": str(int(at.timestamp())),
                "nonce": secrets.token_hex(16),
            }
            if "client-ref" in form:
                fields["client-ref"] = form["client-ref"]
            signed = "".join(f"&{name}={fields[name]}" for name in sorted(fields))
            fields["sig"] = digest(self._signature_secret.encode(), signed.encode(), "sha256").hex().upper()
            return Post(url, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(fields).encode())

        return report


def read_text(raw: bytes) -> Document:
    """A text message as people see it; the title is its beginning."""
    form = read_form(raw)
    return {"title": form["text"][:60], "text": form["text"], "from": form["from"]}


def _taken() -> Answer:
    return _said("0", "")


def _said(status: str, error: str) -> Answer:
    part = {"status": status, "error-text": error} if error else {"status": status, "message-id": secrets.token_hex(8)}
    return Answer(200, msgspec.json.encode({"message-count": "1", "messages": [part]}), _JSON)
