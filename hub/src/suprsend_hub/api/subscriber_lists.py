"""`/v1/subscriber_list/`: lists of people, and their members (wire.md 3.6)."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from litestar import delete, get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.actions.edit_list import change_members, delete_list, find_list_or_refuse, save_list
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.list_documents import list_document
from suprsend_hub.api.list_versions import LIST, MEMBERS, list_version_routes, read_member_ids
from suprsend_hub.api.pages import Limit, Offset, page
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.subscriber_list import ListForm, Verb, read_list_id
from suprsend_hub.store.database import Pool
from suprsend_hub.store.subscriber_lists import page_lists

PAGE = 20
ROOT = "/v1/subscriber_list/"

EXAMPLE = {"list_id": "beta-users", "list_name": "Beta users", "track_user_entry": True}

_LIST = msgspec.json.Decoder(ListForm)


def subscriber_list_routes(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The routes of lists, of their members and of their versions."""
    return [
        *_reading_routes(gatekeeper, pool),
        *_writing_routes(gatekeeper, pool, now),
        *(_member_route(gatekeeper, pool, now, verb) for verb in ("add", "remove")),
        *list_version_routes(gatekeeper, pool, now),
    ]


def _reading_routes(gatekeeper: Gatekeeper, pool: Pool) -> list[HTTPRouteHandler]:
    @get(ROOT, summary="List subscriber lists", tags=["lists"])
    async def list_all(request: AnyRequest, limit: Limit = PAGE, offset: Offset = 0) -> Document:
        """A page of lists by their ids."""
        workspace = await gatekeeper.workspace(request)
        async with pool.acquire() as connection:
            count, found = await page_lists(connection, workspace.id, limit, offset)
        return page([list_document(each) for each in found], count, limit, offset)

    @get(LIST, summary="Get a subscriber list", tags=["lists"])
    async def get_one(request: AnyRequest, list_id: FromPath[str]) -> Document:
        """A list, how many members it has, and its drafts."""
        workspace = await gatekeeper.workspace(request)
        async with pool.acquire() as connection:
            return list_document(await find_list_or_refuse(connection, workspace.id, read_list_id(list_id)))

    return [list_all, get_one]


def _writing_routes(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    @post(
        ROOT,
        operation_class=body_of(ListForm, example=EXAMPLE),
        status_code=201,
        summary="Add or change a subscriber list",
        tags=["lists"],
    )
    async def put_one(request: AnyRequest) -> Document:
        """Add a list, or change what is said of it; what the body leaves out stays."""
        workspace = await gatekeeper.workspace(request)
        form = await read_body(request, _LIST)
        return list_document(await save_list(pool, workspace.id, read_list_id(form.list_id), form, now()))

    @delete(LIST, summary="Delete a subscriber list", tags=["lists"])
    async def delete_one(request: AnyRequest, list_id: FromPath[str]) -> None:
        """Delete a list; broadcasts to it that were accepted go on."""
        workspace = await gatekeeper.workspace(request)
        await delete_list(pool, workspace.id, read_list_id(list_id), now())

    @patch(LIST + "delete/", summary="Delete a subscriber list, as older clients do", tags=["lists"])
    async def delete_by_patch(request: AnyRequest, list_id: FromPath[str]) -> Document:
        """The same as DELETE, answered with JSON."""
        workspace = await gatekeeper.workspace(request)
        await delete_list(pool, workspace.id, read_list_id(list_id), now())
        return {"success": True}

    return [put_one, delete_one, delete_by_patch]


def _member_route(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime], verb: Verb) -> HTTPRouteHandler:
    @post(
        f"{LIST}subscriber/{verb}/",
        operation_class=MEMBERS,
        status_code=201,
        summary=f"{verb.capitalize()} members",
        tags=["lists"],
    )
    async def change(request: AnyRequest, list_id: FromPath[str]) -> Document:
        """Change who is a member; `affected_count` is how many this made a difference for."""
        workspace = await gatekeeper.workspace(request)
        chosen, members = read_list_id(list_id), await read_member_ids(request)
        count = await change_members(pool, workspace.id, chosen, verb, members, now())
        return {"success": True, "affected_count": count}

    return change
