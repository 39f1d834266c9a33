"""What the vendors of text messages have in common: the content of a template."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Rejected


class _Content(msgspec.Struct, frozen=True):
    body: Annotated[str, Meta(min_length=1)]
    header: str | None = None
    dlt_template_id: str | None = None


@dataclass(frozen=True, slots=True)
class RegisteredText:
    """A text with what India's registers know it by: the sender and the template; empty where it names none."""

    body: str
    header: str
    dlt_template_id: str


def read_registered_text(message: OutgoingMessage, most_characters: int) -> RegisteredText | Rejected:
    """The text of a message and its registration, or why it can't be sent."""
    try:
        content = msgspec.convert(message.content, _Content)
    except msgspec.ValidationError as error:
        return Rejected("content", f"the text message's content is wrong: {error}")
    length = len(content.body)
    if length > most_characters:
        return Rejected("content", f"the text has {length} characters; the vendor takes {most_characters}")
    return RegisteredText(content.body, content.header or "", content.dlt_template_id or "")


def read_text_message(message: OutgoingMessage, most_characters: int) -> str | Rejected:
    """The text of a message, or why it can't be sent."""
    text = read_registered_text(message, most_characters)
    return text if isinstance(text, Rejected) else text.body
