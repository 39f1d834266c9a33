"""What a channel's content must hold, checked before it is kept and again before it goes live."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.expiry import check_expiry
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import read_json, refuse_depth, refuse_nul
from suprsend_hub.domain.rendering import TemplateSyntax, compile_content

_Handlebars: TypeAlias = Literal["handlebars"] | None
_Filled: TypeAlias = Annotated[str, Meta(min_length=1)]
_Title: TypeAlias = Annotated[str, Meta(min_length=1, max_length=500)]
_PushText: TypeAlias = Annotated[str, Meta(min_length=1, max_length=4000)]
_Addresses: TypeAlias = str | list[str] | None


class _Texts(Struct, frozen=True):
    html: str | None = None
    text: str | None = None


class _EmailBody(Struct, frozen=True):
    type: Literal["raw", "designer", "plain_text"]
    raw: _Texts | None = None
    designer: _Texts | None = None
    plain_text: _Texts | None = None
    preheader: str | None = None
    email_markup: str | None = None


class EmailContent(Struct, frozen=True):
    """A mail; the part of the body that `body.type` names is the one that is sent."""

    subject: Annotated[str, Meta(min_length=1, max_length=998)]
    body: _EmailBody
    from_name: str | None = None
    from_address: str | None = None
    extra_to: _Addresses = None
    cc: _Addresses = None
    bcc: _Addresses = None
    reply_to: _Addresses = None
    preheader: str | None = None
    email_markup: str | None = None
    templating_language: _Handlebars = None


class _PushButton(Struct, frozen=True):
    text: str
    url: str
    id: str | None = None
    icon: str | None = None


class AndroidPushContent(Struct, frozen=True):
    """A notification on an Android device."""

    header: _Title
    body: _PushText
    subtext: Annotated[str, Meta(max_length=50)] | None = None
    icon_small: str | None = None
    icon_url: str | None = None
    image_url: str | None = None
    action_url: str | None = None
    buttons: Annotated[list[_PushButton], Meta(max_length=3)] | None = None
    channel_show_badge: bool | None = None
    channel_sound: str | None = None
    channel_lock_screen_visibility: Literal["PUBLIC", "PRIVATE", "SECRET"] | None = None
    channel_importance: Literal["HIGH", "LOW", "MAX", "MIN", "DEFAULT"] | None = None
    priority: Literal["HIGH", "DEFAULT"] | None = None
    color: str | None = None
    auto_cancel: bool | None = None
    group: str | None = None
    timeout_sec: Annotated[int, Meta(ge=0)] | None = None
    is_silent: bool | None = None
    is_sticky: bool | None = None
    local_only: bool | None = None
    extra_payload: dict[str, str] | None = None
    templating_language: _Handlebars = None


class IosPushContent(Struct, frozen=True):
    """A notification on an Apple device."""

    header: _Title
    body: _PushText
    image_url: str | None = None
    action_url: str | None = None
    badge: int | None = None
    sound: str | None = None
    content_available: int | None = None
    mutable_content: int | None = None
    thread_identifier: str | None = None
    notification_type: str | None = None
    templating_language: _Handlebars = None


class WebPushContent(Struct, frozen=True):
    """A notification in a browser."""

    header: _Title
    body: _PushText
    icon_url: str | None = None
    image_url: str | None = None
    action_url: str | None = None
    badge_url: str | None = None
    dir: Literal["auto", "ltr", "rtl"] | None = None
    vibrate: list[Annotated[int, Meta(gt=0)]] | None = None
    sound: str | None = None
    is_sticky: bool | None = None
    is_silent: bool | None = None
    renotify: bool | None = None
    group: str | None = None
    lang: str | None = None
    buttons: Annotated[list[_PushButton], Meta(max_length=2)] | None = None
    extra_payload: dict[str, Any] | None = None
    templating_language: _Handlebars = None


class _Avatar(Struct, frozen=True):
    image_url: str | None = None
    url: str | None = None


class _Link(Struct, frozen=True):
    text: str | None = None
    url: str | None = None
    open_in_new_tab: bool | None = None


class _Expiry(Struct, frozen=True):
    format: Literal["absolute", "relative"] | None = None
    expiry_type: Literal["fixed", "dynamic"] | None = None
    value: Annotated[str, Meta(max_length=500)] | None = None
    is_expiry_visible: bool | None = None


class InboxContent(Struct, frozen=True):
    """A notification in the app's own inbox."""

    body: _Filled
    header: Annotated[str, Meta(max_length=500)] | None = None
    action_url: str | None = None
    open_in_new_tab: bool | None = None
    image_url: str | None = None
    avatar: _Avatar | None = None
    subtext: _Link | None = None
    buttons: list[_Link] | None = None
    importance: Literal["default", "high"] | None = None
    tags: list[str] | None = None
    is_pinned: bool | None = None
    is_expiry_enabled: bool | None = None
    expiry: _Expiry | None = None
    extra_data: str | None = None
    templating_language: _Handlebars = None


