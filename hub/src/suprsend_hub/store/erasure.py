"""Forgetting people: what is kept to count messages stays, without names, addresses and contents."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from suprsend_hub.domain.message import UNSETTLED
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.suppression import SuppressedAddress, suppressible
from suprsend_hub.store.database import Connection, count_changed
from suprsend_hub.store.json_columns import texts_of, to_column
from suprsend_hub.store.runs import WAITS_WITH_THIS


@dataclass(frozen=True, slots=True)
class Unplanned:
    """Where a walk through the requests that wait, then through those cancelled as they did, is; by their times."""

    state: Literal["accepted", "cancelled"] = "accepted"
    due_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    id: str = ""


@dataclass(frozen=True, slots=True)
class Traces:
    """Messages of one person, their runs and requests, and the addresses that they went to."""

    message_ids: list[str]
    run_ids: list[str]
    request_ids: list[str]
    addresses: list[SuppressedAddress]


async def look_through_unplanned(
    connection: Connection, workspace_id: int, distinct_id: str, after: Unplanned, limit: int
) -> tuple[Unplanned | None, list[str]]:
    """Which of so many requests without runs may name a person, and where to go on; None at the end."""
    rows = await connection.fetch(
        # A body is as it came: with a backslash in it, the name may be written in another way.
        "select id, due_at, position($4 in body::text) > 0 or position('\\' in body::text) > 0 as is_suspect"  # noqa: S608 - constants
        # Each state has an index of its own, which a parameter would not use.
        f" from request where workspace_id = $1 and state = '{after.state}'"
        " and due_at >= $2 and (due_at, id) > ($2, $3) order by due_at, id limit $5",
        workspace_id,
        after.due_at,
        after.id,
        distinct_id,
        limit,
    )
    # In this order nothing is passed over that is cancelled meanwhile.
    going_on = Unplanned("cancelled") if after.state == "accepted" else None
    if len(rows) == limit:
        going_on = Unplanned(after.state, rows[-1]["due_at"], rows[-1]["id"])
    return going_on, [row["id"] for row in rows if row["is_suspect"]]


async def lock_bodies(connection: Connection, workspace_id: int, request_ids: Collection[str]) -> dict[str, str]:
    """The JSON of requests, by id, locked until the transaction ends."""
    rows = await connection.fetch(
        "select id, body from request where workspace_id = $1 and id = any($2) order by id for update",
        workspace_id,
        list(request_ids),
    )
    return {row["id"]: row["body"] for row in rows}


@dataclass(frozen=True, slots=True)
class NewBody:
    """What a request says from now on, as JSON, and whom it names."""

    text: str
    people: Sequence[str]


async def replace_bodies(connection: Connection, workspace_id: int, bodies: Mapping[str, NewBody]) -> None:
    """Write other bodies of requests; one that waits is found by those whom its new body names."""
    await connection.execute(
        "update request r set body = b.body,"  # noqa: S608 - made of constants
        f" waiting_people = case when r.waiting_people is not null then {texts_of('b.people')} end"
        " from unnest($2::text[], $3::json[], $4::json[]) as b (id, body, people)"
        " where r.workspace_id = $1 and r.id = any($2::text[]) and r.id = b.id",
        workspace_id,
        list(bodies),
        [each.text for each in bodies.values()],
        [to_column(each.people) for each in bodies.values()],
    )


async def change_actor(
    connection: Connection, workspace_id: int, distinct_id: str, to_id: str | None, limit: int
) -> list[str]:
    """Note another actor of so many requests of a person, or none; the ids of those whose bodies name the old one."""
    rows = await connection.fetch(
        "update request set actor_id = $3,"
        " failure_reason = case when $3::text is not null then failure_reason end"
        " where workspace_id = $1 and id = any(array(select id from request"
        " where workspace_id = $1 and actor_id = $2 order by id limit $4 for update)) returning id",
        workspace_id,
        distinct_id,
        to_id,
        limit,
    )
    return [row["id"] for row in rows]


async def blank_runs(
    connection: Connection, workspace_id: int, distinct_id: str, limit: int, now: datetime
) -> list[str]:
    """End so many runs of a person that wait, and forget whose they were; returns the ids of their requests."""
    rows = await connection.fetch(
        f"update run r set distinct_id = null, profile_id = null, waits_until = null, waits = {WAITS_WITH_THIS},"  # noqa: S608 - constants
        " cancelled_at = coalesce(cancelled_at, $4) where workspace_id = $1 and id = any(array(select id from run"
        " where workspace_id = $1 and distinct_id = $2 and (waits_until is not null or cancelled_at is not null)"
        " order by id limit $3 for update)) returning request_id",
        workspace_id,
        distinct_id,
        limit,
        now,
    )
    return [row["request_id"] for row in rows]


async def delete_cancellations(connection: Connection, workspace_id: int, distinct_id: str) -> int:
    """Forget that a person's requests were cancelled: they no longer name anybody. Returns how many there were."""
    return count_changed(
        await connection.execute(
            "delete from cancellation where workspace_id = $1 and distinct_id = $2", workspace_id, distinct_id
        )
    )


