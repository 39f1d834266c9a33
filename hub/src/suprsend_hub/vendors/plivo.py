"""Text messages through Plivo's Messaging API."""

from base64 import b64encode
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

import msgspec
from msgspec import Meta

from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Outcome, Rejected, Uncertain
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.http_outcome import judge_status
from suprsend_hub.vendors.settings import Secret
from suprsend_hub.vendors.text_message import read_text_message

_HTTP_URL = r"^https?://[^\s/]+"
# Plivo refuses longer ones.
_LONGEST_TEXT = 1600


class PlivoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose account sends, and from which number."""

    auth_id: Annotated[str, Meta(min_length=1, description="the account's auth id")]
    auth_token: Annotated[Secret, Meta(description="the account's auth token")]
    from_number: Annotated[str, Meta(min_length=1, description="the sender: a number with +, or a name")]
    base_url: Annotated[str, Meta(pattern=_HTTP_URL, description="where messages are sent")] = "https://api.plivo.com"


class _SentForm(msgspec.Struct, frozen=True):
    message_uuid: Annotated[list[str], Meta(min_length=1)]


class _FaultForm(msgspec.Struct, frozen=True):
    error: str = ""


def write_request(
    settings: PlivoSettings, message: OutgoingMessage, _token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one text message."""
    text = read_text_message(message, _LONGEST_TEXT)
    if isinstance(text, Rejected):
        return text
    login = b64encode(f"{settings.auth_id}:{settings.auth_token.reveal()}".encode()).decode()
    return HttpRequest(
        "POST",
        f"{settings.base_url.rstrip('/')}/v1/Account/{quote(settings.auth_id, safe='')}/Message/",
        {"Content-Type": "application/json", "Authorization": f"Basic {login}"},
        msgspec.json.encode({"src": settings.from_number, "dst": message.address, "text": text}),
    )


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What Plivo made of a text message."""
    if answer.status in (200, 201, 202):
        try:
            return Accepted(msgspec.json.decode(answer.body, type=_SentForm).message_uuid[0])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Uncertain("answer_unreadable", f"HTTP {answer.status} without the id of the message")
    try:
        fault = msgspec.json.decode(answer.body, type=_FaultForm)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return judge_status(answer)
    outcome = judge_status(answer, fault.error)
    if isinstance(outcome, Rejected) and "dst" in fault.error:
        return Rejected("address", outcome.detail)
    return outcome


PLIVO_VENDOR = HttpVendor(
    name="plivo",
    title="Plivo",
    channel="sms",
    documentation="https://www.plivo.com/docs/messaging/api/message",
    settings=PlivoSettings,
    request=write_request,
    outcome=read_outcome,
)
