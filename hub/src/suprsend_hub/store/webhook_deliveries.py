"""Deliveries: that a message entered a state, to be told to an endpoint. They are due by the database's clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from suprsend_hub.domain.announcement import Announcement
from suprsend_hub.domain.job import Announce
from suprsend_hub.domain.message import Status
from suprsend_hub.store.database import Connection, Record, count_changed
from suprsend_hub.store.keyset import Keyset

KEPT_FOR = timedelta(days=7)
# How many deliveries of a workspace are looked at for a page of one endpoint's.
MOST_LOOKED_AT = 5_000

DeliveryState: TypeAlias = Literal["pending", "delivered", "failed"]


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """Something that an endpoint is to be told."""

    id: str
    endpoint_id: int
    message_id: str
    status: Status
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """What is due to be told; the announcement is None where the message is no more."""

    id: str
    attempts: int
    announcement: Announcement | None


@dataclass(frozen=True, slots=True)
class ToldDelivery:
    """What a try came to; `wait` is set where it is tried again."""

    id: str
    state: DeliveryState
    wait: timedelta | None
    answer_status: int | None
    answer: str


@dataclass(frozen=True, slots=True)
class ListedDelivery:
    """A delivery as people see it."""

    id: str
    endpoint_id: int
    message_id: str
    status: Status
    happened_at: datetime
    state: DeliveryState
    attempts: int
    due_at: datetime
    answered_at: datetime | None
    answer_status: int | None
    answer: str | None


async def insert_deliveries(
    connection: Connection, workspace_id: int, deliveries: Sequence[NewDelivery], now: datetime
) -> None:
    """Write what endpoints are to be told, due at once."""
    await connection.execute(
        "insert into webhook_delivery (workspace_id, created_at, id, endpoint_id, message_id, status, happened_at)"
        " select $1, $2, * from unnest($3::text[], $4::bigint[], $5::text[], $6::text[], $7::timestamptz[])",
        workspace_id,
        now,
        [each.id for each in deliveries],
        [each.endpoint_id for each in deliveries],
        [each.message_id for each in deliveries],
        [each.status for each in deliveries],
        [each.happened_at for each in deliveries],
    )


async def list_due(connection: Connection, endpoint_id: int, limit: int) -> list[DueDelivery]:
    """What is due to be told to an endpoint, longest due first, with all that is to be said of it."""
    rows = await connection.fetch(
        "select d.id, d.attempts, d.status, d.happened_at, m.id as message_id, m.run_id, q.id as request_id, m.channel,"
        " m.address, m.distinct_id, t.slug as template_slug, q.name as workflow_name, q.idempotency_key, m.vendor,"
        " m.vendor_message_id, m.failure_code, m.failure_reason, w.name as workspace_name, w.uid as workspace_uid"
        " from (select * from webhook_delivery where endpoint_id = $1 and state = 'pending' and due_at <= now()"
        " order by due_at limit $2) d join workspace w on w.id = d.workspace_id"
        " left join message m on m.workspace_id = d.workspace_id and m.id = d.message_id"
        " left join run r on r.id = m.run_id left join request q on q.id = r.request_id"
        " left join template_version v on v.id = m.template_version_id left join template t on t.id = v.template_id"
        " order by d.due_at",
        endpoint_id,
        limit,
    )
    return [_due(row) for row in rows]


def _due(row: Record) -> DueDelivery:
    fields = dict(row)
    delivery_id, attempts = fields.pop("id"), fields.pop("attempts")
    is_there = row["request_id"] is not None
    return DueDelivery(delivery_id, attempts, Announcement(**fields) if is_there else None)


async def is_any_due(connection: Connection, endpoint_id: int) -> bool:
    """Whether there is anything to tell an endpoint now."""
    return bool(
        await connection.fetchval(
            "select exists (select from webhook_delivery where endpoint_id = $1 and state = 'pending'"
            " and due_at <= now())",
            endpoint_id,
        )
    )


async def settle_deliveries(
    connection: Connection, workspace_id: int, deliveries: Sequence[ToldDelivery], now: datetime
) -> None:
    """Write what tries came to."""
    await connection.execute(
        "update webhook_delivery d set state = s.state, attempts = d.attempts + 1, answered_at = $2,"
        " answer_status = s.answer_status, answer = s.answer, due_at = coalesce(now() + s.wait, d.due_at)"
        " from unnest($3::text[], $4::text[], $5::interval[], $6::int[], $7::text[])"
        " as s (id, state, wait, answer_status, answer)"
        " where d.workspace_id = $1 and d.id = any($3::text[]) and d.id = s.id",
        workspace_id,
        now,
        [each.id for each in deliveries],
        [each.state for each in deliveries],
        [each.wait for each in deliveries],
        [each.answer_status for each in deliveries],
        [each.answer for each in deliveries],
    )


async def list_deliveries(
    connection: Connection, workspace_id: int, *, limit: int, endpoint_id: int | None = None, only_failed: bool = False
) -> list[ListedDelivery]:
    """The newest deliveries first."""
    rows = await connection.fetch(
        "select d.id, d.endpoint_id, d.message_id, d.status, d.happened_at, d.state, d.attempts, d.due_at,"  # noqa: S608 - made of constants
        " d.answered_at, d.answer_status, d.answer from webhook_delivery d where d.workspace_id = $1"
        # A condition that is not wanted must not be in the statement at all, or no index would serve it.
        f"{' and d.state = $$failed$$' if only_failed else ''}"
        " and ($3::bigint is null or d.endpoint_id = $3) order by d.id desc limit $2",
        workspace_id,
        limit,
        endpoint_id,
    )
    return [ListedDelivery(**row) for row in rows]


async def page_deliveries(
    connection: Connection, workspace_id: int, endpoint_id: int, keyset: Keyset, *, only_failed: bool
) -> tuple[list[ListedDelivery], str | None]:
    """Deliveries of an endpoint, newest first, one more than wanted where there are more; and how far it was looked.

    No index knows the endpoints, which would cost every delivery: so many of the workspace are looked at.
    """
    # A condition that is not wanted must not be in the statement at all, or no index would serve it.
    looked = (
        "select * from webhook_delivery where workspace_id = $1 and ($2::text is null or id < $2)"  # noqa: S608 - made of constants
        f"{' and state = $$failed$$' if only_failed else ''} order by id desc limit $3"
    )
    after = None if keyset.after is None else str(keyset.after)
    end = await connection.fetchrow(
        f"select min(id) as horizon, count(*) as found from ({looked}) d",  # noqa: S608 - made of constants
        workspace_id,
        after,
        MOST_LOOKED_AT,
    )
    rows = await connection.fetch(
        "select id, endpoint_id, message_id, status, happened_at, state, attempts, due_at, answered_at, answer_status,"  # noqa: S608 - made of constants
        f" answer from ({looked}) d where endpoint_id = $4 order by id desc limit $5",
        workspace_id,
        after,
        MOST_LOOKED_AT,
        endpoint_id,
        keyset.limit + 1,
    )
    horizon = end["horizon"] if end is not None and end["found"] == MOST_LOOKED_AT else None
    return [ListedDelivery(**row) for row in rows], horizon


async def replay_delivery(connection: Connection, workspace_id: int, delivery_id: str) -> int | None:
    """Make one delivery due again, as if it had never been tried; the id of its endpoint, None where there is none."""
    found: int | None = await connection.fetchval(
        "update webhook_delivery d set state = 'pending', attempts = 0, due_at = now()"
        " where workspace_id = $1 and id = $2 and exists (select from webhook_endpoint e where e.id = d.endpoint_id)"
        " returning endpoint_id",
        workspace_id,
        delivery_id,
    )
    return found


async def replay_failed(
    connection: Connection, workspace_id: int, endpoint_id: int, since: datetime, limit: int
) -> int:
    """Make so many of an endpoint's failed deliveries due again; returns how many there were."""
    done = await connection.execute(
        "update webhook_delivery set state = 'pending', attempts = 0, due_at = now() where workspace_id = $1"
        " and id in (select id from webhook_delivery where workspace_id = $1 and state = 'failed' and endpoint_id = $2"
        " and happened_at >= $3 order by id limit $4)",
        workspace_id,
        endpoint_id,
        since,
        limit,
    )
    return count_changed(done)


