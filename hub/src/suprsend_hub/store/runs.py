"""Runs: what one request does for one person, and how far it has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.wait import Wait
from suprsend_hub.store.database import Connection
from suprsend_hub.store.json_columns import to_column

_WAITS = msgspec.json.Decoder(list[Wait])

# The waits of run r with the one in which it is, which belongs to the node before the next.
WAITS_WITH_THIS = (
    "case when r.waits_until is null then r.waits else (coalesce(r.waits::jsonb, '[]')"
    " || jsonb_build_object('node', r.node - 1, 'until', r.waits_until))::json end"
)


class NewRun(Struct, frozen=True):
    """What one request does for one person; `position` is the person's place in the request."""

    id: str
    request_id: str
    position: int
    profile_id: int | None
    distinct_id: str | None
    node: int = 0
    waits_until: datetime | None = None
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """A run whose wait is over, at the node that it does next."""

    id: str
    request_id: str
    position: int
    profile_id: int | None
    distinct_id: str | None
    node: int


@dataclass(frozen=True, slots=True)
class RunMove:
    """How far a run has come now, and what it left out on the way."""

    run_id: str
    node: int
    waits_until: datetime | None
    exclusions: Sequence[Document]


class RunContext(Struct, frozen=True):
    """Where the data of a run's messages lies."""

    id: str
    request_id: str
    position: int
    profile_id: int | None


async def insert_runs(
    connection: Connection,
    workspace_id: int,
    runs: Sequence[NewRun],
    exclusions: Mapping[str, Sequence[Document]],
    now: datetime,
) -> None:
    """Write runs, with what each left out."""
    await connection.execute(
        "insert into run (workspace_id, created_at, id, request_id, position, profile_id, distinct_id, exclusions,"
        " node, waits_until, cancelled_at) select $1, $2, * from unnest($3::text[], $4::text[], $5::int[],"
        " $6::bigint[], $7::text[], $8::json[], $9::int[], $10::timestamptz[], $11::timestamptz[])",
        workspace_id,
        now,
        [each.id for each in runs],
        [each.request_id for each in runs],
        [each.position for each in runs],
        [each.profile_id for each in runs],
        [each.distinct_id for each in runs],
        [to_column(exclusions.get(each.id, ())) for each in runs],
        [each.node for each in runs],
        [each.waits_until for each in runs],
        [each.cancelled_at for each in runs],
    )


async def lock_waiting(
    connection: Connection, workspace_id: int, run_ids: Sequence[str], node: int
) -> list[WaitingRun]:
    """The runs among these that still wait for this node, locked in the order of their ids."""
    rows = await connection.fetch(
        "select id, request_id, position, profile_id, distinct_id, node from run"
        " where workspace_id = $1 and id = any($2) and node = $3 and waits_until is not null order by id for update",
        workspace_id,
        run_ids,
        node,
    )
    return [WaitingRun(**row) for row in rows]


async def move_runs(connection: Connection, workspace_id: int, moves: Sequence[RunMove]) -> None:
    """Note how far locked runs have come, and keep what they waited for."""
    await connection.execute(
        f"update run r set node = m.node, waits_until = m.waits_until, waits = {WAITS_WITH_THIS},"  # noqa: S608 - constants
        " exclusions = (r.exclusions::jsonb || m.exclusions::jsonb)::json"
        " from unnest($2::text[], $3::int[], $4::timestamptz[], $5::json[]) as m (id, node, waits_until, exclusions)"
        " where r.workspace_id = $1 and r.id = m.id and r.id = any($2)",
        workspace_id,
        [each.run_id for each in moves],
        [each.node for each in moves],
        [each.waits_until for each in moves],
        [to_column(each.exclusions) for each in moves],
    )


async def read_runs(connection: Connection, workspace_id: int, run_ids: Sequence[str]) -> dict[str, RunContext]:
    """Where the data of these runs lies, by run id."""
    rows = await connection.fetch(
        "select id, request_id, position, profile_id from run where workspace_id = $1 and id = any($2)",
        workspace_id,
        run_ids,
    )
    return {row["id"]: RunContext(**row) for row in rows}


def read_waits(column: str | None) -> tuple[Wait, ...]:
    """The waits that a run has behind it, in their order."""
    if column is None:
        return ()
    return tuple(Wait(each.node, each.until.astimezone(UTC)) for each in _WAITS.decode(column))
