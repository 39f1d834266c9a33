"""Push notifications to Xiaomi's devices through Mi Push."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.vendors.android_push import (
    AndroidPush,
    is_web_page,
    make_notification_number,
    read_android_push,
    shorten,
    write_data,
)
from suprsend_hub.vendors.callbacks import EchoedId, read_fields, read_milliseconds
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.error_meaning import REPORTED_FAILURE, UNREGISTERED
from suprsend_hub.vendors.http_outcome import judge_status, read_retry_after
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import HTTP_URL, Secret

# Xiaomi takes fewer than 50 and 128 characters.
_LONGEST_TITLE = 49
_LONGEST_TEXT = 127
_MOST_PAYLOAD_BYTES = 4096
_LONGEST_CALLBACK = 128
_LONGEST_JOB_KEY = 20
# Delivered, clicked, and each way in which a message ends without that: the sum of the types below.
_ALL_REPORTS = 1 + 2 + 16 + 32 + 64 + 128

# https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1560
_NO_TARGET = 20301
_FAULTS = frozenset({-1, 1, 10001, 10002, 10003, 20607, 26003, 65029, 65030})
_LIMITED = frozenset({10027, 10034, 26004, 200001})
_ACCOUNT = frozenset({10031, 10036, 21301, 21302, 21303, 22000, 22006, 22007, 22022, 27001})
_BAD_CONTENT = frozenset({65009, 65014, 65015})

_DELIVERED, _CLICKED, _INVALID = 1, 2, 16
_FAILURES: Mapping[int, str] = MappingProxyType(
    {
        _INVALID: "the device is not registered any more",
        32: "the app has switched its notifications off",
        64: "the device is none of those that the message is for",
        128: "the app or the device has had its daily number of messages",
    }
)


class XiaomiSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which app sends, and in which region."""

    app_secret: Annotated[Secret, Meta(description="the app's AppSecret")]
    package_name: Annotated[str, Meta(min_length=1, description="the app's package, such as `com.example.shop`")]
    channel_id: Annotated[str, Meta(description="the notification category, as Xiaomi's console has it")] = ""
    base_url: Annotated[str, Meta(pattern=HTTP_URL, description="the service of the devices' region")] = (
        "https://api.xmpush.xiaomi.com"
    )


class _Data(msgspec.Struct, frozen=True):
    id: Annotated[str, Meta(min_length=1)]


class _Answer(msgspec.Struct, frozen=True):
    code: int
    reason: str = ""
    description: str = ""
    data: Any = None


class _Event(msgspec.Struct, frozen=True):
    param: EchoedId
    type: int
    timestamp: int | None = None


