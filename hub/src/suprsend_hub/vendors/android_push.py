"""What the vendors of Android notifications have in common: a template's fields, and what the app is told."""

from zlib import crc32

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Rejected

# The key under which an app finds the hub's id of the message, to report what became of it.
MESSAGE_ID_KEY = "message_id"


class Button(msgspec.Struct, frozen=True, omit_defaults=True):
    """A button below a notification."""

    text: str
    url: str = ""
    id: str | None = None


class AndroidPush(msgspec.Struct, frozen=True):
    """The fields of an androidpush template (wire.md, part two)."""

    header: str = ""
    body: str = ""
    subtext: str | None = None
    icon_small: str | None = None
    icon_url: str | None = None
    image_url: str | None = None
    action_url: str | None = None
    buttons: list[Button] | None = None
    channel_sound: str | None = None
    channel_lock_screen_visibility: str | None = None
    channel_importance: str | None = None
    priority: str | None = None
    color: str | None = None
    group: str | None = None
    timeout_sec: int | None = None
    is_silent: bool | None = None
    is_sticky: bool | None = None
    local_only: bool | None = None
    extra_payload: dict[str, str] | None = None


def read_android_push(message: OutgoingMessage) -> AndroidPush | Rejected:
    """The content of a message, or why it can't be sent."""
    try:
        return msgspec.convert(message.content, AndroidPush)
    except msgspec.ValidationError as error:
        return Rejected("content", f"the push message's content is wrong: {error}")


def write_data(content: AndroidPush, message_id: str) -> dict[str, str]:
    """What the app is told beside what is shown; of a silent message that is all there is."""
    buttons = [msgspec.to_builtins(button) for button in content.buttons or []]
    own = filled(
        action_url=content.action_url,
        subtext=content.subtext,
        icon_url=content.icon_url,
        buttons=msgspec.json.encode(buttons).decode() if buttons else None,
        title=content.header if content.is_silent else None,
        body=content.body if content.is_silent else None,
    )
    return {**(content.extra_payload or {}), **own, MESSAGE_ID_KEY: message_id}


def is_web_page(url: str) -> bool:
    """Whether a click leads into the browser, and not into the app."""
    return url.lower().startswith(("http://", "https://"))


def shorten(text: str, most: int) -> str:
    """The text with at most so many UTF-16 units, as phones count them; where some is cut off, an ellipsis says so."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * most:
        return text
    return units[: 2 * (most - 1)].decode("utf-16-le", "ignore") + "…"


def make_notification_number(name: str) -> int:
    """The number of a notification on the device: one of the same name takes the place of the one before."""
    return crc32(name.encode()) & 0x7FFFFFFF


def filled(**fields: object) -> Document:
    """The fields that have something to say."""
    return {name: value for name, value in fields.items() if value not in (None, "")}
