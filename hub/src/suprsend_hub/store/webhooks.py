"""Endpoints that hear what became of messages, and whose turn it is to tell them; secrets are sealed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from suprsend_hub.domain.announcement import ANNOUNCED
from suprsend_hub.domain.channel import CHANNELS
from suprsend_hub.domain.job import Announce
from suprsend_hub.domain.webhook import Endpoint, Health, Interest
from suprsend_hub.store.database import Connection, Record
from suprsend_hub.store.json_columns import from_column, to_column
from suprsend_hub.store.sealing import Vault

# Far longer than any turn: a turn that is older has no worker any more.
LONGEST_TURN = timedelta(minutes=2)


_HAS_PREVIOUS = "previous_secret_until > now() as has_previous"


@dataclass(frozen=True, slots=True)
class Listener:
    """An enabled endpoint, as far as it matters to whoever changes messages."""

    id: int
    interest: Interest
    is_failing: bool


@dataclass(frozen=True, slots=True)
class StoredEndpoint:
    """An endpoint and how it is doing; until when the secret before signs too, where there is one."""

    id: int
    endpoint: Endpoint
    health: Health
    disabled_at: datetime | None
    disabled_reason: str | None
    previous_secret_until: datetime | None


@dataclass(frozen=True, slots=True)
class LateEndpoint:
    """An endpoint that was to be told something, and is neither disabled nor resting."""

    workspace: str
    id: int
    url: str
    due_at: datetime


async def insert_endpoint(connection: Connection, vault: Vault, workspace_id: int, endpoint: Endpoint) -> int:
    """Add an endpoint; returns its id."""
    return int(
        await connection.fetchval(
            "insert into webhook_endpoint (workspace_id, url, description, states, channels, rate, secret, headers)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
            workspace_id,
            endpoint.url,
            endpoint.description,
            sorted(endpoint.interest.states),
            sorted(endpoint.interest.channels),
            endpoint.rate,
            *_sealed(vault, workspace_id, endpoint),
        )
    )


async def replace_endpoint(
    connection: Connection, vault: Vault, workspace_id: int, endpoint_id: int, endpoint: Endpoint
) -> bool:
    """Tell an endpoint other things, or elsewhere; how it is doing stays. False where there is none of that id."""
    done = await connection.execute(
        "update webhook_endpoint set url = $3, description = $4, states = $5, channels = $6, rate = $7, secret = $8,"
        " headers = $9, previous_secret = $10 where workspace_id = $1 and id = $2",
        workspace_id,
        endpoint_id,
        endpoint.url,
        endpoint.description,
        sorted(endpoint.interest.states),
        sorted(endpoint.interest.channels),
        endpoint.rate,
        *_sealed(vault, workspace_id, endpoint),
        _seal_previous(vault, workspace_id, endpoint),
    )
    return done == "UPDATE 1"


async def keep_previous_secret(connection: Connection, workspace_id: int, endpoint_id: int, lasting: timedelta) -> None:
    """Let the secret before sign too for so long, by the database's clock."""
    await connection.execute(
        "update webhook_endpoint set previous_secret_until = now() + $3::interval where workspace_id = $1 and id = $2",
        workspace_id,
        endpoint_id,
        lasting,
    )


async def lock_endpoint(
    connection: Connection, vault: Vault, workspace_id: int, endpoint_id: int
) -> StoredEndpoint | None:
    """The endpoint of that id, which nobody else changes until the transaction ends."""
    row = await connection.fetchrow(
        f"select *, {_HAS_PREVIOUS} from webhook_endpoint where workspace_id = $1 and id = $2 for update",  # noqa: S608 - constant
        workspace_id,
        endpoint_id,
    )
    return None if row is None else _stored(vault, row)


async def count_endpoints(connection: Connection, workspace_id: int) -> int:
    """How many endpoints a workspace has."""
    return int(await connection.fetchval("select count(*) from webhook_endpoint where workspace_id = $1", workspace_id))


async def list_listeners(connection: Connection, workspace_id: int) -> list[Listener]:
    """The enabled endpoints of a workspace."""
    rows = await connection.fetch(
        "select id, states, channels, failing_since is not null as is_failing from webhook_endpoint"
        " where workspace_id = $1 and disabled_at is null order by id",
        workspace_id,
    )
    return [Listener(row["id"], _interest(row), row["is_failing"]) for row in rows]


async def list_endpoints(connection: Connection, vault: Vault, workspace_id: int) -> list[StoredEndpoint]:
    """All endpoints of a workspace, oldest first."""
    rows = await connection.fetch(
        f"select *, {_HAS_PREVIOUS} from webhook_endpoint where workspace_id = $1 order by id",  # noqa: S608 - constant
        workspace_id,
    )
    return [_stored(vault, row) for row in rows]


