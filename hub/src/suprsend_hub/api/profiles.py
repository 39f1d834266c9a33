"""What the routes of users and those of objects have in common."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from suprsend_hub.actions.edit_profile import edit_profile
from suprsend_hub.actions.erase import erase
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.list_documents import list_document
from suprsend_hub.api.pages import keyset_page
from suprsend_hub.api.profile_documents import (
    key_document,
    listed_document,
    profile_document,
    subscription_document,
    uses_of,
)
from suprsend_hub.description import body_of
from suprsend_hub.domain.details import read_details
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.event import MOST_OPERATIONS
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.profile import Profile, ProfileKey, edit, read_operations
from suprsend_hub.domain.recipient import read_distinct_id
from suprsend_hub.store.database import Connection, Pool
from suprsend_hub.store.keyset import Keyset
from suprsend_hub.store.profile_pages import page_profiles
from suprsend_hub.store.profiles import StoredProfile, read_profiles
from suprsend_hub.store.subscriber_lists import page_lists_of
from suprsend_hub.store.subscriptions import Subscription
from suprsend_hub.store.suppressions import find_suppressed

LONGEST_TENANT = 64
MOST_AT_ONCE = 100


class OperationsForm(Struct, frozen=True):
    """Operators such as `$set`, `$append` and `$unset`, applied in order."""

    operations: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=MOST_OPERATIONS)]


_OPERATIONS = msgspec.json.Decoder(OperationsForm)
_DETAILS = msgspec.json.Decoder(Document)

_DETAILS_EXAMPLE = {"$email": ["ada@example.com"], "$timezone": "Europe/Rome", "city": "Turin"}
_OPERATIONS_EXAMPLE = {"operations": [{"$append": {"$email": "ada@example.com"}}, {"$set": {"city": "Turin"}}]}

# What the routes of users and objects take.
DETAILS = body_of(dict[str, Any], example=_DETAILS_EXAMPLE)
OPERATIONS = body_of(OperationsForm, example=_OPERATIONS_EXAMPLE)


def user_key(distinct_id: str, tenant_id: str = "") -> ProfileKey:
    """The key of the user that a path names."""
    if len(tenant_id) > LONGEST_TENANT:
        raise Invalid("tenant_id", f"must be at most {LONGEST_TENANT} characters; has {len(tenant_id)}")
    return ProfileKey(read_distinct_id(distinct_id), tenant_id=tenant_id)


def object_key(object_type: str, object_id: str) -> ProfileKey:
    """The key of the object that a path names."""
    return ProfileKey(read_distinct_id(object_id, "id"), read_distinct_id(object_type, "object_type"))


@dataclass(frozen=True, slots=True)
class Profiles:
    """What is done to profiles, whosever they are."""

    gatekeeper: Gatekeeper
    pool: Pool
    now: Callable[[], datetime]

    async def page(self, request: AnyRequest, object_type: str, keyset: Keyset) -> Document:
        """Users, or objects of one type."""
        workspace = await self.gatekeeper.workspace(request)
        async with self.pool.acquire() as connection:
            rows = await page_profiles(connection, workspace.id, object_type, keyset)
            uses = uses_of([each.stored.profile for each in rows])
            suppressed = await find_suppressed(connection, workspace.id, uses, self.now())
        return keyset_page(rows, keyset, lambda each: each.position, lambda each: listed_document(each, suppressed))

    async def show(self, request: AnyRequest, key: ProfileKey) -> Document:
        """One profile, or NotFound."""
        workspace = await self.gatekeeper.workspace(request)
        return await self.document(workspace.id, key, await self.find(workspace.id, key))

    async def upsert(self, request: AnyRequest, key: ProfileKey) -> Document:
        """Add what the body tells to a profile."""
        workspace = await self.gatekeeper.workspace(request)
        body = await read_body(request, _DETAILS)
        names = list(key_document(key))
        for name, value in key_document(key).items():
            if name in body and body[name] != value:
                raise Invalid(name, f"is not that of the path, {value!r}")
        details = read_details(body, names)
        stored = await edit_profile(self.pool, workspace.id, key, details.added_to, self.now())
        return await self.document(workspace.id, key, stored)

    async def edit(self, request: AnyRequest, key: ProfileKey) -> Document:
        """Apply the body's operations to a profile."""
        workspace = await self.gatekeeper.workspace(request)
        form = await read_body(request, _OPERATIONS)
        operations = read_operations(form.operations, "operations")

        def change(profile: Profile) -> Profile:
            return edit(profile, operations)

        stored = await edit_profile(self.pool, workspace.id, key, change, self.now())
        return await self.document(workspace.id, key, stored)

    async def delete(self, request: AnyRequest, key: ProfileKey) -> None:
        """Erase whoever this is, or NotFound."""
        workspace = await self.gatekeeper.workspace(request)
        if not await erase(self.pool, workspace.id, key, self.now()):
            raise NotFound(f"there is no {_named(key)}")

    async def delete_all(self, request: AnyRequest, keys: Callable[[], Awaitable[Sequence[ProfileKey]]]) -> None:
        """Erase whoever the body names; those that are not there are passed over."""
        workspace = await self.gatekeeper.workspace(request)
        for key in await keys():
            await erase(self.pool, workspace.id, key, self.now())

    async def page_subscriptions(
        self,
        request: AnyRequest,
        key: ProfileKey,
        keyset: Keyset,
        read_page: Callable[[Connection, int, Keyset], Awaitable[list[Subscription]]],
    ) -> Document:
        """Subscriptions of one profile or to it, as `read_page` reads them by its row id."""
        workspace = await self.gatekeeper.workspace(request)
        stored = await self.find(workspace.id, key)
        async with self.pool.acquire() as connection:
            rows = await read_page(connection, stored.id, keyset)
            uses = uses_of([each.other.stored.profile for each in rows])
            suppressed = await find_suppressed(connection, workspace.id, uses, self.now())
        return keyset_page(
            rows,
            keyset,
            lambda each: each.other.position,
            lambda each: subscription_document(each, suppressed),
        )

    async def page_lists(self, request: AnyRequest, key: ProfileKey, keyset: Keyset) -> Document:
        """The lists that a user is on."""
        workspace = await self.gatekeeper.workspace(request)
        await self.find(workspace.id, key)
        async with self.pool.acquire() as connection:
            lists = await page_lists_of(connection, workspace.id, key.distinct_id, keyset)
        return keyset_page(lists, keyset, lambda each: each.id, list_document)

    async def find(self, workspace_id: int, key: ProfileKey) -> StoredProfile:
        """A stored profile, or NotFound."""
        async with self.pool.acquire() as connection:
            found = (await read_profiles(connection, workspace_id, [key])).get(key)
        if found is None:
            raise NotFound(f"there is no {_named(key)}")
        return found

    async def document(self, workspace_id: int, key: ProfileKey, stored: StoredProfile) -> Document:
        """A profile as the API shows it."""
        async with self.pool.acquire() as connection:
            suppressed = await find_suppressed(connection, workspace_id, uses_of([stored.profile]), self.now())
        return profile_document(key, stored, suppressed)


def read_ids(ids: Sequence[str], field: str) -> list[str]:
    """Distinct ids of a body, each once."""
    return list(dict.fromkeys(read_distinct_id(each, f"{field}[{index}]") for index, each in enumerate(ids)))


def _named(key: ProfileKey) -> str:
    whose = f"user {key.distinct_id!r}"
    if key.object_type:
        whose = f"object {key.distinct_id!r} of type {key.object_type!r}"
    return f"{whose} that tenant {key.tenant_id!r} knows" if key.tenant_id else whose