class SmsContent(Struct, frozen=True):
    """A text message; in India operators know it by the registered sender (`header`) and template."""

    body: _Filled
    type: Literal["basic", "dlt"] | None = None
    category: Annotated[str, Meta(max_length=16)] | None = None
    header: Annotated[str, Meta(max_length=16)] | None = None
    dlt_template_id: Annotated[str, Meta(max_length=30)] | None = None
    templating_language: _Handlebars = None


class _WhatsappText(Struct, frozen=True):
    text: _Filled


class WhatsappHeader(Struct, frozen=True):
    """What stands above the text: a line, or a file at a public address."""

    format: Literal["TEXT", "DOCUMENT", "IMAGE", "VIDEO"]
    text: str | None = None
    media_url: str | None = None
    filename: str | None = None


class PhoneNumberButton(Struct, frozen=True, tag_field="type", tag="PHONE_NUMBER"):
    """A button that calls a number."""

    text: _Filled
    phone_number: Annotated[str, Meta(min_length=8)]


class UrlButton(Struct, frozen=True, tag_field="type", tag="URL"):
    """A button that leads to a page."""

    text: str
    url_static_part: str
    url_type: Literal["static", "dynamic"] = "static"
    url_dynamic_part: str | None = None


class QuickReplyButton(Struct, frozen=True, tag_field="type", tag="QUICK_REPLY"):
    """A button that answers with its own text."""

    text: _Filled


WhatsappButton: TypeAlias = PhoneNumberButton | UrlButton | QuickReplyButton


class WhatsappContent(Struct, frozen=True):
    """A WhatsApp message of the kind that may have buttons."""

    body: _WhatsappText
    category: Literal["UTILITY", "MARKETING"] | None = None
    subcategory: str | None = None
    header: WhatsappHeader | None = None
    footer: _WhatsappText | None = None
    button_type: Literal["NONE", "CALL_TO_ACTION", "QUICK_REPLY"] | None = None
    buttons: list[WhatsappButton] | None = None
    templating_language: _Handlebars = None


class SlackContent(Struct, frozen=True):
    """A Slack message: text, or blocks as the text of a JSON document."""

    body_type: Literal["text", "block"]
    body_text: Annotated[str, Meta(max_length=4000)] | None = None
    body_block: Annotated[str, Meta(max_length=13200)] | None = None
    templating_language: _Handlebars = None


class MsTeamsContent(Struct, frozen=True):
    """A Teams message: text, or a card as the text of a JSON document."""

    body_type: Literal["text", "card"]
    body_text: Annotated[str, Meta(max_length=4000)] | None = None
    body_card: Annotated[str, Meta(max_length=14000)] | None = None
    templating_language: _Handlebars = None


Content: TypeAlias = (
    EmailContent
    | AndroidPushContent
    | IosPushContent
    | WebPushContent
    | InboxContent
    | SmsContent
    | WhatsappContent
    | SlackContent
    | MsTeamsContent
)