async def lock_traces(connection: Connection, workspace_id: int, distinct_id: str, limit: int) -> Traces:
    """So many messages of a person, locked until the transaction ends."""
    rows = await connection.fetch(
        "select m.id, m.run_id, r.request_id, m.channel, m.provider, m.address from message m"
        " left join run r on r.id = m.run_id where m.workspace_id = $1 and m.distinct_id = $2"
        " order by m.id limit $3 for update of m",
        workspace_id,
        distinct_id,
        limit,
    )
    addresses = [suppressible(row["channel"], row["provider"], row["address"]) for row in rows]
    return Traces(
        [row["id"] for row in rows],
        sorted({row["run_id"] for row in rows}),
        sorted({row["request_id"] for row in rows if row["request_id"] is not None}),
        [each for each in addresses if each is not None],
    )


async def blank_traces(connection: Connection, workspace_id: int, traces: Traces, now: datetime) -> None:
    """Forget whose these messages are and what they said; those that were not sent yet end, and no job finds them."""
    await connection.execute(
        "update message set distinct_id = null, address = '', details = null, claim = null, turn = turn + 1,"
        " updated_at = case when status = any($4) then $3 else updated_at end,"
        " failure_code = case when status = any($4) then 'recipient_erased' else failure_code end,"
        " failure_reason = case when status = any($4) then 'the recipient was erased' end,"
        " status = case when status = any($4) then 'not_to_be_triggered' else status end"
        " where workspace_id = $1 and id = any($2)",
        workspace_id,
        traces.message_ids,
        now,
        list(UNSETTLED),
    )
    await connection.execute(
        "delete from message_content where message_id = any($2) and workspace_id = $1", workspace_id, traces.message_ids
    )
    await connection.execute(
        "update message_try set detail = null where message_id = any($2) and workspace_id = $1",
        workspace_id,
        traces.message_ids,
    )
    await connection.execute(
        "update run set distinct_id = null, profile_id = null where workspace_id = $1 and id = any($2)",
        workspace_id,
        traces.run_ids,
    )


async def delete_notifications(connection: Connection, workspace_id: int, distinct_id: str, limit: int) -> int:
    """Delete so many notifications of a person's inboxes; returns how many there were."""
    await connection.execute(
        "delete from inbox where workspace_id = $1 and distinct_id = $2", workspace_id, distinct_id
    )
    done = await connection.execute(
        "delete from inbox_notification where workspace_id = $1 and id = any(array("
        "select id from inbox_notification where workspace_id = $1 and distinct_id = $2 limit $3))",
        workspace_id,
        distinct_id,
        limit,
    )
    return count_changed(done)


async def blank_events(connection: Connection, workspace_id: int, distinct_id: str, limit: int) -> int:
    """Forget of so many events whose they were, and what they told; returns how many there were."""
    done = await connection.execute(
        "update event set distinct_id = null, properties = '{}' where workspace_id = $1 and id = any(array("
        "select id from event where workspace_id = $1 and distinct_id = $2 limit $3))",
        workspace_id,
        distinct_id,
        limit,
    )
    return count_changed(done)


async def lock_of_all_tenants(connection: Connection, workspace_id: int, key: ProfileKey) -> list[ProfileKey]:
    """The keys of all profiles of a user or an object, locked until the transaction ends."""
    rows = await connection.fetch(
        "select tenant_id from profile where workspace_id = $1 and object_type = $2 and distinct_id = $3"
        " order by tenant_id for update",
        workspace_id,
        key.object_type,
        key.distinct_id,
    )
    return [key._replace(tenant_id=row["tenant_id"]) for row in rows]
