"""Tenants: whose name, colours and links messages carry, seen and changed."""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_tenant import remove_tenant, save_tenant
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.fault import Conflict, Invalid, NotFound
from suprsend_hub.domain.template import DEFAULT_TENANT
from suprsend_hub.domain.template_content import read_document
from suprsend_hub.domain.template_name import check_tenant_id
from suprsend_hub.domain.tenant import COLORS, SOCIAL_LINKS, Tenant, mark_of
from suprsend_hub.domain.tenant_form import MOST_PROPERTY_BYTES, SocialLinksForm, TenantForm
from suprsend_hub.store.database import Connection
from suprsend_hub.store.tenants import find_tenant, list_tenants, read_tenants
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import is_confirmed, read_form, read_query
from suprsend_hub.ui.line_diff import compare_lines
from suprsend_hub.ui.pager import ROWS, cut_by_name
from suprsend_hub.ui.shown import part_of_path, show_document
from suprsend_hub.ui.visit import ThisVisit, Visit

_Text = Annotated[str, Meta(max_length=2048)]


class TenantsQuery(Struct, frozen=True):
    """After which tenant a page begins; they stand in the order of their ids."""

    after: Annotated[str, Meta(max_length=255)] = ""


class TypedTenant(Struct, frozen=True):
    """A tenant as its form has it; what is empty is to be taken away. `seen` is the mark of what it was made from."""

    tenant_name: _Text = ""
    logo: _Text = ""
    timezone: _Text = ""
    blocked_channels: list[Channel] = []
    embedded_preference_url: _Text = ""
    hosted_preference_domain: _Text = ""
    primary_color: _Text = ""
    secondary_color: _Text = ""
    tertiary_color: _Text = ""
    website: _Text = ""
    facebook: _Text = ""
    linkedin: _Text = ""
    x: _Text = ""
    instagram: _Text = ""
    medium: _Text = ""
    discord: _Text = ""
    telegram: _Text = ""
    youtube: _Text = ""
    tiktok: _Text = ""
    properties: Annotated[str, Meta(max_length=MOST_PROPERTY_BYTES)] = "{}"
    seen: Annotated[str, Meta(max_length=64)] = ""


class NewTenant(Struct, frozen=True):
    """A tenant that is to be added."""

    tenant_id: str = ""
    tenant_name: _Text = ""