CONTENTS: Mapping[Channel, type[Content]] = MappingProxyType(
    {
        "email": EmailContent,
        "androidpush": AndroidPushContent,
        "iospush": IosPushContent,
        "webpush": WebPushContent,
        "inbox": InboxContent,
        "sms": SmsContent,
        "whatsapp": WhatsappContent,
        "slack": SlackContent,
        "ms_teams": MsTeamsContent,
    }
)

_DECODERS = MappingProxyType({channel: msgspec.json.Decoder(form) for channel, form in CONTENTS.items()})
_DOCUMENT = msgspec.json.Decoder(Document)


def read_channel(text: str) -> Channel:
    """The channel of that name, or Invalid that lists those for which templates can be written."""
    for channel in CONTENTS:
        if channel == text:
            return channel
    raise Invalid("channel", f"{text[:40]!r} is not a channel with templates; use {', '.join(CONTENTS)}")


def read_content(channel: Channel, raw: bytes | msgspec.Raw) -> Document:
    """A channel's content from its JSON; Invalid names the field within the variant."""
    decoder = _DECODERS[read_channel(channel)]
    document = read_document(raw, "content")
    try:
        _check_choice(read_json(raw, decoder))
        if channel == "inbox":
            check_expiry(document)
        _check_syntax(channel, document)
    except Invalid as fault:
        raise fault.within("content") from None
    return document


def read_document(raw: bytes | msgspec.Raw, field: str) -> Document:
    """An object that people made, in a form that can be kept; `field` is where it stands."""
    try:
        document = read_json(raw, _DOCUMENT)
    except Invalid as fault:
        raise Invalid(field, fault.problem) from None
    refuse_depth(document, field)
    refuse_nul(document, field)
    return document


def find_faults(channel: Channel, content: Document) -> dict[str, list[str]]:
    """What is wrong with content that was kept earlier, by field; empty when it may go live."""
    try:
        read_content(channel, msgspec.json.encode(content))
    except Invalid as fault:
        return {fault.field: [fault.problem]}
    return {}


def _check_syntax(channel: Channel, document: Document) -> None:
    try:
        compile_content(channel, document)
    except TemplateSyntax as fault:
        raise Invalid(fault.field, fault.problem) from None


def _check_choice(content: Content) -> None:
    """Check what one field demands of another."""
    match content:
        case EmailContent(body=body):
            _check_email(body)
        case SlackContent(body_type="text", body_text=text) | MsTeamsContent(body_type="text", body_text=text):
            _require(text, "body_text", "body_type is text")
        case SlackContent(body_block=block):
            _require(block, "body_block", "body_type is block")
        case MsTeamsContent(body_card=card):
            _require(card, "body_card", "body_type is card")
        case SmsContent(type="dlt", category=category, header=header):
            _require(category, "category", "type is dlt")
            _require(header, "header", "type is dlt")
        case WhatsappContent():
            _check_whatsapp(content)
        case _:
            pass


def _check_email(body: _EmailBody) -> None:
    reason = f"body.type is {body.type}"
    match body.type:
        case "raw":
            _require(body.raw and body.raw.html, "body.raw.html", reason)
        case "designer":
            _require(body.designer and body.designer.html, "body.designer.html", reason)
        case "plain_text":
            _require(body.plain_text and body.plain_text.text, "body.plain_text.text", reason)


def _check_whatsapp(content: WhatsappContent) -> None:
    header = content.header
    if header is not None:
        name, value = ("text", header.text) if header.format == "TEXT" else ("media_url", header.media_url)
        _require(value, f"header.{name}", f"header.format is {header.format}")
    if content.button_type in ("CALL_TO_ACTION", "QUICK_REPLY"):
        _require(content.buttons, "buttons", f"button_type is {content.button_type}")
    for index, button in enumerate(content.buttons or []):
        if isinstance(button, UrlButton) and button.url_type == "dynamic":
            _require(button.url_dynamic_part, f"buttons[{index}].url_dynamic_part", "url_type is dynamic")


def _require(value: object, field: str, reason: str) -> None:
    if not value:
        raise Invalid(field, f"is required when {reason}")
