"""The categories of a workspace: what is live, the draft as a tree and as JSON, and its commit."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_categories import commit_categories, note_commit, note_draft, save_categories
from suprsend_hub.domain.category import ROOT_TREE, CategoryTree, hash_of
from suprsend_hub.domain.category_reading import TREE_DECODER, check_tree
from suprsend_hub.domain.fault import Conflict, Invalid
from suprsend_hub.domain.reading import read_json
from suprsend_hub.store.categories import StoredTree, read_tree
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form, read_query
from suprsend_hub.ui.shown import show_document
from suprsend_hub.ui.visit import ThisVisit, Visit


class SideQuery(Struct, frozen=True):
    """Which side is looked at."""

    side: Literal["draft", "live"] = "draft"


class TreeForm(Struct, frozen=True):
    """A tree as JSON, and the draft that it was made from."""

    tree: str = ""
    made_from: Annotated[str, Meta(max_length=100)] = ""


class CommitForm(Struct, frozen=True):
    """What is said of a commit, and the hash of the draft that was looked at."""

    message: Annotated[str, Meta(max_length=500)] = ""
    seen: Annotated[str, Meta(max_length=100)] = ""


def category_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of categories."""

    async def stored_of(visit: Visit) -> StoredTree | None:
        async with console.pool.acquire() as connection:
            return await read_tree(connection, visit.workspace_id)

    @get("/{workspace:str}/categories")
    async def show(visit: ThisVisit) -> Page:
        """The tree, as it is in the draft or as it is live."""
        side, stored = read_query(visit.request, SideQuery).side, await stored_of(visit)
        live = stored.live if stored else None
        tree = _draft(stored) if side == "draft" else live or ROOT_TREE
        is_ahead = stored is not None and stored.draft != stored.live
        return console.page(
            visit,
            "categories/show.html",
            tree=tree,
            side=side,
            stored=stored,
            is_ahead=is_ahead,
            seen=hash_of(_draft(stored)),
        )

    @get("/{workspace:str}/categories/edit")
    async def edit(visit: ThisVisit) -> Page:
        """The draft as JSON."""
        draft = _draft(await stored_of(visit))
        return console.page(
            visit, "categories/edit.html", text=show_document(_document(draft)), made_from=hash_of(draft), fault=None
        )

    @post("/{workspace:str}/categories")
    async def save(visit: ThisVisit) -> Page:
        """Replace the draft; what is wrong names where it is, and what was typed is kept."""
        form = await read_form(visit.request, TreeForm)

        def refuse(fault: Invalid, status: int) -> Page:
            text, seen = form.tree, form.made_from
            return console.page(visit, "categories/edit.html", status=status, text=text, made_from=seen, fault=fault)

        try:
            tree = _read(form.tree)
        except Invalid as fault:
            return refuse(fault, 400)
        noting = note_draft(visit.actor, tree)
        workspace_id, now, seen = visit.workspace_id, console.now(), form.made_from
        try:
            await save_categories(
                console.pool, workspace_id, tree, now, commit=False, message="", along=noting, seen=seen
            )
        except Conflict:
            stale = "is made from a draft that somebody has changed since; copy it, and load anew"
            return refuse(Invalid("tree", stale), 409)
        return console.go(visit, f"{visit.home}/categories", "The draft was saved. It counts once it is committed.")

    @post("/{workspace:str}/categories/commit")
    async def commit(visit: ThisVisit) -> Page:
        """Make the draft live."""
        form = await read_form(visit.request, CommitForm)
        noting = note_commit(visit.actor, form.message)
        try:
            stored = await commit_categories(
                console.pool, visit.workspace_id, form.message, console.now(), noting, seen=form.seen
            )
        except Conflict as fault:
            said = f"{fault.message}: nothing went live. Look at it again."
            return console.go(visit, f"{visit.home}/categories", said, "bad")
        return console.go(visit, f"{visit.home}/categories?side=live", f"Version {stored.version_no} is live.")

    return [show, edit, save, commit]


def _draft(stored: StoredTree | None) -> CategoryTree:
    return stored.draft if stored else ROOT_TREE


def _read(text: str) -> CategoryTree:
    try:
        return check_tree(read_json(text.encode(), TREE_DECODER))
    except Invalid as fault:
        problem = fault.problem if fault.field in ("", "body") else f"{fault.field} {fault.problem}"
        raise Invalid("tree", problem) from None


def _document(tree: CategoryTree) -> Any:
    """A tree without what is not said."""
    return _without_nulls(msgspec.to_builtins(tree))


def _without_nulls(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_nulls(item) for name, item in value.items() if item is not None}
        case list() | tuple():
            return [_without_nulls(item) for item in value]
        case _:
            return value