def tenant_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of tenants."""
    return [*_list_routes(console), *_tenant_routes(console)]


def _list_routes(console: Console) -> list[HTTPRouteHandler]:
    async def list_them(visit: Visit, fault: Invalid | None = None, typed: NewTenant | None = None) -> Page:
        after = read_query(visit.request, TenantsQuery).after
        async with console.pool.acquire() as connection:
            default = (await read_tenants(connection, visit.workspace_id, ())).default
            others = await list_tenants(connection, visit.workspace_id, after, ROWS + 1)
        shown, way_on = cut_by_name(others, lambda tenant: tenant.tenant_id)
        return console.page(
            visit,
            "tenants/list.html",
            status=400 if fault else 200,
            tenants=[*([] if after else [default]), *shown],
            is_first=not after,
            way_on=way_on,
            fault=fault,
            typed=typed or NewTenant(),
        )

    @get("/{workspace:str}/tenants")
    async def show_all(visit: ThisVisit) -> Page:
        """A page of tenants: the default one first, the others by their ids."""
        return await list_them(visit)

    @post("/{workspace:str}/tenants")
    async def add(visit: ThisVisit) -> Page:
        """One more tenant, of which only the name is known yet."""
        typed = await read_form(visit.request, NewTenant)
        noting = visit.actor.noting("added tenant", typed.tenant_id)
        try:
            check_tenant_id(typed.tenant_id, "tenant_id")
            form = TenantForm(tenant_name=typed.tenant_name)
            now = console.now()
            await save_tenant(console.pool, visit.workspace_id, typed.tenant_id, form, now, noting, is_new=True)
        except Invalid as fault:
            return await list_them(visit, fault, typed)
        return console.go(visit, f"{visit.home}/tenants/{part_of_path(typed.tenant_id)}", "The tenant was added.")

    return [show_all, add]


def _tenant_routes(console: Console) -> list[HTTPRouteHandler]:
    async def show_one(
        visit: Visit,
        tenant_id: str,
        status: int = 200,
        fault: Invalid | None = None,
        typed: TypedTenant | None = None,
        stale: str = "",
    ) -> Page:
        async with console.pool.acquire() as connection:
            tenant = await _find(connection, visit.workspace_id, tenant_id)
            default = (await read_tenants(connection, visit.workspace_id, ())).default
        theirs = _typed(tenant)
        return console.page(
            visit,
            "tenants/show.html",
            status=status,
            fault=fault,
            tenant=tenant,
            typed=typed or theirs,
            seen=typed.seen if typed and not stale else theirs.seen,
            is_typed=typed is not None,
            stale=stale,
            difference=compare_lines(_lines(theirs), _lines(typed)) if typed and stale else [],
            colors={color: getattr(tenant, color) or getattr(default, color) for color in COLORS},
            all_channels=CHANNELS,
            links=SOCIAL_LINKS,
            is_default=tenant_id == DEFAULT_TENANT,
        )

    @get("/{workspace:str}/tenants/{tenant_id:str}")
    async def show(visit: ThisVisit, tenant_id: FromPath[str]) -> Page:
        """A tenant, how its messages look, and the form that changes it."""
        return await show_one(visit, tenant_id)

    @post("/{workspace:str}/tenants/{tenant_id:str}")
    async def save(visit: ThisVisit, tenant_id: FromPath[str]) -> Page:
        """Change a tenant; what was typed is shown again where it is wrong."""
        async with console.pool.acquire() as connection:
            before = await _find(connection, visit.workspace_id, tenant_id)
        typed = await read_form(visit.request, TypedTenant)
        noting = visit.actor.noting("changed tenant", tenant_id)
        try:
            form, now = _form(typed, before), console.now()
            await save_tenant(
                console.pool, visit.workspace_id, tenant_id, form, now, noting, has_all_properties=True, seen=typed.seen
            )
        except Conflict as conflict:
            return await show_one(visit, tenant_id, status=409, typed=typed, stale=conflict.message)
        except Invalid as fault:
            beside = Invalid(fault.field.removeprefix("social_links."), fault.problem)
            return await show_one(visit, tenant_id, status=400, fault=beside, typed=typed)
        return console.go(visit, f"{visit.home}/tenants/{part_of_path(tenant_id)}", "The tenant was saved.")

    @post("/{workspace:str}/tenants/{tenant_id:str}/remove")
    async def remove(visit: ThisVisit, tenant_id: FromPath[str]) -> Page:
        """A tenant less, with what it and people said of its messages."""
        if not await is_confirmed(visit.request, tenant_id):
            here = f"{visit.home}/tenants/{part_of_path(tenant_id)}"
            return console.go(visit, here, "Nothing was removed: write the tenant’s id to confirm.", "bad")
        noting = visit.actor.noting("removed tenant", tenant_id)
        await remove_tenant(console.pool, visit.workspace_id, tenant_id, noting)
        return console.go(visit, f"{visit.home}/tenants", "The tenant was removed.")

    return [show, save, remove]


async def _find(connection: Connection, workspace_id: int, tenant_id: str) -> Tenant:
    found = await find_tenant(connection, workspace_id, tenant_id)
    if found is None:
        raise NotFound("There is no tenant of that id in this workspace.")
    return found


def _typed(tenant: Tenant) -> TypedTenant:
    return TypedTenant(
        tenant_name=tenant.tenant_name,
        logo=tenant.logo or "",
        timezone=tenant.timezone or "",
        blocked_channels=list(tenant.blocked_channels),
        embedded_preference_url=tenant.embedded_preference_url or "",
        hosted_preference_domain=tenant.hosted_preference_domain or "",
        primary_color=tenant.primary_color or "",
        secondary_color=tenant.secondary_color or "",
        tertiary_color=tenant.tertiary_color or "",
        **{name: tenant.social_links.get(name, "") for name in SOCIAL_LINKS},
        properties=show_document(tenant.properties),
        seen=mark_of(tenant),
    )


def _lines(typed: TypedTenant) -> list[str]:
    """All that a form says of a tenant, line by line."""
    said = {name: value for name, value in msgspec.to_builtins(typed).items() if value and name != "seen"}
    return show_document({**said, "properties": read_document(typed.properties.encode(), "properties")}).split("\n")


def _form(typed: TypedTenant, before: Tenant) -> TenantForm:
    """What the form says, in the words of the API."""
    return TenantForm(
        # The default tenant may have no name; one that has a name can't lose it.
        tenant_name=typed.tenant_name or ("" if before.tenant_name else None),
        logo=typed.logo,
        timezone=typed.timezone,
        blocked_channels=typed.blocked_channels,
        embedded_preference_url=typed.embedded_preference_url,
        hosted_preference_domain=typed.hosted_preference_domain,
        primary_color=typed.primary_color,
        secondary_color=typed.secondary_color,
        tertiary_color=typed.tertiary_color,
        social_links=SocialLinksForm(**{name: getattr(typed, name) for name in SOCIAL_LINKS}),
        properties=read_document(typed.properties.encode(), "properties"),
    )
