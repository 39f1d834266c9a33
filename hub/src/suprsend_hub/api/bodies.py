"""The JSON bodies of requests."""

from typing import TypeVar

import msgspec

from suprsend_hub.api.auth import AnyRequest
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import read_json, refuse_nul

T = TypeVar("T")

_OBJECT = msgspec.json.Decoder(Document)


async def read_body(request: AnyRequest, decoder: msgspec.json.Decoder[T], empty: T | None = None) -> T:
    """The request's body; `empty` stands for a body that is not there."""
    raw = await request.body()
    if not raw.strip() and empty is not None:
        return empty
    form = read_json(raw, decoder)
    if rb"\u0000" in raw:
        try:
            for field, value in read_json(raw, _OBJECT).items():
                refuse_nul(value, field)
        except RecursionError:
            raise Invalid("body", "is nested too deeply") from None
    return form
