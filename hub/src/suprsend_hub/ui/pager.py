"""Pages of lists by keyset: reading the position in the address, and the links to the pages around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from suprsend_hub.domain.fault import Invalid
from suprsend_hub.store.keyset import Keyset
from suprsend_hub.ui.visit import AnyRequest

T = TypeVar("T")

ROWS = 50
_POSITION = ("after", "before")


@dataclass(frozen=True, slots=True)
class Pager:
    """Queries that lead to newer and older rows, None where there are none; the newer may be the first page."""

    newer: str | None
    older: str | None
    is_first_newer: bool = False


def read_position(request: AnyRequest, *, numeric: bool = False, limit: int = ROWS) -> Keyset:
    """Which page the address asks for; cursors are the ids of rows."""
    cursors: list[int | str | None] = [_cursor(request.query_params.get(name), name, numeric) for name in _POSITION]
    after, before = cursors
    return Keyset(limit, after, None if after is not None else before)


def cut(
    request: AnyRequest, rows: Sequence[T], keyset: Keyset, cursor_of: Callable[[T], int | str]
) -> tuple[Sequence[T], Pager]:
    """The rows that are shown, of which there is one more where there are more, and the links around them."""
    more = len(rows) > keyset.limit
    if keyset.before is not None:
        shown, has_newer, has_older = rows[-keyset.limit :], more, bool(rows)
    else:
        shown, has_newer, has_older = rows[: keyset.limit], keyset.after is not None, more
    newer = _query(request, before=cursor_of(shown[0])) if has_newer and shown else None
    if has_newer and not shown:
        newer = _query(request)
    return shown, Pager(newer, _query(request, after=cursor_of(shown[-1])) if has_older and shown else None)


def search_on(
    request: AnyRequest, rows: Sequence[T], keyset: Keyset, cursor_of: Callable[[T], int | str], horizon: str | None
) -> tuple[Sequence[T], Pager]:
    """The same for a search that goes towards older rows only; `horizon` is how far it looked, where it stopped."""
    shown = rows[: keyset.limit]
    last = cursor_of(shown[-1]) if len(rows) > keyset.limit else horizon
    newer = _query(request) if keyset.after is not None else None
    return shown, Pager(newer, None if last is None else _query(request, after=last), is_first_newer=True)


def cut_by_name(rows: Sequence[T], name_of: Callable[[T], str]) -> tuple[Sequence[T], str | None]:
    """The rows that are shown of a list that only goes on, and the query that does, None at the end."""
    shown = rows[:ROWS]
    return shown, urlencode({"after": name_of(shown[-1])}) if len(rows) > ROWS else None


def _query(request: AnyRequest, **position: int | str) -> str:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in _POSITION and value]
    return "?" + urlencode([*kept, *position.items()])


def _cursor(text: str | None, field: str, numeric: bool) -> int | str | None:
    if not text:
        return None
    if not (text.isascii() and text.isalnum() and len(text) < 64 and (not numeric or len(text) < 19)):
        raise Invalid(field, "is no place in this list")
    if numeric and not text.isdigit():
        raise Invalid(field, "is no place in this list")
    return int(text) if numeric else text
