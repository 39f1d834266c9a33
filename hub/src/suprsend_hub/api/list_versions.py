"""`/v1/subscriber_list/{list_id}/version/`: drafts that replace a whole list at once (wire.md 3.6)."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from litestar import delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.actions.edit_list import (
    change_draft_members,
    delete_draft,
    find_list_or_refuse,
    finish_sync,
    start_sync,
)
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.list_documents import draft_document, list_document, version_document
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.subscriber_list import MembersForm, Verb, read_list_id, read_members, read_version_id
from suprsend_hub.store.database import Pool

LIST = "/v1/subscriber_list/{list_id:str}/"
VERSION = LIST + "version/{version_id:str}/"

# What changes the members of a list or of a draft.
MEMBERS = body_of(MembersForm, example={"distinct_ids": ["user-1", "user-2"]})

_MEMBERS = msgspec.json.Decoder(MembersForm)


def list_version_routes(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The routes of drafts."""
    return [
        *_sync_routes(gatekeeper, pool, now),
        *(_member_route(gatekeeper, pool, now, verb) for verb in ("add", "remove")),
        *_deleting_routes(gatekeeper, pool, now),
    ]


async def read_member_ids(request: AnyRequest) -> list[str]:
    """The distinct ids that a body of MEMBERS names."""
    return read_members((await read_body(request, _MEMBERS)).distinct_ids)


def _sync_routes(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    @post(LIST + "start_sync/", status_code=201, summary="Begin a draft of a list", tags=["lists"])
    async def start(request: AnyRequest, list_id: FromPath[str]) -> Document:
        """An empty draft, which nobody sees until it is finished; `version_id` names it."""
        workspace = await gatekeeper.workspace(request)
        return draft_document(*await start_sync(pool, workspace.id, read_list_id(list_id), now()))

    @get(VERSION, summary="Get a draft of a list", tags=["lists"])
    async def get_version(request: AnyRequest, list_id: FromPath[str], version_id: FromPath[str]) -> Document:
        """A draft, or the list itself where the draft was finished."""
        workspace = await gatekeeper.workspace(request)
        async with pool.acquire() as connection:
            found = await find_list_or_refuse(connection, workspace.id, read_list_id(list_id))
        return version_document(found, read_version_id(version_id))

    @patch(VERSION + "finish_sync/", summary="Put a draft in the place of the list", tags=["lists"])
    async def finish(request: AnyRequest, list_id: FromPath[str], version_id: FromPath[str]) -> Document:
        """The draft's members are the list's from now on; doing it twice is doing it once."""
        workspace = await gatekeeper.workspace(request)
        chosen, version = read_list_id(list_id), read_version_id(version_id)
        return list_document(await finish_sync(pool, workspace.id, chosen, version, now()))

    return [start, get_version, finish]


def _member_route(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime], verb: Verb) -> HTTPRouteHandler:
    @post(
        f"{VERSION}subscriber/{verb}/",
        operation_class=MEMBERS,
        status_code=201,
        summary=f"{verb.capitalize()} members of a draft",
        tags=["lists"],
    )
    async def change(request: AnyRequest, list_id: FromPath[str], version_id: FromPath[str]) -> Document:
        """Change who is in a draft; `affected_count` is how many this made a difference for."""
        workspace = await gatekeeper.workspace(request)
        chosen, version = read_list_id(list_id), read_version_id(version_id)
        members = await read_member_ids(request)
        count = await change_draft_members(pool, workspace.id, chosen, version, verb, members, now())
        return {"success": True, "affected_count": count}

    return change


def _deleting_routes(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    @delete(VERSION, summary="Delete a draft of a list", tags=["lists"])
    async def delete_one(request: AnyRequest, list_id: FromPath[str], version_id: FromPath[str]) -> None:
        """Drop a draft that was never finished."""
        workspace = await gatekeeper.workspace(request)
        await delete_draft(pool, workspace.id, read_list_id(list_id), read_version_id(version_id), now())

    @patch(VERSION + "delete/", summary="Delete a draft of a list, as older clients do", tags=["lists"])
    async def delete_by_patch(request: AnyRequest, list_id: FromPath[str], version_id: FromPath[str]) -> Document:
        """The same as DELETE, answered with JSON."""
        workspace = await gatekeeper.workspace(request)
        await delete_draft(pool, workspace.id, read_list_id(list_id), read_version_id(version_id), now())
        return {"success": True}

    return [delete_one, delete_by_patch]
