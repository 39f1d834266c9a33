"""Addresses that are left alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.explanation_facts import SuppressionFacts
from suprsend_hub.domain.suppression import AddressUse, Cause, SuppressedAddress
from suprsend_hub.store.database import Connection

_DIGEST = "encode(sha256(convert_to({}, 'UTF8')), 'hex')"
# Whether it is of this address, written in any case.
_IS_THIS = f"digest in ({_DIGEST.format('{0}')}, {_DIGEST.format('lower({0})')})"
# Whether a row of suppression counts: nobody lifted it since.
_STANDS = "(lifted_at is null or since > lifted_at)"

# Whether what is told now (excluded) takes the place of what is known (s): it is no repetition, it happened after the
# address was last taken back into use, and of two that both count it is the one that lasts longer.
_NEW = "not (excluded.reports && s.reports)"
_WINS = (
    f"({_NEW} and excluded.since > coalesce(s.lifted_at, '-infinity') and (s.since <= s.lifted_at"
    " or (coalesce(excluded.until, 'infinity'), coalesce(excluded.message_id, ''), excluded.cause)"
    " > (coalesce(s.until, 'infinity'), coalesce(s.message_id, ''), s.cause)))"
)
_TAKEN_OVER = ", ".join(
    f"{column} = case when {_WINS} then excluded.{column} else s.{column} end"
    for column in ("address", "since", "cause", "reason", "message_id", "until")
)
# So long a vendor may repeat what it told before an address was taken back into use.
_REPEATED_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class NewSuppression:
    """An address that proved to be dead or unwilling, by which message, and until when.

    `happened_at` is when it did so; None is now. What a person did at the hub `counts_again` each time, but what a
    vendor tells of a message counts once, however often it is told.
    """

    address: SuppressedAddress
    cause: Cause
    reason: str
    message_id: str
    until: datetime | None
    category: str = ""
    happened_at: datetime | None = None
    counts_again: bool = False

    @property
    def report(self) -> str:
        """What it is known by when it is told again; empty for what counts again."""
        return "" if self.counts_again else f"{self.message_id} {self.cause}"


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
    """Leave addresses alone; in whatever order things are told and however often, what lasts longest stands."""
    by_row: dict[tuple[SuppressedAddress, str], list[NewSuppression]] = {}
    for each in suppressions:
        by_row.setdefault((each.address, each.category), []).append(each)
    # One order everywhere, so that two that write the same addresses never wait for one another in a ring; and one
    # statement can't touch a row twice.
    for round_ in zip_longest(*(by_row[row] for row in sorted(by_row))):
        await _put_once(connection, workspace_id, [each for each in round_ if each is not None], now)


async def _put_once(
    connection: Connection, workspace_id: int, suppressions: Sequence[NewSuppression], now: datetime
) -> None:
    await connection.execute(
        "insert into suppression as s (workspace_id, since, channel, provider, address, cause, reason, message_id,"  # noqa: S608 - made of constants
        " until, category, digest, reports) select $1, n.since, n.channel, n.provider, n.address, n.cause, n.reason,"
        f" n.message_id, n.until, n.category, {_DIGEST.format('n.address')},"
        " case when n.report = '' then '{}' else array[n.report] end"
        " from unnest($2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],"
        " $9::timestamptz[], $10::text[], $11::text[])"
        " as n (since, channel, provider, address, cause, reason, message_id, until, category, report)"
        " on conflict (workspace_id, channel, provider, digest, category) do update set"
        f" {_TAKEN_OVER}, reports = case when {_NEW} then s.reports || excluded.reports else s.reports end",
        workspace_id,
        [each.happened_at or now for each in suppressions],
        [each.address.channel for each in suppressions],
        [each.address.provider for each in suppressions],
        [each.address.value for each in suppressions],
        [each.cause for each in suppressions],
        [each.reason for each in suppressions],
        [each.message_id for each in suppressions],
        [each.until for each in suppressions],
        [each.category for each in suppressions],
        [each.report for each in suppressions],
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
        # One look into the index an address, however many are asked for.
        " as a (channel, provider, value, category) cross join lateral (select cause from suppression"
        f" where workspace_id = $1 and channel = a.channel and provider = a.provider"
        f" and digest = {_DIGEST.format('a.value')} and category in ('', a.category)"
        f" and (until is null or until > $6) and {_STANDS} offset 0) s",
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


async def read_standing(
    connection: Connection, workspace_id: int, addresses: Iterable[SuppressedAddress], now: datetime
) -> list[SuppressionFacts]:
    """Why these addresses are left alone at the moment, as far as they are."""
    asked = sorted(set(addresses))
    rows = await connection.fetch(
        "select a.*, s.category, s.cause, s.reason, s.since, s.until"  # noqa: S608 - made of constants
        " from unnest($2::text[], $3::text[], $4::text[]) as a (channel, provider, address)"
        " cross join lateral (select id, category, cause, reason, since, until from suppression"
        " where workspace_id = $1 and channel = a.channel and provider = a.provider"
        f" and digest = {_DIGEST.format('a.address')} and (until is null or until > $5) and {_STANDS} offset 0) s"
        " order by s.id",
        workspace_id,
        [each.channel for each in asked],
        [each.provider for each in asked],
        [each.value for each in asked],
        now,
    )
    return [SuppressionFacts(**row) for row in rows]


async def is_unsubscribed(connection: Connection, workspace_id: int, address: SuppressedAddress, category: str) -> bool:
    """Whether somebody ended this category for this address."""
    found = await connection.fetchval(
        "select true from suppression where workspace_id = $1 and channel = $2 and provider = $3"  # noqa: S608 - made of constants
        f" and digest = {_DIGEST.format('$4::text')} and category = $5 and {_STANDS}",
        workspace_id,
        *address,
        category,
    )
    return bool(found)


async def lift_unsubscriptions(
    connection: Connection, workspace_id: int, uses: Iterable[AddressUse], now: datetime
) -> None:
    """Begin these categories again for these addresses."""
    wanted = sorted(set(uses))
    if not wanted:
        return
    await connection.execute(
        "update suppression set lifted_at = greatest($6, since) where id = any(array(select s.id"  # noqa: S608 - made of constants
        " from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as a (channel, provider, value, category)"
        " cross join lateral (select id from suppression where workspace_id = $1 and channel = a.channel"
        f" and provider = a.provider and digest = {_DIGEST.format('a.value')} and category = a.category"
        " and cause = 'unsubscribed' for update) s))",
        workspace_id,
        [use.address.channel for use in wanted],
        [use.address.provider for use in wanted],
        [use.address.value for use in wanted],
        [use.category for use in wanted],
        now,
    )


async def list_suppressions(
    connection: Connection, workspace_id: int, now: datetime, *, limit: int, address: str | None = None
) -> Sequence[Suppression]:
    """The addresses that are left alone now, newest first; or only this one."""
    rows = await connection.fetch(
        "select id, channel, provider, address, cause, reason, message_id, since, until, category from suppression"  # noqa: S608 - made of constants
        f" where workspace_id = $1 and (until is null or until > $2) and {_STANDS}"
        f" and ($3::text is null or {_IS_THIS.format('$3')}) order by since desc, id desc limit $4",
        workspace_id,
        now,
        address,
        limit,
    )
    return [Suppression(**row) for row in rows]


async def lift_suppression(connection: Connection, workspace_id: int, address: str, now: datetime) -> int:
    """Use an address again on all channels; returns on how many it was left alone.

    That it was is kept for a while, so that what vendors tell again of an old message changes nothing.
    """
    done = await connection.execute(
        "update suppression set lifted_at = greatest($3, since)"  # noqa: S608 - made of constants
        f" where workspace_id = $1 and {_IS_THIS.format('$2::text')} and {_STANDS}",
        workspace_id,
        address,
        now,
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
    """Forget those that ended, and those that were lifted long ago."""
    await connection.execute("delete from suppression where until < $1", now)
    await connection.execute("delete from suppression where lifted_at < $1 and since <= lifted_at", now - _REPEATED_FOR)