async def list_late(connection: Connection, grace: timedelta, limit: int) -> list[LateEndpoint]:
    """Endpoints to which something was due `grace` ago, by the database's clock, with the first that was."""
    rows = await connection.fetch(
        "select w.name as workspace, e.id, e.url, late.due_at from webhook_endpoint e join workspace w"
        " on w.id = e.workspace_id cross join lateral (select due_at from webhook_delivery where endpoint_id = e.id"
        " and state = 'pending' and due_at < now() - $1::interval order by due_at limit 1) late"
        " where e.disabled_at is null and (e.free_at is null or e.free_at < now() - $1::interval)"
        " order by late.due_at limit $2",
        grace,
        limit,
    )
    return [LateEndpoint(**row) for row in rows]


async def delete_endpoint(connection: Connection, workspace_id: int, endpoint_id: int) -> bool:
    """Remove an endpoint; False where there is none of that id. What it was to be told is pruned with the rest."""
    done = await connection.execute(
        "delete from webhook_endpoint where workspace_id = $1 and id = $2", workspace_id, endpoint_id
    )
    return done == "DELETE 1"


async def enable_endpoint(connection: Connection, workspace_id: int, endpoint_id: int) -> bool:
    """Tell an endpoint things again, as if it had never failed; False where there is none of that id."""
    done = await connection.execute(
        "update webhook_endpoint set disabled_at = null, disabled_reason = null, failing_since = null, failures = 0,"
        " free_at = null where workspace_id = $1 and id = $2",
        workspace_id,
        endpoint_id,
    )
    return done == "UPDATE 1"


async def take_turn(
    connection: Connection, vault: Vault, work: Announce, job_id: int, claim: str
) -> StoredEndpoint | None:
    """Make it this job's turn to tell the endpoint what is due; None where there is nothing to do for it.

    There is nothing to do where the endpoint is no more or disabled, where another job has the turn (it looks for what
    is due once more when it is through), or where the endpoint rests (a job is queued for the end of that). A job that
    runs again takes its own turn over, for the worker that had it is dead.
    """
    row = await connection.fetchrow(
        "update webhook_endpoint set turn = $3, turn_job = $4, turn_began = now()"  # noqa: S608 - constant
        " where workspace_id = $1 and id = $2 and disabled_at is null and (free_at is null or free_at <= now())"
        f" and (turn is null or turn_job = $4 or turn_began < now() - $5::interval) returning *, {_HAS_PREVIOUS}",
        work.workspace_id,
        work.endpoint_id,
        claim,
        job_id,
        LONGEST_TURN,
    )
    return None if row is None else _stored(vault, row)


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """How a turn leaves an endpoint; `rest` is how long no other turn begins."""

    health: Health
    rest: timedelta
    disabled_reason: str | None


async def end_turn(
    connection: Connection, workspace_id: int, endpoint_id: int, claim: str, end: TurnEnd, now: datetime
) -> bool:
    """Give a turn back; False where it was another's already, whose word counts then."""
    done = await connection.execute(
        "update webhook_endpoint set turn = null, turn_job = null, turn_began = null,"
        " failing_since = $4, failures = $5, disabled_reason = $6, disabled_at = case when $6::text is null then null"
        " else $7::timestamptz end, free_at = case when $8::interval > '0'::interval then now() + $8::interval end"
        " where workspace_id = $1 and id = $2 and turn = $3",
        workspace_id,
        endpoint_id,
        claim,
        end.health.failing_since,
        end.health.failures,
        end.disabled_reason,
        now,
        end.rest,
    )
    return done == "UPDATE 1"


def _sealed(vault: Vault, workspace_id: int, endpoint: Endpoint) -> tuple[bytes, bytes]:
    return (
        vault.seal(endpoint.secret.encode(), _context(workspace_id, endpoint.url, "secret")),
        vault.seal(to_column(endpoint.headers).encode(), _context(workspace_id, endpoint.url, "headers")),
    )


def _seal_previous(vault: Vault, workspace_id: int, endpoint: Endpoint) -> bytes | None:
    if endpoint.previous_secret is None:
        return None
    return vault.seal(endpoint.previous_secret.encode(), _context(workspace_id, endpoint.url, "previous_secret"))


def _stored(vault: Vault, row: Record) -> StoredEndpoint:
    has_previous = bool(row["has_previous"]) and row["previous_secret"] is not None
    columns = ("secret", "headers", *(("previous_secret",) if has_previous else ()))
    opened = {
        column: vault.open(row[column], _context(row["workspace_id"], row["url"], column)).decode()
        for column in columns
    }
    return StoredEndpoint(
        row["id"],
        Endpoint(
            url=row["url"],
            description=row["description"],
            interest=_interest(row),
            rate=row["rate"],
            secret=opened["secret"],
            headers=msgspec.convert(from_column(opened["headers"]), dict[str, str]),
            previous_secret=opened.get("previous_secret"),
        ),
        Health(row["failing_since"], row["failures"]),
        row["disabled_at"],
        row["disabled_reason"],
        row["previous_secret_until"] if has_previous else None,
    )


def _interest(row: Record) -> Interest:
    return Interest(
        frozenset(each for each in ANNOUNCED if each in row["states"]),
        frozenset(each for each in CHANNELS if each in row["channels"]),
    )


def _context(workspace_id: int, url: str, column: str) -> str:
    # Bound to the URL: whoever can write to the table can't have the headers sent to a place of their own.
    return f"webhook:{workspace_id}:{column}:{url}"
