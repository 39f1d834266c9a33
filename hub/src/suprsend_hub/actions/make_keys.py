"""Making the keys of a workspace, and rolling over to new ones."""

import secrets
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from suprsend_hub.actions.audit import Along, nothing_along
from suprsend_hub.domain.fault import Conflict, Invalid, NotFound
from suprsend_hub.store.api_keys import insert_api_key
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.public_keys import PublicKey, insert_public_key, rotate_public_key
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.signing_keys import count_signing_keys, insert_signing_key, roll_active_signing_keys
from suprsend_hub.store.workspaces import Workspace, find_workspace_by_id, keep_inbox_secret, lock_workspace

# Each is tried on every user token.
MOST_SIGNING_KEYS = 10
LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class NewSigningKey:
    """A signing key just made; its private half can be shown only this once."""

    uid: str
    private_key_pem: str = field(repr=False)

    @property
    def private_key_base64(self) -> str:
        """The same in one line, fit for an environment variable."""
        return b64encode(self.private_key_pem.encode()).decode()


async def create_api_key(connection: Connection, workspace_id: int, name: str, rate: float | None = None) -> str:
    """Make an API key and return it; it can't be shown again."""
    api_key = f"SS.{secrets.token_urlsafe(32)}"
    await insert_api_key(connection, workspace_id, read_key_name(name), api_key, rate)
    return api_key


async def create_public_key(
    connection: Connection,
    workspace_id: int,
    name: str,
    *,
    is_secure: bool = False,
    is_default: bool = False,
    rate: float | None = None,
) -> PublicKey:
    """Make a public key, within a transaction."""
    return await insert_public_key(
        connection,
        workspace_id,
        read_key_name(name),
        _make_public_key(),
        is_secure=is_secure,
        is_default=is_default,
        requests_per_second=rate,
    )


async def renew_public_key(connection: Connection, workspace_id: int, key_id: int) -> PublicKey:
    """Give a public key a new value; the old one ends with that."""
    renewed = await rotate_public_key(connection, workspace_id, key_id, _make_public_key())
    if renewed is None:
        raise NotFound(f"there is no public key {key_id} in this workspace; see: suprsend-hub public-key list")
    return renewed


async def create_signing_key(pool: Pool, workspace_id: int, along: Along = nothing_along) -> NewSigningKey:
    """Make a signing key beside those that there are."""

    async def work(connection: Connection) -> NewSigningKey:
        made = await _add_signing_key(connection, workspace_id)
        await along(connection)
        return made

    return await transact(pool, work)


async def roll_signing_keys(
    pool: Pool, workspace_id: int, expiry_at: datetime, along: Along = nothing_along
) -> NewSigningKey:
    """Make a signing key in the place of those that are active, which check tokens until `expiry_at` yet."""

    async def work(connection: Connection) -> NewSigningKey:
        if not await roll_active_signing_keys(connection, workspace_id, expiry_at):
            raise NotFound("there is no signing key to roll; make one with: suprsend-hub signing-key create")
        await along(connection)
        return await _add_signing_key(connection, workspace_id)

    return await transact(pool, work)


async def ensure_inbox_secret(
    connection: Connection, vault: Vault, workspace: Workspace, along: Along = nothing_along
) -> str:
    """The workspace's inbox secret, made now if it has none, within a transaction."""
    if workspace.inbox_secret is not None:
        return workspace.inbox_secret
    await keep_inbox_secret(connection, vault, workspace, f"SS.INS.{secrets.token_urlsafe(32)}")
    await along(connection)
    kept = await find_workspace_by_id(connection, vault, workspace.id)
    assert kept is not None, "nothing deletes workspaces"
    assert kept.inbox_secret is not None, "it was kept just now"
    return kept.inbox_secret


async def _add_signing_key(connection: Connection, workspace_id: int) -> NewSigningKey:
    await lock_workspace(connection, workspace_id)
    if await count_signing_keys(connection, workspace_id) >= MOST_SIGNING_KEYS:
        raise Conflict(f"a workspace has at most {MOST_SIGNING_KEYS} signing keys that have not expired")
    key = generate_private_key(SECP256R1())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    made = NewSigningKey(f"sk_{secrets.token_urlsafe(12)}", private.decode())
    await insert_signing_key(connection, workspace_id, made.uid, public.decode())
    return made


def _make_public_key() -> str:
    return f"SS.PUBK.{secrets.token_urlsafe(32)}"


def read_key_name(name: str) -> str:
    """What people call a key, or Invalid."""
    if not 1 <= len(name.strip()) <= LONGEST_NAME or not name.isprintable():
        raise Invalid("name", f"must have 1 to {LONGEST_NAME} printable characters")
    return name.strip()
