"""Text messages through Vonage's SMS API, which answers 200 whatever it thinks of a message."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.receipt import Happening, Receipt
from suprsend_hub.vendors.callbacks import UNSIGNED, is_same, read_document, read_fields
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.error_meaning import BAD_ADDRESS, REPORTED_FAILURE, UNSUBSCRIBED, ErrorMeaning
from suprsend_hub.vendors.http_outcome import judge_status, read_retry_after
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import HTTP_URL, Secret
from suprsend_hub.vendors.text_message import read_text_message

_LONGEST_TEXT = 3200

# https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms
_TAKEN = "0"
_THROTTLED = ("1", "10")
_INTERNAL = ("5",)
_ACCOUNT = ("4", "8", "9", "11", "14", "32")
_BAD_NUMBER = ("7", "29", "33")

# https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts
_HAPPENINGS: Mapping[str, Happening] = MappingProxyType(
    {"delivered": "delivered", "expired": "failed", "failed": "failed", "rejected": "failed"}
)
_FAILURES: Mapping[str, ErrorMeaning] = MappingProxyType(
    {**dict.fromkeys(("3", "4", "12", "14"), BAD_ADDRESS), "9": UNSUBSCRIBED}
)
# Vonage tries for a day to deliver a report.
_OLDEST_REPORT = timedelta(days=2)


class VonageSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose account sends, and under which name."""

    api_key: Annotated[str, Meta(min_length=1, description="the account's API key")]
    api_secret: Annotated[Secret, Meta(description="the account's API secret")]
    sender: Annotated[str, Meta(min_length=1, description="the sender: a number without +, or up to 11 letters")]
    signature_secret: Annotated[
        Secret | None, Meta(description="the secret of signed webhooks; without it no report is asked for or believed")
    ] = None
    base_url: Annotated[str, Meta(pattern=HTTP_URL, description="where messages are sent")] = "https://rest.nexmo.com"


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
    if message.reports_to and settings.signature_secret:
        form["callback"] = message.reports_to
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


def read_report(settings: VonageSettings, callback: Callback, _fetched: HttpAnswer | None) -> Heard | Unheard:
    """What Vonage tells of a message, or of one part of a long one; its signature covers every field.

    https://developer.vonage.com/en/getting-started/concepts/signing-messages
    """
    fields = _read_signed_fields(callback)
    if isinstance(fields, Unheard):
        return fields
    if settings.signature_secret is None or not _is_signed(fields, settings.signature_secret, callback.received_at):
        return UNSIGNED
    message_id, happening = fields.get("client-ref"), _HAPPENINGS.get(fields.get("status", ""))
    if not message_id or happening is None:
        return Heard()
    at = _read_time(fields.get("message-timestamp", "")) or callback.received_at
    if happening != "failed":
        return Heard((Receipt(message_id, happening, at),))
    code = fields.get("err-code", "")
    detail = make_printable(f"Vonage: {fields['status']}, error {code or 'unknown'}")
    return Heard((_FAILURES.get(code, REPORTED_FAILURE).as_receipt(message_id, at, detail),))


def _read_signed_fields(callback: Callback) -> Mapping[str, str] | Unheard:
    """The fields in whichever of its three ways the account is set to report."""
    if callback.method == "GET":
        return dict(parse_qsl(urlsplit(callback.url).query, keep_blank_values=True, max_num_fields=1000))
    if "json" not in callback.headers.get("content-type", ""):
        return read_fields(callback)
    document = read_document(callback, dict[str, str | int])
    return document if isinstance(document, Unheard) else {name: str(value) for name, value in document.items()}


def _is_signed(fields: Mapping[str, str], secret: Secret, received_at: datetime) -> bool:
    stamp = fields.get("timestamp", "")
    if not stamp.isascii() or not stamp.isdecimal():
        return False
    values = {name: value.replace("&", "_").replace("=", "_") for name, value in fields.items() if name != "sig"}
    text = "".join(f"&{name}={values[name]}" for name in sorted(values))
    right = hmac.digest(secret.reveal().encode(), text.encode(), "sha256").hex()
    age = received_at.timestamp() - int(stamp[:12])
    return is_same(fields.get("sig", "").lower(), right) and abs(age) <= _OLDEST_REPORT.total_seconds()


def _read_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


VONAGE_VENDOR = HttpVendor(
    name="vonage",
    title="Vonage",
    channel="sms",
    documentation="https://developer.vonage.com/en/api/sms",
    settings=VonageSettings,
    request=write_request,
    outcome=read_outcome,
    listen=read_report,
)
