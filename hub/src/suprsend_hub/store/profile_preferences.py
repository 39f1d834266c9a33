"""What people chose: categories, and channels as a whole; all of it goes when their profile goes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.preference import Choice, Choosable
from suprsend_hub.store.database import Connection, count_changed
from suprsend_hub.store.json_columns import from_optional_column, to_optional_column


@dataclass(frozen=True, slots=True)
class StoredChoice:
    """A person's word on one category, with what the hub only keeps."""

    choice: Choice
    digest_schedule: Any = None
    properties: Any = None


@dataclass(frozen=True, slots=True)
class Person:
    """What one person chose for one tenant."""

    choices: Mapping[str, StoredChoice]
    restricted: frozenset[Channel]


async def read_person(connection: Connection, profile_id: int | None, tenant_id: str) -> Person:
    """What a person chose; nothing where there is no profile."""
    choices = await connection.fetch(
        "select category, preference, opt_out_channels, digest_schedule, properties from category_preference"
        " where profile_id = $1 and tenant_id = $2",
        profile_id,
        tenant_id,
    )
    restricted = await connection.fetch(
        "select channel from channel_restriction where profile_id = $1 and tenant_id = $2", profile_id, tenant_id
    )
    return Person(
        {
            row["category"]: StoredChoice(
                Choice(row["preference"], frozenset(row["opt_out_channels"])),
                from_optional_column(row["digest_schedule"]),
                from_optional_column(row["properties"]),
            )
            for row in choices
        },
        frozenset(row["channel"] for row in restricted),
    )


async def put_choices(
    connection: Connection,
    workspace_id: int,
    profile_ids: Sequence[int],
    tenant_id: str,
    choices: Mapping[str, StoredChoice],
    now: datetime,
) -> None:
    """Let all these people choose the same, by category; what the hub only keeps stays where it is not said."""
    await connection.executemany(
        "insert into category_preference (profile_id, workspace_id, tenant_id, category, preference,"
        " opt_out_channels, digest_schedule, properties, updated_at)"
        " select each, $2, $3, $4, $5, $6, $7, $8, $9 from unnest($1::bigint[]) as each"
        " on conflict (profile_id, tenant_id, category) do update set preference = excluded.preference,"
        " opt_out_channels = excluded.opt_out_channels,"
        " digest_schedule = coalesce(excluded.digest_schedule, category_preference.digest_schedule),"
        " properties = coalesce(excluded.properties, category_preference.properties),"
        " updated_at = excluded.updated_at",
        [
            (
                profile_ids,
                workspace_id,
                tenant_id,
                category,
                stored.choice.preference,
                sorted(stored.choice.opt_out_channels),
                to_optional_column(stored.digest_schedule),
                to_optional_column(stored.properties),
                now,
            )
            for category, stored in sorted(choices.items())
        ],
    )


async def put_preference(
    connection: Connection,
    workspace_id: int,
    profile_id: int,
    tenant_id: str,
    category: str,
    preference: Choosable,
    now: datetime,
) -> None:
    """Let a person opt in or out of a category, and leave the channels as they are."""
    await connection.execute(
        "insert into category_preference (profile_id, workspace_id, tenant_id, category, preference,"
        " opt_out_channels, updated_at) select p.id, $1, $3, $4, $5, '{}', $6 from profile p"
        # Who was deleted meanwhile wants nothing any more.
        " where p.workspace_id = $1 and p.id = $2 for key share"
        " on conflict (profile_id, tenant_id, category) do update set preference = excluded.preference,"
        " updated_at = excluded.updated_at",
        workspace_id,
        profile_id,
        tenant_id,
        category,
        preference,
        now,
    )


async def restrict_channels(
    connection: Connection,
    workspace_id: int,
    profile_ids: Sequence[int],
    tenant_id: str,
    wanted: Mapping[Channel, bool],
    now: datetime,
) -> None:
    """Let all these people restrict channels to what is mandatory, or take that back; the others stay."""
    await connection.execute(
        "insert into channel_restriction (profile_id, workspace_id, tenant_id, channel, since)"
        " select profile, $2, $3, channel, $5 from unnest($1::bigint[]) as profile, unnest($4::text[]) as channel"
        " on conflict do nothing",
        profile_ids,
        workspace_id,
        tenant_id,
        [channel for channel, is_restricted in wanted.items() if is_restricted],
        now,
    )
    await _lift(
        connection, profile_ids, tenant_id, [channel for channel, is_restricted in wanted.items() if not is_restricted]
    )


async def move_preferences(connection: Connection, from_profile: int, to_profile: int) -> None:
    """Let what one profile wants be another's; of what both said something, the other's word stays."""
    await connection.execute(
        "insert into category_preference (profile_id, workspace_id, tenant_id, category, preference,"
        " opt_out_channels, digest_schedule, properties, updated_at)"
        " select $2, workspace_id, tenant_id, category, preference, opt_out_channels, digest_schedule, properties,"
        " updated_at from category_preference where profile_id = $1 on conflict do nothing",
        from_profile,
        to_profile,
    )
    # Whoever restricted a channel anywhere wants less on it, as both of them.
    await connection.execute(
        "insert into channel_restriction (profile_id, workspace_id, tenant_id, channel, since)"
        " select $2, workspace_id, tenant_id, channel, since from channel_restriction where profile_id = $1"
        " on conflict do nothing",
        from_profile,
        to_profile,
    )


async def forget_tenant(connection: Connection, workspace_id: int, tenant_id: str, limit: int) -> int:
    """Forget so much of what people wanted of a tenant's messages; returns how much there was."""
    gone = 0
    for table in ("category_preference", "channel_restriction"):
        done = await connection.execute(
            f"delete from {table} where ctid = any(array(select ctid from {table}"  # noqa: S608 - made of constants
            " where workspace_id = $1 and tenant_id = $2 limit $3))",
            workspace_id,
            tenant_id,
            limit,
        )
        gone += count_changed(done)
    return gone


async def forget_choices(connection: Connection, profile_ids: Sequence[int], tenant_id: str) -> None:
    """Let the defaults hold again for these people."""
    await connection.execute(
        "delete from category_preference where profile_id = any($1) and tenant_id = $2", profile_ids, tenant_id
    )


async def forget_restrictions(connection: Connection, profile_ids: Sequence[int], tenant_id: str) -> None:
    """Lift all restrictions of these people."""
    await connection.execute(
        "delete from channel_restriction where profile_id = any($1) and tenant_id = $2", profile_ids, tenant_id
    )


async def _lift(
    connection: Connection, profile_ids: Sequence[int], tenant_id: str, channels: Collection[Channel]
) -> None:
    await connection.execute(
        "delete from channel_restriction where profile_id = any($1) and tenant_id = $2 and channel = any($3)",
        profile_ids,
        tenant_id,
        list(channels),
    )
