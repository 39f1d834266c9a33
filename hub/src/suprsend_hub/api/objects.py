"""`/v1/object/`: objects, and who subscribes to them (wire.md 3.10)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.subscribe import subscribe, unsubscribe_members
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.pages import KEYSET
from suprsend_hub.api.profiles import (
    DETAILS,
    MOST_AT_ONCE,
    OPERATIONS,
    Profiles,
    object_key,
    read_ids,
)
from suprsend_hub.description import body_of
from suprsend_hub.domain.details import MOST_MEMBERS, Details, Member, read_details, read_members
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.recipient import read_distinct_id
from suprsend_hub.store.database import Pool
from suprsend_hub.store.keyset import Keyset
from suprsend_hub.store.subscriptions import page_members, page_objects


class ObjectsForm(Struct, frozen=True):
    """Objects by their ids."""

    object_ids: Annotated[list[str], Meta(min_length=1, max_length=MOST_AT_ONCE)]


class SubscriptionForm(Struct, frozen=True):
    """Who subscribes: distinct ids, user objects with inline details, or objects; `properties` are the relation's."""

    recipients: Annotated[list[str | dict[str, Any]], Meta(min_length=1, max_length=MOST_MEMBERS)]
    properties: dict[str, Any] | None = None
    parent_object_properties: dict[str, Any] | None = None


class UnsubscriptionForm(Struct, frozen=True):
    """Whose subscriptions end."""

    recipients: Annotated[list[str | dict[str, Any]], Meta(min_length=1, max_length=MOST_MEMBERS)]


_OBJECTS = msgspec.json.Decoder(ObjectsForm)
_SUBSCRIPTION = msgspec.json.Decoder(SubscriptionForm)
_UNSUBSCRIPTION = msgspec.json.Decoder(UnsubscriptionForm)

_EXAMPLE = {
    "recipients": ["user-1", {"distinct_id": "user-2", "$email": ["ada@example.com"]}],
    "properties": {"role": "owner"},
}


