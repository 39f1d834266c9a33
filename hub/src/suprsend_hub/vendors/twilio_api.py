"""Twilio's Programmable Messaging API, which carries several channels: its requests, answers and reports."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Protocol, TypeAlias
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Outcome, Uncertain
from suprsend_hub.domain.receipt import Happening, Receipt
from suprsend_hub.vendors.callbacks import UNSIGNED, find_message_id, is_same, read_fields, report_url
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest
from suprsend_hub.vendors.error_meaning import BAD_ADDRESS, RATE_LIMITED, REPORTED_FAILURE, UNSUBSCRIBED, ErrorMeaning
from suprsend_hub.vendors.http_outcome import judge_status
from suprsend_hub.vendors.printable import make_printable
from suprsend_hub.vendors.settings import HTTP_URL, Secret

TWILIO_URL = "https://api.twilio.com"

# The settings that accounts have whatever the channel.
AccountSid: TypeAlias = Annotated[str, Meta(pattern="^AC[0-9a-fA-F]{32}$", description="the account, AC…")]
AuthToken: TypeAlias = Annotated[Secret, Meta(description="the account's auth token, or the secret of the API key")]
ServiceSid: TypeAlias = Annotated[str, Meta(description="a messaging service, MG…, in place of a sender")]
ApiKey: TypeAlias = Annotated[str, Meta(description="an API key, SK…; then auth_token is its secret")]
SigningToken: TypeAlias = Annotated[
    Secret | None, Meta(description="the account's auth token, which signs reports, where auth_token is a key's")
]
BaseUrl: TypeAlias = Annotated[str, Meta(pattern=HTTP_URL, description="where messages are sent")]

# https://www.twilio.com/docs/api/errors: what is wrong with the person's number, for good; the person who answered
# STOP; and limits of all kinds.
TWILIO_ERRORS: Mapping[int, ErrorMeaning] = MappingProxyType(
    {
        **dict.fromkeys(
            (21211, 21214, 21217, 21219, 21265, 21401, 21407, 21421, 21612, 21614, 21635, 30005, 30006),
            BAD_ADDRESS,
        ),
        21610: UNSUBSCRIBED,
        **dict.fromkeys((14107, 20429, 21611, 30022), RATE_LIMITED),
    }
)

# https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
_HAPPENINGS: Mapping[str, Happening] = MappingProxyType(
    {"delivered": "delivered", "undelivered": "failed", "failed": "failed", "read": "seen"}
)


class TwilioAccount(Protocol):
    """The settings of an account, of any channel."""

    @property
    def account_sid(self) -> str:
        """The account."""
        ...

    @property
    def auth_token(self) -> Secret:
        """Its token, or that of the API key."""
        ...

    @property
    def from_number(self) -> str:
        """The sender, where there is no messaging service."""
        ...

    @property
    def messaging_service_sid(self) -> str:
        """The service that chooses the sender."""
        ...

    @property
    def api_key(self) -> str:
        """The key that logs in, where it is not the account itself."""
        ...

    @property
    def signing_token(self) -> Secret | None:
        """What signs reports, where the auth token does not."""
        ...

    @property
    def base_url(self) -> str:
        """Where messages are sent."""
        ...


class _SentForm(msgspec.Struct, frozen=True):
    sid: Annotated[str, Meta(min_length=1)]


class _FaultForm(msgspec.Struct, frozen=True):
    code: int = 0
    message: str = ""


def check_twilio_sender(account: TwilioAccount) -> None:
    """Check that there is a sender; a ValueError names the field."""
    if not (account.from_number or account.messaging_service_sid):
        raise ValueError("from_number: give this or messaging_service_sid")


def write_twilio_request(
    account: TwilioAccount, message: OutgoingMessage, content: Mapping[str, str], prefix: str = ""
) -> HttpRequest:
    """The request that sends this content; the prefix tells the numbers of one channel from those of another."""
    sender = (
        {"MessagingServiceSid": account.messaging_service_sid}
        if account.messaging_service_sid
        else {"From": prefix + account.from_number}
    )
    url = report_url(message)
    fields = {"To": prefix + message.address, **sender, **content, **({"StatusCallback": url} if url else {})}
    login = b64encode(f"{account.api_key or account.account_sid}:{account.auth_token.reveal()}".encode()).decode()
    return HttpRequest(
        "POST",
        f"{account.base_url.rstrip('/')}/2010-04-01/Accounts/{quote(account.account_sid, safe='')}/Messages.json",
        {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {login}"},
        urlencode(fields).encode("ascii"),
    )


def read_twilio_answer(answer: HttpAnswer, errors: Mapping[int, ErrorMeaning]) -> Outcome:
    """What Twilio made of a message."""
    if answer.status in (200, 201):
        try:
            return Accepted(msgspec.json.decode(answer.body, type=_SentForm).sid)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Uncertain("answer_unreadable", f"HTTP {answer.status} without the id of the message")
    try:
        fault = msgspec.json.decode(answer.body, type=_FaultForm)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return judge_status(answer)
    meaning = errors.get(fault.code)
    if meaning is None:
        return judge_status(answer, fault.message)
    return meaning.as_outcome(answer, make_printable(f"{fault.code}: {fault.message}"))


def read_twilio_report(
    account: TwilioAccount, callback: Callback, errors: Mapping[int, ErrorMeaning]
) -> Heard | Unheard:
    """What Twilio tells of a message; its signature covers the URL and every field.

    https://www.twilio.com/docs/usage/security#validating-requests
    """
    fields = read_fields(callback)
    token = account.signing_token or (None if account.api_key else account.auth_token)
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
    meaning = errors.get(int(code[:9]), REPORTED_FAILURE) if code.isascii() and code.isdigit() else REPORTED_FAILURE
    return Heard((meaning.as_receipt(message_id, callback.received_at, detail),))
