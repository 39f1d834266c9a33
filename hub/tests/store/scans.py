"""How often a table is read from end to end, as the database server counts it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from suprsend_hub.store.database import Pool

HOT = (
    "request",
    "run",
    "message",
    "message_try",
    "message_content",
    "identity",
    "profile",
    "subscription",
    "suppression",
    "idempotency",
    "event",
    "inbox_notification",
    "inbox",
    "webhook_delivery",
    "tenant",
    "workflow",
    "workflow_version",
    "workflow_event",
    "event_definition",
    "payload_schema",
    "list_member",
    "broadcast",
    "category",
    "tenant_category",
    "category_preference",
    "channel_restriction",
)


@asynccontextmanager
async def counting_scans(pool: Pool) -> AsyncIterator[dict[str, int]]:
    """How often each hot table is read from end to end meanwhile."""
    scans: dict[str, int] = {}
    before = await read_scans(pool)
    yield scans
    after = await read_scans(pool)
    scans.update({table: after[table] - before[table] for table in HOT})


async def read_scans(pool: Pool) -> dict[str, int]:
    """The server's own count; every connection of the pool has to hand in its part first, which it does as it ends."""
    async with pool.acquire() as connection:
        await connection.execute(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database()"
            " and backend_type = 'client backend' and pid <> pg_backend_pid()"
        )
        await connection.execute("select pg_stat_force_next_flush()")
        await connection.execute("select pg_stat_clear_snapshot()")
        rows = await connection.fetch("select relname, seq_scan from pg_stat_user_tables where relname = any($1)", HOT)
    return {row["relname"]: row["seq_scan"] for row in rows}
