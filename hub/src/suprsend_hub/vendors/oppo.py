"""Push notifications to OPPO's devices through OPPO PUSH."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.vendors.android_push import (
    AndroidPush,
    filled,
    is_web_page,
    make_notification_number,
    read_android_push,
    shorten,
    write_data,
)
from suprsend_hub.vendors.callbacks import EchoedId, read_document, read_milliseconds
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token, TokenExchange
from suprsend_hub.vendors.error_meaning import REPORTED_FAILURE, UNREGISTERED
from suprsend_hub.vendors.http_outcome import judge_status, read_retry_after
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import HTTP_URL, Secret

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_TOKEN_LIFETIME = timedelta(hours=24)
_KEPT_FOR = timedelta(days=10)
_REGISTRATION_ID = 2
_LONGEST_TITLE = 50
_LONGEST_SUBTITLE = 10
_LONGEST_TEXT = 50
_LONGEST_LONG_TEXT = 128
_LONGEST_PARAMETERS = 4000
_LONGEST_CALLBACK = 200

# How a text is shown.
_STANDARD, _LONG_TEXT = 1, 2
# What a click opens; OPPO puts parameters into the URL where it is one.
_APP, _WEB_PAGE, _LINK = 0, 2, 5

# https://open.oppomobile.com/new/developmentDoc/info?id=11233
_TAKEN = 0
_INVALID_TOKEN = 11
_INVALID_TARGET = 10000
_DUPLICATE = 32
_FAULT = -1
_LIMITED = frozenset({-2, 13, 33, 55})
_ACCOUNT = frozenset({_INVALID_TOKEN, 14, 15, 16, 17, 18, 19, 26, 27, 28, 29, 30})
_BAD_CONTENT = frozenset({40, 41})


class OppoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which app sends, and in which region."""

    app_key: Annotated[str, Meta(min_length=1, description="the app's AppKey")]
    master_secret: Annotated[Secret, Meta(description="the app's MasterSecret, not its AppSecret")]
    channel_id: Annotated[str, Meta(description="the notification channel, as OPPO's console has it")] = ""
    base_url: Annotated[
        str, Meta(pattern=HTTP_URL, description="the service; `https://api-intl.push.oppomobile.com` outside China")
    ] = "https://api.push.oppomobile.com"


class _Answer(msgspec.Struct, frozen=True):
    code: int
    message: str | None = None
    data: Any = None


class _Token(msgspec.Struct, frozen=True):
    auth_token: Annotated[str, Meta(min_length=1)]


class _Sent(msgspec.Struct, frozen=True, rename="camel"):
    message_id: Annotated[str, Meta(min_length=1)]


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    param: EchoedId
    event_type: str
    event_time: str | int | None = None


def write_token_request(settings: OppoSettings, now: datetime) -> HttpRequest:
    """The request for a token, proved by a digest over the time and the secret."""
    timestamp = str(int(now.timestamp() * 1000))
    proof = sha256(f"{settings.app_key}{timestamp}{settings.master_secret.reveal()}".encode()).hexdigest()
    form = {"app_key": settings.app_key, "sign": proof, "timestamp": timestamp}
    url = f"{settings.base_url.rstrip('/')}/server/v1/auth"
    return HttpRequest("POST", url, _FORM, urlencode(form).encode("ascii"))


def read_token(answer: HttpAnswer) -> Token | Outcome:
    """The token, or why there is none; the message itself has not been sent in any case."""
    said = _read_answer(answer)
    if said is not None and said.code == _TAKEN:
        try:
            return Token(msgspec.convert(said.data, _Token).auth_token, _TOKEN_LIFETIME)
        except msgspec.ValidationError:
            return Deferred("vendor_unavailable", "the token service answered without a token")
    outcome = judge_status(answer) if said is None else _judge(answer, said)
    if isinstance(outcome, Deferred):
        return outcome
    detail = "" if isinstance(outcome, Accepted) else outcome.detail
    return Deferred("vendor_unavailable", f"token service: {detail}")


def refuses_token(answer: HttpAnswer) -> bool:
    """Whether a new token is wanted; OPPO says so with HTTP 200."""
    said = _read_answer(answer)
    return said is not None and said.code == _INVALID_TOKEN


