"""WhatsApp messages through Twilio."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta

from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Outcome, Rejected
from suprsend_hub.domain.template_content import WhatsappContent
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor, Token
from suprsend_hub.vendors.error_meaning import (
    BAD_CONTENT,
    BAD_CREDENTIALS,
    RATE_LIMITED,
    UNAVAILABLE,
    WRONG_SETTINGS,
    ErrorMeaning,
)
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
from suprsend_hub.vendors.whatsapp_message import (
    LONGEST_CAPTION,
    NO_WHATSAPP,
    OUTSIDE_WINDOW,
    TEMPLATE_REFUSED,
    check_length,
    find_buttons,
    find_media,
    read_whatsapp_message,
    write_parameter,
    write_whole_text,
)

_LONGEST_BODY = 1600
# Before the numbers of this channel, on either side.
_PREFIX = "whatsapp:"

_UNWILLING = ErrorMeaning("unsubscribed", cause="complaint")

# https://www.twilio.com/docs/api/errors
_ERRORS: Mapping[int, ErrorMeaning] = MappingProxyType(
    {
        **TWILIO_ERRORS,
        # STOP, or the sender blocked: both end every message from this sender.
        **dict.fromkeys((21610, 63014), _UNWILLING),
        **dict.fromkeys((63003, 63024), NO_WHATSAPP),
        63016: OUTSIDE_WINDOW,
        **dict.fromkeys((63017, 63018, 63038), RATE_LIMITED),
        63001: BAD_CREDENTIALS,
        **dict.fromkeys((63002, 63007), WRONG_SETTINGS),
        **dict.fromkeys((63010, 63012), UNAVAILABLE),
        **dict.fromkeys((63005, 63006, 63013, 63019, 63021), BAD_CONTENT),
        **dict.fromkeys((63027, 63028, 63029, 63040, 63041, 63042), TEMPLATE_REFUSED),
    }
)


class TwilioWhatsappSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose account sends, from which number, with or without an approved template."""

    account_sid: AccountSid
    auth_token: AuthToken
    from_number: Annotated[
        str, Meta(pattern=r"^(\+[0-9]+)?$", description="the WhatsApp sender: a number with + and its country code")
    ] = ""
    messaging_service_sid: ServiceSid = ""
    content_sid: Annotated[
        str,
        Meta(
            pattern="^(HX[0-9a-fA-F]{32})?$",
            description="an approved template, HX…, whose body has the one variable {{1}}; the message's body fills it",
        ),
    ] = ""
    api_key: ApiKey = ""
    signing_token: SigningToken = None
    base_url: BaseUrl = TWILIO_URL

    def __post_init__(self) -> None:
        """Check that there is a sender."""
        check_twilio_sender(self)


def write_request(
    settings: TwilioWhatsappSettings, message: OutgoingMessage, _token: Token | None, _now: datetime
) -> HttpRequest | Outcome:
    """The request that sends one message."""
    content = read_whatsapp_message(message)
    if isinstance(content, Rejected):
        return content
    try:
        fields = _template(content, settings.content_sid) if settings.content_sid else _free_form(content)
    except ValueError as fault:
        return Rejected("content", str(fault))
    return write_twilio_request(settings, message, fields, _PREFIX)


def read_outcome(answer: HttpAnswer) -> Outcome:
    """What Twilio made of a message; much of what WhatsApp refuses is only reported afterwards."""
    return read_twilio_answer(answer, _ERRORS)


def read_report(settings: TwilioWhatsappSettings, callback: Callback, _fetched: HttpAnswer | None) -> Heard | Unheard:
    """What Twilio tells of a message."""
    return read_twilio_report(settings, callback, _ERRORS)


def _template(content: WhatsappContent, content_sid: str) -> dict[str, str]:
    variables = msgspec.json.encode({"1": write_parameter(content)}).decode()
    return {"ContentSid": content_sid, "ContentVariables": variables}


def _free_form(content: WhatsappContent) -> dict[str, str]:
    if find_buttons(content):
        raise ValueError("buttons: Twilio sends them only within a template of its own; see content_sid")
    text, media = write_whole_text(content), find_media(content)
    if media is None:
        check_length("body.text", text, _LONGEST_BODY)
        return {"Body": text}
    if media.format == "DOCUMENT":
        raise ValueError("header.format: Twilio sends no text beside a document")
    check_length("body.text", text, LONGEST_CAPTION)
    return {"Body": text, "MediaUrl": media.media_url or ""}


TWILIO_WHATSAPP_VENDOR = HttpVendor(
    name="twilio_whatsapp",
    title="WhatsApp by Twilio",
    channel="whatsapp",
    documentation="https://www.twilio.com/docs/whatsapp/api",
    settings=TwilioWhatsappSettings,
    request=write_request,
    outcome=read_outcome,
    listen=read_report,
)
