"""WhatsApp messages through Meta's Cloud API."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated
from urllib.parse import quote

import msgspec
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Outcome, Rejected, Uncertain
from suprsend_hub.domain.receipt import Happening, Receipt
from suprsend_hub.vendors.callbacks import UNSIGNED, find_in_query, is_same, read_document
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.error_meaning import (
    BAD_ADDRESS,
    BAD_CONTENT,
    BAD_CREDENTIALS,
    RATE_LIMITED,
    REFUSED,
    REPORTED_FAILURE,
    UNAVAILABLE,
    WRONG_SETTINGS,
    ErrorMeaning,
)
from suprsend_hub.vendors.http_outcome import judge_status
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import HTTP_URL, Secret
from suprsend_hub.vendors.whatsapp_cloud_form import write_free_form, write_template
from suprsend_hub.vendors.whatsapp_message import (
    NO_WHATSAPP,
    OUTSIDE_WINDOW,
    TEMPLATE_REFUSED,
    read_whatsapp_message,
)

# https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
_ERRORS: Mapping[int, ErrorMeaning] = MappingProxyType(
    {
        # The token, and accounts that are locked, blocked, unpaid or not set up yet.
        **dict.fromkeys((0, 3, 10, 190, *range(200, 300), 131005), BAD_CREDENTIALS),
        **dict.fromkeys((368, 131031, 131037, 131042, 131045, 133010), BAD_CREDENTIALS),
        **dict.fromkeys((4, 80007, 130429, 131048, 131056), RATE_LIMITED),
        **dict.fromkeys((1, 2, 131000, 131016, 131057, 133004), UNAVAILABLE),
        33: WRONG_SETTINGS,
        # An experiment, a country, a test number's list, enough marketing for today: the number is not to blame.
        **dict.fromkeys((130472, 130497, 131030, 131049), REFUSED),
        # The sender's own number.
        131021: BAD_ADDRESS,
        # No WhatsApp on that number, or one too old, or its terms not accepted: Meta does not say which.
        131026: NO_WHATSAPP,
        131047: OUTSIDE_WINDOW,
        # Of marketing alone: a code to log in with still arrives.
        131050: ErrorMeaning("unsubscribed", cause="unsubscribed"),
        **dict.fromkeys((131051, 131052, 131053), BAD_CONTENT),
    }
)
_INVALID_PARAMETER, _NO_SUCH_OBJECT = 100, 33

# "sent" says no more than that Meta took the message.
_HAPPENINGS: Mapping[str, Happening] = MappingProxyType({"delivered": "delivered", "read": "seen", "failed": "failed"})


class WhatsappCloudSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which number sends, with or without an approved template, and what proves reports."""

    phone_number_id: Annotated[str, Meta(pattern="^[0-9]+$", description="the id of the sender's number, not itself")]
    access_token: Annotated[Secret, Meta(description="a system user's token that may send messages, EAA…")]
    template_name: Annotated[
        str, Meta(description="an approved template whose body has the one variable {{1}}; the message's body fills it")
    ] = ""
    template_language: Annotated[str, Meta(description="the language of that template, such as en_US")] = ""
    app_secret: Annotated[
        Secret | None, Meta(description="the app's secret, which signs reports; without it none is believed")
    ] = None
    verify_token: Annotated[
        Secret | None, Meta(description="a text of your own, which Meta shows once when the webhook is entered")
    ] = None
    api_version: Annotated[str, Meta(pattern=r"^v[0-9]+\.[0-9]+$", description="the version of the Graph API")] = (
        "v25.0"
    )
    base_url: Annotated[str, Meta(pattern=HTTP_URL, description="where messages are sent")] = (
        "https://graph.facebook.com"
    )

    def __post_init__(self) -> None:
        """Check that a template is named whole."""
        if bool(self.template_name) != bool(self.template_language):
            raise ValueError("template_language: give this with template_name, or neither")


class _Sent(msgspec.Struct, frozen=True):
    id: Annotated[str, Meta(min_length=1)]


class _SentForm(msgspec.Struct, frozen=True):
    messages: Annotated[list[_Sent], Meta(min_length=1)]


class _ErrorData(msgspec.Struct, frozen=True):
    details: str = ""


class _Error(msgspec.Struct, frozen=True):
    """An error, as answers and reports have it alike."""

    code: int
    title: str = ""
    message: str = ""
    error_subcode: int = 0
    error_data: _ErrorData = _ErrorData()

    @property
    def detail(self) -> str:
        return make_printable(f"{self.code}: {self.message or self.title} {self.error_data.details}")


class _FaultForm(msgspec.Struct, frozen=True):
    error: _Error


class _Status(msgspec.Struct, frozen=True):
    status: str
    timestamp: str = ""
    biz_opaque_callback_data: str = ""
    errors: list[_Error] = msgspec.field(default_factory=list)


class _Value(msgspec.Struct, frozen=True):
    statuses: list[_Status] = msgspec.field(default_factory=list)