def write_request(
    settings: OppoSettings, message: OutgoingMessage, token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one notification to one device."""
    content = read_android_push(message)
    if isinstance(content, Rejected):
        return content
    if content.is_silent:
        return Rejected("content", "is_silent: OPPO carries only notifications that are shown")
    parameters = msgspec.json.encode(write_data(content, message.id)).decode()
    if len(parameters) > _LONGEST_PARAMETERS:
        said = f"the app's data has {len(parameters)} characters; OPPO takes {_LONGEST_PARAMETERS}"
        return Rejected("content", said)
    target = {
        "target_type": _REGISTRATION_ID,
        "target_value": message.address,
        "notification": {
            # OPPO sends a message of the same id to the same device only once.
            "app_message_id": message.id,
            **_shown(settings, content),
            **_click(content.action_url, parameters),
            **_reporting(message),
        },
    }
    form = {"auth_token": token.value if token else "", "message": msgspec.json.encode(target).decode()}
    url = f"{settings.base_url.rstrip('/')}/server/v1/message/notification/unicast"
    return HttpRequest("POST", url, _FORM, urlencode(form).encode("ascii"))


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What OPPO made of a notification."""
    said = _read_answer(answer)
    if said is None:
        return judge_status(answer)
    if said.code == _DUPLICATE and answer.status == 200:
        return Accepted()
    if said.code != _TAKEN or answer.status != 200:
        return _judge(answer, said)
    try:
        return Accepted(msgspec.convert(said.data, _Sent).message_id)
    except msgspec.ValidationError:
        return Uncertain("answer_unreadable", "code 0 without the id of the message")


def read_report(_settings: OppoSettings, callback: Callback, _fetched: HttpAnswer | None) -> Heard | Unheard:
    """What OPPO tells of messages; it signs nothing, the account's address is the proof."""
    events = read_document(callback, list[_Event])
    if isinstance(events, Unheard):
        return events
    if not events:
        return Unheard(400, "the body tells nothing")
    return Heard(tuple(found for each in events if (found := _read_event(each, callback.received_at))))


def _read_event(event: _Event, received_at: datetime) -> Receipt | None:
    at = read_milliseconds(event.event_time, received_at)
    match event.event_type:
        case "push_arrive":
            return Receipt(event.param, "delivered", at)
        case "regid_invalid":
            return UNREGISTERED.as_receipt(event.param, at, "OPPO: the device is not registered any more")
        case "user_daily_limit":
            detail = "OPPO: the device has had its daily number of messages"
            return REPORTED_FAILURE.as_receipt(event.param, at, detail)
        case _:
            return None


def _judge(answer: HttpAnswer, said: _Answer) -> Outcome:
    detail = make_printable(f"{said.code}: {said.message or ''}")
    match said.code:
        case code if code == _INVALID_TARGET:
            return Rejected("unregistered", detail, "unregistered")
        case code if code in _LIMITED:
            return Deferred("vendor_rate_limited", detail, read_retry_after(answer))
        case code if code in _ACCOUNT:
            return Deferred("vendor_credentials", detail)
        case code if code == _FAULT:
            return Deferred("vendor_unavailable", detail, read_retry_after(answer))
        case code if code in _BAD_CONTENT:
            return Rejected("content", detail)
        case _ if answer.status == 200:
            return Rejected("vendor_refused", detail)
        case _:
            return judge_status(answer, detail)


def _read_answer(answer: HttpAnswer) -> _Answer | None:
    try:
        return msgspec.json.decode(answer.body, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _shown(settings: OppoSettings, content: AndroidPush) -> Document:
    text = shorten(content.body, _LONGEST_LONG_TEXT)
    kept = timedelta(seconds=content.timeout_sec) if content.timeout_sec else _KEPT_FOR
    return filled(
        title=shorten(content.header, _LONGEST_TITLE),
        sub_title=shorten(content.subtext, _LONGEST_SUBTITLE) if content.subtext else None,
        content=text,
        style=_STANDARD if text == shorten(text, _LONGEST_TEXT) else _LONG_TEXT,
        off_line=True,
        off_line_ttl=int(min(kept, _KEPT_FOR).total_seconds()),
        notify_id=make_notification_number(content.group) if content.group else None,
        channel_id=settings.channel_id,
    )


def _click(url: str | None, parameters: str) -> Document:
    if not url:
        return {"click_action_type": _APP, "action_parameters": parameters}
    if is_web_page(url):
        # A page elsewhere is not told what is for the app.
        return {"click_action_type": _WEB_PAGE, "click_action_url": url}
    return {"click_action_type": _LINK, "click_action_url": url, "action_parameters": parameters}


def _reporting(message: OutgoingMessage) -> Document:
    url = message.reports_to
    if not url or len(url) > _LONGEST_CALLBACK:
        return {}
    return {"call_back_url": url, "call_back_parameter": message.id}


OPPO_VENDOR = HttpVendor(
    name="oppo",
    title="OPPO PUSH",
    channel="androidpush",
    provider="oppo",
    documentation="https://open.oppomobile.com/new/developmentDoc/info?id=11238",
    settings=OppoSettings,
    request=write_request,
    outcome=read_outcome,
    token=TokenExchange(write_token_request, read_token),
    refuses_token=refuses_token,
    listen=read_report,
)
