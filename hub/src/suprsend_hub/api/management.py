"""The management API's front: a service token opens any workspace, named by its slug in the path."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, TypeAlias, TypeVar

import msgspec
from litestar.params import FromQuery, QueryParameter

from suprsend_hub.api.auth import AnyRequest, Gatekeeper
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.reading import read_json, refuse_nul
from suprsend_hub.store.database import Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.workspaces import Workspace, find_workspace

T = TypeVar("T")

Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=1000)]
Offset: TypeAlias = Annotated[int, QueryParameter(ge=0, le=2**31 - 1)]
Mode: TypeAlias = FromQuery[Literal["draft", "live"]]
CommitMessage: TypeAlias = Annotated[str | None, QueryParameter(max_length=500)]

PAGE = 50

_OBJECT = msgspec.json.Decoder(Document)


@dataclass(frozen=True, slots=True)
class Management:
    """What every handler of the management API needs."""

    gatekeeper: Gatekeeper
    pool: Pool
    vault: Vault
    now: Callable[[], datetime]

    async def open_workspace(self, request: AnyRequest, name: str) -> Workspace:
        """The workspace that the path names, for a caller with a service token."""
        await self.gatekeeper.service(request)
        async with self.pool.acquire() as connection:
            workspace = await find_workspace(connection, self.vault, name)
        if workspace is None:
            raise NotFound(f"there is no workspace {name!r}; see: suprsend-hub workspace list")
        return workspace


async def read_body(request: AnyRequest, decoder: msgspec.json.Decoder[T], empty: T | None = None) -> T:
    """The request's body; `empty` stands for a body that is not there."""
    raw = await request.body()
    if not raw.strip() and empty is not None:
        return empty
    form = read_json(raw, decoder)
    if rb"\u0000" in raw:
        try:
            for field, value in read_json(raw, _OBJECT).items():
                refuse_nul(value, field)
        except RecursionError:
            raise Invalid("body", "is nested too deeply") from None
    return form


def page(results: list[Document], count: int, limit: int, offset: int) -> Document:
    """A page in the offset style of wire.md 1.6."""
    return {"meta": {"count": count, "limit": limit, "offset": offset}, "results": results}
