"""Public keys: what browsers and phones name their workspace with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.workspaces import Workspace, find_workspace_by_id

_COLUMNS = "id, name, key, is_secure, is_default, requests_per_second, created_at, rotated_at"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key; a secure one opens nothing without a user token beside it."""

    id: int
    name: str
    key: str
    is_secure: bool
    is_default: bool
    requests_per_second: float | None
    created_at: datetime
    rotated_at: datetime | None


async def insert_public_key(
    connection: Connection,
    workspace_id: int,
    name: str,
    key: str,
    *,
    is_secure: bool,
    is_default: bool,
    requests_per_second: float | None = None,
) -> PublicKey:
    """Add a public key; a default one takes the place of the one before."""
    if is_default:
        await connection.execute("update public_key set is_default = false where workspace_id = $1", workspace_id)
    row = await connection.fetchrow(
        "insert into public_key (workspace_id, name, key, is_secure, is_default, requests_per_second)"  # noqa: S608
        f" values ($1, $2, $3, $4, $5, $6) returning {_COLUMNS}",
        workspace_id,
        name,
        key,
        is_secure,
        is_default,
        requests_per_second,
    )
    assert row is not None, "the row was just written"
    return _public_key(row)


async def find_public_key(connection: Connection, vault: Vault, key: str) -> tuple[Workspace, PublicKey] | None:
    """The public key, unless it was deleted, and its workspace."""
    row = await connection.fetchrow(
        f"select workspace_id, {_COLUMNS} from public_key where key = $1 and deleted_at is null",  # noqa: S608 - constant
        key,
    )
    if row is None:
        return None
    workspace = await find_workspace_by_id(connection, vault, row["workspace_id"])
    return (workspace, _public_key(row)) if workspace else None


async def list_public_keys(connection: Connection, workspace_id: int) -> Sequence[PublicKey]:
    """A workspace's public keys, oldest first."""
    rows = await connection.fetch(
        f"select {_COLUMNS} from public_key where workspace_id = $1 and deleted_at is null order by id",  # noqa: S608
        workspace_id,
    )
    return [_public_key(row) for row in rows]


async def secure_public_key(connection: Connection, workspace_id: int, key_id: int, *, is_secure: bool) -> bool:
    """Demand user tokens beside a public key, or no longer; False where there is none."""
    done = await connection.execute(
        "update public_key set is_secure = $3 where workspace_id = $1 and id = $2 and deleted_at is null",
        workspace_id,
        key_id,
        is_secure,
    )
    return done == "UPDATE 1"


async def limit_public_key(connection: Connection, workspace_id: int, key_id: int, rate: float | None) -> bool:
    """Let a public key make so many requests a second; False where there is none."""
    done = await connection.execute(
        "update public_key set requests_per_second = $3 where workspace_id = $1 and id = $2 and deleted_at is null",
        workspace_id,
        key_id,
        rate,
    )
    return done == "UPDATE 1"


async def delete_public_key(connection: Connection, workspace_id: int, key_id: int) -> bool:
    """End a public key; False where there is none."""
    done = await connection.execute(
        "update public_key set deleted_at = now() where workspace_id = $1 and id = $2 and deleted_at is null",
        workspace_id,
        key_id,
    )
    return done == "UPDATE 1"


async def rotate_public_key(connection: Connection, workspace_id: int, key_id: int, key: str) -> PublicKey | None:
    """Put another key in the place of a public key, which ends with that; None where there is none."""
    row = await connection.fetchrow(
        "update public_key set key = $3, rotated_at = now()"  # noqa: S608 - constant columns
        f" where workspace_id = $1 and id = $2 and deleted_at is null returning {_COLUMNS}",
        workspace_id,
        key_id,
        key,
    )
    return _public_key(row) if row else None


def _public_key(row: Record) -> PublicKey:
    return PublicKey(**{name: row[name] for name in PublicKey.__slots__})
