"""Text messages through Twilio's Programmable Messaging API."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.receipt import Happening, Receipt
from suprsend_hub.vendors.callbacks import UNSIGNED, find_message_id, is_same, read_fields, report_url
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.http_outcome import judge_status, read_retry_after
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import Secret
from suprsend_hub.vendors.text_message import read_text_message

_HTTP_URL = r"^https?://[^\s/]+"
# Twilio refuses longer ones.
_LONGEST_BODY = 1600

# https://www.twilio.com/docs/api/errors: what is wrong with the person's number, for good.
_BAD_NUMBERS = frozenset({21211, 21214, 21217, 21219, 21265, 21401, 21407, 21421, 21612, 21614, 21635})
_STOPPED = 21610
_RATE_LIMITS = frozenset({14107, 20429, 21611, 30022})

# https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
_HAPPENINGS: Mapping[str, Happening] = MappingProxyType(
    {"delivered": "delivered", "undelivered": "failed", "failed": "failed", "read": "seen"}
)


class TwilioSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose account sends, and from which number."""

    account_sid: Annotated[str, Meta(pattern="^AC[0-9a-fA-F]{32}$", description="the account, AC…")]
    auth_token: Annotated[Secret, Meta(description="the account's auth token, or the secret of the API key")]
    from_number: Annotated[str, Meta(description="the sender: a number with + and its country code, or a name")] = ""
    messaging_service_sid: Annotated[str, Meta(description="a messaging service, MG…, in place of a sender")] = ""
    api_key: Annotated[str, Meta(description="an API key, SK…; then auth_token is its secret")] = ""
    signing_token: Annotated[
        Secret | None, Meta(description="the account's auth token, which signs reports, where auth_token is a key's")
    ] = None
    base_url: Annotated[str, Meta(pattern=_HTTP_URL, description="where messages are sent")] = "https://api.twilio.com"

    def __post_init__(self) -> None:
        """Check that there is a sender."""
        if not (self.from_number or self.messaging_service_sid):
            raise ValueError("from_number: give this or messaging_service_sid")


class _SentForm(msgspec.Struct, frozen=True):
    sid: Annotated[str, Meta(min_length=1)]


class _FaultForm(msgspec.Struct, frozen=True):
    code: int = 0
    message: str = ""


def write_request(
    settings: TwilioSettings, message: OutgoingMessage, _token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one text message."""
    text = read_text_message(message, _LONGEST_BODY)
    if isinstance(text, Rejected):
        return text
    sender = (
        {"MessagingServiceSid": settings.messaging_service_sid}
        if settings.messaging_service_sid
        else {"From": settings.from_number}
    )
    user = settings.api_key or settings.account_sid
    login = b64encode(f"{user}:{settings.auth_token.reveal()}".encode()).decode()
    return HttpRequest(
        "POST",
        f"{settings.base_url.rstrip('/')}/2010-04-01/Accounts/{quote(settings.account_sid, safe='')}/Messages.json",
        {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {login}"},
        urlencode({"To": message.address, **sender, "Body": text, **_reporting(message)}).encode("ascii"),
    )


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What Twilio made of a text message."""
    if answer.status in (200, 201):
        try:
            return Accepted(msgspec.json.decode(answer.body, type=_SentForm).sid)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Uncertain("answer_unreadable", f"HTTP {answer.status} without the id of the message")
    try:
        fault = msgspec.json.decode(answer.body, type=_FaultForm)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return judge_status(answer)
    detail = make_printable(f"{fault.code or answer.status}: {fault.message}")
    match fault.code:
        case code if code in _BAD_NUMBERS:
            return Rejected("address", detail)
        case code if code == _STOPPED:
            return Rejected("unsubscribed", detail)
        case code if code in _RATE_LIMITS:
            return Deferred("vendor_rate_limited", detail, read_retry_after(answer))
        case _:
            return judge_status(answer, fault.message)


def read_report(settings: TwilioSettings, callback: Callback, _fetched: HttpAnswer | None) -> Heard | Unheard:
    """What Twilio tells of a message; its signature covers the URL and every field.

    https://www.twilio.com/docs/usage/security#validating-requests
    """
    fields = read_fields(callback)
    token = settings.signing_token or (None if settings.api_key else settings.auth_token)
    signed = callback.url + "".join(name + fields[name] for name in sorted(fields))
    right = b64encode(hmac.digest(token.reveal().encode(), signed.encode(), "sha1")).decode() if token else ""
    if not token or not is_same(callback.headers.get("x-twilio-signature", ""), right):
        return UNSIGNED
    message_id, happening = find_message_id(callback), _HAPPENINGS.get(fields.get("MessageStatus", ""))
    if message_id is None or happening is None:
        return Heard()
    if happening != "failed":
        return Heard((Receipt(message_id, happening, callback.received_at),))
    code = fields.get("ErrorCode") or "unknown"
    detail = make_printable(f"Twilio error {code}: {fields.get('ErrorMessage', '')}".removesuffix(": "))
    return Heard((Receipt(message_id, "failed", callback.received_at, "vendor_reported_failure", detail),))


def _reporting(message: OutgoingMessage) -> dict[str, str]:
    url = report_url(message)
    return {"StatusCallback": url} if url else {}


TWILIO_VENDOR = HttpVendor(
    name="twilio",
    title="Twilio",
    channel="sms",
    documentation="https://www.twilio.com/docs/messaging/api/message-resource",
    settings=TwilioSettings,
    request=write_request,
    outcome=read_outcome,
    listen=read_report,
)
