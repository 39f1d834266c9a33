"""Messages to Microsoft Teams: by a bot into conversations and to people, or by an incoming webhook."""

import re
from datetime import datetime
from typing import Annotated
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Meta

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, LookUp, Token, TokenExchange
from suprsend_hub.vendors.http_outcome import judge_status, read_retry_after
from suprsend_hub.vendors.ms_teams_content import read_teams_content, write_activity, write_webhook_message
from suprsend_hub.vendors.oauth_token import read_oauth_token
from suprsend_hub.vendors.settings import HTTP_URL, Secret

_JSON = {"Content-Type": "application/json; charset=utf-8"}
_SCOPE = "https://api.botframework.com/.default"
# Where every service_url begins, whatever the region (wire.md 3.1).
_PUBLIC_URL = "https://smba.trafficmanager.net/"
# The tenant that gives tokens to bots of many tenants.
_ANY_TENANT = "botframework.com"

_MOST_BYTES = 100 * 1024
_MOST_WEBHOOK_BYTES = 28 * 1024

# https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages
_NOBODY = frozenset(
    {
        "ConversationBlockedByUser",
        "MessageWritesBlocked",
        "ForbiddenOperationException",
        "BotNotInConversationRoster",
        # The tenant is the recipient's: its administrator switched the bot off there.
        "BotDisabledByAdmin",
        "ConversationNotFound",
        # What workflows say when they were removed or switched off, or their URL is not the whole one.
        "WorkflowNotFound",
        "WorkflowTriggerIsNotEnabled",
        "DirectApiAuthorizationRequired",
    }
)
_BAD_CONTENT = frozenset({"MessageSizeTooBig", "TriggerInputSchemaMismatch"})
# Connectors of Office 365 answer 200 whatever Teams told them.
_INNER_FAULT = re.compile(rb"returned HTTP error ([45]\d\d)")


class MsTeamsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The bot; an account that only serves webhooks needs none."""

    app_id: Annotated[str, Meta(description="the bot's app id; not needed for webhooks")] = ""
    app_password: Annotated[Secret | None, Meta(description="a client secret of the bot's app; goes with app_id")] = (
        None
    )
    tenant_id: Annotated[str, Meta(description="the bot's own tenant; empty for a bot of many tenants")] = ""
    base_url: Annotated[str, Meta(pattern=HTTP_URL, description="Microsoft's service, which gets the bot's token")] = (
        "https://smba.trafficmanager.net"
    )
    login_url: Annotated[str, Meta(pattern=HTTP_URL, description="where tokens are fetched")] = (
        "https://login.microsoftonline.com"
    )

    def __post_init__(self) -> None:
        """Check that there is a whole bot or none."""
        if bool(self.app_id) != (self.app_password is not None):
            missing = "app_password" if self.app_id else "app_id"
            raise ValueError(f"{missing}: is required too; app_id and app_password go together")


class _Webhook(msgspec.Struct, frozen=True):
    url: Annotated[str, Meta(pattern="^https?://")]


class _Address(msgspec.Struct, frozen=True):
    """Where somebody is in Teams (domain/identity.py)."""

    service_url: str = ""
    conversation_id: str = ""
    user_id: str = ""
    tenant_id: str = ""
    incoming_webhook: _Webhook | None = None


class _Named(msgspec.Struct, frozen=True):
    id: Annotated[str, Meta(min_length=1)]


class _Fault(msgspec.Struct, frozen=True):
    code: str = ""
    message: str = ""


class _FaultForm(msgspec.Struct, frozen=True):
    error: _Fault


def wants_token(settings: MsTeamsSettings, message: OutgoingMessage) -> bool:
    """Webhooks go without the bot."""
    address = _read_address(message)
    return bool(settings.app_id) and address is not None and address.incoming_webhook is None


def write_token_request(settings: MsTeamsSettings, _now: datetime) -> HttpRequest:
    """The request for the bot's token."""
    password = settings.app_password.reveal() if settings.app_password else ""
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.app_id,
        "client_secret": password,
        "scope": _SCOPE,
    }
    tenant = quote(settings.tenant_id or _ANY_TENANT, safe="")
    return HttpRequest(
        "POST",
        f"{settings.login_url.rstrip('/')}/{tenant}/oauth2/v2.0/token",
        {"Content-Type": "application/x-www-form-urlencoded"},
        urlencode(form).encode("ascii"),
    )


