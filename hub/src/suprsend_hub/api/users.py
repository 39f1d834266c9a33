"""`/v1/user/`: users, and what single tenants know of them (wire.md 3.9)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from suprsend_hub.actions.delete_profile import unlink_tenant
from suprsend_hub.actions.merge_users import merge_users
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.pages import KEYSET, keyset_page
from suprsend_hub.api.profile_documents import tenant_document
from suprsend_hub.api.profiles import (
    DETAILS,
    MOST_AT_ONCE,
    OPERATIONS,
    Profiles,
    read_ids,
    user_key,
)
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.recipient import read_distinct_id
from suprsend_hub.store.database import Pool
from suprsend_hub.store.keyset import Keyset
from suprsend_hub.store.profile_pages import page_own_profiles
from suprsend_hub.store.subscriptions import page_objects


class MergeForm(Struct, frozen=True):
    """The user that becomes a part of another."""

    from_user_id: str


class UsersForm(Struct, frozen=True):
    """Users by their distinct ids."""

    distinct_ids: Annotated[list[str], Meta(min_length=1, max_length=MOST_AT_ONCE)]


_MERGE = msgspec.json.Decoder(MergeForm)
_USERS = msgspec.json.Decoder(UsersForm)


def user_routes(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The routes of users."""
    profiles = Profiles(gatekeeper, pool, now)
    return [
        *_reading_routes(profiles),
        *_writing_routes(profiles),
        *_deleting_routes(profiles),
        *_tenant_reading_routes(profiles),
        *_tenant_writing_routes(profiles),
    ]


def _reading_routes(profiles: Profiles) -> list[HTTPRouteHandler]:
    @get("/v1/user/", summary="List users", tags=["users"], dependencies=KEYSET)
    async def list_users(request: AnyRequest, keyset: NamedDependency[Keyset]) -> Document:
        """Users, newest first, one page at a time."""
        return await profiles.page(request, "", keyset)

    @get("/v1/user/{distinct_id:str}/", summary="Show a user", tags=["users"])
    async def show_user(request: AnyRequest, distinct_id: FromPath[str]) -> Document:
        """Properties, and addresses by channel; tokens are shortened."""
        return await profiles.show(request, user_key(distinct_id))

    @get(
        "/v1/user/{distinct_id:str}/subscribed_to/object/",
        summary="List the objects that a user subscribes to",
        tags=["users"],
        dependencies=KEYSET,
    )
    async def list_objects_of_user(
        request: AnyRequest, distinct_id: FromPath[str], keyset: NamedDependency[Keyset]
    ) -> Document:
        """Subscriptions, newest first, one page at a time."""
        return await profiles.page_subscriptions(request, user_key(distinct_id), keyset, page_objects)

    @get(
        "/v1/user/{distinct_id:str}/subscribed_to/list/",
        summary="List the lists that a user is on",
        tags=["users"],
        dependencies=KEYSET,
    )
    async def list_lists_of_user(
        request: AnyRequest, distinct_id: FromPath[str], keyset: NamedDependency[Keyset]
    ) -> Document:
        """Lists, newest first, one page at a time."""
        return await profiles.page_lists(request, user_key(distinct_id), keyset)

    return [list_users, show_user, list_objects_of_user, list_lists_of_user]


def _writing_routes(profiles: Profiles) -> list[HTTPRouteHandler]:
    @post("/v1/user/{distinct_id:str}/", operation_class=DETAILS, summary="Create or update a user", tags=["users"])
    async def upsert_user(request: AnyRequest, distinct_id: FromPath[str]) -> Document:
        """Add addresses and set properties; whatever is not named stays."""
        return await profiles.upsert(request, user_key(distinct_id))

    @patch(
        "/v1/user/{distinct_id:str}/",
        operation_class=OPERATIONS,
        status_code=202,
        summary="Edit a user",
        tags=["users"],
    )
    async def edit_user(request: AnyRequest, distinct_id: FromPath[str]) -> Document:
        """Apply operations in order; they have taken effect when this answers."""
        return await profiles.edit(request, user_key(distinct_id))

    @post(
        "/v1/user/{distinct_id:str}/merge/",
        operation_class=body_of(MergeForm, example={"from_user_id": "anonymous-1"}),
        summary="Merge another user into this one",
        tags=["users"],
    )
    async def merge_user(request: AnyRequest, distinct_id: FromPath[str]) -> Document:
        """The other user is gone afterwards; where both have a property, that of this one stays."""
        workspace = await profiles.gatekeeper.workspace(request)
        form = await read_body(request, _MERGE)
        source = ProfileKey(read_distinct_id(form.from_user_id, "from_user_id"))
        key = user_key(distinct_id)
        stored = await merge_users(profiles.pool, workspace.id, source, key, profiles.now())
        return await profiles.document(workspace.id, key, stored)

    return [upsert_user, edit_user, merge_user]


