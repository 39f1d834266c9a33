"""Addresses that are left alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.suppression import AddressUse, Cause, SuppressedAddress
from suprsend_hub.store.database import Connection

_DIGEST = "encode(sha256(convert_to({}, 'UTF8')), 'hex')"
# Whether it is of this address, written in any case.
_IS_THIS = f"digest in ({_DIGEST.format('{0}')}, {_DIGEST.format('lower({0})')})"


@dataclass(frozen=True, slots=True)
class NewSuppression:
    """An address that proved to be dead or unwilling, by which message, and until when."""

    address: SuppressedAddress
    cause: Cause
    reason: str
    message_id: str
    until: datetime | None
    category: str = ""


@dataclass(frozen=True, slots=True)
class Suppression:
    """A suppression as people see it; the address is None where its owner was erased."""

    id: int
    channel: Channel
    provider: str
    address: str | None
    cause: str
    reason: str
    message_id: str | None
    since: datetime
    until: datetime | None
    category: str


async def put_suppressions(
    connection: Connection, workspace_id: int, suppressions: Iterable[NewSuppression], now: datetime
) -> None:
    """Leave addresses alone from now on; what was said of one before is replaced."""
    # One order everywhere, so that two that write the same addresses never wait for one another in a ring; and each
    # address once, as one statement can't touch a row twice.
    latest = {(each.address, each.category): each for each in suppressions}
    ordered = [latest[key] for key in sorted(latest)]
    await connection.execute(
        "insert into suppression (workspace_id, since, channel, provider, address, cause, reason, message_id, until,"  # noqa: S608 - made of constants
        f" category, digest) select $1, $2, n.*, {_DIGEST.format('n.address')} from unnest($3::text[], $4::text[],"
        " $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::text[])"
        " as n (channel, provider, address, cause, reason, message_id, until, category)"
        " on conflict (workspace_id, channel, provider, digest, category) do update set"
        " since = excluded.since, address = excluded.address, cause = excluded.cause, reason = excluded.reason,"
        " message_id = excluded.message_id, until = excluded.until",
        workspace_id,
        now,
        [each.address.channel for each in ordered],
        [each.address.provider for each in ordered],
        [each.address.value for each in ordered],
        [each.cause for each in ordered],
        [each.reason for each in ordered],
        [each.message_id for each in ordered],
        [each.until for each in ordered],
        [each.category for each in ordered],
    )


async def find_suppressed(
    connection: Connection, workspace_id: int, uses: Iterable[AddressUse], now: datetime
) -> dict[AddressUse, Cause]:
    """Which of these uses are to be left, and why."""
    asked = list(set(uses))
    if not asked:
        return {}
    rows = await connection.fetch(
        "select a.*, s.cause from unnest($2::text[], $3::text[], $4::text[], $5::text[])"  # noqa: S608 - made of constants
        " as a (channel, provider, value, category) join suppression s on s.workspace_id = $1"
        f" and s.channel = a.channel and s.provider = a.provider and s.digest = {_DIGEST.format('a.value')}"
        " and s.category in ('', a.category) where s.until is null or s.until > $6",
        workspace_id,
        [use.address.channel for use in asked],
        [use.address.provider for use in asked],
        [use.address.value for use in asked],
        [use.category for use in asked],
        now,
    )
    return {
        AddressUse(SuppressedAddress(row["channel"], row["provider"], row["value"]), row["category"]): row["cause"]
        for row in rows
    }


async def is_unsubscribed(connection: Connection, workspace_id: int, address: SuppressedAddress, category: str) -> bool:
    """Whether somebody ended this category for this address."""
    found = await connection.fetchval(
        "select true from suppression where workspace_id = $1 and channel = $2 and provider = $3"  # noqa: S608 - made of constants
        f" and digest = {_DIGEST.format('$4::text')} and category = $5",
        workspace_id,
        *address,
        category,
    )
    return bool(found)


async def lift_unsubscription(
    connection: Connection, workspace_id: int, address: SuppressedAddress, category: str
) -> None:
    """Begin this category again for this address."""
    await connection.execute(
        "delete from suppression where workspace_id = $1 and channel = $2 and provider = $3"  # noqa: S608 - made of constants
        f" and digest = {_DIGEST.format('$4::text')} and category = $5",
        workspace_id,
        *address,
        category,
    )


async def list_suppressions(
    connection: Connection, workspace_id: int, now: datetime, *, limit: int, address: str | None = None
) -> Sequence[Suppression]:
    """The addresses that are left alone now, newest first; or only this one."""
    rows = await connection.fetch(
        "select id, channel, provider, address, cause, reason, message_id, since, until, category from suppression"  # noqa: S608 - made of constants
        f" where workspace_id = $1 and (until is null or until > $2) and ($3::text is null or {_IS_THIS.format('$3')})"
        " order by id desc limit $4",
        workspace_id,
        now,
        address,
        limit,
    )
    return [Suppression(**row) for row in rows]


async def lift_suppression(connection: Connection, workspace_id: int, address: str) -> int:
    """Use an address again on all channels; returns on how many it was left alone."""
    done = await connection.execute(
        f"delete from suppression where workspace_id = $1 and {_IS_THIS.format('$2::text')}",  # noqa: S608 - made of constants
        workspace_id,
        address,
    )
    return int(done.split()[-1])


async def hide_suppressed(connection: Connection, workspace_id: int, addresses: Iterable[SuppressedAddress]) -> None:
    """Forget what these addresses are; they are still left alone."""
    ordered = sorted(set(addresses))
    await connection.execute(
        "update suppression s set address = null, reason = '' from unnest($2::text[], $3::text[], $4::text[])"  # noqa: S608 - made of constants
        " as a (channel, provider, value) where s.workspace_id = $1 and s.channel = a.channel"
        f" and s.provider = a.provider and s.digest = {_DIGEST.format('a.value')}",
        workspace_id,
        [each.channel for each in ordered],
        [each.provider for each in ordered],
        [each.value for each in ordered],
    )


async def prune_suppressions(connection: Connection, now: datetime) -> None:
    """Forget those that ended."""
    await connection.execute("delete from suppression where until < $1", now)
