"""Vendor accounts, whose settings are sealed."""

from datetime import timedelta

import msgspec

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.vendor import VendorAccount, VendorOffer
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.json_columns import from_column
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.vendor_budgets import forget_queue

_ACCOUNTS = (
    "select v.workspace_id, v.id, v.revision, v.channel, v.vendor, v.nickname, v.priority, v.notification_cost,"
    " v.settings, v.provider, v.roots, v.tenant_id, v.fallback_seconds, v.rate_per_second,"
    " coalesce(h.weight, 1) as weight, v.disabled_at is null as is_enabled"
    " from vendor v left join vendor_health h on h.vendor_id = v.id"
)


async def put_vendor(
    connection: Connection,
    vault: Vault,
    workspace_id: int,
    account: VendorAccount,
) -> bool:
    """Add a vendor account, or replace the one with the same nickname, whose health and queue then count no more.

    Says whether it is new.
    """
    is_new: bool = await connection.fetchval(
        "insert into vendor (workspace_id, channel, vendor, nickname, settings, priority, notification_cost, provider,"
        " roots, tenant_id, fallback_seconds, rate_per_second)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        " on conflict (workspace_id, nickname) do update set"
        " channel = excluded.channel, vendor = excluded.vendor, settings = excluded.settings,"
        " priority = excluded.priority, notification_cost = excluded.notification_cost,"
        " provider = excluded.provider, roots = excluded.roots, tenant_id = excluded.tenant_id,"
        " fallback_seconds = excluded.fallback_seconds, rate_per_second = excluded.rate_per_second,"
        " revision = vendor.revision + 1 returning xmax = 0",
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
        None if account.fallback_after is None else int(account.fallback_after.total_seconds()),
        account.rate_per_second,
    )
    await connection.execute(
        "delete from vendor_health where vendor_id = (select id from vendor where workspace_id = $1 and nickname = $2)",
        workspace_id,
        account.nickname,
    )
    await forget_queue(connection, workspace_id, account.nickname)
    return is_new


async def list_vendors(connection: Connection, vault: Vault, workspace_id: int) -> list[VendorAccount]:
    """The vendor accounts of a workspace: per channel the one to use first comes first."""
    rows = await connection.fetch(
        f"{_ACCOUNTS} where v.workspace_id = $1 order by v.channel, v.priority, v.id",
        workspace_id,
    )
    return [_account(vault, row) for row in rows]


async def find_vendor_account(
    connection: Connection, vault: Vault, account_id: int
) -> tuple[int, VendorAccount] | None:
    """The account of that id, with its workspace's."""
    row = await connection.fetchrow(f"{_ACCOUNTS} where v.id = $1", account_id)
    return None if row is None else (row["workspace_id"], _account(vault, row))


async def list_offers(connection: Connection, workspace_id: int) -> list[VendorOffer]:
    """What planning needs to know of a workspace's accounts, in the order in which they are used."""
    rows = await connection.fetch(
        "select channel, nickname, provider, roots, tenant_id, notification_cost, disabled_at is null as is_enabled"
        " from vendor where workspace_id = $1 order by channel, priority, id",
        workspace_id,
    )
    return [VendorOffer(**{**row, "roots": frozenset(row["roots"])}) for row in rows]


async def switch_vendor(connection: Connection, workspace_id: int, nickname: str, *, is_enabled: bool) -> bool:
    """Use a vendor account, or no longer; False where there is none of that nickname."""
    done = await connection.execute(
        "update vendor set disabled_at = case when $3 then null else coalesce(disabled_at, now()) end"
        " where workspace_id = $1 and nickname = $2",
        workspace_id,
        nickname,
        is_enabled,
    )
    return done == "UPDATE 1"


async def delete_vendor(connection: Connection, workspace_id: int, nickname: str) -> bool:
    """Remove a vendor account; False where there is none of that nickname."""
    done = await connection.execute(
        "delete from vendor where workspace_id = $1 and nickname = $2", workspace_id, nickname
    )
    return done == "DELETE 1"


def _account(vault: Vault, row: Record) -> VendorAccount:
    fields = dict(row)
    workspace_id, seconds = fields.pop("workspace_id"), fields.pop("fallback_seconds")
    return VendorAccount(
        **{
            **fields,
            "roots": frozenset(row["roots"]),
            "fallback_after": None if seconds is None else timedelta(seconds=seconds),
            "settings": _open(vault, workspace_id, row["nickname"], row["settings"]),
        }
    )


def _open(vault: Vault, workspace_id: int, nickname: str, sealed: bytes) -> Document:
    return from_column(vault.open(sealed, _context(workspace_id, nickname)).decode())


def _context(workspace_id: int, nickname: str) -> str:
    return f"vendor:{workspace_id}:{nickname}"
