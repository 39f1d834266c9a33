"""Messages that repeat others of their run, because somebody sent those again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.domain.category import Root, root_of
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.message import Status
from suprsend_hub.domain.repeating import FAILED
from suprsend_hub.store.database import Connection

# So many of a run are sent again at once; nobody has so many addresses.
MOST_REPEATED = 200


@dataclass(frozen=True, slots=True)
class LockedRun:
    """A run that nobody cancels, moves on or forgets until the transaction ends; the root is its request's."""

    id: str
    cancelled_at: datetime | None
    root: Root


@dataclass(frozen=True, slots=True)
class RepeatableMessage:
    """A message that somebody may want to be sent again; `repeated_as` is the one that repeats it already."""

    id: str
    channel: Channel
    status: Status
    failure_code: str | None
    address: str
    repeated_as: str | None


@dataclass(frozen=True, slots=True)
class Repeat:
    """The id of a new message, and of the one that it repeats."""

    id: str
    repeats: str


async def lock_run(connection: Connection, workspace_id: int, run_id: str) -> LockedRun | None:
    """The run of that id, locked until the transaction ends; None where there is none."""
    row = await connection.fetchrow(
        "select r.id, r.cancelled_at, q.root, q.category from run r join request q on q.id = r.request_id"
        " where r.id = $2 and r.workspace_id = $1 for update of r",
        workspace_id,
        run_id,
    )
    return None if row is None else LockedRun(row["id"], row["cancelled_at"], row["root"] or root_of(row["category"]))


_REPEATABLE = (
    "select m.id, m.channel, m.status, m.failure_code, m.address, (select o.id from message o"
    " where o.run_id = m.run_id and o.workspace_id = m.workspace_id and o.repeats = m.id) as repeated_as"
    " from message m"
)


async def find_repeatable(connection: Connection, workspace_id: int, message_id: str) -> RepeatableMessage | None:
    """The message of that id in this workspace."""
    row = await connection.fetchrow(f"{_REPEATABLE} where m.workspace_id = $1 and m.id = $2", workspace_id, message_id)
    return RepeatableMessage(**row) if row else None


async def list_failed(connection: Connection, workspace_id: int, run_id: str) -> list[RepeatableMessage]:
    """The messages of a run that failed, have an address, and were not sent again yet."""
    rows = await connection.fetch(
        f"select * from ({_REPEATABLE} where m.run_id = $2 and m.workspace_id = $1 and m.status = any($3)"  # noqa: S608 - constants
        " and m.address <> '') failed where repeated_as is null order by id limit $4",
        workspace_id,
        run_id,
        list(FAILED),
        MOST_REPEATED,
    )
    return [RepeatableMessage(**row) for row in rows]


async def repeat_messages(
    connection: Connection, workspace_id: int, repeats: Sequence[Repeat], by: str, now: datetime
) -> None:
    """Write new messages to the same addresses, due now.

    None is a rung of a ladder: a success that there was before does not make it needless.
    """
    await connection.execute(
        "insert into message (workspace_id, created_at, updated_at, due_at, id, run_id, node, template_version_id,"
        " category, tenant_id, distinct_id, channel, provider, address, details, status, success, is_rung, repeats,"
        " repeated_by)"
        " select $1, $5, $5, $5, r.id, m.run_id, m.node, m.template_version_id, m.category, m.tenant_id, m.distinct_id,"
        " m.channel, m.provider, m.address, m.details, 'to_be_triggered', m.success, false, m.id, $4"
        " from unnest($2::text[], $3::text[]) as r (id, repeats) join message m on m.workspace_id = $1"
        " and m.id = r.repeats",
        workspace_id,
        [each.id for each in repeats],
        [each.repeats for each in repeats],
        by,
        now,
    )
