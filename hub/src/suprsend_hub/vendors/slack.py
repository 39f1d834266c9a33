"""Messages to Slack: to a channel, to a person, to whoever has an email address, or by an incoming webhook."""

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, LookUp, Token
from suprsend_hub.vendors.http_outcome import judge_status, read_retry_after
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import HTTP_URL, Secret

_JSON = "application/json; charset=utf-8"

# https://api.slack.com/methods/chat.postMessage#errors
_NOBODY = (
    "channel_not_found",
    "user_not_found",
    "users_not_found",
    "is_archived",
    "not_in_channel",
    "cannot_dm_bot",
    "messages_tab_disabled",
    "user_disabled",
)
# The token belongs to the recipient's own team, which took it back: nothing that the hub's owner could mend.
# What incoming webhooks say, in plain text, when they or their channel were removed; beside the errors above.
_GONE = ("action_prohibited", "channel_is_archived", "no_service", "no_active_hooks", "no_team", "team_disabled")
_TAKEN_BACK = ("invalid_auth", "account_inactive", "token_revoked", "token_expired", "not_authed", "invalid_token")
_BAD_CONTENT = ("msg_too_long", "invalid_blocks", "invalid_blocks_format", "no_text", "too_many_attachments")
_LIMITED = ("ratelimited", "rate_limited", "message_limit_exceeded")
_FAULTS = ("internal_error", "fatal_error", "service_unavailable", "rollup_error")

_WEBHOOK_WORDS = frozenset({*_NOBODY, *_GONE, *_BAD_CONTENT, *_LIMITED, "invalid_token", "rollup_error"})


class SlackSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Slack needs none where each address carries its own token or webhook."""

    bot_token: Annotated[
        Secret | None, Meta(description="the token, xoxb-…, of a bot in a team of your own, for addresses without one")
    ] = None
    base_url: Annotated[str, Meta(pattern=HTTP_URL, description="Slack's API")] = "https://slack.com"


class _Content(msgspec.Struct, frozen=True):
    body_type: Literal["text", "block"]
    body_text: str | None = None
    body_block: str | None = None


class _Webhook(msgspec.Struct, frozen=True):
    url: Annotated[str, Meta(pattern="^https?://")]


class _Address(msgspec.Struct, frozen=True):
    """Where somebody is in Slack (domain/identity.py); `user_id` and `channel_id` are both channels to post to."""

    access_token: str = ""
    channel_id: str = ""
    user_id: str = ""
    email: str = ""
    incoming_webhook: _Webhook | None = None


class _Answer(msgspec.Struct, frozen=True):
    ok: bool
    error: str = ""
    ts: str | None = None


class _User(msgspec.Struct, frozen=True):
    id: str


class _Found(msgspec.Struct, frozen=True):
    ok: bool
    error: str = ""
    user: _User | None = None


def write_look_up(settings: SlackSettings, message: OutgoingMessage, _token: Token | None) -> HttpRequest | None:
    """The question whose an email address is; None where the address says more already."""
    address = _read_address(message)
    if address is None or address.incoming_webhook or address.channel_id or address.user_id or not address.email:
        return None
    return HttpRequest(
        "POST",
        f"{settings.base_url.rstrip('/')}/api/users.lookupByEmail",
        {**_login(settings, address), "Content-Type": "application/x-www-form-urlencoded"},
        urlencode({"email": address.email}).encode("ascii"),
    )


def read_look_up(answer: HttpAnswer) -> Document | Outcome:
    """The person's id, for the address."""
    try:
        found = msgspec.json.decode(answer.body, type=_Found)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return judge_status(answer)
    if not found.ok or found.user is None:
        return _judge(answer, found.error or "no user in the answer")
    return {"user_id": found.user.id}


def write_request(
    settings: SlackSettings, message: OutgoingMessage, _token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that posts one message."""
    body = _body(message)
    if isinstance(body, Rejected):
        return body
    address = _read_address(message)
    if address is None:
        return Rejected("address", "the address is not one of Slack")
    if address.incoming_webhook is not None:
        url = address.incoming_webhook.url
        return HttpRequest("POST", url, {"Content-Type": _JSON}, msgspec.json.encode(body), is_foreign=True)
    channel = address.channel_id or address.user_id
    if not channel:
        return Rejected("address", "the address names neither channel_id, nor user_id, nor email")
    return HttpRequest(
        "POST",
        f"{settings.base_url.rstrip('/')}/api/chat.postMessage",
        {**_login(settings, address), "Content-Type": _JSON},
        msgspec.json.encode({"channel": channel, **body}),
    )


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What Slack made of a message; its API answers 200 whatever it thinks, its webhooks answer in plain text."""
    if answer.status == 200 and answer.body.strip() == b"ok":
        return Accepted()
    try:
        said = msgspec.json.decode(answer.body, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        word = answer.body[:100].decode("utf-8", "replace").strip()
        return _judge(answer, word) if word in _WEBHOOK_WORDS else judge_status(answer)
    if said.ok and answer.status == 200:
        return Accepted(said.ts) if said.ts else Uncertain("answer_unreadable", "ok without the message's time stamp")
    return _judge(answer, said.error)


def _judge(answer: HttpAnswer, error: str) -> Outcome:
    detail = make_printable(f"Slack: {error}")
    match error:
        case each if each in (*_NOBODY, *_TAKEN_BACK, *_GONE):
            return Rejected("address", detail)
        case each if each in _BAD_CONTENT:
            return Rejected("content", detail)
        case each if each in _LIMITED:
            return Deferred("vendor_rate_limited", detail, read_retry_after(answer))
        case each if each in _FAULTS:
            return Deferred("vendor_unavailable", detail, read_retry_after(answer))
        case _ if 200 <= answer.status < 300:
            return Rejected("vendor_refused", detail)
        case _:
            return judge_status(answer, error)


def _body(message: OutgoingMessage) -> Document | Rejected:
    try:
        content = msgspec.convert(message.content, _Content)
        if content.body_type == "text":
            if not content.body_text:
                return Rejected("content", "the message has no body_text")
            return {"text": content.body_text}
        blocks: Any = msgspec.json.decode((content.body_block or "").encode())
    except msgspec.MsgspecError as error:
        return Rejected("content", f"the Slack message's content is wrong: {error}")
    whole = blocks if isinstance(blocks, dict) else {"blocks": blocks}
    if not isinstance(whole.get("blocks"), list) or not whole["blocks"]:
        return Rejected("content", "body_block must be a list of blocks, or an object with blocks")
    # What notifications show, where blocks can't be.
    return {"text": content.body_text or "You have a new message", **whole}


def _login(settings: SlackSettings, address: _Address) -> dict[str, str]:
    token = address.access_token or (settings.bot_token.reveal() if settings.bot_token else "")
    return {"Authorization": f"Bearer {token}"}


def _read_address(message: OutgoingMessage) -> _Address | None:
    try:
        return msgspec.json.decode(message.address.encode(), type=_Address)
    except msgspec.MsgspecError:
        return None


SLACK_VENDOR = HttpVendor(
    name="slack",
    title="Slack",
    channel="slack",
    documentation="https://api.slack.com/methods/chat.postMessage",
    settings=SlackSettings,
    request=write_request,
    outcome=read_outcome,
    look_up=LookUp(write_look_up, read_look_up),
)