def write_look_up(settings: MsTeamsSettings, message: OutgoingMessage, token: Token | None) -> HttpRequest | None:
    """The request that opens the conversation with a person, the same one each time; None where one is known."""
    address = _read_address(message)
    if address is None or address.incoming_webhook or address.conversation_id or not address.user_id:
        return None
    root = _find_root(settings, address)
    if token is None or root is None:
        return None
    tenant = address.tenant_id or settings.tenant_id
    whom: Document = {
        "bot": {"id": f"28:{settings.app_id}"},
        "members": [{"id": address.user_id}],
        "isGroup": False,
    }
    if tenant:
        whom |= {"tenantId": tenant, "channelData": {"tenant": {"id": tenant}}}
    return HttpRequest("POST", f"{root}v3/conversations", _login(token), msgspec.json.encode(whom))


def read_look_up(answer: HttpAnswer) -> Document | Outcome:
    """The conversation, for the address."""
    found = _read_id(answer)
    return _judge(answer) if found is None else {"conversation_id": found}


def write_request(
    settings: MsTeamsSettings, message: OutgoingMessage, token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that posts one message."""
    content = read_teams_content(message)
    if isinstance(content, Rejected):
        return content
    address = _read_address(message)
    if address is None:
        return Rejected("address", "the address is not one of Teams")
    if address.incoming_webhook is not None:
        body = msgspec.json.encode(write_webhook_message(content))
        request = HttpRequest("POST", address.incoming_webhook.url, _JSON, body, is_foreign=True)
        return _bounded(request, _MOST_WEBHOOK_BYTES)
    root = _find_root(settings, address)
    if root is None:
        return Rejected("address", f"service_url does not begin with {_PUBLIC_URL}")
    if not address.conversation_id and not address.user_id:
        return Rejected("address", "the address names neither conversation_id nor user_id")
    if token is None:
        return Rejected("vendor_settings", "app_id: is required for addresses that are no webhooks")
    conversation = quote(address.conversation_id, safe="")
    url = f"{root}v3/conversations/{conversation}/activities"
    return _bounded(HttpRequest("POST", url, _login(token), msgspec.json.encode(write_activity(content))), _MOST_BYTES)


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What Teams made of a message; the bot's service names it, workflows answer 202 and connectors the digit 1."""
    found = _read_id(answer)
    if found is not None:
        return Accepted(found)
    said = answer.body.strip()
    if (answer.status, said) in ((202, b""), (200, b"1")):
        return Accepted()
    inner = _INNER_FAULT.search(said) if answer.status == 200 else None
    return _judge(HttpAnswer(int(inner[1]), answer.headers, answer.body) if inner else answer)


def _bounded(request: HttpRequest, most: int) -> HttpRequest | Rejected:
    if len(request.body) <= most:
        return request
    return Rejected("content", f"the message has {len(request.body)} bytes; Teams takes {most} this way")


def _judge(answer: HttpAnswer) -> Outcome:
    fault = _read_fault(answer)
    said = f"{fault.code}: {fault.message}" if fault.code else ""
    outcome = judge_status(answer, said)
    detail = "" if isinstance(outcome, Accepted) else outcome.detail
    if fault.code in _NOBODY or answer.status in (404, 410):
        return Rejected("address", detail)
    if fault.code in _BAD_CONTENT or answer.status == 413:
        return Rejected("content", detail)
    if answer.status == 412:
        # Something else was under way in the same conversation.
        return Deferred("vendor_unavailable", detail, read_retry_after(answer))
    return outcome


def _read_fault(answer: HttpAnswer) -> _Fault:
    if answer.status == 403 and b"MessageWritesBlocked" in answer.body:
        # This one is told in a form of its own: a document within a text.
        return _Fault("MessageWritesBlocked", "the bot is blocked or no longer installed")
    try:
        return msgspec.json.decode(answer.body, type=_FaultForm).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Fault()


def _read_id(answer: HttpAnswer) -> str | None:
    if answer.status not in (200, 201, 202):
        return None
    try:
        return msgspec.json.decode(answer.body, type=_Named).id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _find_root(settings: MsTeamsSettings, address: _Address) -> str | None:
    """Where the address's service is: always below base_url, for the bot's token is sent there."""
    base, given = (f"{each.rstrip('/')}/" for each in (settings.base_url, address.service_url))
    for prefix in (base, _PUBLIC_URL):
        if given.startswith(prefix):
            return base + given.removeprefix(prefix)
    return None


def _login(token: Token) -> dict[str, str]:
    return {**_JSON, "Authorization": f"Bearer {token.value}"}


def _read_address(message: OutgoingMessage) -> _Address | None:
    try:
        return msgspec.json.decode(message.address.encode(), type=_Address)
    except msgspec.MsgspecError:
        return None


MS_TEAMS_VENDOR = HttpVendor(
    name="ms_teams",
    title="Microsoft Teams",
    channel="ms_teams",
    documentation="https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages",
    settings=MsTeamsSettings,
    request=write_request,
    outcome=read_outcome,
    token=TokenExchange(write_token_request, read_oauth_token),
    wants_token=wants_token,
    look_up=LookUp(write_look_up, read_look_up),
)
