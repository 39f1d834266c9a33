"""Pages of wire.md 1.6: by offset, or by a cursor, of which `after` leads on and `before` leads back."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeAlias, TypeVar

from litestar.di import Provide
from litestar.params import QueryParameter

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.store.keyset import Keyset

T = TypeVar("T")

MOST_A_PAGE = 1000

Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=MOST_A_PAGE)]
Offset: TypeAlias = Annotated[int, QueryParameter(ge=0, le=2**31 - 1)]
Text = Annotated[str | None, QueryParameter(max_length=255)]


def page(results: list[Document], count: int, limit: int, offset: int) -> Document:
    """A page in the offset style."""
    return {"meta": {"count": count, "limit": limit, "offset": offset}, "results": results}


def read_keyset(limit: Limit = 20, after: Text = None, before: Text = None) -> Keyset:
    """Which part of a list is wanted; `after` wins where both are given."""
    return Keyset(limit, _cursor(after, "after"), None if after is not None else _cursor(before, "before"))


# For routes that list by keyset.
KEYSET = {"keyset": Provide(read_keyset, sync_to_thread=False)}


def keyset_page(
    rows: Sequence[T], keyset: Keyset, cursor_of: Callable[[T], int | str], show: Callable[[T], Document]
) -> Document:
    """A page of what `keyset` asked for; `rows` are in the order of the list, and one more where there are more."""
    more = len(rows) > keyset.limit
    if keyset.before is not None:
        shown, has_prev, has_next = rows[-keyset.limit :], more, bool(rows)
    else:
        shown, has_prev, has_next = rows[: keyset.limit], keyset.after is not None and bool(rows), more
    return {
        "meta": {
            "limit": keyset.limit,
            "count": len(shown),
            "before": str(cursor_of(shown[0])) if has_prev else None,
            "after": str(cursor_of(shown[-1])) if has_next else None,
            "has_prev": has_prev,
            "has_next": has_next,
        },
        "results": [show(row) for row in shown],
    }


def _cursor(text: str | None, field: str) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid(field, "is not a cursor: use meta.after or meta.before of a page")
    return int(text)
