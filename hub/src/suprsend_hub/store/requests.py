"""Accepted triggers, and the keys that keep them from being accepted twice."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from suprsend_hub.domain.category import Root, root_of
from suprsend_hub.domain.idempotency import KEPT_FOR
from suprsend_hub.domain.request_failure import Failure
from suprsend_hub.store.cancellations import join_planning
from suprsend_hub.store.database import Connection, Record, count_changed
from suprsend_hub.store.json_columns import from_column, texts_of, to_column


class NewRequest(Struct, frozen=True):
    """A trigger as it is written when it is accepted.

    A dynamic trigger names one template version; a stored workflow its own version, and those of its templates by slug;
    a broadcast a template version, and the version of a list. `waiting_people` are those whom one names that is not due
    at once.
    """

    id: str
    name: str
    category: str
    tenant_id: str | None
    idempotency_key: str | None
    body: str
    due_at: datetime
    template_version_id: int | None = None
    workflow_version_id: int | None = None
    template_versions: Mapping[str, int] | None = None
    cancellation_key: str | None = None
    list_version_id: int | None = None
    actor_id: str | None = None
    waiting_people: Sequence[str] = ()


class StoredRequest(Struct, frozen=True):
    """A trigger that was accepted, with the versions of its template or of its workflow's templates, by slug."""

    id: str
    category: str
    root: Root
    tenant_id: str | None
    template_version_id: int | None
    workflow_version_id: int | None
    list_version_id: int | None
    template_versions: Mapping[str, int]
    body: str


async def claim_keys(
    connection: Connection,
    workspace_id: int,
    kind: str,
    keys: Iterable[str],
    now: datetime,
    record_ids: Mapping[str, str] | None = None,
) -> frozenset[str]:
    """Take the idempotency keys that nobody took within the last 24 hours; returns those taken now.

    `record_ids` are kept beside their keys; `find_record_ids` finds them.
    """
    # Sorted, so that two processes that take the same keys don't wait for one another in a ring.
    ordered = sorted(set(keys))
    if not ordered:
        return frozenset()
    rows = await connection.fetch(
        "insert into idempotency (workspace_id, kind, key, accepted_at, record_id)"
        " select $1, $2, key, $4, record_id from unnest($3::text[], $6::text[]) as a (key, record_id)"
        " on conflict (workspace_id, kind, key) do update set accepted_at = excluded.accepted_at,"
        " record_id = excluded.record_id"
        " where idempotency.accepted_at <= excluded.accepted_at - $5::interval"
        " returning key",
        workspace_id,
        kind,
        ordered,
        now,
        KEPT_FOR,
        [(record_ids or {}).get(key) for key in ordered],
    )
    return frozenset(row["key"] for row in rows)


async def find_record_ids(connection: Connection, workspace_id: int, kind: str, keys: Iterable[str]) -> dict[str, str]:
    """What was kept beside these keys when they were taken, for those that have it."""
    rows = await connection.fetch(
        "select key, record_id from idempotency where workspace_id = $1 and kind = $2 and key = any($3)"
        " and record_id is not null",
        workspace_id,
        kind,
        list(keys),
    )
    return {row["key"]: row["record_id"] for row in rows}


async def find_taken_keys(
    connection: Connection, workspace_id: int, kind: str, keys: Iterable[str], now: datetime
) -> frozenset[str]:
    """Which of these idempotency keys somebody took within the last 24 hours."""
    rows = await connection.fetch(
        "select key from idempotency where workspace_id = $1 and kind = $2 and key = any($3)"
        " and accepted_at > $4::timestamptz - $5::interval",
        workspace_id,
        kind,
        list(keys),
        now,
        KEPT_FOR,
    )
    return frozenset(row["key"] for row in rows)


async def find_requests(connection: Connection, workspace_id: int, idempotency_keys: Iterable[str]) -> dict[str, str]:
    """The newest request with each of these keys."""
    rows = await connection.fetch(
        "select idempotency_key, max(id) as id from request where workspace_id = $1 and idempotency_key = any($2)"
        " and list_version_id is null group by idempotency_key",
        workspace_id,
        list(idempotency_keys),
    )
    return {row["idempotency_key"]: row["id"] for row in rows}


_COLUMNS = (
    "id, name, category, tenant_id, idempotency_key, template_version_id, body, due_at, workflow_version_id,"
    " template_versions, cancellation_key, list_version_id, actor_id"
)


