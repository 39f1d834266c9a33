"""What the fleet has seen of accounts lately, and the weights that follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from suprsend_hub.domain.health import WINDOW, Observed, adjust
from suprsend_hub.store.database import Connection


class AccountName(NamedTuple):
    """An account, as jobs name it."""

    workspace_id: int
    nickname: str


@dataclass(frozen=True, slots=True)
class VendorHealth:
    """An account's health as people see it; shares are of the last window in which there was anything to see."""

    nickname: str
    weight: float
    fault_share: float | None
    silent_share: float | None
    changed_at: datetime | None


async def add_observed(connection: Connection, observed: Mapping[AccountName, Observed], now: datetime) -> None:
    """Add what one process has seen; accounts that were removed meanwhile are passed over."""
    names = sorted(observed)
    await connection.execute(
        "insert into vendor_health as h (vendor_id, tried, faulted, awaited, silent, window_since)"
        " select v.id, o.tried, o.faulted, o.awaited, o.silent, $7"
        " from unnest($1::bigint[], $2::text[], $3::int[], $4::int[], $5::int[], $6::int[])"
        " as o (workspace_id, nickname, tried, faulted, awaited, silent)"
        " join vendor v on v.workspace_id = o.workspace_id and v.nickname = o.nickname order by v.id"
        " on conflict (vendor_id) do update set tried = h.tried + excluded.tried,"
        " faulted = h.faulted + excluded.faulted, awaited = h.awaited + excluded.awaited,"
        " silent = h.silent + excluded.silent",
        [each.workspace_id for each in names],
        [each.nickname for each in names],
        [observed[each].tried for each in names],
        [observed[each].faulted for each in names],
        [observed[each].awaited for each in names],
        [observed[each].silent for each in names],
        now,
    )


async def adjust_weights(connection: Connection, now: datetime) -> dict[AccountName, float]:
    """Close the windows that are over, each in one process only; returns the weights that changed."""
    rows = await connection.fetch(
        "select h.*, v.workspace_id, v.nickname from vendor_health h join vendor v on v.id = h.vendor_id"
        " where h.window_since <= $1 and (h.weight < 1 or h.tried > 0 or h.awaited > 0)"
        " order by h.vendor_id for update of h skip locked",
        now - WINDOW,
    )
    changed: dict[AccountName, float] = {}
    for row in rows:
        observed = Observed(row["tried"], row["faulted"], row["awaited"], row["silent"])
        weight = adjust(row["weight"], observed)
        await connection.execute(
            "update vendor_health set weight = $2, tried = 0, faulted = 0, awaited = 0, silent = 0, window_since = $3,"
            " last_fault_share = coalesce($4, last_fault_share),"
            " last_silent_share = coalesce($5, last_silent_share),"
            " changed_at = case when weight = $2 then changed_at else $3 end where vendor_id = $1",
            row["vendor_id"],
            weight,
            now,
            observed.fault_share if observed.tried else None,
            observed.silent_share if observed.awaited else None,
        )
        if weight != row["weight"]:
            changed[AccountName(row["workspace_id"], row["nickname"])] = weight
    return changed


async def read_health(connection: Connection, workspace_id: int) -> dict[str, VendorHealth]:
    """The health of a workspace's accounts, by nickname; one of which nothing was seen yet is not there."""
    rows = await connection.fetch(
        "select v.nickname, h.weight, h.last_fault_share as fault_share, h.last_silent_share as silent_share,"
        " h.changed_at from vendor_health h join vendor v on v.id = h.vendor_id where v.workspace_id = $1",
        workspace_id,
    )
    return {row["nickname"]: VendorHealth(**row) for row in rows}


@dataclass(frozen=True, slots=True)
class AccountHealth:
    """An account of a vendor, and how it does; a weight of 1 where nothing was seen of it yet."""

    nickname: str
    vendor: str
    channel: str
    is_enabled: bool
    weight: float
    fault_share: float | None
    silent_share: float | None
    changed_at: datetime | None

    @property
    def is_well(self) -> bool:
        """Whether nothing speaks against it."""
        return self.weight >= 1 and not self.fault_share and not self.silent_share


async def list_account_health(connection: Connection, workspace_id: int) -> list[AccountHealth]:
    """All accounts of a workspace, those that do worst first."""
    rows = await connection.fetch(
        "select v.nickname, v.vendor, v.channel, v.disabled_at is null as is_enabled, coalesce(h.weight, 1) as weight,"
        " h.last_fault_share as fault_share, h.last_silent_share as silent_share, h.changed_at"
        " from vendor v left join vendor_health h on h.vendor_id = v.id where v.workspace_id = $1"
        " order by coalesce(h.weight, 1), v.channel, v.priority, v.id",
        workspace_id,
    )
    return [AccountHealth(**row) for row in rows]
