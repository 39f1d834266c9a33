"""The floor: the rows of a trigger inserted, claimed and updated by a bare script, with nothing in between.

No HTTP, no checks, no decisions, no templates: what PostgreSQL and its driver cost alone. The rows, the batches of a
hundred and the transactions are the hub's.
"""

import asyncio
import json
import time
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
from suprsend_hub.store.database import Connection

CONNECTIONS = 4
BATCH = 100
CHANNELS = ("email", "androidpush")


async def run_floor(url: str, triggers: int, body: bytes) -> float:
    """Take so many triggers through every row they leave; triggers a second."""
    batches = triggers // BATCH
    async with asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:

        async def share(first: int) -> None:
            async with pool.acquire() as connection:
                for _ in range(first, batches, CONNECTIONS):
                    await take_through(connection, body.decode())

        before = await pool.fetchval("select count(*) from message")
        began = time.perf_counter()
        await asyncio.gather(*(share(first) for first in range(CONNECTIONS)))
        spent = time.perf_counter() - began
        done = await pool.fetchval("select count(*) from message where status = 'sent_by_vendor'")
    assert done - before == triggers * len(CHANNELS)
    return triggers / spent


async def take_through(connection: Connection, body: str) -> None:
    """One batch: accept, plan, claim and settle, each in a transaction of its own."""
    requests = new_ids(BATCH)
    async with connection.transaction():
        await insert_requests(connection, requests, body)
        job = await insert_job(connection, "plan", requests)
    async with connection.transaction():
        await claim_job(connection, job)
    async with connection.transaction():
        messages = await insert_run_and_messages(connection, requests)
        await connection.execute(
            "update request set state = 'planned', planned_at = now() where workspace_id = 1 and id = any($1)", requests
        )
        sends = [(await insert_job(connection, f"send.{name}", ids), ids) for name, ids in messages.items()]
        await delete_job(connection, job)
    for job, ids in sends:
        await send(connection, job, ids)


async def insert_requests(connection: Connection, ids: list[str], body: str) -> None:
    """The rows of accepted triggers."""
    await connection.execute(
        "insert into request (workspace_id, state, accepted_at, id, name, category, template_version_id, body, due_at)"
        " select 1, 'accepted', now(), id, 'Purchase Workflow', 'transactional', 1, body, now()"
        " from unnest($1::text[], $2::json[]) as given (id, body)",
        ids,
        [body] * len(ids),
    )


async def insert_run_and_messages(connection: Connection, requests: list[str]) -> dict[str, list[str]]:
    """The rows of planned runs; the ids of their messages by channel."""
    runs = new_ids(len(requests))
    people = [f"user-{each}" for each in range(len(requests))]
    await connection.execute(
        "insert into run (workspace_id, created_at, id, request_id, position, distinct_id, exclusions)"
        " select 1, now(), id, request_id, 0, person, '[]'"
        " from unnest($1::text[], $2::text[], $3::text[]) as given (id, request_id, person)",
        runs,
        requests,
        people,
    )
    messages = {channel: new_ids(len(runs)) for channel in CHANNELS}
    for channel, ids in messages.items():
        await connection.execute(
            "insert into message (workspace_id, created_at, updated_at, id, run_id, template_version_id, category,"
            " distinct_id, channel, provider, address, status, due_at)"
            " select 1, now(), now(), id, run_id, 1, 'transactional', person, $4, '', 'ada@example.com',"
            " 'to_be_triggered', now() from unnest($1::text[], $2::text[], $3::text[]) as given (id, run_id, person)",
            ids,
            runs,
            people,
            channel,
        )
    return messages


async def send(connection: Connection, job: int, messages: list[str]) -> None:
    """Claim a chunk of messages and settle it."""
    async with connection.transaction():
        await claim_job(connection, job)
    await connection.execute(
        "update message set status = 'triggered', claim = 'c', updated_at = now(), triggered_at = now()"
        " where workspace_id = 1 and id = any($1)",
        messages,
    )
    async with connection.transaction():
        await connection.execute(
            "update message set status = 'sent_by_vendor', attempts = attempts + 1, claim = null, updated_at = now(),"
            " variant_id = 'default', vendor = 'smtp', vendor_nickname = 'smtp', vendor_message_id = id,"
            " sent_at = now() where workspace_id = 1 and id = any($1)",
            messages,
        )
    await delete_job(connection, job)


async def insert_job(connection: Connection, kind: str, ids: list[str]) -> int:
    """A job for a chunk; its id."""
    job: int = await connection.fetchval(
        "insert into pgqueuer (priority, status, entrypoint, payload) values (0, 'queued', $1, $2) returning id",
        kind,
        json.dumps(ids).encode(),
    )
    return job


async def claim_job(connection: Connection, job: int) -> None:
    """Mark a job as in hand."""
    await connection.execute(
        "update pgqueuer set status = 'picked', updated = now(), heartbeat = now(), attempts = attempts + 1"
        " where id = (select id from pgqueuer where id = $1 for update skip locked)",
        job,
    )


async def delete_job(connection: Connection, job: int) -> None:
    """Take a job that is done out of the queue."""
    await connection.execute("delete from pgqueuer where id = $1", job)


def new_ids(count: int) -> list[str]:
    """Ids that sort by time, as the hub's do."""
    moment = f"{int(datetime.now(UTC).timestamp() * 1000):012x}"
    return [f"{moment}{uuid4().hex[:14]}" for _ in range(count)]
