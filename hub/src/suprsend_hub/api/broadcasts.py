"""`POST /{workspace_key}/broadcast/`: one template for every member of a list (wire.md 3.5)."""

from collections.abc import Callable
from datetime import datetime

from litestar import MediaType, Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from suprsend_hub.actions.broadcast import accept_broadcast
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.description import body_of
from suprsend_hub.domain.broadcast import BroadcastForm, read_broadcast
from suprsend_hub.store.database import Pool

EXAMPLE = {
    "$insert_id": "0b1ad0ba-3a2d-4ccc-b2f5-7f30d1e5c9e8",
    "list_id": "beta-users",
    "template": "purchase-made",
    "notification_category": "promotional",
    "data": {"first_name": "friend"},
}


def broadcast_routes(gatekeeper: Gatekeeper, pool: Pool, now: Callable[[], datetime]) -> list[HTTPRouteHandler]:
    """The route of broadcasts."""

    @post(
        "/{workspace_key:str}/broadcast/",
        operation_class=body_of(BroadcastForm, example=EXAMPLE),
        status_code=202,
        media_type=MediaType.TEXT,
        summary="Broadcast to a list",
        tags=["lists"],
    )
    async def broadcast(request: AnyRequest, workspace_key: FromPath[str]) -> Response[str]:
        """Accept a broadcast to everyone who is on the list now; one that was accepted before does nothing."""
        workspace = await gatekeeper.workspace_of_path(request, workspace_key)
        await accept_broadcast(pool, workspace.id, read_broadcast(await request.body()), now())
        return Response("Message received", status_code=202, media_type=MediaType.TEXT)

    return [broadcast]
