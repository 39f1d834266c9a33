"""Files that travel inside a workflow or an event."""

from __future__ import annotations

from base64 import b64encode
from mimetypes import guess_type
from pathlib import Path
from typing import Any, TypedDict

import puremagic

from suprsend.journal import logger

_UNKNOWN_TYPE = "application/octet-stream"


class Attachment(TypedDict):
    """One attachment on the wire: `data` is base64 for a file; a URL has neither type nor data."""

    filename: str | None
    contentType: str | None
    data: str | None
    url: str | None
    ignore_if_error: bool


def attach(data: object, file_path: str, file_name: str | None = None, *, ignore_if_error: bool = False) -> None:
    """Add a file or a URL to `data["$attachments"]`; OSError if the file can't be read, unless ignored.

    Data that is no dictionary is left as it is: sending it raises InputValueError.
    """
    if not isinstance(data, dict):
        logger.warning("attachment left out: %s is not a dictionary", type(data).__name__)
        return
    attachment = read_attachment(file_path, file_name, ignore_if_error=ignore_if_error)
    if attachment is None:
        return
    present: list[Any] = data.get("$attachments") or []
    data["$attachments"] = [*present, attachment]


def attach_to_body(
    body: dict[str, Any], file_path: str, file_name: str | None = None, *, ignore_if_error: bool = False
) -> None:
    """Add a file or a URL to `body["data"]["$attachments"]`; raises what `attach` does."""
    if body.get("data") is None:
        body["data"] = {}
    attach(body["data"], file_path, file_name, ignore_if_error=ignore_if_error)


def read_attachment(file_path: str, file_name: str | None, *, ignore_if_error: bool) -> Attachment | None:
    """Return an attachment for a path or an http(s) URL, or None if it can't be read and that is ignored."""
    if file_path.startswith(("https://", "http://")):
        return _attachment(file_name, None, None, file_path, ignore_if_error)
    path = Path(file_path).expanduser()
    try:
        content = path.read_bytes()
    except OSError as fault:
        if not ignore_if_error:
            raise
        logger.warning("attachment left out: %s", fault)
        return None
    name = (file_name or "").strip() or path.name
    return _attachment(name, content_type(content, path), b64encode(content).decode(), None, ignore_if_error)


def _attachment(
    name: str | None, kind: str | None, data: str | None, url: str | None, ignore_if_error: bool
) -> Attachment:
    return {
        "filename": name,
        "contentType": kind,
        "data": data,
        "url": url,
        "ignore_if_error": ignore_if_error,
    }


def content_type(content: bytes, path: Path) -> str:
    """Return a file's media type: from its name if that tells, else from its first bytes."""
    named, _ = guess_type(path.name)
    return named or _sniff(content)


def _sniff(content: bytes) -> str:
    try:
        if found := puremagic.from_string(content, mime=True):
            return found
    except (puremagic.PureError, ValueError):
        pass
    try:
        content.decode()
    except UnicodeDecodeError:
        return _UNKNOWN_TYPE
    return "text/plain"
