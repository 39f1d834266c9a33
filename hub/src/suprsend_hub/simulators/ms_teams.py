"""A stand-in for Microsoft Teams: the bot's service, who logs it in, and incoming webhooks."""

import re
import secrets
from typing import Any
from urllib.parse import unquote

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.simulators.http_server import Answer, Disconnect, HttpServer, Request, read_form
from suprsend_hub.simulators.reception import Arrival, Manners, Reception

APP_ID = "11111111-2222-3333-4444-555555555555"
# What addresses say; the settings lead to the stand-in instead.
SERVICE_URL = "https://smba.trafficmanager.net/emea/"
TENANT_ID = "66666666-7777-8888-9999-000000000000"
LOGIN_PATH = "/botframework.com/oauth2/v2.0/token"

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_SCOPE = "https://api.botframework.com/.default"
_CARD = "application/vnd.microsoft.card.adaptive"
_WEBHOOK = "/workflows/"
_CONVERSATIONS = "/emea/v3/conversations"
_ACTIVITIES = re.compile(rf"{_CONVERSATIONS}/([^/]+)/activities")
_SECONDS = 3600


class MsTeamsSimulator:
    """The services behind one address; knows one bot, and everybody whose id begins as Teams' ids do."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._app_password = secrets.token_urlsafe(24)
        self._token = secrets.token_urlsafe(32)
        self.server = HttpServer(self._answer)

    def settings(self) -> Document:
        """The settings of an account that points at this stand-in."""
        return {
            "app_id": APP_ID,
            "app_password": self._app_password,
            "base_url": self.server.url,
            "login_url": self.server.url,
        }

    def person(self, name: str) -> Document:
        """The address of a person who has the bot; the stand-in knows them by their name."""
        return {"service_url": SERVICE_URL, "tenant_id": TENANT_ID, "user_id": f"29:{name}"}

    def conversation(self, name: str) -> Document:
        """The address of a conversation that the bot is in."""
        return {"service_url": SERVICE_URL, "conversation_id": f"a:{name}"}

    def webhook(self, name: str) -> Document:
        """An address by an incoming webhook."""
        return {"incoming_webhook": {"url": f"{self.server.url}{_WEBHOOK}{name}"}}

    def revoke_tokens(self) -> None:
        """Take no more of the tokens that were given out."""
        self._token = secrets.token_urlsafe(32)

    async def _answer(self, request: Request) -> Answer | Disconnect:
        if request.method != "POST":
            return _fault(405, "MethodNotAllowed", "use POST")
        if request.path == LOGIN_PATH:
            return self._give_token(request.body)
        if request.path.startswith(_WEBHOOK):
            return await self._take_by_webhook(request)
        if request.headers.get("authorization") != f"Bearer {self._token}":
            return _fault(401, "BotNotRegistered", "No registration found for this bot.")
        if request.path == _CONVERSATIONS:
            return _open_conversation(request.body)
        found = _ACTIVITIES.fullmatch(request.path)
        if found is None:
            return _fault(404, "ServiceNotFound", "there is nothing here")
        return await self._take(unquote(found[1]), request.body)

    def _give_token(self, body: bytes) -> Answer:
        right = {
            "grant_type": "client_credentials",
            "client_id": APP_ID,
            "client_secret": self._app_password,
            "scope": _SCOPE,
        }
        if read_form(body) != right:
            refusal = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}
            return Answer(401, msgspec.json.encode(refusal), _JSON)
        given = {"token_type": "Bearer", "expires_in": _SECONDS, "access_token": self._token}
        return Answer(200, msgspec.json.encode(given), _JSON)

    async def _take(self, conversation: str, body: bytes) -> Answer | Disconnect:
        if not conversation.startswith("a:"):
            return _fault(404, "ConversationNotFound", "Conversation not found.")
        try:
            activity = msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.MsgspecError:
            return _fault(400, "BadSyntax", "the activity is no JSON object")
        if activity.get("type") != "message" or not (activity.get("text") or _cards(activity)):
            return _fault(400, "BadSyntax", "Activity must include non empty 'text' field or at least 1 attachment")
        manners = Manners(
            taken=lambda: Answer(201, msgspec.json.encode({"id": secrets.token_hex(8)}), _JSON),
            refused=_fault(403, "ConversationBlockedByUser", "User blocked the conversation with the bot."),
            failed=_fault(502, "BadGateway", "The service is not available."),
            limited=_fault(429, "Throttled", "Too many requests."),
        )
        return await self._reception.take(_arrival(conversation.removeprefix("a:"), body), manners)

    async def _take_by_webhook(self, request: Request) -> Answer | Disconnect:
        try:
            form = msgspec.json.decode(request.body, type=dict[str, Any])
        except msgspec.MsgspecError:
            form = {}
        if form.get("type") != "message" or not _cards(form):
            return _fault(400, "TriggerInputSchemaMismatch", "The input body for trigger 'manual' is wrong.")
        manners = Manners(
            taken=lambda: Answer(202),
            refused=_fault(404, "WorkflowNotFound", "The workflow could not be found."),
            failed=_fault(502, "BadGateway", "The service is not available."),
            limited=_fault(429, "TooManyRequests", "Rate limit is exceeded."),
        )
        return await self._reception.take(_arrival(request.path.removeprefix(_WEBHOOK), request.body), manners)


def read_post(raw: bytes) -> Document:
    """A message as people see it: its text, or the texts of its cards."""
    form = msgspec.json.decode(raw, type=dict[str, Any])
    cards = _cards(form)
    text = form.get("text") or "\n".join(part["text"] for card in cards for part in card["body"] if part.get("text"))
    return {"title": text[:60], "text": text, "summary": form.get("summary"), "cards": cards}


def _cards(form: dict[str, Any]) -> list[dict[str, Any]]:
    return [each["content"] for each in form.get("attachments") or [] if each.get("contentType") == _CARD]


def _arrival(recipient: str, raw: bytes) -> Arrival:
    return Arrival("ms_teams", "ms_teams", recipient, None, raw, read_post)


def _open_conversation(body: bytes) -> Answer:
    form = msgspec.json.decode(body, type=dict[str, Any])
    [member] = form["members"]
    if form["channelData"]["tenant"]["id"] != TENANT_ID or form["bot"]["id"] != f"28:{APP_ID}":
        return _fault(403, "ForbiddenOperationException", "The bot is not installed in this tenant.")
    if not member["id"].startswith("29:"):
        return _fault(400, "BadArgument", "Failed to decrypt pairwise id")
    return Answer(201, msgspec.json.encode({"id": f"a:{member['id'].removeprefix('29:')}"}), _JSON)


def _fault(status: int, code: str, said: str) -> Answer:
    return Answer(status, msgspec.json.encode({"error": {"code": code, "message": said}}), _JSON)