def write_request(
    settings: XiaomiSettings, message: OutgoingMessage, _token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one message to one device."""
    content = read_android_push(message)
    if isinstance(content, Rejected):
        return content
    payload = msgspec.json.encode(write_data(content, message.id))
    if len(payload) > _MOST_PAYLOAD_BYTES:
        return Rejected("content", f"the app's data has {len(payload)} bytes; Xiaomi takes {_MOST_PAYLOAD_BYTES}")
    form = {
        "registration_id": message.address,
        "restricted_package_name": settings.package_name,
        "payload": payload.decode(),
        "pass_through": "1" if content.is_silent else "0",
        # A device shows what has the same key only once; ids differ in their ends.
        "extra.jobkey": message.id[-_LONGEST_JOB_KEY:],
        **({} if content.is_silent else _shown(settings, content, message.id)),
        **_reporting(message),
    }
    if content.timeout_sec:
        form["time_to_live"] = str(content.timeout_sec * 1000)
    return HttpRequest(
        "POST",
        f"{settings.base_url.rstrip('/')}/v3/message/regid",
        {
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": f"key={settings.app_secret.reveal()}",
        },
        urlencode(form).encode("ascii"),
    )


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What Xiaomi made of a message."""
    try:
        said = msgspec.json.decode(answer.body, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return judge_status(answer)
    detail = make_printable(f"{said.code}: {said.reason or said.description}")
    match said.code:
        case 0 if answer.status == 200:
            return _read_taken(said)
        case code if code == _NO_TARGET and "target" in said.reason.lower():
            return Rejected("unregistered", detail, "unregistered")
        case code if code in _LIMITED:
            return Deferred("vendor_rate_limited", detail, read_retry_after(answer))
        case code if code in _ACCOUNT:
            return Deferred("vendor_credentials", detail)
        case code if code in _FAULTS:
            return Deferred("vendor_unavailable", detail, read_retry_after(answer))
        case code if code in _BAD_CONTENT:
            return Rejected("content", detail)
        case _ if answer.status == 200:
            return Rejected("vendor_refused", detail)
        case _:
            return judge_status(answer, detail)


def read_report(_settings: XiaomiSettings, callback: Callback, _fetched: HttpAnswer | None) -> Heard | Unheard:
    """What Xiaomi tells of messages, by its own ids of them; it signs nothing, the account's address is the proof."""
    try:
        events = msgspec.json.decode(read_fields(callback).get("data", "").encode(), type=dict[str, _Event])
    except (msgspec.MsgspecError, ValueError) as error:
        return Unheard(400, f"the field data is not what Xiaomi sends: {error}")
    return Heard(tuple(found for each in events.values() if (found := _read_event(each, callback.received_at))))


def _read_event(event: _Event, received_at: datetime) -> Receipt | None:
    at = read_milliseconds(event.timestamp, received_at)
    if event.type == _DELIVERED:
        return Receipt(event.param, "delivered", at)
    if event.type == _CLICKED:
        return Receipt(event.param, "clicked", at)
    reason = _FAILURES.get(event.type)
    if reason is None:
        return None
    meaning = UNREGISTERED if event.type == _INVALID else REPORTED_FAILURE
    return meaning.as_receipt(event.param, at, f"Xiaomi: {reason}")


def _read_taken(said: _Answer) -> Outcome:
    try:
        return Accepted(msgspec.convert(said.data, _Data).id)
    except msgspec.ValidationError:
        return Uncertain("answer_unreadable", "code 0 without the id of the message")


def _shown(settings: XiaomiSettings, content: AndroidPush, message_id: str) -> dict[str, str]:
    form = {
        "title": shorten(content.header, _LONGEST_TITLE),
        "description": shorten(content.body, _LONGEST_TEXT),
        "notify_type": "-1",
        # Without a number of its own a notification takes the place of the app's last one.
        "notify_id": str(make_notification_number(content.group or message_id)),
        **_click(content.action_url),
    }
    if content.channel_sound:
        form["extra.sound_uri"] = f"android.resource://{settings.package_name}/raw/{content.channel_sound}"
    if settings.channel_id:
        form["extra.channel_id"] = settings.channel_id
    return form


def _click(url: str | None) -> dict[str, str]:
    if not url:
        return {"extra.notify_effect": "1"}
    if is_web_page(url):
        return {"extra.notify_effect": "3", "extra.web_uri": url}
    return {"extra.notify_effect": "2", "extra.intent_uri": url}


def _reporting(message: OutgoingMessage) -> dict[str, str]:
    url = message.reports_to
    if not url or len(url) > _LONGEST_CALLBACK:
        return {}
    return {
        "extra.callback": url,
        "extra.callback.param": message.id,
        "extra.callback.type": str(_ALL_REPORTS),
    }


XIAOMI_VENDOR = HttpVendor(
    name="xiaomi",
    title="Mi Push",
    channel="androidpush",
    provider="xiaomi",
    documentation="https://dev.mi.com/xiaomihyperos/documentation/detail?pId=1559",
    settings=XiaomiSettings,
    request=write_request,
    outcome=read_outcome,
    listen=read_report,
)
