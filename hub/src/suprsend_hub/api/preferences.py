"""What users and objects want: below `/v1/user/` and `/v1/object/`, and for browsers below `/v2/subscriber/`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from litestar import HttpMethod, get, route
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.actions.edit_preferences import Scope, choose, find_or_refuse, restrict
from suprsend_hub.actions.read_preferences import PersonPicture, read_picture
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.pages import Limit, Offset, page
from suprsend_hub.api.preference_documents import category_document, channels_document, full_document
from suprsend_hub.api.preference_forms import (
    CHANNELS,
    CHANNELS_EXAMPLE,
    CHOICE,
    CHOICE_EXAMPLE,
    ChannelsForm,
    ChoiceForm,
    read_choice,
    read_restrictions,
)
from suprsend_hub.api.preference_queries import PreferenceQuery, read_query
from suprsend_hub.api.profiles import object_key, user_key
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.store.database import Pool
from suprsend_hub.store.profiles import find_profile_ids

PAGE = 20

_QUERY = {"asked": Provide(read_query, sync_to_thread=False)}


@dataclass(frozen=True, slots=True)
class _Front:
    """One kind of preference centre: where the whole is, below what the parts are, and whom a path names.

    One for browsers is open to whoever a user token names, and clients that came before PATCH write there with POST.
    """

    noun: str
    whole: tuple[str, ...]
    parts: tuple[str, ...]
    read_key: Callable[[AnyRequest], ProfileKey]
    for_browsers: bool = False

    @property
    def writes_by(self) -> list[HttpMethod]:
        """The methods that change something."""
        return [HttpMethod.PATCH, HttpMethod.POST] if self.for_browsers else [HttpMethod.PATCH]

    def below(self, path: str) -> list[str]:
        """The paths of one part."""
        return [f"{each}{path}" for each in self.parts]


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the handlers of one front share."""

    front: _Front
    gatekeeper: Gatekeeper
    pool: Pool
    now: Callable[[], datetime]

    async def open(self, request: AnyRequest, asked: PreferenceQuery) -> tuple[Scope, ProfileKey]:
        """Whose preferences are meant, for a caller who may ask."""
        if self.front.for_browsers:
            caller = await self.gatekeeper.app(request)
            key = self.front.read_key(request)
            caller.act_for(key.distinct_id)
            return Scope(caller.workspace.id, asked.tenant_id), key
        workspace = await self.gatekeeper.workspace(request)
        return Scope(workspace.id, asked.tenant_id), self.front.read_key(request)

    async def picture(self, request: AnyRequest, asked: PreferenceQuery) -> PersonPicture:
        """How things stand."""
        scope, key = await self.open(request, asked)
        async with self.pool.acquire() as connection:
            profile_id = (await find_profile_ids(connection, scope.workspace_id, [key])).get(key)
            return await read_picture(connection, scope.workspace_id, profile_id, scope.tenant_id, asked.locale)


