"""The management API's front: a service token opens any workspace, named by its slug in the path."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from litestar.params import FromQuery, QueryParameter

from suprsend_hub.actions.audit import Actor
from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.workspaces import Workspace, find_workspace

Mode: TypeAlias = FromQuery[Literal["draft", "live"]]
CommitMessage: TypeAlias = Annotated[str | None, QueryParameter(max_length=500)]

PAGE = 50


@dataclass(frozen=True, slots=True)
class Management:
    """What every handler of the management API needs."""

    gatekeeper: Gatekeeper
    pool: Pool
    vault: Vault
    now: Callable[[], datetime]

    async def open_workspace(self, request: AnyRequest, name: str) -> Workspace:
        """The workspace that the path names, for a caller with a service token."""
        return (await self.open_to_change(request, name))[0]

    async def open_to_change(self, request: AnyRequest, name: str) -> tuple[Workspace, Actor]:
        """The same, and who is to be noted for what they change in it."""
        actor = await self.gatekeeper.service(request)
        async with self.pool.acquire() as connection:
            workspace = await find_workspace(connection, self.vault, name)
        if workspace is None:
            raise NotFound(f"there is no workspace {name!r}; see: suprsend-hub workspace list")
        return workspace, actor.within(workspace.id)
