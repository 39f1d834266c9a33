"""Pages in the cursor style of wire.md 1.6: `after` leads on, `before` leads back."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from litestar.params import QueryParameter

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.store.keyset import Keyset

T = TypeVar("T")

MOST_A_PAGE = 1000

Text = Annotated[str | None, QueryParameter(max_length=255)]


def cursor_page(
    rows: Sequence[T],
    limit: int,
    after: str | None,
    before: str | None,
    cursor_of: Callable[[T], str],
    show: Callable[[T], Document],
) -> Document:
    """A page of `rows`, which are in the order of the list and one more than asked for where there are more."""
    more = len(rows) > limit
    shown = rows[-limit:] if before is not None else rows[:limit]
    has_next = bool(shown) if before is not None else more
    has_prev = more if before is not None else after is not None and bool(shown)
    return {
        "meta": {
            "limit": limit,
            "count": len(shown),
            "before": cursor_of(shown[0]) if has_prev else None,
            "after": cursor_of(shown[-1]) if has_next else None,
            "has_prev": has_prev,
            "has_next": has_next,
        },
        "results": [show(row) for row in shown],
    }


def read_keyset(
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_A_PAGE)] = 20, after: Text = None, before: Text = None
) -> Keyset:
    """Which part of a list is wanted; `after` wins where both are given."""
    return Keyset(limit, _cursor(after, "after"), None if after is not None else _cursor(before, "before"))


def keyset_page(
    rows: Sequence[T], keyset: Keyset, cursor_of: Callable[[T], int], show: Callable[[T], Document]
) -> Document:
    """A page of what `keyset` asked for."""
    after, before = (None if each is None else str(each) for each in (keyset.after, keyset.before))
    return cursor_page(rows, keyset.limit, after, before, lambda row: str(cursor_of(row)), show)


def _cursor(text: str | None, field: str) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid(field, "is not a cursor: use meta.after or meta.before of a page")
    return int(text)
