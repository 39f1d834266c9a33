"""`/v1/{workspace}/translation/`: files of texts by locale, and their commit (wire.md 6)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from litestar import delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from msgspec import Struct

from suprsend_hub.actions.audit import change_along
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.management import CommitMessage, Management, Mode
from suprsend_hub.api.pages import Limit, Offset, page
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.translation import check_texts, read_locale_of
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.translations import (
    Translation,
    drop_translation,
    find_translation,
    page_translations,
    publish_translations,
    put_translation,
)

# Files are long: the official client asks for ten at a time.
PAGE = 10


class TranslationForm(Struct, frozen=True):
    """The texts of a file, by key; objects group keys."""

    content: dict[str, Any]


_TRANSLATION = msgspec.json.Decoder(TranslationForm)

EXAMPLE = {"content": {"order_shipped": "Your order {{order_id}} is on its way.", "cart": {"empty": "Nothing yet"}}}


def translation_routes(
    gatekeeper: Gatekeeper, pool: Pool, vault: Vault, now: Callable[[], datetime]
) -> list[HTTPRouteHandler]:
    """The routes of translations."""
    management = Management(gatekeeper, pool, vault, now)
    return [*_reading_routes(management), *_writing_routes(management)]


def _reading_routes(management: Management) -> list[HTTPRouteHandler]:
    @get("/v1/{workspace:str}/translation/", summary="List translations", tags=["translations"])
    async def list_translations(
        request: AnyRequest,
        workspace: FromPath[str],
        limit: Limit = PAGE,
        offset: Offset = 0,
        mode: Mode = "draft",
        include_content: FromQuery[bool] = False,
        include_version_info: FromQuery[bool] = False,
    ) -> Document:
        """A page of files by name; what is said of versions is always there."""
        opened = await management.open_workspace(request, workspace)
        async with management.pool.acquire() as connection:
            count, found = await page_translations(connection, opened.id, limit, offset, mode)
        return page([_document(each, mode, include_content) for each in found], count, limit, offset)

    @get("/v1/{workspace:str}/translation/content/{filename:str}/", summary="Get a file", tags=["translations"])
    async def get_translation(
        request: AnyRequest, workspace: FromPath[str], filename: FromPath[str], mode: Mode = "draft"
    ) -> Document:
        """One file with its texts."""
        opened = await management.open_workspace(request, workspace)
        async with management.pool.acquire() as connection:
            found = await find_translation(connection, opened.id, filename, mode)
        if found is None:
            raise NotFound(f"there is no translation file {filename!r} in mode {mode}")
        return _document(found, mode, True)

    return [list_translations, get_translation]


def _writing_routes(management: Management) -> list[HTTPRouteHandler]:
    path = "/v1/{workspace:str}/translation/content/{filename:str}/"

    @post(
        path,
        operation_class=body_of(TranslationForm, example=EXAMPLE),
        status_code=200,
        summary="Add or replace a file",
        tags=["translations"],
    )
    async def put_file(request: AnyRequest, workspace: FromPath[str], filename: FromPath[str]) -> Document:
        """Replace the draft of a file; it is live with the next commit."""
        opened, actor = await management.open_to_change(request, workspace)
        locale = read_locale_of(filename, "filename")
        form = await read_body(request, _TRANSLATION)
        check_texts(form.content, "content")

        async def work(connection: Connection) -> Translation | None:
            is_new = await put_translation(connection, opened.id, filename, locale, form.content, management.now())
            await actor.saving("added translation", "changed draft of translation", filename)(connection, is_new)
            return await find_translation(connection, opened.id, filename, "draft")

        saved = await transact(management.pool, work)
        assert saved is not None, "the row was just written"
        return _document(saved, "draft", True)

    @delete(path, summary="Delete a file", tags=["translations"])
    async def delete_file(request: AnyRequest, workspace: FromPath[str], filename: FromPath[str]) -> None:
        """Take a file out of the draft; it stays live until the next commit."""
        opened, actor = await management.open_to_change(request, workspace)

        async def work(connection: Connection) -> None:
            if not await drop_translation(connection, opened.id, filename, management.now()):
                raise NotFound(f"the draft has no translation file {filename!r}")

        await change_along(management.pool, work, actor.noting("removed translation", filename))

    @patch("/v1/{workspace:str}/translation/commit/", summary="Commit translations", tags=["translations"])
    async def commit_files(
        request: AnyRequest,
        workspace: FromPath[str],
        commit_message: CommitMessage = None,
    ) -> Document:
        """Make the drafts of all files live, in one."""
        opened, actor = await management.open_to_change(request, workspace)
        message = commit_message or ""

        async def work(connection: Connection) -> int:
            changed = await publish_translations(connection, opened.id, message, management.now())
            if changed:
                await actor.noting("committed translations", "", message=message, files=changed)(connection)
            return changed

        return {"status": "success", "changed": await transact(management.pool, work)}

    return [put_file, delete_file, commit_files]


def _document(translation: Translation, mode: Mode, include_content: bool) -> Document:
    document: Document = {
        "filename": translation.filename,
        "locale": translation.locale,
        "version_no": translation.version_no,
        "version_status": "live" if mode == "live" or translation.action == "unchanged" else "draft",
        "action": translation.action,
        "commit_message": translation.commit_message,
        "committed_at": translation.committed_at,
        "updated_at": translation.updated_at,
    }
    return document | {"content": translation.content} if include_content else document
