"""Migrations: from nothing to now, once, whoever else tries."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from suprsend_hub.config import Settings
from suprsend_hub.domain.fault import Misconfigured
from suprsend_hub.hub import open_hub
from suprsend_hub.store import migrating
from suprsend_hub.store.database import Pool, open_pool
from suprsend_hub.store.migrating import Migration, migrate, migrations, pending


@pytest.fixture
async def empty(database_server: str) -> AsyncIterator[str]:
    """An empty database."""
    name = f"test_{uuid4().hex}"
    connection = await asyncpg.connect(database_server % "postgres")
    await connection.execute(f"create database {name}")
    yield database_server % name
    await connection.execute(f"drop database {name} with (force)")
    await connection.close()


@pytest.fixture
async def empty_pool(empty: str) -> AsyncIterator[Pool]:
    """Connections to it."""
    pool = await open_pool(empty)
    yield pool
    await pool.close()


async def test_an_empty_database_becomes_current_and_stays_so(empty_pool: Pool) -> None:
    names = [each.name for each in migrations()]
    assert await pending(empty_pool) == [*names, "queue"]
    assert await migrate(empty_pool) == [*names, "queue"]
    assert await pending(empty_pool) == []
    assert await migrate(empty_pool) == []


async def test_notifications_that_are_there_get_an_order_of_their_own(empty_pool: Pool) -> None:
    first, inbox = (each for each in migrations() if each.name in ("0001_first_tables.sql", "0029_inbox.sql"))
    await empty_pool.execute(first.sql)
    await empty_pool.execute(
        "insert into inbox_notification (id, workspace_id, tenant_id, distinct_id, category, content, created_at)"
        """ select 'n' || n, 1, 'default', 'u' || n % 2, 'system', '{"is_pinned": true, "tags": ["a", "b"]}',"""
        " '2026-01-02T03:04:05.678901Z' from generate_series(1, 4) n"
    )
    await empty_pool.execute(
        "insert into inbox_notification (id, workspace_id, tenant_id, distinct_id, category, content, created_at)"
        " values ('plain', 1, 'default', 'u0', 'system', '{}', '2026-01-02T03:04:05Z')"
    )
    await empty_pool.execute(inbox.sql)
    rows = await empty_pool.fetch("select distinct_id, is_pinned, tags, created_at from inbox_notification")
    assert len({(row["distinct_id"], row["created_at"]) for row in rows}) == len(rows)
    assert all(row["created_at"].microsecond % 1000 == 0 for row in rows)
    assert sorted((row["is_pinned"], *row["tags"]) for row in rows) == [(False,), *[(True, "a", "b")] * 4]
    assert await empty_pool.fetchval("select count(*) from inbox where latest_at >= '2026-01-02T03:04:05.679Z'") == 2


async def test_requests_that_wait_already_are_found_by_whom_they_name(empty_pool: Pool) -> None:
    await migrate(empty_pool)
    await empty_pool.execute("drop index request_waiting_people")
    await empty_pool.execute("alter table request drop column waiting_people")
    await empty_pool.execute("alter table run drop column waits")
    body = (
        '{"users": [{"distinct_id": " ada "}, {"distinct_id": "ada"}, {"is_transient": true}, {"distinct_id": "bob"}]}'
    )
    for name, users, state, wait in (
        ("waits", body, "accepted", 60),
        ("cancelled", '{"users": [{"distinct_id": "ada"}]}', "cancelled", 60),
        ("of nobody", '{"users": [{"is_transient": true}]}', "accepted", 60),
        ("broadcast", "{}", "accepted", 60),
        ("at once", body, "accepted", 0),
        ("planned", body, "planned", 60),
    ):
        await empty_pool.execute(
            "insert into request (id, workspace_id, name, category, body, state, accepted_at, due_at)"
            " values ($1, 1, '', '', $2, $3, now(), now() + interval '1 second' * $4)",
            name,
            users,
            state,
            wait,
        )
    for step in migrations():
        if step.number in (44, 45):
            await empty_pool.execute(step.sql)
    rows = await empty_pool.fetch("select id, waiting_people from request where waiting_people is not null")
    assert {row["id"]: sorted(row["waiting_people"]) for row in rows} == {"waits": ["ada", "bob"], "cancelled": ["ada"]}


async def test_several_at_once_are_one(empty: str) -> None:
    pools = [await open_pool(empty) for _ in range(4)]
    applied = await asyncio.gather(*(migrate(pool) for pool in pools))
    assert sorted(map(len, applied)) == [0, 0, 0, len(migrations()) + 1]
    for pool in pools:
        await pool.close()


async def test_a_step_that_fails_leaves_nothing_behind(empty_pool: Pool) -> None:
    await empty_pool.execute("create table message (id text)")
    with pytest.raises(asyncpg.DuplicateTableError):
        await migrate(empty_pool)
    assert await empty_pool.fetchval("select to_regclass('workspace')") is None
    await empty_pool.execute("drop table message")
    await migrate(empty_pool)
    assert await pending(empty_pool) == []


async def test_a_hub_refuses_to_open_before_them(empty: str, master_key: str) -> None:
    with pytest.raises(Misconfigured, match=r"0001_first_tables.*\nRun: suprsend-hub migrate"):
        async with open_hub(Settings(database_url=empty, master_key=master_key)):
            pass


async def test_no_statement_may_run_for_ever(pool: Pool) -> None:
    for setting in ("statement_timeout", "idle_in_transaction_session_timeout"):
        assert await pool.fetchval("select current_setting($1)", setting) not in ("0", "")
    assert await pool.fetchval("show timezone") == "UTC"


async def test_a_step_may_take_longer_than_a_statement_and_waits_for_its_tables(
    empty: str, empty_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(empty_pool)
    step = Migration(9999, "9999_slow.sql", "select pg_sleep(1.5); alter table workspace add column slow integer")
    monkeypatch.setattr(migrating, "migrations", lambda: [*migrations(), step])
    monkeypatch.setattr(migrating, "_LOCK_TIMEOUT", "100ms")
    impatient: Pool = await asyncpg.create_pool(empty, min_size=1, max_size=1, command_timeout=1)
    async with empty_pool.acquire() as holder, holder.transaction():
        await holder.execute("lock table workspace in share mode")
        migrated = asyncio.create_task(migrate(impatient))
        # Who holds the table is not the only one who uses it: nobody queues behind the step for long.
        async with asyncio.timeout(60):
            while True:
                if await empty_pool.fetchval("select true from pg_stat_activity where wait_event = 'PgSleep'"):
                    break
                await asyncio.sleep(0.01)
        assert await empty_pool.fetchval("select count(*) from workspace") == 0
    assert await migrated == ["9999_slow.sql"]
    await impatient.close()
