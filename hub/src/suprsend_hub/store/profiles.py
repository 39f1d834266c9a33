"""Profiles of people and objects with their addresses."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.profile import Profile, ProfileKey, merge_properties
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.json_columns import from_column, to_column

# One look into the index a key; a subquery that locks or is cut short is never turned into a join.
_KEYS = "unnest($2::text[], $3::text[], $4::text[]) as k (distinct_id, object_type, tenant_id)"
_OF_KEY = (
    "select id, properties, created_at, updated_at from profile where workspace_id = $1"
    " and object_type = k.object_type and distinct_id = k.distinct_id and tenant_id = k.tenant_id"
)


class StoredProfile(Struct, frozen=True):
    """A profile and the row it lies in."""

    id: int
    profile: Profile
    created_at: datetime
    updated_at: datetime


async def read_profiles(
    connection: Connection, workspace_id: int, keys: Iterable[ProfileKey]
) -> dict[ProfileKey, StoredProfile]:
    """The profiles there are, by key."""
    return await _read(connection, workspace_id, sorted(set(keys)), lock="offset 0")


async def find_profile_ids(
    connection: Connection, workspace_id: int, keys: Iterable[ProfileKey]
) -> dict[ProfileKey, int]:
    """The rows of these profiles, as far as there are any."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = await connection.fetch(
        f"select k.*, p.id from {_KEYS} cross join lateral ({_OF_KEY} offset 0) p",  # noqa: S608 - made of constants
        workspace_id,
        *_key_columns(wanted),
    )
    return {ProfileKey(row["distinct_id"], row["object_type"], row["tenant_id"]): row["id"] for row in rows}


async def lock_profiles(
    connection: Connection, workspace_id: int, keys: Iterable[ProfileKey], now: datetime
) -> dict[ProfileKey, StoredProfile]:
    """All these profiles, made where missing, locked until the transaction ends."""
    # Always in the same order, so that two transactions that edit the same people can't wait in a ring.
    ordered = sorted(set(keys))
    await connection.execute(
        "insert into profile (workspace_id, created_at, updated_at, distinct_id, object_type, tenant_id)"  # noqa: S608 - made of constants
        f" select $1, $5, $5, k.* from {_KEYS} on conflict (workspace_id, object_type, distinct_id, tenant_id)"
        " do nothing",
        workspace_id,
        *_key_columns(ordered),
        now,
    )
    return await _read(connection, workspace_id, ordered, lock="for update")


async def lock_existing(
    connection: Connection, workspace_id: int, keys: Iterable[ProfileKey]
) -> dict[ProfileKey, StoredProfile]:
    """Those of these profiles that there are, locked until the transaction ends."""
    return await _read(connection, workspace_id, sorted(set(keys)), lock="for update")


async def write_profiles(
    connection: Connection,
    workspace_id: int,
    changes: Mapping[int, tuple[Profile, Profile]],
    now: datetime,
) -> None:
    """Write what differs between each profile before and after; keys are row ids of locked profiles."""
    changed = {key: after for key, (before, after) in changes.items() if before != after}
    if changed:
        await connection.execute(
            "update profile p set properties = c.properties, updated_at = $4"
            " from unnest($2::bigint[], $3::json[]) as c (id, properties)"
            # Whoever was met only now, with nothing but addresses, is written down already.
            " where p.workspace_id = $1 and p.id = c.id"
            " and (p.updated_at < $4 or p.properties::text <> c.properties::text)",
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
    connection: Connection, workspace_id: int, wanted: Collection[tuple[int, str]]
) -> dict[tuple[int, str], tuple[str, Document]]:
    """Distinct id and properties of profiles as a tenant sees them, by row id and tenant."""
    rows = await connection.fetch(
        "select k.id, k.tenant_id, p.distinct_id, p.properties, p.own"
        " from unnest($2::bigint[], $3::text[]) as k (id, tenant_id) cross join lateral ("
        "select g.distinct_id, g.properties, t.properties as own from profile g left join profile t"
        " on t.workspace_id = g.workspace_id and t.object_type = g.object_type and t.distinct_id = g.distinct_id"
        " and t.tenant_id = k.tenant_id where g.workspace_id = $1 and g.id = k.id offset 0) p",
        workspace_id,
        [profile_id for profile_id, _ in wanted],
        [tenant_id for _, tenant_id in wanted],
    )
    return {
        (row["id"], row["tenant_id"]): (
            row["distinct_id"],
            merge_properties(from_column(row["properties"]), from_column(row["own"] or "{}")),
        )
        for row in rows
    }


