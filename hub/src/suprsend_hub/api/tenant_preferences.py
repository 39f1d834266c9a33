"""`/v1/tenant/{tenant_id}/preference/`: what tenants say of categories otherwise than the workspace (wire.md 3.7)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import get, patch
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_tenant_categories import TenantChanges, change_tenant_category, find_or_refuse
from suprsend_hub.actions.read_preferences import TenantPicture, read_tenant
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.pages import Limit, Offset, page
from suprsend_hub.api.preference_documents import tenant_category_document, tenant_tree_document
from suprsend_hub.api.preference_queries import Locale, Tags
from suprsend_hub.description import body_of
from suprsend_hub.domain.category import Preference
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.reading import refuse_depth
from suprsend_hub.domain.tag_filter import TagFilter, read_tag_filter
from suprsend_hub.domain.template_name import check_tenant_id
from suprsend_hub.store.database import Pool
from suprsend_hub.store.workspaces import Workspace

PAGE = 20

_Channels = Annotated[tuple[Channel, ...], Meta(max_length=50)]


class TenantCategoryForm(Struct, frozen=True):
    """What a tenant says of a category; what is missing or null stays as it is."""

    enabled_for_tenant: bool | None = None
    visible_to_subscriber: bool | None = None
    preference: Preference | None = None
    mandatory_channels: _Channels | None = None
    opt_in_channels: _Channels | None = None
    blocked_channels: _Channels | None = None
    digest_schedule: dict[str, Any] | None = None
    properties: dict[str, Any] | list[dict[str, Any]] | None = None


_FORM = msgspec.json.Decoder(TenantCategoryForm)

EXAMPLE = {"preference": "cant_unsubscribe", "mandatory_channels": ["email"], "visible_to_subscriber": True}

_LIST = ["/v1/tenant/{tenant_id:str}/preference/category/", "/v1/tenant/{tenant_id:str}/category/"]
_ONE = "/v1/tenant/{tenant_id:str}/preference/category/{category:str}/"
# The path that came before is written to, but never read from.
_WRITTEN = [_ONE, "/v1/tenant/{tenant_id:str}/category/{category:str}/"]


def tenant_preference_routes(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The routes of tenants' categories."""

    async def open_workspace(request: AnyRequest, tenant_id: str) -> Workspace:
        workspace = await gatekeeper.workspace(request)
        check_tenant_id(tenant_id, "tenant_id")
        return workspace

    async def picture_of(request: AnyRequest, tenant_id: str, locale: str | None) -> TenantPicture:
        workspace = await open_workspace(request, tenant_id)
        async with pool.acquire() as connection:
            return await read_tenant(connection, workspace.id, tenant_id, locale or None)

    @get("/v1/tenant/{tenant_id:str}/preference/", summary="Get a tenant's categories", tags=["tenants"])
    async def get_tree(request: AnyRequest, tenant_id: FromPath[str], locale: Locale = None) -> Document:
        """The tree of the categories that are enabled for the tenant, with what it says of each."""
        return tenant_tree_document(await picture_of(request, tenant_id, locale))

    @get(
        _LIST,
        summary="List a tenant's categories",
        tags=["tenants"],
        dependencies={"wanted": Provide(_read_tags, sync_to_thread=False)},
    )
    async def list_categories(
        request: AnyRequest,
        tenant_id: FromPath[str],
        wanted: NamedDependency[TagFilter],
        locale: Locale = None,
        include_disabled: Annotated[bool, QueryParameter()] = False,
        limit: Limit = PAGE,
        offset: Offset = 0,
    ) -> Document:
        """A page of categories with what the tenant says of each; disabled ones only where they are asked for."""
        picture = await picture_of(request, tenant_id, locale)
        shown = [
            each
            for each in picture.tree.entries()
            if (include_disabled or picture.rule(each.category.category).rule.enabled)
            and wanted.fits(each.effective_tags)
        ]
        results = [tenant_category_document(picture, each) for each in shown[offset : offset + limit]]
        return page(results, len(shown), limit, offset)

    @get(_ONE, summary="Get a tenant's category", tags=["tenants"])
    async def get_category(
        request: AnyRequest, tenant_id: FromPath[str], category: FromPath[str], locale: Locale = None
    ) -> Document:
        """One category with what the tenant says of it."""
        picture = await picture_of(request, tenant_id, locale)
        return tenant_category_document(picture, find_or_refuse(picture, category))

    @patch(
        _WRITTEN,
        operation_class=body_of(TenantCategoryForm, example=EXAMPLE),
        status_code=202,
        summary="Change a tenant's category",
        tags=["tenants"],
    )
    async def change_category(request: AnyRequest, tenant_id: FromPath[str], category: FromPath[str]) -> Document:
        """Let the tenant say something of a category; an empty list of channels takes the tenant's word back."""
        workspace = await open_workspace(request, tenant_id)
        changes = _changes(await read_body(request, _FORM))
        picture, entry = await change_tenant_category(pool, workspace.id, tenant_id, category, changes, now())
        return tenant_category_document(picture, entry)

    return [get_tree, list_categories, get_category, change_category]


def _read_tags(tags: Tags = None) -> TagFilter:
    return read_tag_filter(tags)


def _changes(form: TenantCategoryForm) -> TenantChanges:
    refuse_depth(form.digest_schedule, "digest_schedule")
    refuse_depth(form.properties, "properties")
    return TenantChanges(
        form.enabled_for_tenant,
        form.visible_to_subscriber,
        form.preference,
        form.mandatory_channels,
        form.opt_in_channels,
        form.blocked_channels,
        form.digest_schedule,
        form.properties,
    )
