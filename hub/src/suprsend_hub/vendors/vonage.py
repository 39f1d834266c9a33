"""Text messages through Vonage's SMS API, which answers 200 whatever it thinks of a message."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.http_outcome import judge_status, read_retry_after
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import Secret
from suprsend_hub.vendors.text_message import read_text_message

_HTTP_URL = r"^https?://[^\s/]+"
_LONGEST_TEXT = 3200

# https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms
_TAKEN = "0"
_THROTTLED = ("1", "10")
_INTERNAL = ("5",)
_ACCOUNT = ("4", "8", "9", "11", "14", "32")
_BAD_NUMBER = ("7", "29", "33")


class VonageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose account sends, and under which name."""

    api_key: Annotated[str, Meta(min_length=1, description="the account's API key")]
    api_secret: Annotated[Secret, Meta(description="the account's API secret")]
    sender: Annotated[str, Meta(min_length=1, description="the sender: a number without +, or up to 11 letters")]
    base_url: Annotated[str, Meta(pattern=_HTTP_URL, description="where messages are sent")] = "https://rest.nexmo.com"


class _Part(msgspec.Struct, frozen=True, rename="kebab"):
    status: str
    message_id: str = ""
    error_text: str = ""


class _AnswerForm(msgspec.Struct, frozen=True):
    messages: Annotated[list[_Part], Meta(min_length=1)]


def write_request(
    settings: VonageSettings, message: OutgoingMessage, _token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one text message."""
    text = read_text_message(message, _LONGEST_TEXT)
    if isinstance(text, Rejected):
        return text
    form = {
        "api_key": settings.api_key,
        "api_secret": settings.api_secret.reveal(),
        "from": settings.sender,
        "to": message.address.removeprefix("+"),
        "text": text,
        "type": "text" if text.isascii() else "unicode",
        "client-ref": message.id,
    }
    return HttpRequest(
        "POST",
        f"{settings.base_url.rstrip('/')}/sms/json",
        {"Content-Type": "application/x-www-form-urlencoded"},
        urlencode(form).encode("ascii"),
    )


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What Vonage made of a text message; a long one has several parts."""
    if answer.status != 200:
        return judge_status(answer)
    try:
        parts = msgspec.json.decode(answer.body, type=_AnswerForm).messages
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Uncertain("answer_unreadable", "HTTP 200 without the state of the message")
    refused = next((part for part in parts if part.status != _TAKEN), None)
    if refused is None:
        return Accepted(parts[0].message_id or None)
    detail = make_printable(f"{refused.status}: {refused.error_text}")
    if any(part.status == _TAKEN for part in parts):
        return Uncertain("partly_taken", detail)
    match refused.status:
        case status if status in _THROTTLED:
            return Deferred("vendor_rate_limited", detail, read_retry_after(answer))
        case status if status in _INTERNAL:
            return Deferred("vendor_unavailable", detail)
        case status if status in _ACCOUNT:
            return Deferred("vendor_credentials", detail)
        case status if status in _BAD_NUMBER:
            return Rejected("address", detail)
        case _:
            return Rejected("vendor_refused", detail)


VONAGE_VENDOR = HttpVendor(
    name="vonage",
    title="Vonage",
    channel="sms",
    documentation="https://developer.vonage.com/en/api/sms",
    settings=VonageSettings,
    request=write_request,
    outcome=read_outcome,
)
