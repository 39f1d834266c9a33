"""What a user wants: shown by category and by channel, and changed for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.audit import name_user
from suprsend_hub.actions.edit_preferences import Scope, WantedChoice, choose, restrict
from suprsend_hub.actions.read_preferences import PersonPicture, read_picture
from suprsend_hub.domain.category import Entry
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.preference import Choosable
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.tag_filter import read_tag_filter
from suprsend_hub.domain.template import DEFAULT_TENANT
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_form, read_query
from suprsend_hub.ui.shown import part_of_path
from suprsend_hub.ui.users import address_of, find_user
from suprsend_hub.ui.visit import ThisVisit, Visit

_Name = Annotated[str, Meta(max_length=255)]


class TenantQuery(Struct, frozen=True):
    """For messages of which tenant."""

    tenant: _Name = DEFAULT_TENANT


class ChoiceForm(Struct, frozen=True):
    """What is wanted of a category, and the channels on which it is wanted."""

    category: _Name = ""
    preference: Choosable = "opt_in"
    channels: list[Channel] = []
    tenant: _Name = DEFAULT_TENANT


class RestrictionForm(Struct, frozen=True):
    """The channels that are to carry everything, not only what is mandatory."""

    channels: list[Channel] = []
    tenant: _Name = DEFAULT_TENANT


@dataclass(frozen=True, slots=True)
class ShownCategory:
    """A category as a user has it: `on` are the channels that carry it while it is wanted at all."""

    entry: Entry
    preference: Choosable
    is_editable: bool
    is_chosen: bool
    on: frozenset[Channel]
    mandatory: frozenset[Channel]


def user_preference_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of the preferences of users."""

    async def picture_of(visit: Visit, distinct_id: str, tenant: str) -> tuple[str, PersonPicture]:
        async with console.pool.acquire() as connection:
            stored = await find_user(connection, visit.workspace_id, distinct_id)
            return name_user(stored.id), await read_picture(connection, visit.workspace_id, stored.id, tenant)

    def back(visit: Visit, distinct_id: str, tenant: str, said: str) -> Page:
        query = "" if tenant == DEFAULT_TENANT else f"?tenant={part_of_path(tenant)}"
        return console.go(visit, f"{address_of(visit, distinct_id)}/preferences{query}", said)

    async def shown(
        visit: Visit, distinct_id: str, tenant: str, status: int = 200, fault: Invalid | None = None
    ) -> Page:
        _, picture = await picture_of(visit, distinct_id, tenant)
        return console.page(
            visit,
            "users/preferences.html",
            status=status,
            fault=fault,
            distinct_id=distinct_id,
            tenant=tenant,
            is_default=tenant == DEFAULT_TENANT,
            channels=picture.channels,
            restricted=picture.person.restricted,
            categories=[_shown(picture, each) for each in picture.shown(read_tag_filter(None))],
        )

    @get("/{workspace:str}/users/{distinct_id:str}/preferences")
    async def show(visit: ThisVisit, distinct_id: FromPath[str]) -> Page:
        """What a user wants of each category and channel."""
        return await shown(visit, distinct_id, read_query(visit.request, TenantQuery).tenant)

    @post("/{workspace:str}/users/{distinct_id:str}/preferences/category")
    async def set_category(visit: ThisVisit, distinct_id: FromPath[str]) -> Page:
        """Choose for one category."""
        form = await read_form(visit.request, ChoiceForm)
        target, picture = await picture_of(visit, distinct_id, form.tenant)
        entry = picture.find(form.category)
        if entry is None:
            raise NotFound("There is no such category for this tenant any more.")
        wanted = WantedChoice(form.preference, _left_off(picture, entry, form.channels))
        noting = visit.actor.noting(
            "changed preference", target, category=form.category, preference=form.preference, tenant=form.tenant
        )
        scope, key = Scope(visit.workspace_id, form.tenant), ProfileKey(distinct_id)
        try:
            await choose(console.pool, scope, key, form.category, wanted, console.now(), along=noting)
        except Invalid as fault:
            return await shown(visit, distinct_id, form.tenant, status=400, fault=fault)
        return back(visit, distinct_id, form.tenant, f"{entry.category.name} was saved.")

    @post("/{workspace:str}/users/{distinct_id:str}/preferences/channels")
    async def set_channels(visit: ThisVisit, distinct_id: FromPath[str]) -> Page:
        """Restrict channels to what is mandatory, or take that back."""
        form = await read_form(visit.request, RestrictionForm)
        target, picture = await picture_of(visit, distinct_id, form.tenant)
        wanted: Mapping[Channel, bool] = {each: each not in form.channels for each in picture.channels}
        limited = [each for each, is_restricted in wanted.items() if is_restricted]
        noting = visit.actor.noting("restricted channels", target, channels=limited, tenant=form.tenant)
        scope = Scope(visit.workspace_id, form.tenant)
        await restrict(console.pool, scope, ProfileKey(distinct_id), wanted, console.now(), noting)
        return back(visit, distinct_id, form.tenant, "The channels were saved.")

    return [show, set_category, set_channels]


def _shown(picture: PersonPicture, entry: Entry) -> ShownCategory:
    standing = picture.standing(entry)
    choice = standing.choice or standing.chosen("opt_in", None)
    mandatory = frozenset(each for each in picture.channels if standing.effective_default.requires(each))
    wanted = frozenset(picture.channels) - choice.opt_out_channels
    return ShownCategory(
        entry, standing.preference, standing.is_editable, standing.choice is not None, wanted | mandatory, mandatory
    )


def _left_off(picture: PersonPicture, entry: Entry, wanted: Sequence[Channel]) -> list[Channel]:
    """The channels that a choice leaves off: those that are not ticked, and those off before that are not shown."""
    now = _shown(picture, entry)
    standing = picture.standing(entry)
    before = (standing.choice or standing.chosen("opt_in", None)).opt_out_channels
    unseen = before.difference(picture.channels)
    return sorted(unseen.union(each for each in picture.channels if each not in wanted) - now.mandatory)
