"""Whose inbox it is, and what a tab of it shows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta, Struct

from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import read_json, refuse_nul

MOST_STORES = 20
# Names of numbers that stand beside those of the stores, and a name that browsers read as the outcome of the call.
_TAKEN = frozenset({"badge", "ss_bell_count", "status"})


@dataclass(frozen=True, slots=True)
class Inbox:
    """One person's inbox in one tenant."""

    workspace_id: int
    distinct_id: str
    tenant_id: str


@dataclass(frozen=True, slots=True)
class Store:
    """A tab: what it shows; without tags or categories any will do."""

    id: str
    is_read: bool | None = None
    is_archived: bool = False
    tags: Sequence[str] = ()
    categories: Sequence[str] = ()


EVERYTHING = Store("")

_Words: TypeAlias = Annotated[list[Annotated[str, Meta(max_length=255)]], Meta(max_length=100)]


class _AnyOf(Struct, frozen=True):
    words: _Words | None = msgspec.field(default=None, name="or")


class _Query(Struct, frozen=True):
    read: bool | None = None
    archived: bool | None = None
    tags: _AnyOf | _Words | None = None
    categories: _AnyOf | _Words | None = None


class _StoreForm(Struct, frozen=True):
    store_id: Annotated[str, Meta(min_length=1, max_length=255)]
    query: _Query | None = None


_STORE = msgspec.json.Decoder(_StoreForm)
_STORES = msgspec.json.Decoder(Annotated[list[_StoreForm], Meta(max_length=MOST_STORES)])


def read_store(text: str) -> Store:
    """The tab that a query parameter describes; the empty text is a tab of everything that is not archived."""
    if not text:
        return EVERYTHING
    try:
        return _store(read_json(text.encode("utf-8", "surrogatepass"), _STORE))
    except Invalid as fault:
        raise fault.within("store") from None


def read_stores(text: str) -> list[Store]:
    """The tabs that a query parameter describes, each with a name of its own."""
    if not text:
        return []
    try:
        stores = [_store(each) for each in read_json(text.encode("utf-8", "surrogatepass"), _STORES)]
    except Invalid as fault:
        raise fault.within("stores") from None
    names = [each.id for each in stores]
    if len(set(names)) < len(names):
        raise Invalid("stores", "two have the same store_id")
    return stores


def _store(form: _StoreForm) -> Store:
    if form.store_id in _TAKEN:
        raise Invalid("store_id", f"must not be one of {', '.join(sorted(_TAKEN))}")
    query = form.query or _Query()
    store = Store(form.store_id, query.read, bool(query.archived), _words(query.tags), _words(query.categories))
    for value in (store.id, list(store.tags), list(store.categories)):
        refuse_nul(value, "query")
    return store


def _words(given: _AnyOf | Collection[str] | None) -> tuple[str, ...]:
    match given:
        case None:
            return ()
        case _AnyOf():
            return tuple(given.words or ())
        case _:
            return tuple(given)
