"""`/v1/tenant/`: tenants, and `/v1/brand/`, what they were called first (wire.md 3.7, 3.8)."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Literal

import msgspec
from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.actions.edit_tenant import remove_tenant, save_tenant
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.pages import Limit, Offset, page
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.template_name import check_tenant_id
from suprsend_hub.domain.tenant import SOCIAL_LINKS, Tenant
from suprsend_hub.domain.tenant_form import TenantForm
from suprsend_hub.store.database import Pool
from suprsend_hub.store.tenants import find_tenant, page_tenants

PAGE = 20

_FORM = msgspec.json.Decoder(TenantForm)


def tenant_routes(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The routes of tenants, and of the same by their old name."""

    @delete("/v1/tenant/{tenant_id:str}/", summary="Delete a tenant", tags=["tenants"])
    async def delete_tenant(request: AnyRequest, tenant_id: FromPath[str]) -> None:
        """Delete a tenant; what waits for it goes out with what the default tenant has."""
        workspace = await gatekeeper.workspace(request)
        check_tenant_id(tenant_id, "tenant_id")
        await remove_tenant(pool, workspace.id, tenant_id)

    return [
        *_routes_of("tenant", gatekeeper, pool, now),
        delete_tenant,
        *_routes_of("brand", gatekeeper, pool, now),
    ]


def _routes_of(
    noun: Literal["tenant", "brand"], gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime]
) -> list[HTTPRouteHandler]:
    example = {f"{noun}_name": "Acme", "primary_color": "#ff8800", "social_links": {"website": "https://example.com"}}

    @get(f"/v1/{noun}/", summary=f"List {noun}s", tags=[f"{noun}s"])
    async def list_all(request: AnyRequest, limit: Limit = PAGE, offset: Offset = 0) -> Document:
        """A page: the default one, then the others by their ids."""
        workspace = await gatekeeper.workspace(request)
        async with pool.acquire() as connection:
            count, found = await page_tenants(connection, workspace.id, limit, offset)
        return page([_document(each, noun) for each in found], count, limit, offset)

    @get(f"/v1/{noun}/{{{noun}_id:str}}/", summary=f"Get a {noun}", tags=[f"{noun}s"])
    async def get_one(request: AnyRequest) -> Document:
        """One with all that is known of it."""
        workspace = await gatekeeper.workspace(request)
        tenant_id = _id_in_path(request, noun)
        async with pool.acquire() as connection:
            tenant = await find_tenant(connection, workspace.id, tenant_id)
        if tenant is None:
            raise NotFound(f"there is no {noun} {tenant_id!r} in this workspace")
        return _document(tenant, noun)

    @post(
        f"/v1/{noun}/{{{noun}_id:str}}/",
        operation_class=body_of(TenantForm, example=example),
        status_code=201,
        summary=f"Add or change a {noun}",
        tags=[f"{noun}s"],
    )
    async def put_one(request: AnyRequest) -> Document:
        """Add one, or change what is said of it; what the body leaves out stays."""
        workspace = await gatekeeper.workspace(request)
        tenant_id = _id_in_path(request, noun)
        form = await read_body(request, _FORM)
        return _document(await save_tenant(pool, workspace.id, tenant_id, form, now()), noun)

    return [list_all, get_one, put_one]


def _id_in_path(request: AnyRequest, noun: str) -> str:
    text = str(request.path_params[f"{noun}_id"])
    check_tenant_id(text, f"{noun}_id")
    return text


def _document(tenant: Tenant, noun: str) -> Document:
    fields = asdict(tenant)
    links = {name: tenant.social_links.get(name, "") for name in SOCIAL_LINKS}
    return {
        f"{noun}_id": fields.pop("tenant_id"),
        f"{noun}_name": fields.pop("tenant_name"),
        **fields,
        "social_links": links,
    }
