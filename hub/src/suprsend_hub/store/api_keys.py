"""API keys, of which only a digest is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.store.database import Connection
from suprsend_hub.store.sealing import Vault, digest, mask
from suprsend_hub.store.workspaces import Workspace, find_workspace_by_id

_COLUMNS = "id, name, masked, requests_per_second, created_at"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key, as it can be shown; a rate of None is that of the settings."""

    id: int
    name: str
    masked: str
    requests_per_second: float | None
    created_at: datetime


async def insert_api_key(
    connection: Connection, workspace_id: int, name: str, api_key: str, requests_per_second: float | None = None
) -> None:
    """Let an API key open a workspace."""
    await connection.execute(
        "insert into api_key (workspace_id, name, digest, masked, requests_per_second) values ($1, $2, $3, $4, $5)",
        workspace_id,
        name,
        digest(api_key),
        mask(api_key),
        requests_per_second,
    )


async def find_api_key(connection: Connection, vault: Vault, api_key: str) -> tuple[Workspace, ApiKey] | None:
    """The API key, unless it was deleted, and the workspace that it opens."""
    row = await connection.fetchrow(
        f"select workspace_id, {_COLUMNS} from api_key where digest = $1 and deleted_at is null",  # noqa: S608 - constant
        digest(api_key),
    )
    if row is None:
        return None
    workspace_id, *shown = row
    workspace = await find_workspace_by_id(connection, vault, workspace_id)
    return (workspace, ApiKey(*shown)) if workspace else None


async def list_api_keys(connection: Connection, workspace_id: int) -> Sequence[ApiKey]:
    """A workspace's API keys, oldest first."""
    rows = await connection.fetch(
        f"select {_COLUMNS} from api_key where workspace_id = $1 and deleted_at is null order by id",  # noqa: S608
        workspace_id,
    )
    return [ApiKey(*row) for row in rows]


async def delete_api_key(connection: Connection, workspace_id: int, key_id: int) -> bool:
    """End an API key; False where there is none."""
    done = await connection.execute(
        "update api_key set deleted_at = now() where workspace_id = $1 and id = $2 and deleted_at is null",
        workspace_id,
        key_id,
    )
    return done == "UPDATE 1"


async def limit_api_key(connection: Connection, workspace_id: int, key_id: int, rate: float | None) -> bool:
    """Let an API key make so many requests a second; False where there is none."""
    done = await connection.execute(
        "update api_key set requests_per_second = $3 where workspace_id = $1 and id = $2 and deleted_at is null",
        workspace_id,
        key_id,
        rate,
    )
    return done == "UPDATE 1"