async def list_forgotten(connection: Connection, patience: timedelta) -> list[Announce]:
    """The work of enabled endpoints to which something was due so long ago."""
    rows = await connection.fetch(
        "select workspace_id, id, failing_since is not null as is_failing from webhook_endpoint e"
        " where disabled_at is null and exists (select from webhook_delivery d where d.endpoint_id = e.id"
        " and d.state = 'pending' and d.due_at < now() - $1::interval)",
        patience,
    )
    return [Announce(row["workspace_id"], row["id"], row["is_failing"]) for row in rows]


async def prune_deliveries(connection: Connection, now: datetime, limit: int) -> int:
    """Forget so many deliveries that are older than a week, whatever became of them; returns how many there were."""
    done = await connection.execute(
        "delete from webhook_delivery where ctid = any(array(select ctid from webhook_delivery where created_at < $1"
        " limit $2))",
        now - KEPT_FOR,
        limit,
    )
    return count_changed(done)


async def bring_deliveries_forward(connection: Connection, by: timedelta) -> None:
    """Make every waiting delivery due so much earlier, and every rest end so much earlier."""
    await connection.execute("update webhook_delivery set due_at = due_at - $1::interval where state = 'pending'", by)
    await connection.execute("update webhook_endpoint set free_at = free_at - $1::interval", by)
