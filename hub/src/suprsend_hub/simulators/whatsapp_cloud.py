"""A stand-in for Meta's WhatsApp Cloud API, with one number that sends."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from hmac import digest
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.receipt import Happening
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request
from suprsend_hub.simulators.received import Post, Report
from suprsend_hub.simulators.reception import Arrival, Manners, Reception
from suprsend_hub.simulators.whatsapp_parameter import is_parameter

PHONE_NUMBER_ID = "106540352242922"
SEND_PATH = f"/v25.0/{PHONE_NUMBER_ID}/messages"

_STATUSES: Mapping[Happening, str] = MappingProxyType({"delivered": "delivered", "seen": "read", "failed": "failed"})
_JSON = {"Content-Type": "application/json; charset=UTF-8"}
_UNDELIVERABLE = {
    "code": 131026,
    "title": "Message undeliverable",
    "message": "Message undeliverable",
    "error_data": {"details": "Message Undeliverable."},
}


class _Text(msgspec.Struct, frozen=True):
    body: str


class _Parameter(msgspec.Struct, frozen=True):
    type: Literal["text"]
    text: str


class _Component(msgspec.Struct, frozen=True):
    type: Literal["body"]
    parameters: list[_Parameter]


class _Language(msgspec.Struct, frozen=True):
    code: str


class _Template(msgspec.Struct, frozen=True):
    name: str
    language: _Language
    components: list[_Component]


class _File(msgspec.Struct, frozen=True):
    link: str
    caption: str = ""
    filename: str = ""


class _Line(msgspec.Struct, frozen=True):
    text: str


class _Interactive(msgspec.Struct, frozen=True):
    type: Literal["button", "cta_url"]
    body: _Line
    action: dict[str, Any]
    header: dict[str, Any] | None = None
    footer: _Line | None = None


class _Form(msgspec.Struct, frozen=True):
    messaging_product: Literal["whatsapp"]
    to: str
    type: Literal["text", "image", "document", "video", "interactive", "template"]
    recipient_type: Literal["individual"] = "individual"
    biz_opaque_callback_data: str = ""
    text: _Text | None = None
    image: _File | None = None
    document: _File | None = None
    video: _File | None = None
    interactive: _Interactive | None = None
    template: _Template | None = None


class WhatsappCloudSimulator:
    """The API behind one address; knows one number, and makes the token and the secrets of its app itself."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._access_token = f"EAA{secrets.token_urlsafe(32)}"
        self._app_secret = secrets.token_hex(16)
        self._verify_token = secrets.token_urlsafe(16)
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        return {
            "phone_number_id": PHONE_NUMBER_ID,
            "access_token": self._access_token,
            "app_secret": self._app_secret,
            "verify_token": self._verify_token,
            "base_url": self.server.url,
        }

    def ask_to_confirm(self, url: str, challenge: str) -> str:
        """What is fetched when somebody enters this URL as webhook: whoever listens there answers the challenge."""
        asked = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": self._verify_token}
        return f"{url}?{urlencode(asked)}"

    def notify(self, url: str, *values: Document) -> Post:
        """Something that happened, as the webhook tells it; several things come at a time."""
        entries = [
            {"id": "102290129340398", "changes": [{"field": "messages", "value": _addressed(value)}]}
            for value in values
        ]
        body = msgspec.json.encode({"object": "whatsapp_business_account", "entry": entries})
        signature = digest(self._app_secret.encode(), body, "sha256").hex()
        return Post(url, {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}, body)

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if request.headers.get("authorization") != f"Bearer {self._access_token}":
            return _fault(401, 190, "Invalid OAuth access token - Cannot parse access token")
        if (request.method, request.path) != ("POST", SEND_PATH):
            return _fault(400, 100, "Unsupported post request. Object does not exist", error_subcode=33)
        try:
            form = msgspec.json.decode(request.body, type=_Form)
        except msgspec.MsgspecError as error:
            return _fault(400, 100, "(#100) Invalid parameter", error_data={"details": str(error)})
        if fault := _find_fault(form):
            return fault
        message_id = f"wamid.{secrets.token_urlsafe(24)}"
        manners = Manners(
            taken=lambda: _taken(form.to, message_id),
            refused=_fault(400, 131026, "(#131026) Message undeliverable", error_data=_UNDELIVERABLE["error_data"]),
            failed=_fault(500, 131016, "(#131016) Service unavailable"),
            limited=_fault(400, 130429, "(#130429) Rate limit hit"),
        )
        arrival = Arrival(
            "whatsapp",
            "whatsapp_cloud",
            form.to,
            form.biz_opaque_callback_data,
            request.body,
            read_whatsapp,
            self._reporter(form, message_id),
        )
        return await self._reception.take(arrival, manners)

    def _reporter(self, form: _Form, message_id: str) -> Report:
        def report(happening: Happening, at: datetime) -> Post | None:
            url, status = self._reception.reports_to.get("whatsapp_cloud"), _STATUSES.get(happening)
            if url is None or status is None:
                return None
            told: Document = {
                "id": message_id,
                "status": status,
                "timestamp": str(int(at.timestamp())),
                "recipient_id": form.to.removeprefix("+"),
                "biz_opaque_callback_data": form.biz_opaque_callback_data,
            }
            if happening == "failed":
                told["errors"] = [_UNDELIVERABLE]
            return self.notify(url, {"statuses": [told]})

        return report


def read_whatsapp(raw: bytes) -> Document:
    """A message as people see it; of one within a template, what fills it."""
    form = msgspec.json.decode(raw, type=_Form)
    shown: Document = {"title": _text_of(form)[:60], "text": _text_of(form)}
    if form.interactive is not None:
        whole = form.interactive
        shown |= {"header": whole.header, "footer": whole.footer and whole.footer.text, "action": whole.action}
    file = form.image or form.document or form.video
    if file is not None:
        shown |= {"media": file.link, "filename": file.filename}
    if form.template is not None:
        shown["template"] = form.template.name
    return shown


def _text_of(form: _Form) -> str:
    match form:
        case _Form(text=_Text(body=text)) | _Form(interactive=_Interactive(body=_Line(text=text))):
            return text
        case _Form(template=_Template(components=[_Component(parameters=[_Parameter(text=text)])])):
            return text
        case _:
            file = form.image or form.document or form.video
            return file.caption if file else ""


def _find_fault(form: _Form) -> Answer | None:
    if getattr(form, form.type) is None:
        return _fault(400, 131008, f"(#131008) Required parameter is missing: {form.type}")
    text = _text_of(form)
    if not text or len(text) > (4096 if form.text else 1024):
        code = 132005 if form.template else 131009
        return _fault(400, code, f"(#{code}) Parameter value is not valid")
    if form.template and not is_parameter(text):
        said = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
        return _fault(400, 100, "(#100) Invalid parameter", error_data={"details": said})
    return None


def _addressed(value: Document) -> Document:
    number = {"display_phone_number": "15550783881", "phone_number_id": PHONE_NUMBER_ID}
    return {"messaging_product": "whatsapp", "metadata": number, **value}


def _taken(to: str, message_id: str) -> Answer:
    taken = {
        "messaging_product": "whatsapp",
        "contacts": [{"input": to, "wa_id": to.removeprefix("+")}],
        "messages": [{"id": message_id, "message_status": "accepted"}],
    }
    return Answer(200, msgspec.json.encode(taken), _JSON)


def _fault(status: int, code: int, said: str, **more: object) -> Answer:
    error = {"message": said, "type": "OAuthException", "code": code, **more, "fbtrace_id": secrets.token_urlsafe(8)}
    return Answer(status, msgspec.json.encode({"error": error}), _JSON)
