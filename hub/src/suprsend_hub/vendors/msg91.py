"""Text messages through MSG91, whole or as the one variable of a template that MSG91 keeps."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.vendors.callbacks import UNSIGNED, find_in_query, is_same, read_document, read_fields
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.error_meaning import REPORTED_FAILURE, UNSUBSCRIBED, ErrorMeaning
from suprsend_hub.vendors.http_outcome import judge_status, read_retry_after
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import HTTP_URL, Secret
from suprsend_hub.vendors.text_message import RegisteredText, read_registered_text

FLOW_PATH = "/api/v5/flow"
TEXT_PATH = "/api/v2/sendsms"

_LONGEST_TEXT = 1600

_BAD_NUMBER = ("202",)
# Credentials, addresses that may not call, and accounts that are empty, expired or banned.
_ACCOUNT = ("106", "201", "207", "208", "301", "302", "303", "401", "418")
# The route is closed at night, or the same text came twice within ten seconds.
_LATER = ("306", "311")

# https://msg91.com/help/webhooks/how-can-i-get-the-delivery-reports-on-my-webhook-url
_FAILED = frozenset({"2", "9", "16", "17", "25", "failed", "ndnc", "rejected", "blocked number"})
_DELIVERED = frozenset({"1", "delivered"})
_FAILURES: Mapping[str, ErrorMeaning] = MappingProxyType(dict.fromkeys(("9", "ndnc"), UNSUBSCRIBED))


class Msg91Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose account sends, under which name, and by which template."""

    auth_key: Annotated[Secret, Meta(description="the account's authkey")]
    sender: Annotated[str, Meta(description="the sender id, where a template of the hub names no header")] = ""
    template_id: Annotated[
        str, Meta(description="MSG91's template whose one variable is the text; without it texts are sent whole")
    ] = ""
    text_variable: Annotated[str, Meta(min_length=1, description="the name of that variable")] = "text"
    short_url: Annotated[bool, Meta(description="whether MSG91 shortens links, in texts sent by its template")] = False
    route: Annotated[str, Meta(description="the route of texts sent whole: 4 transactional, 1 promotional")] = "4"
    dlt_te_id: Annotated[
        str, Meta(description="the DLT template of texts sent whole, where a template of the hub names none")
    ] = ""
    callback_secret: Annotated[
        Secret | None, Meta(description="what the callback URL must carry besides, as ?secret=…, where it is set")
    ] = None
    base_url: Annotated[str, Meta(pattern=HTTP_URL, description="where messages are sent")] = (
        "https://control.msg91.com"
    )

    def __post_init__(self) -> None:
        """Check that there is a sender, or a template that has one."""
        if not (self.sender or self.template_id):
            raise ValueError("sender: give this or template_id")


class _AnswerForm(msgspec.Struct, frozen=True):
    type: str
    message: str = ""
    request_id: str = ""
    code: str | int = ""


class _Report(msgspec.Struct, frozen=True, rename="camel"):
    status: str | int
    crqid: str = msgspec.field(name="CRQID", default="")
    desc: str = ""
    failed_reason: str | None = None
    failure_reason: str | None = None


class _Batch(msgspec.Struct, frozen=True):
    report: list[_Report]