async def insert_requests(
    connection: Connection, workspace_id: int, requests: Sequence[NewRequest], now: datetime
) -> dict[str, Root]:
    """Write accepted triggers; returns the root of each, as the live categories have it at this moment."""
    rows = await connection.fetch(
        f"insert into request (workspace_id, state, accepted_at, {_COLUMNS}, root, waiting_people)"  # noqa: S608 - constants
        f" select $1, 'accepted', $2, {_COLUMNS}, coalesce((select c.root from category c where c.workspace_id = $1"
        f" and c.category = n.category), root), {texts_of('n.people')}"
        " from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[],"
        " $8::bigint[], $9::json[], $10::timestamptz[], $11::bigint[], $12::json[], $13::text[], $14::bigint[],"
        f" $15::text[], $16::text[], $17::json[]) as n ({_COLUMNS}, root, people) returning id, root",
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
        [each.workflow_version_id for each in requests],
        [None if each.template_versions is None else to_column(each.template_versions) for each in requests],
        [each.cancellation_key for each in requests],
        [each.list_version_id for each in requests],
        [each.actor_id for each in requests],
        [root_of(each.category) for each in requests],
        [to_column(each.waiting_people) if each.waiting_people else None for each in requests],
    )
    return {row["id"]: row["root"] for row in rows}


_STORED = (
    "select id, category, root, tenant_id, template_version_id, workflow_version_id, list_version_id,"
    " template_versions, body from request where id = any($2) and workspace_id = $1"
)


async def lock_accepted(connection: Connection, workspace_id: int, request_ids: Sequence[str]) -> list[StoredRequest]:
    """The requests among these that are not planned yet, locked until the transaction ends."""
    # First: a cancellation that does not see this planner has been written before anything is read here.
    await join_planning(connection, workspace_id)
    rows = await connection.fetch(f"{_STORED} and state = 'accepted' order by id for update", workspace_id, request_ids)
    return [stored_request(row) for row in rows]


async def read_requests(connection: Connection, workspace_id: int, request_ids: Iterable[str]) -> list[StoredRequest]:
    """These requests, whatever became of them."""
    rows = await connection.fetch(f"{_STORED} order by id", workspace_id, sorted(request_ids))
    return [stored_request(row) for row in rows]


def stored_request(row: Record) -> StoredRequest:
    """A request from a row that has its columns, and maybe others."""
    columns = {name: row[name] for name in StoredRequest.__struct_fields__}
    versions = columns["template_versions"]
    columns["root"] = row["root"] or root_of(row["category"])
    return StoredRequest(**{**columns, "template_versions": from_column(versions) if versions else {}})


async def mark_planned(connection: Connection, workspace_id: int, request_ids: Sequence[str], now: datetime) -> None:
    """Note that these requests became runs."""
    await connection.execute(
        "update request set state = 'planned', planned_at = $3, waiting_people = null"
        " where workspace_id = $1 and id = any($2)",
        workspace_id,
        request_ids,
        now,
    )


async def fail_requests(connection: Connection, workspace_id: int, failures: Mapping[str, Failure]) -> None:
    """End requests that were just written: nothing of them is begun."""
    await connection.execute(
        "update request r set state = 'failed', failure_code = f.code, failure_reason = f.reason"
        " from unnest($2::text[], $3::text[], $4::text[]) as f (id, code, reason)"
        " where r.workspace_id = $1 and r.id = any($2) and r.id = f.id",
        workspace_id,
        list(failures),
        [each.code for each in failures.values()],
        [each.reason for each in failures.values()],
    )


async def read_bodies(connection: Connection, workspace_id: int, request_ids: Sequence[str]) -> dict[str, str]:
    """The JSON of requests, by id."""
    rows = await connection.fetch(
        "select id, body from request where workspace_id = $1 and id = any($2)", workspace_id, request_ids
    )
    return {row["id"]: row["body"] for row in rows}


async def prune_keys(connection: Connection, now: datetime, limit: int) -> int:
    """Forget so many idempotency keys that no longer count; returns how many there were."""
    done = await connection.execute(
        "delete from idempotency where ctid = any(array(select ctid from idempotency where accepted_at < $1 limit $2))"
        " and accepted_at < $1",
        now - KEPT_FOR,
        limit,
    )
    return count_changed(done)
