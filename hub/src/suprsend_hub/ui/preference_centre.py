"""The hosted preference centre: what one person gets of one tenant, changed by whoever has the link."""

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.compose import read_locale
from suprsend_hub.actions.edit_preferences import Scope, WantedChoice, choose, find_or_refuse, restrict
from suprsend_hub.actions.links import CentreTarget
from suprsend_hub.actions.read_preferences import PersonPicture, read_picture
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.store.database import Connection
from suprsend_hub.store.profiles import find_profile_ids, read_properties
from suprsend_hub.store.tenants import read_tenants
from suprsend_hub.ui.brand import Brand, brand_of
from suprsend_hub.ui.console import Page
from suprsend_hub.ui.forms import read_form
from suprsend_hub.ui.preference_choices import choices_of
from suprsend_hub.ui.public_pages import PublicPages
from suprsend_hub.ui.visit import AnyRequest

_Channels = Annotated[list[Channel], Meta(max_length=100)]


class CategoryForm(Struct, frozen=True):
    """A category as it is wanted; `channel` are those of the `shown` that are on."""

    on: str = ""
    channel: _Channels = []
    shown: _Channels = []


class ChannelsForm(Struct, frozen=True):
    """The channels that may be used; `channel` are those of the `shown` that are on."""

    channel: _Channels = []
    shown: _Channels = []


@dataclass(frozen=True, slots=True)
class _Opened:
    """A centre that a link opens."""

    target: CentreTarget
    picture: PersonPicture
    brand: Brand

    @property
    def scope(self) -> Scope:
        return Scope(self.target.workspace_id, self.target.tenant_id)

    @property
    def key(self) -> ProfileKey:
        return ProfileKey(self.target.distinct_id)


def preference_centre_routes(pages: PublicPages) -> list[HTTPRouteHandler]:
    """The routes of the centre; the token in each is the credential."""
    pool, now = pages.console.pool, pages.console.now

    async def open_centre(token: str) -> _Opened:
        target = pages.links.read_preferences(token)
        if target is None:
            raise NotFound("This link is not one that was sent to you, or was changed on its way.")
        async with pool.acquire() as connection:
            return await _open(connection, target)

    @get("/preferences/{token:str}", include_in_schema=False)
    async def show(request: AnyRequest, token: FromPath[str]) -> Page:
        """The whole centre, in the person's language as far as the categories have words in it."""
        opened = await open_centre(token)
        is_saved = "saved" in request.query_params
        return pages.page("centre/show.html", opened.brand, is_saved=is_saved, **_values(opened, token))

    @post("/preferences/{token:str}/categories/{category:str}", include_in_schema=False)
    async def save_category(request: AnyRequest, token: FromPath[str], category: FromPath[str]) -> Page:
        """One category as the form has it; what the form did not show stays as it is."""
        opened, form = await open_centre(token), await read_form(request, CategoryForm)
        standing = opened.picture.standing(find_or_refuse(opened.picture, category))
        kept = opened.picture.person.choices.get(category)
        wanted = WantedChoice(
            "opt_in" if form.on or not standing.is_editable else "opt_out",
            standing.left_off(form.shown, form.channel),
            kept.digest_schedule if kept else None,
            kept.properties if kept else None,
        )
        await choose(pool, opened.scope, opened.key, category, wanted, now())
        if "hx-request" in request.headers:
            return pages.page("centre/_saved.html", opened.brand, is_saved=True, is_beside=False)
        return pages.go(f"/preferences/{token}/?saved")

    @post("/preferences/{token:str}/channels", include_in_schema=False)
    async def save_channels(request: AnyRequest, token: FromPath[str]) -> Page:
        """The channels as a whole: one that is off is used for what is mandatory only."""
        opened, form = await open_centre(token), await read_form(request, ChannelsForm)
        wanted = {each: each not in form.channel for each in form.shown if each in opened.picture.channels}
        await restrict(pool, opened.scope, opened.key, wanted, now())
        if "hx-request" in request.headers:
            after = await open_centre(token)
            values = _values(after, token) | {"is_saved": True, "is_beside": True}
            return pages.page("centre/_choices.html", after.brand, **values)
        return pages.go(f"/preferences/{token}/?saved")

    return [show, save_category, save_channels]


async def _open(connection: Connection, target: CentreTarget) -> _Opened:
    workspace_id, tenant_id = target.workspace_id, target.tenant_id
    key = ProfileKey(target.distinct_id)
    profile_id = (await find_profile_ids(connection, workspace_id, [key])).get(key)
    locale: str | None = None
    if profile_id is not None:
        found = await read_properties(connection, workspace_id, [(profile_id, tenant_id)])
        locale = next((read_locale(properties) for _, properties in found.values()), None)
    picture = await read_picture(connection, workspace_id, profile_id, tenant_id, locale)
    brand = brand_of(await read_tenants(connection, workspace_id, [tenant_id]), tenant_id)
    return _Opened(target, picture, brand)


def _values(opened: _Opened, token: str) -> dict[str, Any]:
    """What the templates of the centre show."""
    return {"choices": choices_of(opened.picture, opened.brand.name), "token": token}
