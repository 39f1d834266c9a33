"""JSON columns hold text; this is how it is written and read."""

from typing import Any

import msgspec

from suprsend_hub.domain.document import Document

_DOCUMENT = msgspec.json.Decoder(Document)


def to_column(value: object) -> str:
    """The text of a JSON column."""
    return msgspec.json.encode(value).decode()


def to_optional_column(value: object) -> str | None:
    """The text of a JSON column, or null where there is nothing."""
    return None if value is None else to_column(value)


def texts_of(column: str) -> str:
    """The SQL of an array of texts from a JSON column that holds one; null where nothing is in it."""
    return f"case when {column} is not null then nullif(array(select json_array_elements_text({column})), '{{}}') end"


def from_optional_column(text: str | None) -> Any:
    """Whatever is in a JSON column that may be null."""
    return None if text is None else msgspec.json.decode(text)


def from_column(text: str) -> Document:
    """The object in a JSON column."""
    return _DOCUMENT.decode(text)
