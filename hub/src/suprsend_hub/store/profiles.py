"""Profiles of people with their addresses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.profile import Profile
from suprsend_hub.store.database import Connection
from suprsend_hub.store.json_columns import from_column, to_column


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """A profile and the row it lies in."""

    id: int
    profile: Profile


async def read_profiles(
    connection: Connection, workspace_id: int, distinct_ids: Iterable[str]
) -> dict[str, StoredProfile]:
    """The profiles there are, by distinct id."""
    return await _read(connection, workspace_id, sorted(set(distinct_ids)), lock="")


async def lock_profiles(
    connection: Connection, workspace_id: int, distinct_ids: Iterable[str], now: datetime
) -> dict[str, StoredProfile]:
    """The profiles of all these people, made where missing, locked until the transaction ends."""
    # Always in the same order, so that two transactions that edit the same people can't wait in a ring.
    ordered = sorted(set(distinct_ids))
    await connection.execute(
        "insert into profile (workspace_id, distinct_id, created_at, updated_at)"
        " select $1, each, $3, $3 from unnest($2::text[]) as each on conflict (workspace_id, distinct_id) do nothing",
        workspace_id,
        ordered,
        now,
    )
    return await _read(connection, workspace_id, ordered, lock="for update")


async def write_profiles(
    connection: Connection,
    workspace_id: int,
    changes: Mapping[int, tuple[Profile, Profile]],
    now: datetime,
) -> None:
    """Write what differs between each profile before and after; keys are row ids of locked profiles."""
    changed = {key: after for key, (before, after) in changes.items() if before.properties != after.properties}
    if changed:
        await connection.execute(
            "update profile p set properties = c.properties, updated_at = $4"
            " from unnest($2::bigint[], $3::json[]) as c (id, properties)"
            " where p.workspace_id = $1 and p.id = c.id",
            workspace_id,
            list(changed),
            [to_column(profile.properties) for profile in changed.values()],
            now,
        )
    removed = [(key, gone) for key, (before, after) in changes.items() for gone in _difference(before, after)]
    if removed:
        await connection.execute(
            "delete from identity i using unnest($1::bigint[], $2::text[], $3::text[], $4::text[])"
            " as gone (profile_id, channel, provider, value)"
            " where i.profile_id = gone.profile_id and i.channel = gone.channel and i.provider = gone.provider"
            " and md5(i.value) = md5(gone.value)",
            *_columns(removed),
        )
    added = [(key, fresh) for key, (before, after) in changes.items() for fresh in _difference(after, before)]
    if added:
        await connection.execute(
            "insert into identity (profile_id, channel, provider, value, details, created_at)"
            " select fresh.*, $6 from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::json[])"
            " as fresh on conflict do nothing",
            *_columns(added),
            [to_column(identity.details) for _, identity in added],
            now,
        )


async def read_properties(
    connection: Connection, workspace_id: int, profile_ids: Sequence[int]
) -> dict[int, tuple[str, Document]]:
    """Distinct id and properties of profiles, by row id."""
    rows = await connection.fetch(
        "select id, distinct_id, properties from profile where workspace_id = $1 and id = any($2)",
        workspace_id,
        profile_ids,
    )
    return {row["id"]: (row["distinct_id"], from_column(row["properties"])) for row in rows}


async def read_identities(
    connection: Connection, workspace_id: int, profile_ids: Iterable[int]
) -> dict[int, list[Identity]]:
    """The addresses of these profiles, by row id, for each profile that there still is."""
    ids = sorted(profile_ids)
    rows = await connection.fetch("select id from profile where workspace_id = $1 and id = any($2)", workspace_id, ids)
    return await _identities(connection, [row["id"] for row in rows])


async def _identities(connection: Connection, profile_ids: Sequence[int]) -> dict[int, list[Identity]]:
    identities: dict[int, list[Identity]] = {each: [] for each in profile_ids}
    for row in await connection.fetch(
        "select profile_id, channel, provider, value, details from identity where profile_id = any($1) order by id",
        profile_ids,
    ):
        identities[row["profile_id"]].append(
            Identity(row["channel"], row["value"], row["provider"], from_column(row["details"]))
        )
    return identities


async def _read(
    connection: Connection, workspace_id: int, distinct_ids: Sequence[str], *, lock: str
) -> dict[str, StoredProfile]:
    rows = await connection.fetch(
        "select id, distinct_id, properties from profile"  # noqa: S608 - `lock` is one of two constants
        f" where workspace_id = $1 and distinct_id = any($2) order by distinct_id {lock}",
        workspace_id,
        distinct_ids,
    )
    identities = await _identities(connection, [row["id"] for row in rows])
    return {
        row["distinct_id"]: StoredProfile(
            row["id"], Profile(from_column(row["properties"]), tuple(identities[row["id"]]))
        )
        for row in rows
    }


def _difference(left: Profile, right: Profile) -> list[Identity]:
    known = {identity.key for identity in right.identities}
    return [identity for identity in left.identities if identity.key not in known]


def _columns(rows: Sequence[tuple[int, Identity]]) -> tuple[list[int], list[str], list[str], list[str]]:
    return (
        [key for key, _ in rows],
        [identity.channel for _, identity in rows],
        [identity.provider for _, identity in rows],
        [identity.value for _, identity in rows],
    )
