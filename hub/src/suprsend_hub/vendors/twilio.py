"""Text messages through Twilio."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Outcome, Rejected
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.text_message import read_text_message
from suprsend_hub.vendors.twilio_api import (
    TWILIO_ERRORS,
    TWILIO_URL,
    AccountSid,
    ApiKey,
    AuthToken,
    BaseUrl,
    ServiceSid,
    SigningToken,
    check_twilio_sender,
    read_twilio_answer,
    read_twilio_report,
    write_twilio_request,
)

# Twilio refuses longer ones.
_LONGEST_BODY = 1600


class TwilioSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose account sends, and from which number."""

    account_sid: AccountSid
    auth_token: AuthToken
    from_number: Annotated[str, Meta(description="the sender: a number with + and its country code, or a name")] = ""
    messaging_service_sid: ServiceSid = ""
    api_key: ApiKey = ""
    signing_token: SigningToken = None
    base_url: BaseUrl = TWILIO_URL

    def __post_init__(self) -> None:
        """Check that there is a sender."""
        check_twilio_sender(self)


def write_request(
    settings: TwilioSettings, message: OutgoingMessage, _token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one text message."""
    text = read_text_message(message, _LONGEST_BODY)
    return text if isinstance(text, Rejected) else write_twilio_request(settings, message, {"Body": text})


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What Twilio made of a text message."""
    return read_twilio_answer(answer, TWILIO_ERRORS)


def read_report(settings: TwilioSettings, callback: Callback, _fetched: HttpAnswer | None) -> Heard | Unheard:
    """What Twilio tells of a text message."""
    return read_twilio_report(settings, callback, TWILIO_ERRORS)


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
