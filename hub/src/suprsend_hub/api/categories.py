"""`/v1/{workspace}/preference_category/`: a workspace's categories, their commit and their words (wire.md 6)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from litestar import get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from suprsend_hub.actions.audit import change_along
from suprsend_hub.actions.edit_categories import commit_categories, note_commit, note_draft, save_categories
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.management import CommitMessage, Management, Mode
from suprsend_hub.api.preference_documents import tree_document
from suprsend_hub.description import body_of
from suprsend_hub.domain.category import ROOT_TREE, CategoryTree, hash_of
from suprsend_hub.domain.category_reading import TREE_DECODER, check_tree
from suprsend_hub.domain.category_translation import CategoryWords, normal_locale, words_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.template import DEFAULT_LOCALE
from suprsend_hub.domain.template_name import check_locale
from suprsend_hub.store.categories import StoredTree, list_locales, put_words, read_tree, read_words
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.workspaces import Workspace

_WORDS = msgspec.json.Decoder(CategoryWords)

EXAMPLE = {
    "root_categories": [
        {
            "root_category": "promotional",
            "sections": [
                {
                    "name": "Offers",
                    "categories": [
                        {"category": "newsletter", "name": "Newsletter", "default_preference": "opt_in"},
                    ],
                }
            ],
        }
    ]
}
WORDS_EXAMPLE = {"sections": {"offers": {"name": "Angebote"}}, "categories": {"newsletter": {"name": "Rundbrief"}}}


@dataclass(frozen=True, slots=True)
class _Shown:
    """One side of a workspace's categories: the draft, or what is live."""

    tree: CategoryTree
    is_draft: bool
    version_no: int | None
    commit_message: str
    committed_at: datetime


def category_routes(
    gatekeeper: Gatekeeper, pool: Pool, vault: Vault, now: Callable[[], datetime]
) -> list[HTTPRouteHandler]:
    """The routes of categories."""
    management = Management(gatekeeper, pool, vault, now)
    return [*_tree_routes(management), *_translation_routes(management)]


def _tree_routes(management: Management) -> list[HTTPRouteHandler]:
    @get("/v1/{workspace:str}/preference_category/", summary="Get the categories", tags=["categories"])
    async def get_tree(request: AnyRequest, workspace: FromPath[str], mode: Mode = "draft") -> Document:
        """The whole tree; before anything was said of it, each root is a category."""
        opened = await management.open_workspace(request, workspace)
        async with management.pool.acquire() as connection:
            stored = await read_tree(connection, opened.id)
        return _tree(_shown(opened, stored, live=mode == "live"))

    @post(
        "/v1/{workspace:str}/preference_category/",
        operation_class=body_of(CategoryTree, example=EXAMPLE),
        status_code=200,
        summary="Replace the categories",
        tags=["categories"],
    )
    async def put_tree(
        request: AnyRequest,
        workspace: FromPath[str],
        commit: FromQuery[bool] = False,
        commit_message: CommitMessage = None,
    ) -> Document:
        """Replace the draft, and make it live with `commit`."""
        opened, actor = await management.open_to_change(request, workspace)
        tree = check_tree(await read_body(request, TREE_DECODER))
        message = commit_message or ""
        stored = await save_categories(
            management.pool,
            opened.id,
            tree,
            management.now(),
            commit=commit,
            message=message,
            along=note_draft(actor, tree),
            along_commit=note_commit(actor, message),
        )
        return _tree(_shown(opened, stored, live=commit)) | {"validation_result": {"is_valid": True, "errors": []}}

    @patch(
        "/v1/{workspace:str}/preference_category/commit/",
        status_code=200,
        summary="Commit the categories",
        tags=["categories"],
    )
    async def commit_tree(
        request: AnyRequest, workspace: FromPath[str], commit_message: CommitMessage = None
    ) -> Document:
        """Make the draft live; committing twice is committing once."""
        opened, actor = await management.open_to_change(request, workspace)
        message = commit_message or ""
        noting = note_commit(actor, message)
        stored = await commit_categories(management.pool, opened.id, message, management.now(), noting)
        return _tree(_shown(opened, stored, live=True)) | {"validation_result": {"is_valid": True, "errors": []}}

    return [get_tree, put_tree, commit_tree]


def _translation_routes(management: Management) -> list[HTTPRouteHandler]:
    content = "/v1/{workspace:str}/preference_category/translation/content/{locale:str}/"

    @get("/v1/{workspace:str}/preference_category/translation/locale/", summary="List languages", tags=["categories"])
    async def get_locales(request: AnyRequest, workspace: FromPath[str]) -> Document:
        """The languages into which categories are translated, and the one in which they are written."""
        opened = await management.open_workspace(request, workspace)
        async with management.pool.acquire() as connection:
            known = await list_locales(connection, opened.id)
        return {"results": [{"locale": each} for each in sorted({*known, DEFAULT_LOCALE})]}

    @get(content, summary="Get a translation", tags=["categories"])
    async def get_words(request: AnyRequest, workspace: FromPath[str], locale: FromPath[str]) -> Document:
        """The words of one language; in the default one the tree's own, unless they were translated."""
        opened = await management.open_workspace(request, workspace)
        name = _read_locale(locale)
        async with management.pool.acquire() as connection:
            words = (await read_words(connection, opened.id, [name])).get(name)
            if words is None and name == DEFAULT_LOCALE:
                words = words_of(_shown(opened, await read_tree(connection, opened.id), live=False).tree)
        if words is None:
            raise NotFound(f"the categories are not translated into {name!r}")
        return _words(words)

    @post(
        content,
        operation_class=body_of(CategoryWords, example=WORDS_EXAMPLE),
        status_code=200,
        summary="Replace a translation",
        tags=["categories"],
    )
    async def set_words(request: AnyRequest, workspace: FromPath[str], locale: FromPath[str]) -> Document:
        """Replace the words of one language, by the slugs of sections and categories; they are live at once."""
        opened, actor = await management.open_to_change(request, workspace)
        name = _read_locale(locale)
        words = await read_body(request, _WORDS)
        await change_along(
            management.pool,
            lambda connection: put_words(connection, opened.id, name, words, management.now()),
            actor.noting("translated categories", name),
        )
        return _words(words)

    return [get_locales, get_words, set_words]


def _shown(workspace: Workspace, stored: StoredTree | None, *, live: bool) -> _Shown:
    """One side of what is stored; a time must always be there, for the official command-line client reads it."""
    if stored is None or (live and stored.live is None):
        return _Shown(ROOT_TREE, not live, None, "", workspace.created_at)
    committed_at = stored.committed_at or stored.updated_at
    if not live:
        return _Shown(stored.draft, True, stored.version_no, stored.commit_message or "", committed_at)
    assert stored.live is not None, "what was never committed was shown above"
    return _Shown(stored.live, False, stored.version_no, stored.commit_message or "", committed_at)


def _tree(shown: _Shown) -> Document:
    return {
        "root_categories": tree_document(shown.tree),
        "hash": hash_of(shown.tree),
        "version_no": shown.version_no,
        "status": "draft" if shown.is_draft else "active",
        "commit_message": shown.commit_message,
        "committed_at": shown.committed_at,
    }


def _words(words: CategoryWords) -> Document:
    document: Document = msgspec.to_builtins(words)
    return document


def _read_locale(text: str) -> str:
    check_locale(text, "locale")
    return normal_locale(text)