def object_routes(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The routes of objects."""
    profiles = Profiles(gatekeeper, pool, now)
    return [*_reading_routes(profiles), *_writing_routes(profiles), *_subscription_routes(profiles)]


def _reading_routes(profiles: Profiles) -> list[HTTPRouteHandler]:
    @get("/v1/object/{object_type:str}/", summary="List objects", tags=["objects"], dependencies=KEYSET)
    async def list_objects(
        request: AnyRequest, object_type: FromPath[str], keyset: NamedDependency[Keyset]
    ) -> Document:
        """Objects of one type, newest first, one page at a time."""
        return await profiles.page(request, read_distinct_id(object_type, "object_type"), keyset)

    @get("/v1/object/{object_type:str}/{object_id:str}/", summary="Show an object", tags=["objects"])
    async def show_object(request: AnyRequest, object_type: FromPath[str], object_id: FromPath[str]) -> Document:
        """Properties, and addresses by channel; tokens are shortened."""
        return await profiles.show(request, object_key(object_type, object_id))

    @get(
        "/v1/object/{object_type:str}/{object_id:str}/subscribed_to/object/",
        summary="List the objects that an object subscribes to",
        tags=["objects"],
        dependencies=KEYSET,
    )
    async def list_objects_of_object(
        request: AnyRequest,
        object_type: FromPath[str],
        object_id: FromPath[str],
        keyset: NamedDependency[Keyset],
    ) -> Document:
        """Subscriptions, newest first, one page at a time."""
        return await profiles.page_subscriptions(request, object_key(object_type, object_id), keyset, page_objects)

    return [list_objects, show_object, list_objects_of_object]


def _writing_routes(profiles: Profiles) -> list[HTTPRouteHandler]:
    @post(
        "/v1/object/{object_type:str}/{object_id:str}/",
        operation_class=DETAILS,
        summary="Create or update an object",
        tags=["objects"],
    )
    async def upsert_object(request: AnyRequest, object_type: FromPath[str], object_id: FromPath[str]) -> Document:
        """Add addresses and set properties; whatever is not named stays."""
        return await profiles.upsert(request, object_key(object_type, object_id))

    @patch(
        "/v1/object/{object_type:str}/{object_id:str}/",
        operation_class=OPERATIONS,
        status_code=202,
        summary="Edit an object",
        tags=["objects"],
    )
    async def edit_object(request: AnyRequest, object_type: FromPath[str], object_id: FromPath[str]) -> Document:
        """Apply operations in order; they have taken effect when this answers."""
        return await profiles.edit(request, object_key(object_type, object_id))

    @delete("/v1/object/{object_type:str}/{object_id:str}/", summary="Delete an object", tags=["objects"])
    async def delete_object(request: AnyRequest, object_type: FromPath[str], object_id: FromPath[str]) -> None:
        """Its subscriptions end with it."""
        await profiles.delete(request, object_key(object_type, object_id))

    @delete(
        "/v1/bulk/object/{object_type:str}/",
        operation_class=body_of(ObjectsForm, example={"object_ids": ["team-1", "team-2"]}),
        summary="Delete several objects",
        tags=["objects"],
    )
    async def delete_objects(request: AnyRequest, object_type: FromPath[str]) -> None:
        """As one after the other; those that are not there are passed over."""

        async def named() -> list[ProfileKey]:
            form = await read_body(request, _OBJECTS)
            return [object_key(object_type, each) for each in read_ids(form.object_ids, "object_ids")]

        await profiles.delete_all(request, named)

    return [upsert_object, edit_object, delete_object, delete_objects]


def _subscription_routes(profiles: Profiles) -> list[HTTPRouteHandler]:
    @get(
        "/v1/object/{object_type:str}/{object_id:str}/subscription/",
        summary="List who subscribes to an object",
        tags=["objects"],
        dependencies=KEYSET,
    )
    async def list_subscriptions(
        request: AnyRequest,
        object_type: FromPath[str],
        object_id: FromPath[str],
        keyset: NamedDependency[Keyset],
    ) -> Document:
        """Users and objects, newest first, one page at a time."""
        return await profiles.page_subscriptions(request, object_key(object_type, object_id), keyset, page_members)

    @post(
        "/v1/object/{object_type:str}/{object_id:str}/subscription/",
        operation_class=body_of(SubscriptionForm, example=_EXAMPLE),
        summary="Subscribe to an object",
        tags=["objects"],
    )
    async def add_subscriptions(request: AnyRequest, object_type: FromPath[str], object_id: FromPath[str]) -> Document:
        """Whoever is not known yet is made, the object too; inline details are added to profiles."""
        workspace = await profiles.gatekeeper.workspace(request)
        form = await read_body(request, _SUBSCRIPTION)
        members = read_members(form.recipients)
        parent = Member(object_key(object_type, object_id), _parent_details(form.parent_object_properties))
        properties = form.properties or {}
        await subscribe(profiles.pool, workspace.id, parent, members, properties, profiles.now())
        return {"status": "success", "count": len(members)}

    @delete(
        "/v1/object/{object_type:str}/{object_id:str}/subscription/",
        operation_class=body_of(UnsubscriptionForm, example={"recipients": ["user-1"]}),
        summary="End subscriptions to an object",
        tags=["objects"],
    )
    async def remove_subscriptions(request: AnyRequest, object_type: FromPath[str], object_id: FromPath[str]) -> None:
        """Whoever does not subscribe is passed over."""
        workspace = await profiles.gatekeeper.workspace(request)
        form = await read_body(request, _UNSUBSCRIPTION)
        members = [each.key for each in read_members(form.recipients)]
        await unsubscribe_members(profiles.pool, workspace.id, object_key(object_type, object_id), members)

    return [list_subscriptions, add_subscriptions, remove_subscriptions]


def _parent_details(document: Document | None) -> Details:
    try:
        return read_details(document or {})
    except Invalid as fault:
        raise fault.within("parent_object_properties") from None
