"""Accepted triggers, and the keys that keep them from being accepted twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.idempotency import KEPT_FOR
from suprsend_hub.store.database import Connection


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A trigger as it is written when it is accepted."""

    id: str
    name: str
    category: str
    tenant_id: str | None
    idempotency_key: str | None
    template_version_id: int
    body: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class AcceptedRequest:
    """A trigger that waits to be planned."""

    id: str
    category: str
    tenant_id: str | None
    template_version_id: int
    template_deleted: bool
    body: str


async def claim_keys(
    connection: Connection, workspace_id: int, kind: str, keys: Iterable[str], now: datetime
) -> frozenset[str]:
    """Take the idempotency keys that nobody took within the last 24 hours; returns those taken now."""
    # Sorted, so that two processes that take the same keys don't wait for one another in a ring.
    ordered = sorted(set(keys))
    if not ordered:
        return frozenset()
    rows = await connection.fetch(
        "insert into idempotency (workspace_id, kind, key, accepted_at)"
        " select $1, $2, key, $4 from unnest($3::text[]) as key"
        " on conflict (workspace_id, kind, key) do update set accepted_at = excluded.accepted_at"
        " where idempotency.accepted_at <= excluded.accepted_at - $5::interval"
        " returning key",
        workspace_id,
        kind,
        ordered,
        now,
        KEPT_FOR,
    )
    return frozenset(row["key"] for row in rows)


async def insert_requests(
    connection: Connection, workspace_id: int, requests: Sequence[NewRequest], now: datetime
) -> None:
    """Write accepted triggers."""
    await connection.execute(
        "insert into request (workspace_id, state, accepted_at, id, name, category, tenant_id, idempotency_key,"
        " template_version_id, body, due_at)"
        " select $1, 'accepted', $2, * from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[],"
        " $8::bigint[], $9::json[], $10::timestamptz[])",
        workspace_id,
        now,
        [each.id for each in requests],
        [each.name for each in requests],
        [each.category for each in requests],
        [each.tenant_id for each in requests],
        [each.idempotency_key for each in requests],
        [each.template_version_id for each in requests],
        [each.body for each in requests],
        [each.due_at for each in requests],
    )


async def lock_accepted(connection: Connection, workspace_id: int, request_ids: Sequence[str]) -> list[AcceptedRequest]:
    """The requests among these that are not planned yet, locked until the transaction ends."""
    rows = await connection.fetch(
        "select r.id, r.category, r.tenant_id, r.template_version_id, r.body,"
        " t.id is null or t.deleted_at is not null as template_deleted"
        " from request r left join template_version v on v.id = r.template_version_id"
        " left join template t on t.id = v.template_id"
        " where r.id = any($2) and r.workspace_id = $1 and r.state = 'accepted' order by r.id for update of r",
        workspace_id,
        request_ids,
    )
    return [AcceptedRequest(**row) for row in rows]


async def mark_planned(connection: Connection, workspace_id: int, request_ids: Sequence[str], now: datetime) -> None:
    """Note that these requests became runs."""
    await connection.execute(
        "update request set state = 'planned', planned_at = $3 where workspace_id = $1 and id = any($2)",
        workspace_id,
        request_ids,
        now,
    )


async def read_bodies(connection: Connection, workspace_id: int, request_ids: Sequence[str]) -> dict[str, str]:
    """The JSON of requests, by id."""
    rows = await connection.fetch(
        "select id, body from request where workspace_id = $1 and id = any($2)", workspace_id, request_ids
    )
    return {row["id"]: row["body"] for row in rows}


async def prune_keys(connection: Connection, now: datetime) -> int:
    """Forget idempotency keys that no longer count."""
    done = await connection.execute("delete from idempotency where accepted_at < $1", now - KEPT_FOR)
    return int(done.rsplit(" ", 1)[-1])
