"""Calls that return the server's JSON, and the paths they go to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypedDict
from urllib.parse import quote, quote_plus, urlencode

from suprsend.encoding import encode
from suprsend.errors import SuprsendAPIException, SuprsendValidationError, TransportError
from suprsend.protocol import Answer, Response, Send, Steps, exchange
from suprsend.settings import Settings

Options: TypeAlias = Mapping[str, Any]
Quote: TypeAlias = Callable[[str], str]

LONGEST_PAGE = 1000
USUAL_PAGE = 20


class OffsetMeta(TypedDict):
    """Where an offset page lies; `count` is the number of all matches."""

    count: int
    limit: int
    offset: int


class OffsetPage(TypedDict):
    """A page found by offset (wire.md 1.6)."""

    meta: OffsetMeta
    results: list[dict[str, Any]]


class CursorMeta(TypedDict):
    """Where a cursor page lies; hand `after` or `before` back to read on."""

    count: int
    limit: int
    before: str | None
    after: str | None
    has_prev: bool
    has_next: bool


class CursorPage(TypedDict):
    """A page found by cursor (wire.md 1.6)."""

    meta: CursorMeta
    results: list[dict[str, Any]]


class Done(TypedDict):
    """What is returned where the server answers without a body."""

    success: bool
    status_code: int


def quoted(text: str) -> str:
    """Return text as one segment of a path; a slash in it stays part of the segment."""
    return quote(text, safe="")


def form_quoted(text: str) -> str:
    """Return text as one segment of a path, with a plus for each space, as the official client writes some ids."""
    return quote_plus(text)


def named(name: str, value: object) -> str:
    """Return an id without the spaces around it; SuprsendValidationError if it has no place in a path."""
    if not isinstance(value, str):
        raise SuprsendValidationError(f"{name} must be a string")
    stripped = value.strip()
    if not stripped:
        raise SuprsendValidationError(f"missing {name}")
    if stripped in (".", ".."):
        raise SuprsendValidationError(f"{name} must not be {stripped!r}, which means another path")
    return stripped


def query(options: Options | None) -> str:
    """Return a query string with its question mark: nulls left out, booleans as JSON writes them, lists repeated."""
    if not options:
        return ""
    pairs = [
        (key, _as_text(value))
        for key, given in options.items()
        for value in (given if isinstance(given, list | tuple) else (given,))
        if value is not None
    ]
    return f"?{urlencode(pairs)}" if pairs else ""


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def page(limit: object, offset: object) -> dict[str, int]:
    """Return a page's place; a limit outside 1 to 1000 means 20, and a negative offset 0."""
    is_limit = isinstance(limit, int) and 0 < limit <= LONGEST_PAGE
    is_offset = isinstance(offset, int) and offset >= 0
    return {
        "limit": limit if isinstance(limit, int) and is_limit else USUAL_PAGE,
        "offset": offset if isinstance(offset, int) and is_offset else 0,
    }


def call(settings: Settings, method: str, path: str, body: object = None) -> Steps[Any]:
    """Make one call and return its JSON, or `Done` if a success has no body.

    `path` follows the base URL. Raises SuprsendAPIException if the server refuses or answers something that isn't
    JSON, and TransportError if no answer comes.
    """
    content = b"" if body is None else encode(body)
    send = Send(method, settings.prefix + path, content, False, settings.policy.timeout)
    return _read_json((yield from exchange(send, settings.policy)))


def _read_json(answer: Answer) -> Any:
    if isinstance(answer, TransportError):
        raise answer
    if not answer.is_success:
        raise SuprsendAPIException(answer)
    if not answer.body.strip():
        return done(answer)
    try:
        return answer.json()
    except ValueError:
        kind = answer.header("content-type") or "no content type"
        raise SuprsendAPIException(answer, f"the answer is not JSON ({kind}): {answer.text[:200]}") from None


def done(answer: Response) -> Done:
    """Return what stands for a success without a body."""
    return {"success": True, "status_code": answer.status}


def delete(settings: Settings, path: str, body: object = None) -> Steps[Done]:
    """Make one call whose success has nothing to say; raises what `call` does."""
    content = b"" if body is None else encode(body)
    send = Send("DELETE", settings.prefix + path, content, False, settings.policy.timeout)
    answer = yield from exchange(send, settings.policy)
    if isinstance(answer, TransportError):
        raise answer
    if not answer.is_success:
        raise SuprsendAPIException(answer)
    return done(answer)
