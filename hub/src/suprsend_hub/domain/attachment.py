"""A file that travels with an email."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attachment:
    """Either bytes, or a public URL that the sender fetches just before it sends."""

    filename: str
    content_type: str | None
    data: bytes | None
    url: str | None
    ignore_if_error: bool
