"""`/v2/{workspace}/template/{slug}/variant/`: what each channel says, and in which order variants are tried."""

from typing import Annotated, Any

import msgspec
from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_template import (
    WantedOrder,
    remove_variant,
    reorder_variants,
    save_variant,
)
from suprsend_hub.actions.publish import VariantKey, find_template_or_refuse, read_variants
from suprsend_hub.api.auth import AnyRequest
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.management import PAGE, Management, Mode
from suprsend_hub.api.pages import Limit, Offset, page
from suprsend_hub.api.template_documents import order_document, variant_document
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.template import DEFAULT_LOCALE, Variant
from suprsend_hub.domain.template_content import read_channel, read_content
from suprsend_hub.domain.template_name import Locale, TenantId, check_variant_id


class VariantForm(Struct, frozen=True):
    """A variant as it is written on the wire; path and body must agree where both name something."""

    content: dict[str, Any]
    locale: Locale = DEFAULT_LOCALE
    tenant_id: TenantId | None = None
    channel: str | None = None
    id: str | None = None
    conditions: list[dict[str, Any]] | None = None


class _RawVariantForm(Struct, frozen=True):
    content: msgspec.Raw
    locale: Locale = DEFAULT_LOCALE
    tenant_id: TenantId | None = None
    channel: str | None = None
    id: str | None = None
    conditions: list[msgspec.Raw] | None = None


class _TenantOrderForm(Struct, frozen=True):
    variants: list[str]
    tenant_id: str | None = None


class _ChannelOrderForm(Struct, frozen=True):
    channel: str
    tenants: Annotated[list[_TenantOrderForm], Meta(max_length=1000)]


class OrderForm(Struct, frozen=True):
    """The order in which variants are tried, by channel and tenant."""

    channels: Annotated[list[_ChannelOrderForm], Meta(max_length=100)]


_VARIANT = msgspec.json.Decoder(_RawVariantForm)
_ORDER = msgspec.json.Decoder(OrderForm)

EXAMPLE = {"locale": "en", "content": {"header": "Thank you", "body": "{{first_name}}, your order is on its way."}}
ORDER_EXAMPLE = {"channels": [{"channel": "email", "tenants": [{"tenant_id": None, "variants": ["default"]}]}]}


def variant_routes(management: Management) -> list[HTTPRouteHandler]:
    """The routes of variants."""
    return [*_list_routes(management), *_variant_routes(management), *_order_routes(management)]


def _list_routes(management: Management) -> list[HTTPRouteHandler]:
    @get("/v2/{workspace:str}/template/{slug:str}/variant/", summary="List variants", tags=["templates"])
    async def list_variants(
        request: AnyRequest,
        workspace: FromPath[str],
        slug: FromPath[str],
        include_content: FromQuery[bool] = False,
        mode: Mode = "draft",
        limit: Limit = PAGE,
        offset: Offset = 0,
    ) -> Document:
        """A page of variants, by channel and in the order in which they are tried."""
        variants = await _read_variants(management, request, workspace, slug, mode)
        shown = variants[offset : offset + limit]
        documents = [variant_document(each, include_content=include_content) for each in shown]
        return page(documents, len(variants), limit, offset)

    @get("/v2/{workspace:str}/template/{slug:str}/variant/order/", summary="Get the order", tags=["templates"])
    async def get_order(
        request: AnyRequest, workspace: FromPath[str], slug: FromPath[str], mode: Mode = "draft"
    ) -> Document:
        """The order in which variants are tried."""
        return order_document(await _read_variants(management, request, workspace, slug, mode))

    return [list_variants, get_order]