def write_request(
    settings: Msg91Settings, message: OutgoingMessage, _token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one text message."""
    text = read_registered_text(message, _LONGEST_TEXT)
    if isinstance(text, Rejected):
        return text
    number = message.address.removeprefix("+")
    by_template = settings.template_id and not text.dlt_template_id
    if not by_template and not (text.header or settings.sender):
        return Rejected("content", "header: a text with a dlt_template_id needs the header that it is registered for")
    path, document = (
        (FLOW_PATH, _flow(settings, text, number, message.id))
        if by_template
        else (TEXT_PATH, _whole(settings, text, number, message.id))
    )
    return HttpRequest(
        "POST",
        f"{settings.base_url.rstrip('/')}{path}",
        {"Content-Type": "application/json", "Accept": "application/json", "authkey": settings.auth_key.reveal()},
        msgspec.json.encode(document),
    )


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What MSG91 made of a text message; it may answer 200 to what it refuses."""
    try:
        said = msgspec.json.decode(answer.body, type=_AnswerForm)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return judge_status(answer)
    if said.type == "success" and 200 <= answer.status < 300:
        return Accepted(said.request_id or said.message or None)
    detail = make_printable(f"{said.code or answer.status}: {said.message}")
    match str(said.code):
        case code if code in _BAD_NUMBER:
            return Rejected("address", detail)
        case code if code in _ACCOUNT:
            return Deferred("vendor_credentials", detail)
        case code if code in _LATER:
            return Deferred("vendor_rate_limited", detail, read_retry_after(answer))
        case _ if answer.status == 200 and said.type == "error":
            return Rejected("vendor_refused", detail)
        case _:
            return judge_status(answer, said.message)


def read_report(settings: Msg91Settings, callback: Callback, _fetched: HttpAnswer | None) -> Heard | Unheard:
    """What MSG91 tells of messages; it signs nothing, so that only those who know the URL are believed."""
    secret = settings.callback_secret
    given = find_in_query(callback, "secret") or ""
    if secret and not is_same(given, secret.reveal()):
        return UNSIGNED
    reports = _read_reports(callback)
    if isinstance(reports, Unheard):
        return reports
    receipts = (_receipt(each, callback.received_at) for each in reports)
    return Heard(tuple(each for each in receipts if each))


def _flow(settings: Msg91Settings, text: RegisteredText, number: str, message_id: str) -> Document:
    """A text in MSG91's template: https://docs.msg91.com/sms/send-sms."""
    # Where a request has variables of its own for each number, each number has its own CRQID.
    recipient = {"mobiles": number, settings.text_variable: text.body, "CRQID": message_id}
    sender = text.header or settings.sender
    return {
        "template_id": settings.template_id,
        "short_url": "1" if settings.short_url else "0",
        "CRQID": message_id,
        "recipients": [recipient],
    } | ({"sender": sender} if sender else {})


def _whole(settings: Msg91Settings, text: RegisteredText, number: str, message_id: str) -> Document:
    """A text as it is: https://api.msg91.com/apidoc/textsms/send-sms-v1.php."""
    template = text.dlt_template_id or settings.dlt_te_id
    return {
        "sender": text.header or settings.sender,
        "route": settings.route,
        # Numbers carry their country.
        "country": "0",
        "unicode": 0 if text.body.isascii() else 1,
        "sms": [{"message": text.body, "to": [number]}],
        "CRQID": message_id,
    } | ({"DLT_TE_ID": template} if template else {})


def _read_reports(callback: Callback) -> list[_Report] | Unheard:
    """The reports in whichever form the webhook has: a list inside a form, or JSON."""
    if "json" in callback.headers.get("content-type", ""):
        if callback.body.lstrip().startswith(b"["):
            return read_document(callback, list[_Report])
        report = read_document(callback, _Report)
        return [report] if isinstance(report, _Report) else report
    try:
        batches = msgspec.json.decode(read_fields(callback).get("data", ""), type=list[_Batch])
    except msgspec.MsgspecError as error:
        return Unheard(400, f"data is not what MSG91 sends: {error}")
    return [each for batch in batches for each in batch.report]


def _receipt(report: _Report, received_at: datetime) -> Receipt | None:
    status = str(report.status).lower()
    # MSG91 says 0 of messages that were sent without an id of ours.
    if report.crqid in ("", "0"):
        return None
    if status in _DELIVERED:
        return Receipt(report.crqid, "delivered", received_at)
    if status not in _FAILED:
        return None
    reason = report.failed_reason or report.failure_reason or ""
    detail = make_printable(f"MSG91 status {status}: {report.desc} {reason}")
    return _FAILURES.get(status, REPORTED_FAILURE).as_receipt(report.crqid, received_at, detail)


MSG91_VENDOR = HttpVendor(
    name="msg91",
    title="MSG91",
    channel="sms",
    documentation="https://docs.msg91.com/sms/send-sms",
    settings=Msg91Settings,
    request=write_request,
    outcome=read_outcome,
    listen=read_report,
)
