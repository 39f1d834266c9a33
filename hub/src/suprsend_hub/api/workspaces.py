"""`/v1/workspace/`: the workspaces of this installation; and the bridge, which gives the keys of one (wire.md 6)."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from suprsend_hub.actions.create_workspace import add_workspace
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.api.bodies import read_body
from suprsend_hub.api.management import PAGE, Management
from suprsend_hub.api.pages import Limit, Offset, page
from suprsend_hub.description import body_of
from suprsend_hub.domain.document import Document
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.workspaces import Workspace, page_workspaces


class WorkspaceForm(Struct, frozen=True):
    """A workspace to be; its name is its slug too."""

    name: str


_WORKSPACE = msgspec.json.Decoder(WorkspaceForm)


def workspace_routes(
    gatekeeper: Gatekeeper, pool: Pool, vault: Vault, now: Callable[[], datetime]
) -> list[HTTPRouteHandler]:
    """The routes of workspaces."""
    management = Management(gatekeeper, pool, vault, now)

    @get("/v1/workspace/", summary="List workspaces", tags=["workspaces"])
    async def list_workspaces(request: AnyRequest, limit: Limit = PAGE, offset: Offset = 0) -> Document:
        """A page of workspaces, oldest first."""
        await gatekeeper.service(request)
        async with pool.acquire() as connection:
            count, found = await page_workspaces(connection, vault, limit, offset)
        return page([_document(each) for each in found], count, limit, offset)

    @post(
        "/v1/workspace/",
        operation_class=body_of(WorkspaceForm, example={"name": "shop"}),
        summary="Make a workspace",
        tags=["workspaces"],
    )
    async def create_workspace(request: AnyRequest) -> Document:
        """Make a workspace; its key and secret are at its bridge."""
        actor = await gatekeeper.service(request)
        form = await read_body(request, _WORKSPACE)
        return _document(await add_workspace(pool, vault, form.name, actor))

    @get("/v1/workspace/{slug:str}/", summary="Get a workspace", tags=["workspaces"])
    async def get_workspace(request: AnyRequest, slug: FromPath[str]) -> Document:
        """One workspace."""
        return _document(await management.open_workspace(request, slug))

    @get("/v1/{workspace:str}/ws_key/bridge/", summary="Get a workspace's keys", tags=["workspaces"])
    async def get_keys(request: AnyRequest, workspace: FromPath[str]) -> Document:
        """The workspace key and secret, with which a server-side client signs."""
        opened = await management.open_workspace(request, workspace)
        return {"key": opened.key, "secret": opened.secrets[0]}

    return [list_workspaces, create_workspace, get_workspace, get_keys]


def _document(workspace: Workspace) -> Document:
    return {
        "uid": workspace.uid,
        "slug": workspace.name,
        "name": workspace.name,
        "description": "",
        "mode": "live",
        "is_expired": False,
        "has_limit_reached": False,
        "created_at": workspace.created_at,
    }
