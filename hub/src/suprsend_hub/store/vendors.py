"""Vendor accounts, whose settings are sealed."""

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.vendor import VendorAccount, VendorOffer
from suprsend_hub.store.database import Connection
from suprsend_hub.store.json_columns import from_column
from suprsend_hub.store.sealing import Vault


async def put_vendor(
    connection: Connection,
    vault: Vault,
    workspace_id: int,
    account: VendorAccount,
) -> None:
    """Add a vendor account, or replace the one with the same nickname."""
    await connection.execute(
        "insert into vendor (workspace_id, channel, vendor, nickname, settings, priority, notification_cost, provider,"
        " roots, tenant_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (workspace_id, nickname) do"
        " update set"
        " channel = excluded.channel, vendor = excluded.vendor, settings = excluded.settings,"
        " priority = excluded.priority, notification_cost = excluded.notification_cost,"
        " provider = excluded.provider, roots = excluded.roots, tenant_id = excluded.tenant_id,"
        " revision = vendor.revision + 1",
        workspace_id,
        account.channel,
        account.vendor,
        account.nickname,
        vault.seal(msgspec.json.encode(account.settings), _context(workspace_id, account.nickname)),
        account.priority,
        account.notification_cost,
        account.provider,
        sorted(account.roots),
        account.tenant_id,
    )


async def list_vendors(connection: Connection, vault: Vault, workspace_id: int) -> list[VendorAccount]:
    """The vendor accounts of a workspace: per channel the one to use first comes first."""
    rows = await connection.fetch(
        "select id, revision, channel, vendor, nickname, priority, notification_cost, settings, provider, roots,"
        " tenant_id from vendor"
        " where workspace_id = $1 order by channel, priority, id",
        workspace_id,
    )
    return [
        VendorAccount(
            **{
                **row,
                "roots": frozenset(row["roots"]),
                "settings": _open(vault, workspace_id, row["nickname"], row["settings"]),
            }
        )
        for row in rows
    ]


async def list_offers(connection: Connection, workspace_id: int) -> list[VendorOffer]:
    """What planning needs to know of a workspace's accounts, in the order in which they are used."""
    rows = await connection.fetch(
        "select channel, provider, roots, tenant_id, notification_cost from vendor"
        " where workspace_id = $1 order by channel, priority, id",
        workspace_id,
    )
    return [VendorOffer(**{**row, "roots": frozenset(row["roots"])}) for row in rows]


async def delete_vendor(connection: Connection, workspace_id: int, nickname: str) -> bool:
    """Remove a vendor account; False where there is none of that nickname."""
    done = await connection.execute(
        "delete from vendor where workspace_id = $1 and nickname = $2", workspace_id, nickname
    )
    return done == "DELETE 1"


def _open(vault: Vault, workspace_id: int, nickname: str, sealed: bytes) -> Document:
    return from_column(vault.open(sealed, _context(workspace_id, nickname)).decode())


def _context(workspace_id: int, nickname: str) -> str:
    return f"vendor:{workspace_id}:{nickname}"
