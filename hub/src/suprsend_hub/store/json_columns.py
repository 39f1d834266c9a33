"""JSON columns hold text; this is how it is written and read."""

import msgspec

from suprsend_hub.domain.document import Document

_DOCUMENT = msgspec.json.Decoder(Document)


def to_column(value: object) -> str:
    """The text of a JSON column."""
    return msgspec.json.encode(value).decode()


def from_column(text: str) -> Document:
    """The object in a JSON column."""
    return _DOCUMENT.decode(text)