def _deleting_routes(profiles: Profiles) -> list[HTTPRouteHandler]:
    @delete("/v1/user/{distinct_id:str}/", summary="Erase a user", tags=["users"])
    async def delete_user(request: AnyRequest, distinct_id: FromPath[str]) -> None:
        """Profile and contents of messages are gone when this answers; what counts messages stays, without names."""
        await profiles.delete(request, user_key(distinct_id))

    @delete(
        "/v1/bulk/user/",
        operation_class=body_of(UsersForm, example={"distinct_ids": ["user-1", "user-2"]}),
        summary="Erase several users",
        tags=["users"],
    )
    async def delete_users(request: AnyRequest) -> None:
        """As one after the other; those that are not there are passed over."""

        async def named() -> list[ProfileKey]:
            form = await read_body(request, _USERS)
            return [ProfileKey(each) for each in read_ids(form.distinct_ids, "distinct_ids")]

        await profiles.delete_all(request, named)

    return [delete_user, delete_users]


def _tenant_reading_routes(profiles: Profiles) -> list[HTTPRouteHandler]:
    @get(
        "/v1/user/{distinct_id:str}/associated_tenant/",
        summary="List the tenants that know a user",
        tags=["users"],
        dependencies=KEYSET,
    )
    async def list_tenants_of_user(
        request: AnyRequest, distinct_id: FromPath[str], keyset: NamedDependency[Keyset]
    ) -> Document:
        """Tenants that have a profile of their own of this user, newest first."""
        workspace = await profiles.gatekeeper.workspace(request)
        key = user_key(distinct_id)
        await profiles.find(workspace.id, key)
        async with profiles.pool.acquire() as connection:
            rows = await page_own_profiles(connection, workspace.id, key, keyset)
        return keyset_page(rows, keyset, lambda each: each.position, tenant_document)

    @get(
        "/v1/user/{distinct_id:str}/tenant/{tenant_id:str}/",
        summary="Show what a tenant knows of a user",
        tags=["users"],
    )
    async def show_in_tenant(request: AnyRequest, distinct_id: FromPath[str], tenant_id: FromPath[str]) -> Document:
        """Only what this tenant knows itself, without what all of them do."""
        return await profiles.show(request, user_key(distinct_id, tenant_id))

    return [list_tenants_of_user, show_in_tenant]


def _tenant_writing_routes(profiles: Profiles) -> list[HTTPRouteHandler]:
    @post(
        "/v1/user/{distinct_id:str}/tenant/{tenant_id:str}/",
        operation_class=DETAILS,
        summary="Add to what a tenant knows of a user",
        tags=["users"],
    )
    async def upsert_in_tenant(request: AnyRequest, distinct_id: FromPath[str], tenant_id: FromPath[str]) -> Document:
        """As for a user, for messages of this tenant alone."""
        return await profiles.upsert(request, user_key(distinct_id, tenant_id))

    @patch(
        "/v1/user/{distinct_id:str}/tenant/{tenant_id:str}/",
        operation_class=OPERATIONS,
        status_code=202,
        summary="Edit what a tenant knows of a user",
        tags=["users"],
    )
    async def edit_in_tenant(request: AnyRequest, distinct_id: FromPath[str], tenant_id: FromPath[str]) -> Document:
        """As for a user, for messages of this tenant alone."""
        return await profiles.edit(request, user_key(distinct_id, tenant_id))

    @delete(
        "/v1/user/{distinct_id:str}/tenant/{tenant_id:str}/",
        summary="Forget what a tenant knows of a user",
        tags=["users"],
    )
    async def unlink(request: AnyRequest, distinct_id: FromPath[str], tenant_id: FromPath[str]) -> None:
        """The user and the messages stay."""
        workspace = await profiles.gatekeeper.workspace(request)
        if not await unlink_tenant(profiles.pool, workspace.id, user_key(distinct_id, tenant_id)):
            raise NotFound(f"tenant {tenant_id!r} knows nothing of user {distinct_id!r}")

    return [upsert_in_tenant, edit_in_tenant, unlink]
