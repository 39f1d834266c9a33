"""`/v2/{workspace}/template/`: templates, their commit and their sample data (wire.md 6)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_template import TemplateChanges, remove_template, save_mock_data, save_template
from suprsend_hub.actions.publish import VariantKey, find_template_or_refuse, publish_draft, review_draft
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.management import PAGE, CommitMessage, Management, Mode
from suprsend_hub.api.pages import Limit, Offset, page
from suprsend_hub.api.template_documents import review_document, template_document
from suprsend_hub.api.template_variants import variant_routes
from suprsend_hub.description import body_of
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.template_content import read_document
from suprsend_hub.domain.template_name import check_slug
from suprsend_hub.store.database import Connection, Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.templates import (
    Template,
    count_variants,
    page_templates,
    read_mock_data,
)


class TemplateForm(Struct, frozen=True):
    """What can be said of a template; a field that is missing or null stays as it is."""

    name: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    description: Annotated[str, Meta(max_length=500)] | None = None
    tags: Annotated[list[Annotated[str, Meta(min_length=1, max_length=128)]], Meta(max_length=25)] | None = None
    enabled_channels: Annotated[list[Channel], Meta(max_length=10)] | None = None


class CommitForm(Struct, frozen=True):
    """Which variants go live; all of them where `variants` is missing."""

    variants: Annotated[list[VariantKey], Meta(min_length=1)] | None = None
    commit_message: Annotated[str, Meta(max_length=500)] | None = None


class MockDataForm(Struct, frozen=True):
    """Sample data, of any shape."""

    data: dict[str, Any]


class _RawMockDataForm(Struct, frozen=True):
    data: msgspec.Raw


_TEMPLATE = msgspec.json.Decoder(TemplateForm)
_COMMIT = msgspec.json.Decoder(CommitForm)
_MOCK_DATA = msgspec.json.Decoder(_RawMockDataForm)

EXAMPLE = {"name": "Purchase made", "enabled_channels": ["email", "androidpush", "inbox"]}


def template_routes(
    gatekeeper: Gatekeeper, pool: Pool, vault: Vault, now: Callable[[], datetime]
) -> list[HTTPRouteHandler]:
    """The routes of templates."""
    management = Management(gatekeeper, pool, vault, now)
    return [
        *_reading_routes(management),
        *_writing_routes(management),
        *_commit_routes(management),
        *_mock_data_routes(management),
        *variant_routes(management),
    ]


def _reading_routes(management: Management) -> list[HTTPRouteHandler]:
    @get("/v2/{workspace:str}/template/", summary="List templates", tags=["templates"])
    async def list_templates(
        request: AnyRequest, workspace: FromPath[str], limit: Limit = PAGE, offset: Offset = 0, mode: Mode = "draft"
    ) -> Document:
        """A page of templates by slug; in mode `live` only those that were committed."""
        opened = await management.open_workspace(request, workspace)
        live = mode == "live"
        async with management.pool.acquire() as connection:
            count, found = await page_templates(connection, opened.id, limit, offset, only_live=live)
            counts = await count_variants(connection, found, live=live)
        return page([template_document(each, counts.get(each.id, {})) for each in found], count, limit, offset)

    @get("/v2/{workspace:str}/template/{slug:str}/", summary="Get a template", tags=["templates"])
    async def get_template(
        request: AnyRequest, workspace: FromPath[str], slug: FromPath[str], mode: Mode = "draft"
    ) -> Document:
        """A template without its content; in mode `live` it must have been committed."""
        opened = await management.open_workspace(request, workspace)
        async with management.pool.acquire() as connection:
            template = await find_template_or_refuse(connection, opened.id, slug)
            if mode == "live" and template.live_version_id is None:
                raise NotFound(f"template {slug!r} has no live version yet; commit it first")
            return await _document(connection, template, live=mode == "live")

    return [list_templates, get_template]


def _writing_routes(management: Management) -> list[HTTPRouteHandler]:
    @post(
        "/v2/{workspace:str}/template/{slug:str}/",
        operation_class=body_of(TemplateForm, example=EXAMPLE),
        status_code=200,
        summary="Add or change a template",
        tags=["templates"],
    )
    async def put_template(request: AnyRequest, workspace: FromPath[str], slug: FromPath[str]) -> Document:
        """Add a template, or change what is said of it; its variants and its live version stay."""
        opened, actor = await management.open_to_change(request, workspace)
        check_slug(slug, "slug")
        form = await read_body(request, _TEMPLATE)
        changes = TemplateChanges(form.name, form.description, form.tags, form.enabled_channels)
        noted = {} if form.enabled_channels is None else {"channels": form.enabled_channels}
        noting = actor.saving("added template", "changed template", slug, **noted)
        template = await save_template(management.pool, opened.id, slug, changes, management.now(), noting)
        async with management.pool.acquire() as connection:
            return await _document(connection, template, live=False)

    @delete("/v2/{workspace:str}/template/{slug:str}/", summary="Delete a template", tags=["templates"])
    async def delete_template(request: AnyRequest, workspace: FromPath[str], slug: FromPath[str]) -> None:
        """Take a template out of use, unless workflows send it; messages that wait for it end with a reason."""
        opened, actor = await management.open_to_change(request, workspace)
        noting = actor.noting("removed template", slug)
        await remove_template(management.pool, opened.id, slug, management.now(), noting)

    return [put_template, delete_template]


def _commit_routes(management: Management) -> list[HTTPRouteHandler]:
    @post(
        "/v2/{workspace:str}/template/{slug:str}/pre_commit_validate/",
        status_code=200,
        summary="Say what a commit would do",
        tags=["templates"],
    )
    async def validate_template(request: AnyRequest, workspace: FromPath[str], slug: FromPath[str]) -> Document:
        """Compare the draft with the live version, and list what keeps it from going live."""
        opened = await management.open_workspace(request, workspace)
        async with management.pool.acquire() as connection:
            template = await find_template_or_refuse(connection, opened.id, slug)
            return review_document(await review_draft(connection, template))

    @patch(
        "/v2/{workspace:str}/template/{slug:str}/commit/",
        operation_class=body_of(CommitForm, example={}),
        summary="Commit a template",
        tags=["templates"],
    )
    async def commit_template(
        request: AnyRequest,
        workspace: FromPath[str],
        slug: FromPath[str],
        commit_message: CommitMessage = None,
    ) -> Document:
        """Make the draft live, whole or only the variants named; what was accepted before keeps its version."""
        opened, actor = await management.open_to_change(request, workspace)
        form = await read_body(request, _COMMIT, empty=CommitForm())
        message = commit_message or form.commit_message or ""
        noting = actor.noting("committed template", slug, message=message)
        template = await publish_draft(
            management.pool, opened.id, slug, form.variants, message, management.now(), noting
        )
        async with management.pool.acquire() as connection:
            return await _document(connection, template, live=True)

    return [validate_template, commit_template]


def _mock_data_routes(management: Management) -> list[HTTPRouteHandler]:
    @get("/v2/{workspace:str}/template/{slug:str}/mock_data/", summary="Get sample data", tags=["templates"])
    async def get_mock_data(request: AnyRequest, workspace: FromPath[str], slug: FromPath[str]) -> Document:
        """A template's sample data; 404 when it has none."""
        opened = await management.open_workspace(request, workspace)
        async with management.pool.acquire() as connection:
            template = await find_template_or_refuse(connection, opened.id, slug)
            data = await read_mock_data(connection, template.id)
        if data is None:
            raise NotFound(f"template {slug!r} has no mock data")
        return {"data": data}

    @patch(
        "/v2/{workspace:str}/template/{slug:str}/mock_data/",
        operation_class=body_of(MockDataForm, example={"data": {"first_name": "Ada"}}),
        summary="Replace sample data",
        tags=["templates"],
    )
    async def put_mock_data(request: AnyRequest, workspace: FromPath[str], slug: FromPath[str]) -> Document:
        """Replace a template's sample data."""
        opened, actor = await management.open_to_change(request, workspace)
        data = read_document((await read_body(request, _MOCK_DATA)).data, "data")
        await save_mock_data(management.pool, opened.id, slug, data, actor.noting("changed sample data", slug))
        return {"data": data}

    return [get_mock_data, put_mock_data]


async def _document(connection: Connection, template: Template, *, live: bool) -> Document:
    counts = await count_variants(connection, [template], live=live)
    return template_document(template, counts.get(template.id, {}))
