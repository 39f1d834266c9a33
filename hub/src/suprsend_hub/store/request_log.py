"""Requests as people look for them: pages, newest first, that look at no more rows than a limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.keyset import Keyset, fetch_page

# Of requests that no index finds, so many are looked at for a page; whoever wants more asks for the next one.
MOST_LOOKED_AT = 5_000
# Of a user, requests are found by so many of the newest messages, and by so many that wait.
MOST_MESSAGES = 2_000
MOST_WAITING = 10_000
# Whether a request failed is looked for in so many of its runs: a broadcast may have millions.
MOST_OF_REQUEST = 1_000
# Of a request, so many runs are summed up beside it.
MOST_RUNS = 20


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """What a page is narrowed to; empty means everything. Ids from `first_id` on, and before `end_id`."""

    request_id: str | None = None
    idempotency_key: str | None = None
    user: str | None = None
    workflow: str | None = None
    template: str | None = None
    state: str | None = None
    tenant_id: str | None = None
    first_id: str | None = None
    end_id: str | None = None


@dataclass(frozen=True, slots=True)
class ListedRequest:
    """A request in a list; while it waits, `person` is the first of so many `people` whom it names."""

    id: str
    name: str
    category: str
    state: str
    tenant_id: str | None
    idempotency_key: str | None
    is_broadcast: bool
    accepted_at: datetime
    due_at: datetime
    planned_at: datetime | None
    person: str | None
    people: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the first runs of a request; `is_more` where there are others."""

    runs: int
    is_more: bool
    person: str | None
    waiting: int
    sent: int
    failed: int
    left_out: int


@dataclass(frozen=True, slots=True)
class FoundRequests:
    """A page, one row longer where there are more.

    A search has looked at a bounded number of requests, towards older ones: `horizon` is how far, where there are more.
    """

    rows: Sequence[ListedRequest]
    is_search: bool = False
    horizon: str | None = None


_COLUMNS = (
    "q.id, q.name, q.category, q.state, q.tenant_id, q.idempotency_key, q.list_version_id is not null as is_broadcast,"
    " q.accepted_at, q.due_at, q.planned_at, q.waiting_people[1] as person,"
    " coalesce(cardinality(q.waiting_people), 0) as people"
)
# All but the body, which may be large.
_LOOKED_AT = (
    "q.id, q.name, q.category, q.state, q.tenant_id, q.idempotency_key, q.list_version_id, q.accepted_at, q.due_at,"
    " q.planned_at, q.waiting_people, q.template_version_id, q.template_versions"
)
_FIELDS = tuple(each.name for each in fields(ListedRequest))
_FAILED = "('trigger_failed', 'delivery_failure')"
_OF_USER = (
    "q.id = any(array(select r.request_id from (select run_id from message"  # noqa: S608 - made of constants
    " where workspace_id = $1 and distinct_id = {0}"
    f" order by id desc limit {MOST_MESSAGES}) m join run r on r.id = m.run_id"
    " union all select request_id from run where workspace_id = $1 and distinct_id = {0}"
    " and (waits_until is not null or cancelled_at is not null)"
    " union all (select id from request where workspace_id = $1 and waiting_people @> array[{0}::text]"
    f" limit {MOST_WAITING})))"
)
_OF_TEMPLATE = (
    "(q.template_version_id = any(array(select v.id from template_version v join template t on t.id = v.template_id"
    " where t.workspace_id = $1 and t.slug = {0})) or q.template_versions::jsonb ? {0})"
)
# As values, and not as conditions that could be joined: for each row that is looked at, along indexes.
_IS_LAST = "(select true from message o where o.run_id = m.run_id and o.repeats = m.id limit 1) is null"
_HAS_FAILED = (
    f"(select true from (select id from run where request_id = q.id order by id limit {MOST_OF_REQUEST}) r"  # noqa: S608 - constants
    f" join message m on m.run_id = r.id where m.is_failed and {_IS_LAST} limit 1)"
)
_STATES: Mapping[str, str] = {
    "accepted": "q.state = 'accepted'",
    "planned": "q.state = 'planned'",
    "cancelled": "q.state = 'cancelled'",
    "failed": f"(q.state = 'failed' or {_HAS_FAILED})",
}
STATES = tuple(_STATES)


