"""Text messages through Plivo's Messaging API."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Outcome, Rejected, Uncertain
from suprsend_hub.domain.receipt import Happening, Receipt
from suprsend_hub.vendors.callbacks import UNSIGNED, find_in_query, find_message_id, is_same, read_fields, report_url
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.error_meaning import BAD_ADDRESS, REPORTED_FAILURE, UNSUBSCRIBED, ErrorMeaning
from suprsend_hub.vendors.http_outcome import judge_status
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import HTTP_URL, Secret
from suprsend_hub.vendors.text_message import read_text_message

# Plivo refuses longer ones.
_LONGEST_TEXT = 1600

_PROOF = "proof"

# https://www.plivo.com/docs/messaging/api/message/message-status-callbacks
_HAPPENINGS: Mapping[str, Happening] = MappingProxyType(
    {"delivered": "delivered", "undelivered": "failed", "failed": "failed", "rejected": "failed"}
)
# https://www.plivo.com/docs/messaging/troubleshooting/error-codes
_FAILURES: Mapping[str, ErrorMeaning] = MappingProxyType(
    {**dict.fromkeys(("50", "70"), BAD_ADDRESS), "200": UNSUBSCRIBED}
)


class PlivoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose account sends, and from which number."""

    auth_id: Annotated[str, Meta(min_length=1, description="the account's auth id")]
    auth_token: Annotated[Secret, Meta(description="the account's auth token")]
    from_number: Annotated[str, Meta(min_length=1, description="the sender: a number with +, or a name")]
    base_url: Annotated[str, Meta(pattern=HTTP_URL, description="where messages are sent")] = "https://api.plivo.com"


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
        msgspec.json.encode(
            {"src": settings.from_number, "dst": message.address, "text": text, **_reporting(settings, message)}
        ),
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


def read_report(settings: PlivoSettings, callback: Callback, _fetched: HttpAnswer | None) -> Heard | Unheard:
    """What Plivo tells of a message."""
    fields = read_fields(callback)
    if not _is_signed(settings.auth_token, callback, fields):
        return UNSIGNED
    message_id, happening = find_message_id(callback), _HAPPENINGS.get(fields.get("Status", ""))
    if message_id is None or happening is None:
        return Heard()
    if happening != "failed":
        return Heard((Receipt(message_id, happening, callback.received_at),))
    code = fields.get("ErrorCode", "")
    said = f"Plivo: {fields['Status']}, error {code or 'unknown'}"
    meaning = _FAILURES.get(code, REPORTED_FAILURE)
    return Heard((meaning.as_receipt(message_id, callback.received_at, make_printable(said)),))


def _is_signed(token: Secret, callback: Callback, fields: Mapping[str, str]) -> bool:
    """Whether Plivo signed it, by its third way, which covers every field, or else by its second.

    Its page on messages knows the second, which covers the address without its query; its servers send the third too.
    https://www.plivo.com/docs/messaging/concepts/signature-validation
    """
    headers = callback.headers
    version = "v3" if "x-plivo-signature-v3-nonce" in headers else "v2"
    if version == "v2" and not _names_its_message(token, callback):
        return False
    nonce = headers.get(f"x-plivo-signature-{version}-nonce", "")
    text = f"{_v3_text(callback.url, fields)}.{nonce}" if version == "v3" else f"{callback.url.split('?')[0]}{nonce}"
    right = b64encode(hmac.digest(token.reveal().encode(), text.encode(), "sha256")).decode()
    # One signature for each token that is valid, the account's own and that of the main account.
    given = [headers.get(f"x-plivo-signature-{kind}{version}", "") for kind in ("", "ma-")]
    return bool(nonce) and any(is_same(each.strip(), right) for each in ",".join(given).split(","))


def _names_its_message(token: Secret, callback: Callback) -> bool:
    """Whether the hub itself made the URL for the message that it names."""
    message_id, proof = find_message_id(callback), find_in_query(callback, _PROOF)
    return message_id is not None and proof is not None and is_same(proof, _prove(token, message_id))


def _v3_text(url: str, fields: Mapping[str, str]) -> str:
    query = "&".join(f"{name}={value}" for name, value in sorted(parse_qsl(urlsplit(url).query)))
    told = "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return f"{url.split('?')[0]}{'?' if query or told else ''}{query}{'.' if query and told else ''}{told}"


def _reporting(settings: PlivoSettings, message: OutgoingMessage) -> dict[str, str]:
    url = report_url(message)
    proof = urlencode({_PROOF: _prove(settings.auth_token, message.id)})
    return {"url": f"{url}&{proof}", "method": "POST"} if url else {}


def _prove(token: Secret, message_id: str) -> str:
    """The hub's own proof that a URL is for this message: Plivo's second signature does not cover the query."""
    return hmac.digest(token.reveal().encode(), f"report on {message_id}".encode(), "sha256").hex()[:32]


PLIVO_VENDOR = HttpVendor(
    name="plivo",
    title="Plivo",
    channel="sms",
    documentation="https://www.plivo.com/docs/messaging/api/message",
    settings=PlivoSettings,
    request=write_request,
    outcome=read_outcome,
    listen=read_report,
)
