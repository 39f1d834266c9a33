"""What the vendors of text messages have in common: the content of a template."""

from typing import Annotated

import msgspec
from msgspec import Meta

from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Rejected


class _Content(msgspec.Struct, frozen=True):
    body: Annotated[str, Meta(min_length=1)]


def read_text_message(message: OutgoingMessage, most_characters: int) -> str | Rejected:
    """The text of a message, or why it can't be sent."""
    try:
        text = msgspec.convert(message.content, _Content).body
    except msgspec.ValidationError as error:
        return Rejected("content", f"the text message's content is wrong: {error}")
    if len(text) > most_characters:
        return Rejected("content", f"the text has {len(text)} characters; the vendor takes {most_characters}")
    return text