def _variant_routes(management: Management) -> list[HTTPRouteHandler]:
    path = "/v2/{workspace:str}/template/{slug:str}/channel/{channel:str}/variant/{variant_id:str}/"

    @get(path, summary="Get a variant", tags=["templates"])
    async def get_variant(
        request: AnyRequest,
        workspace: FromPath[str],
        slug: FromPath[str],
        channel: FromPath[str],
        variant_id: FromPath[str],
        mode: Mode = "draft",
    ) -> Document:
        """One variant with its content."""
        key = VariantKey(read_channel(channel), variant_id)
        for each in await _read_variants(management, request, workspace, slug, mode):
            if (each.channel, each.id) == (key.channel, key.id):
                return variant_document(each, include_content=True)
        raise NotFound(f"template {slug!r} has no {channel} variant {variant_id!r} in mode {mode}")

    @post(
        path,
        operation_class=body_of(VariantForm, example=EXAMPLE),
        status_code=200,
        summary="Add or replace a variant",
        tags=["templates"],
    )
    async def put_variant(
        request: AnyRequest,
        workspace: FromPath[str],
        slug: FromPath[str],
        channel: FromPath[str],
        variant_id: FromPath[str],
    ) -> Document:
        """Add a variant to the draft or replace it; its channel becomes an enabled one."""
        opened, actor = await management.open_to_change(request, workspace)
        variant = _read_variant(channel, variant_id, await read_body(request, _VARIANT))
        noting = actor.saving("added variant", "changed variant", slug, channel=variant.channel, variant=variant.id)
        await save_variant(management.pool, opened.id, slug, variant, management.now(), noting)
        return variant_document(variant, include_content=True)

    @delete(path, summary="Delete a variant", tags=["templates"])
    async def delete_variant(
        request: AnyRequest,
        workspace: FromPath[str],
        slug: FromPath[str],
        channel: FromPath[str],
        variant_id: FromPath[str],
    ) -> None:
        """Take a variant out of the draft; the live version keeps it until the next commit."""
        opened, actor = await management.open_to_change(request, workspace)
        key = VariantKey(read_channel(channel), variant_id)
        noting = actor.noting("removed variant", slug, channel=key.channel, variant=key.id)
        await remove_variant(management.pool, opened.id, slug, key, noting)

    return [get_variant, put_variant, delete_variant]


def _order_routes(management: Management) -> list[HTTPRouteHandler]:
    @post(
        "/v2/{workspace:str}/template/{slug:str}/variant/order/",
        operation_class=body_of(OrderForm, example=ORDER_EXAMPLE),
        status_code=200,
        summary="Change the order",
        tags=["templates"],
    )
    async def put_order(
        request: AnyRequest, workspace: FromPath[str], slug: FromPath[str], mode: Mode = "draft"
    ) -> Document:
        """Put the draft's variants into this order; those not named follow in the order they had."""
        opened, actor = await management.open_to_change(request, workspace)
        if mode != "draft":
            raise Invalid("mode", "only the draft can be reordered; commit it to make the order live")
        wanted = _read_order(await read_body(request, _ORDER))
        noting = actor.noting("reordered variants", slug)
        return order_document(await reorder_variants(management.pool, opened.id, slug, wanted, noting))

    return [put_order]


async def _read_variants(
    management: Management, request: AnyRequest, workspace: str, slug: str, mode: Mode
) -> tuple[Variant, ...]:
    opened = await management.open_workspace(request, workspace)
    async with management.pool.acquire() as connection:
        template = await find_template_or_refuse(connection, opened.id, slug)
        return await read_variants(connection, template, live=mode == "live")


def _read_variant(channel: str, variant_id: str, form: _RawVariantForm) -> Variant:
    check_variant_id(variant_id, "id")
    for field, written, named in (("channel", form.channel, channel), ("id", form.id, variant_id)):
        if written is not None and written != named:
            raise Invalid(field, f"is {written[:40]!r}, but the path says {named[:40]!r}")
    if form.conditions:
        raise Invalid("conditions", "are not supported; use tenant_id, locale, or {{#if}} in the content")
    known = read_channel(channel)
    return Variant(known, variant_id, form.tenant_id or None, form.locale, read_content(known, form.content))


def _read_order(form: OrderForm) -> list[WantedOrder]:
    wanted: list[WantedOrder] = []
    for index, each in enumerate(form.channels):
        try:
            channel = read_channel(each.channel)
        except Invalid as fault:
            raise fault.within(f"channels[{index}]") from None
        for place, tenant in enumerate(each.tenants):
            field = f"channels[{index}].tenants[{place}]"
            wanted.append(WantedOrder(channel, tenant.tenant_id, tenant.variants, field))
    return wanted
