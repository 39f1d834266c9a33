"""Signing keys: the public halves, which check the user tokens that an app's backend signs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from suprsend_hub.domain.user_token import VerifyingKey, load_verifying_key
from suprsend_hub.store.database import Connection


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A signing key; one that was rolled still checks tokens until `expiry_at`."""

    uid: str
    status: Literal["active", "rolled"]
    expiry_at: datetime | None
    created_at: datetime


async def insert_signing_key(connection: Connection, workspace_id: int, uid: str, public_key: str) -> None:
    """Add a signing key by its public half, in PEM form."""
    await connection.execute(
        "insert into signing_key (workspace_id, uid, public_key, status) values ($1, $2, $3, 'active')",
        workspace_id,
        uid,
        public_key,
    )


async def read_verifying_keys(connection: Connection, workspace_id: int) -> Sequence[VerifyingKey]:
    """The public halves of a workspace's signing keys that are not known to have expired, newest first."""
    rows = await connection.fetch(
        "select public_key, expiry_at from signing_key"
        " where workspace_id = $1 and (expiry_at is null or expiry_at > now()) order by id desc",
        workspace_id,
    )
    return [load_verifying_key(row["public_key"], row["expiry_at"]) for row in rows]


async def list_signing_keys(connection: Connection, workspace_id: int) -> Sequence[SigningKey]:
    """A workspace's signing keys, oldest first."""
    rows = await connection.fetch(
        "select uid, status, expiry_at, created_at from signing_key where workspace_id = $1 order by id", workspace_id
    )
    return [SigningKey(*row) for row in rows]


async def count_signing_keys(connection: Connection, workspace_id: int) -> int:
    """How many signing keys of a workspace have not expired."""
    found: int = await connection.fetchval(
        "select count(*) from signing_key where workspace_id = $1 and (expiry_at is null or expiry_at > now())",
        workspace_id,
    )
    return found


async def roll_active_signing_keys(connection: Connection, workspace_id: int, expiry_at: datetime) -> Sequence[str]:
    """Let every active signing key end at that time; returns their uids."""
    rows = await connection.fetch(
        "update signing_key set status = 'rolled', expiry_at = $2"
        " where workspace_id = $1 and status = 'active' returning uid",
        workspace_id,
        expiry_at,
    )
    return [row["uid"] for row in rows]