async def read_seen_identities(
    connection: Connection, workspace_id: int, wanted: Collection[tuple[int, str]]
) -> dict[tuple[int, str], Sequence[Identity]]:
    """The addresses of profiles as a tenant sees them, by row id and tenant, for each profile that there still is."""
    rows = await connection.fetch(
        "select k.id, k.tenant_id, p.own from unnest($2::bigint[], $3::text[]) as k (id, tenant_id)"
        " cross join lateral (select t.id as own from profile g left join profile t"
        " on t.workspace_id = g.workspace_id and t.object_type = g.object_type and t.distinct_id = g.distinct_id"
        " and t.tenant_id = k.tenant_id where g.workspace_id = $1 and g.id = k.id offset 0) p",
        workspace_id,
        [profile_id for profile_id, _ in wanted],
        [tenant_id for _, tenant_id in wanted],
    )
    ids = {row["id"] for row in rows} | {row["own"] for row in rows if row["own"] is not None}
    known = {key: Profile({}, tuple(each)) for key, each in (await read_identities(connection, ids)).items()}
    return {
        (row["id"], row["tenant_id"]): (
            known[row["id"]] if row["own"] is None else known[row["id"]].seen_by(known[row["own"]])
        ).identities
        for row in rows
    }


async def read_identities(connection: Connection, profile_ids: Collection[int]) -> dict[int, list[Identity]]:
    """The addresses of profiles, by row id, in the order they were added."""
    identities: dict[int, list[Identity]] = {profile_id: [] for profile_id in profile_ids}
    for row in await connection.fetch(
        "select profile_id, channel, provider, value, details from identity where profile_id = any($1) order by id",
        list(profile_ids),
    ):
        identities[row["profile_id"]].append(
            Identity(row["channel"], row["value"], row["provider"], from_column(row["details"]))
        )
    return identities


async def delete_profiles(connection: Connection, workspace_id: int, profile_ids: Collection[int]) -> None:
    """Delete profiles with their addresses and subscriptions."""
    await connection.execute(
        "delete from profile where workspace_id = $1 and id = any($2)", workspace_id, list(profile_ids)
    )


async def _read(
    connection: Connection, workspace_id: int, keys: Sequence[ProfileKey], *, lock: str
) -> dict[ProfileKey, StoredProfile]:
    if not keys:
        return {}
    rows = await connection.fetch(
        "select k.distinct_id, k.object_type, k.tenant_id, p.*"  # noqa: S608 - `lock` is one of two constants
        f" from {_KEYS} cross join lateral ({_OF_KEY} {lock}) p",
        workspace_id,
        *_key_columns(keys),
    )
    identities = await read_identities(connection, [row["id"] for row in rows])
    return {
        ProfileKey(row["distinct_id"], row["object_type"], row["tenant_id"]): stored_profile(row, identities[row["id"]])
        for row in rows
    }


def stored_profile(row: Record, identities: Sequence[Identity]) -> StoredProfile:
    """A row of the table, and its addresses, as a profile."""
    profile = Profile(from_column(row["properties"]), tuple(identities))
    return StoredProfile(row["id"], profile, row["created_at"], row["updated_at"])


def _key_columns(keys: Sequence[ProfileKey]) -> tuple[list[str], list[str], list[str]]:
    return ([key.distinct_id for key in keys], [key.object_type for key in keys], [key.tenant_id for key in keys])


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