class _Change(msgspec.Struct, frozen=True):
    field: str
    value: msgspec.Raw


class _Entry(msgspec.Struct, frozen=True):
    changes: list[_Change] = msgspec.field(default_factory=list)


class _ReportForm(msgspec.Struct, frozen=True):
    entry: list[_Entry]


def write_request(
    settings: WhatsappCloudSettings, message: OutgoingMessage, _token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one message."""
    content = read_whatsapp_message(message)
    if isinstance(content, Rejected):
        return content
    try:
        form = (
            write_template(content, settings.template_name, settings.template_language)
            if settings.template_name
            else write_free_form(content)
        )
    except ValueError as fault:
        return Rejected("content", str(fault))
    body = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": message.address,
        "biz_opaque_callback_data": message.id,
        **form,
    }
    return HttpRequest(
        "POST",
        f"{settings.base_url.rstrip('/')}/{settings.api_version}/{quote(settings.phone_number_id, safe='')}/messages",
        {"Content-Type": "application/json", "Authorization": f"Bearer {settings.access_token.reveal()}"},
        msgspec.json.encode(body),
    )


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What Meta made of a message; much of what it refuses it takes first, and reports as failed."""
    if answer.status == 200:
        try:
            return Accepted(msgspec.json.decode(answer.body, type=_SentForm).messages[0].id)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Uncertain("answer_unreadable", "HTTP 200 without the id of the message")
    try:
        error = msgspec.json.decode(answer.body, type=_FaultForm).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return judge_status(answer)
    meaning = _meaning_of(error)
    return judge_status(answer, error.detail) if meaning is None else meaning.as_outcome(answer, error.detail)


def read_report(settings: WhatsappCloudSettings, callback: Callback, _fetched: HttpAnswer | None) -> Heard | Unheard:
    """What Meta tells of messages, many at a time; and the question by which it makes sure that the hub listens.

    https://developers.facebook.com/docs/graph-api/webhooks/getting-started
    """
    if callback.method == "GET":
        return _confirm(settings.verify_token, callback)
    given = callback.headers.get("x-hub-signature-256", "")
    if settings.app_secret is None or not is_same(given, _sign(settings.app_secret, callback.body)):
        return UNSIGNED
    form = read_document(callback, _ReportForm)
    if isinstance(form, Unheard):
        return form
    changes = [change for entry in form.entry for change in entry.changes if change.field == "messages"]
    try:
        values = [msgspec.json.decode(change.value, type=_Value) for change in changes]
    except msgspec.MsgspecError as error:
        return Unheard(400, f"the body is not what this vendor sends: {error}")
    told = (_receipt(status, callback.received_at) for value in values for status in value.statuses)
    return Heard(tuple(receipt for receipt in told if receipt is not None))


def _meaning_of(error: _Error) -> ErrorMeaning | None:
    if 132000 <= error.code < 133000:
        return TEMPLATE_REFUSED
    if (error.code, error.error_subcode) == (_INVALID_PARAMETER, _NO_SUCH_OBJECT):
        return WRONG_SETTINGS
    return _ERRORS.get(error.code)


def _confirm(verify_token: Secret | None, asked: Callback) -> Heard | Unheard:
    mode, token = find_in_query(asked, "hub.mode"), find_in_query(asked, "hub.verify_token") or ""
    if mode != "subscribe" or verify_token is None or not is_same(token, verify_token.reveal()):
        return Unheard(403, "the verify token is missing or does not match; check the account's settings")
    return Heard(reply=find_in_query(asked, "hub.challenge") or "")


def _sign(secret: Secret, body: bytes) -> str:
    return f"sha256={hmac.digest(secret.reveal().encode(), body, 'sha256').hex()}"


def _receipt(status: _Status, received_at: datetime) -> Receipt | None:
    # What other programs send from the same number has no id of ours, or something else in its place.
    message_id, happening = status.biz_opaque_callback_data, _HAPPENINGS.get(status.status)
    if happening is None or not (message_id.isascii() and message_id.isalnum() and len(message_id) <= 64):
        return None
    stamp = status.timestamp
    is_stamp = stamp.isascii() and stamp.isdigit() and len(stamp) <= 10
    at = datetime.fromtimestamp(int(stamp), UTC) if is_stamp else received_at
    if happening != "failed":
        return Receipt(message_id, happening, at)
    if not status.errors:
        return REPORTED_FAILURE.as_receipt(message_id, at, "Meta does not say why")
    error = status.errors[0]
    return (_meaning_of(error) or REPORTED_FAILURE).as_receipt(message_id, at, error.detail)


WHATSAPP_CLOUD_VENDOR = HttpVendor(
    name="whatsapp_cloud",
    title="WhatsApp Cloud API",
    channel="whatsapp",
    documentation="https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages",
    settings=WhatsappCloudSettings,
    request=write_request,
    outcome=read_outcome,
    listen=read_report,
)