async def page_requests(
    connection: Connection, workspace_id: int, narrowed: RequestFilter, keyset: Keyset
) -> FoundRequests:
    """A page of requests; what has to be looked for is only turned towards older ones."""
    arguments: list[object] = [workspace_id]
    range_ = _conditions(arguments, (("q.id >= {}", narrowed.first_id), ("q.id < {}", narrowed.end_id)))
    found_by_index = _conditions(
        arguments,
        (
            ("q.id = {}", narrowed.request_id),
            ("q.idempotency_key = {}", narrowed.idempotency_key),
            (_OF_USER, narrowed.user),
        ),
    )
    looked_at = _conditions(
        arguments,
        (
            ("q.name = {}", narrowed.workflow),
            (_OF_TEMPLATE, narrowed.template),
            ("q.tenant_id = {}", narrowed.tenant_id),
        ),
    )
    if narrowed.state is not None:
        looked_at += f" and {_STATES[narrowed.state]}"
    base = f"from request q where q.workspace_id = $1{range_}{found_by_index}"
    if found_by_index or not looked_at:
        rows = await fetch_page(connection, f"select {_COLUMNS} {base}{looked_at}", "q.id", keyset, *arguments)
        return FoundRequests([ListedRequest(**row) for row in rows])
    return await _look(connection, base, looked_at, keyset, arguments)


async def list_latest_requests(
    connection: Connection, workspace_id: int, workflow_slug: str, limit: int
) -> list[ListedRequest]:
    """The newest requests of a stored workflow."""
    rows = await connection.fetch(
        f"select {_COLUMNS} from request q where q.workspace_id = $1 and q.name = $2"  # noqa: S608 - made of constants
        " and q.workflow_version_id is not null order by q.accepted_at desc limit $3",
        workspace_id,
        workflow_slug,
        limit,
    )
    return [ListedRequest(**row) for row in rows]


async def _look(
    connection: Connection, base: str, conditions: str, keyset: Keyset, arguments: list[object]
) -> FoundRequests:
    """What fits among the next older requests, and how far they went."""
    position = ""
    if keyset.after is not None:
        arguments.append(keyset.after)
        position = f" and q.id < ${len(arguments)}"
    rows = await connection.fetch(
        f"with looked as materialized (select {_LOOKED_AT} {base}{position} order by q.id desc limit {MOST_LOOKED_AT})"  # noqa: S608
        " select h.horizon, h.looked_at, found.* from"
        " (select min(id) as horizon, count(*) as looked_at from looked) h left join lateral"
        f" (select {_COLUMNS} from looked q where true{conditions} order by q.id desc limit {keyset.limit + 1}) found"
        " on true order by found.id desc",
        *arguments,
    )
    found = [ListedRequest(**{name: row[name] for name in _FIELDS}) for row in rows if row["id"] is not None]
    is_cut = rows[0]["looked_at"] == MOST_LOOKED_AT and len(found) <= keyset.limit
    return FoundRequests(found, is_search=True, horizon=rows[0]["horizon"] if is_cut else None)


async def sum_up_requests(connection: Connection, workspace_id: int, request_ids: Sequence[str]) -> dict[str, Outcome]:
    """What became of these requests, by id; those without runs are not there. The last of repeated messages counts."""
    rows = await connection.fetch(
        "select q.id, count(distinct r.id)::int as runs, min(r.distinct_id) as person,"  # noqa: S608 - constants
        " count(distinct r.id) filter (where r.waits_until is not null)::int"
        " + count(m.id) filter (where m.status in ('to_be_triggered', 'triggered'))::int as waiting,"
        f" count(m.id) filter (where m.status in {_FAILED})::int as failed,"
        " count(m.id) filter (where m.status = 'not_to_be_triggered')::int as left_out,"
        " count(m.id) filter (where m.status in"
        " ('sent_by_vendor', 'delivered', 'seen', 'clicked', 'dismissed'))::int as sent"
        " from unnest($2::text[]) as q (id) cross join lateral"
        f" (select id, distinct_id, waits_until from run where request_id = q.id and workspace_id = $1"
        f" order by id limit {MOST_RUNS + 1}) r left join message m on m.run_id = r.id and {_IS_LAST}"
        " group by q.id",
        workspace_id,
        request_ids,
    )
    return {row["id"]: _outcome(row) for row in rows}


def _outcome(row: Record) -> Outcome:
    known = {name: value for name, value in row.items() if name != "id"}
    return Outcome(**{**known, "runs": min(known["runs"], MOST_RUNS), "is_more": known["runs"] > MOST_RUNS})


def _conditions(arguments: list[object], wanted: Sequence[tuple[str, object]]) -> str:
    conditions = ""
    for condition, value in wanted:
        if value is not None:
            arguments.append(value)
            conditions += f" and {condition.format(f'${len(arguments)}')}"
    return conditions
