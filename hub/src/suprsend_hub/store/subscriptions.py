"""Who subscribes to objects."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.json_columns import from_column, to_column
from suprsend_hub.store.keyset import Keyset, fetch_page
from suprsend_hub.store.profile_pages import COLUMNS, Listed, list_rows


@dataclass(frozen=True, slots=True)
class Subscription:
    """One side of a subscription as the other side sees it."""

    other: Listed
    properties: Document
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk through the members of an object has come to; `by` is the object by which it found the last one."""

    by: int
    member: int


START = Place(0, 0)


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody who is told when an object is, and the properties of the subscription that leads there."""

    place: Place
    key: ProfileKey
    properties: Document


async def put_subscriptions(
    connection: Connection,
    parent_id: int,
    members: Mapping[int, ProfileKey],
    properties: Document,
    now: datetime,
) -> None:
    """Subscribe members, by row id, to an object; one that is subscribed already gets these properties in addition."""
    # One order everywhere, so that two that write the same subscriptions never wait for one another in a ring.
    ordered = sorted(members)
    known = await connection.fetch(
        "select member_id, properties from subscription where parent_id = $1 and member_id = any($2)"
        " order by member_id for update",
        parent_id,
        ordered,
    )
    before = {row["member_id"]: from_column(row["properties"]) for row in known}
    await connection.execute(
        "insert into subscription (parent_id, created_at, member_id, is_object, properties)"
        " select $1, $2, * from unnest($3::bigint[], $4::boolean[], $5::json[])"
        " on conflict (parent_id, member_id) do update set properties = excluded.properties",
        parent_id,
        now,
        ordered,
        [members[each].object_type != "" for each in ordered],
        [to_column(before.get(each, {}) | properties) for each in ordered],
    )


async def delete_subscriptions(connection: Connection, parent_id: int, member_ids: Collection[int]) -> None:
    """End subscriptions to an object."""
    await connection.execute(
        "delete from subscription where parent_id = $1 and member_id = any($2)", parent_id, sorted(member_ids)
    )


async def move_subscriptions(connection: Connection, from_id: int, to_id: int) -> None:
    """Let one member have the subscriptions of another; where both have one, that of the first stays."""
    await connection.execute(
        "insert into subscription (parent_id, member_id, is_object, properties, created_at)"
        " select parent_id, $2, is_object, properties, created_at from subscription where member_id = $1"
        " order by parent_id on conflict do nothing",
        from_id,
        to_id,
    )
    await connection.execute("delete from subscription where member_id = $1", from_id)


async def page_members(connection: Connection, parent_id: int, keyset: Keyset) -> list[Subscription]:
    """Who subscribes to an object, newest first."""
    return await _page(connection, "s.parent_id = $1", "p.id = s.member_id", parent_id, keyset)


async def page_objects(connection: Connection, member_id: int, keyset: Keyset) -> list[Subscription]:
    """The objects that somebody subscribes to, newest first."""
    return await _page(connection, "s.member_id = $1", "p.id = s.parent_id", member_id, keyset)


async def reach_members(
    connection: Connection, object_id: int, *, depth: int, after: Place = START, limit: int
) -> list[Reached]:
    """So many members of an object after a place, nobody twice; with depth 2 also those of the objects among them.

    Only the place need be kept between pages. Whoever subscribes meanwhile may or may not be reached.
    """
    found = await _direct(connection, object_id, after.member, limit) if after.by == 0 else []
    if depth > 1 and len(found) < limit:
        begin = after if after.by else START
        found += await _indirect(connection, object_id, begin, limit - len(found))
    return [
        Reached(
            Place(row["by"], row["member_id"]),
            ProfileKey(row["distinct_id"], row["object_type"]),
            from_column(row["properties"]),
        )
        for row in found
    ]


async def _direct(connection: Connection, object_id: int, after: int, limit: int) -> list[Record]:
    return await connection.fetch(
        "select 0::bigint as by, s.member_id, s.properties, p.distinct_id, p.object_type"
        " from (select * from subscription where parent_id = $1 and member_id > $2 order by member_id limit $3) s"
        " join profile p on p.id = s.member_id order by s.member_id",
        object_id,
        after,
        limit,
    )


async def _indirect(connection: Connection, object_id: int, after: Place, limit: int) -> list[Record]:
    """Members of the objects that subscribe, one object after the other: each under the first that has it."""
    return await connection.fetch(
        "select s.*, p.distinct_id, p.object_type from (select c.member_id as by, s.member_id, s.properties"
        " from (select member_id from subscription where parent_id = $1 and is_object and member_id >= $2"
        " order by member_id) c cross join lateral (select f.member_id, f.properties from subscription f"
        " where f.parent_id = c.member_id and f.member_id > case when c.member_id = $2 then $3 else 0 end"
        " and f.member_id <> $1"
        " and not exists (select from subscription d where d.parent_id = $1 and d.member_id = f.member_id)"
        " and not exists (select from subscription e join subscription o on o.parent_id = $1"
        " and o.member_id = e.parent_id where e.member_id = f.member_id and e.parent_id < c.member_id)"
        " order by f.member_id limit $4) s order by c.member_id, s.member_id limit $4) s"
        " join profile p on p.id = s.member_id order by s.by, s.member_id",
        object_id,
        after.by,
        after.member,
        limit,
    )


async def _page(
    connection: Connection, condition: str, join: str, profile_id: int, keyset: Keyset
) -> list[Subscription]:
    rows = await fetch_page(
        connection,
        f"select s.id as position, s.properties as relation, s.created_at as since, {COLUMNS}"  # noqa: S608 - made of constants
        f" from subscription s join profile p on {join} where {condition}",
        "s.id",
        keyset,
        profile_id,
    )
    listed = await list_rows(connection, rows)
    return [
        Subscription(other, from_column(row["relation"]), row["since"]) for other, row in zip(listed, rows, strict=True)
    ]