def preference_routes(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The routes of the preferences of users and objects."""
    users = "/v1/user/{distinct_id:str}/preference/"
    objects = "/v1/object/{object_type:str}/{object_id:str}/preference/"
    browsers = ("/v2/subscriber/{distinct_id:str}/", "/v1/subscriber/{distinct_id:str}/")
    fronts = (
        _Front("user", (users,), (users,), _user),
        _Front("object", (objects,), (objects,), _object),
        _Front("person", tuple(f"{each}full_preference/" for each in browsers), browsers, _user, for_browsers=True),
    )
    desks = [_Desk(front, gatekeeper, pool, now) for front in fronts]
    return [
        each
        for desk in desks
        for each in (*_whole_routes(desk), *_category_routes(desk), *_channel_routes(desk), *_writing_routes(desk))
    ]


def _whole_routes(desk: _Desk) -> list[HTTPRouteHandler]:
    @get(
        list(desk.front.whole),
        summary=f"Get all preferences of a {desk.front.noun}",
        tags=["preferences"],
        dependencies=_QUERY,
    )
    async def get_all(request: AnyRequest, asked: NamedDependency[PreferenceQuery]) -> Document:
        """A whole preference centre; whoever nothing is known of has the defaults."""
        picture = await desk.picture(request, asked)
        return full_document(picture, picture.shown(asked.wanted), show_opt_out=asked.show_opt_out)

    return [get_all]


def _category_routes(desk: _Desk) -> list[HTTPRouteHandler]:
    @get(
        desk.front.below("category/"),
        summary=f"List the categories of a {desk.front.noun}",
        tags=["preferences"],
        dependencies=_QUERY,
    )
    async def list_categories(
        request: AnyRequest, asked: NamedDependency[PreferenceQuery], limit: Limit = PAGE, offset: Offset = 0
    ) -> Document:
        """A page of the categories that may be seen here."""
        picture = await desk.picture(request, asked)
        shown = list(picture.shown(asked.wanted))
        results = [
            category_document(picture, each, show_opt_out=asked.show_opt_out) for each in shown[offset : offset + limit]
        ]
        return page(results, len(shown), limit, offset)

    @get(
        desk.front.below("category/{category:str}/"),
        summary=f"Get a category of a {desk.front.noun}",
        tags=["preferences"],
        dependencies=_QUERY,
    )
    async def get_category(
        request: AnyRequest, category: FromPath[str], asked: NamedDependency[PreferenceQuery]
    ) -> Document:
        """One category, if it may be seen here."""
        picture = await desk.picture(request, asked)
        return category_document(picture, find_or_refuse(picture, category), show_opt_out=asked.show_opt_out)

    return [list_categories, get_category]


def _channel_routes(desk: _Desk) -> list[HTTPRouteHandler]:
    @get(
        desk.front.below("channel_preference/"),
        summary=f"Get the channels of a {desk.front.noun}",
        tags=["preferences"],
        dependencies=_QUERY,
    )
    async def get_channels(request: AnyRequest, asked: NamedDependency[PreferenceQuery]) -> Document:
        """What is wanted of channels as a whole."""
        return channels_document(await desk.picture(request, asked))

    return [get_channels]


def _writing_routes(desk: _Desk) -> list[HTTPRouteHandler]:
    @route(
        desk.front.below("category/{category:str}/"),
        http_method=desk.front.writes_by,
        operation_class=body_of(ChoiceForm, example=CHOICE_EXAMPLE),
        status_code=202,
        summary=f"Choose for a category of a {desk.front.noun}",
        tags=["preferences"],
        dependencies=_QUERY,
    )
    async def set_category(
        request: AnyRequest, category: FromPath[str], asked: NamedDependency[PreferenceQuery]
    ) -> Document:
        """Opt in or out; without `opt_out_channels` the channels that the default leaves off stay off."""
        scope, key = await desk.open(request, asked)
        form = await read_body(request, CHOICE)
        wanted = read_choice(form)
        picture, entry = await choose(desk.pool, scope, key, category, wanted, desk.now(), locale=asked.locale)
        return category_document(picture, entry, show_opt_out=asked.show_opt_out)

    @route(
        desk.front.below("channel_preference/"),
        http_method=desk.front.writes_by,
        operation_class=body_of(ChannelsForm, example=CHANNELS_EXAMPLE),
        status_code=202,
        summary=f"Restrict channels of a {desk.front.noun}",
        tags=["preferences"],
        dependencies=_QUERY,
    )
    async def set_channels(request: AnyRequest, asked: NamedDependency[PreferenceQuery]) -> Document:
        """Restrict channels to what is mandatory, or take that back."""
        scope, key = await desk.open(request, asked)
        wanted = read_restrictions((await read_body(request, CHANNELS)).channel_preferences)
        return channels_document(await restrict(desk.pool, scope, key, wanted, desk.now()))

    return [set_category, set_channels]


def _user(request: AnyRequest) -> ProfileKey:
    return user_key(request.path_params["distinct_id"])


def _object(request: AnyRequest) -> ProfileKey:
    return object_key(request.path_params["object_type"], request.path_params["object_id"])
