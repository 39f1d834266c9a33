"""With many rows in them, none of the hot tables is ever read from end to end."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from suprsend_hub.domain.inbox import EVERYTHING, Inbox, Store
from suprsend_hub.domain.retention import Retention
from suprsend_hub.jobs.upkeep import forget_what_is_over, prune
from suprsend_hub.store.database import Pool
from suprsend_hub.store.inbox_feed import (
    MOST_COUNTED,
    count_notifications,
    count_unread,
)

from hub.tests.actions.scene import Scene
from hub.tests.store.history import OLD, ROWS, History, a_history, add_rows, vacuum
from hub.tests.store.scans import HOT, counting_scans
from hub.tests.store.workload import (
    Work,
    act_in_the_inbox,
    ask_where_nobody_stored_anything,
    ask_why,
    broadcast_to_a_list,
    cancelling,
    change_a_list,
    climb_a_rung,
    export_somebody,
    forget_and_merge_people,
    forget_members,
    go_the_whole_way,
    keep_contents,
    list_in_every_way,
    listing,
    look_at_a_run,
    look_at_workflows,
    look_for_overdue,
    look_for_reported_messages,
    look_up_people,
    look_who_sends_a_template,
    mark_many,
    read_inbox,
    search_requests,
    send_again,
    set_off_workflows,
    take_receipts,
    tell_an_endpoint,
    tend_deliveries,
    use_tenants,
    visit_the_preference_centre,
)

# How many rows of notifications this transaction has been handed so far.
READ_ROWS = "select pg_stat_get_xact_tuples_fetched('inbox_notification'::regclass)"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def history(database_server: str) -> AsyncIterator[History]:
    """What has happened; filling a database takes far longer than copying it."""
    async with a_history(database_server) as history:
        yield history


@pytest.fixture
def original(history: History) -> str:
    """The database that each test has a copy of."""
    return history.database


@pytest.fixture
async def full(history: History, pool: Pool) -> Scene:
    """A workspace in which much has happened, and an endpoint that hears of it."""
    return Scene(pool, history.vault, history.workspace)


@pytest.fixture
async def old(full: Scene) -> Scene:
    """A workspace in which much happened long ago, too, and in which some of that is not over."""
    await add_rows(full, OLD)
    await full.pool.execute("update message set status = 'triggered' where id < '1' and id like '%7'")
    await vacuum(full.pool)
    return full


@pytest.mark.parametrize(
    "work",
    [
        go_the_whole_way,
        look_up_people,
        forget_and_merge_people,
        export_somebody,
        look_for_overdue,
        read_inbox,
        climb_a_rung,
        take_receipts,
        look_for_reported_messages,
        act_in_the_inbox,
        tell_an_endpoint,
        tend_deliveries,
        use_tenants,
        visit_the_preference_centre,
        ask_where_nobody_stored_anything,
        set_off_workflows,
        look_who_sends_a_template,
        change_a_list,
        broadcast_to_a_list,
        forget_members,
        cancelling(execution_id="r7"),
        cancelling(recipients=["p7", "p8"]),
        cancelling(idempotency_key="k7"),
        cancelling(of_broadcasts=True, execution_id="q7"),
        cancelling(of_broadcasts=True, list_id="list-7"),
        listing(),
        listing(recipients=["p7"]),
        listing(idempotency_key="k7"),
        listing(message_id="m7"),
        listing(execution_id="r7"),
        mark_many,
        ask_why,
        keep_contents,
        listing(channel="email"),
        list_in_every_way,
        look_at_a_run,
        look_at_workflows,
        search_requests,
        send_again,
    ],
)
async def test_no_hot_table_is_read_from_end_to_end(full: Scene, work: Work) -> None:
    async with counting_scans(full.pool) as scans:
        await work(full)
    assert scans == dict.fromkeys(HOT, 0)


async def test_the_numbers_of_a_full_inbox_look_at_its_newest_notifications_alone(full: Scene) -> None:
    await full.pool.execute(
        "update inbox_notification set distinct_id = 'full', created_at = now() - interval '1 second' * random() * 1e6"
    )
    await full.pool.execute("vacuum analyze inbox_notification")
    inbox, store = Inbox(full.workspace.id, "full", "default"), Store("news", tags=("a",))
    async with full.pool.acquire() as connection, connection.transaction():
        before = await connection.fetchval(READ_ROWS)
        await count_notifications(connection, inbox, store, full.now())
        counts = await count_unread(connection, inbox, [EVERYTHING, store], full.now())
        assert await connection.fetchval(READ_ROWS) - before <= 2 * MOST_COUNTED
    assert (counts.badge, counts.unread) == (MOST_COUNTED, [MOST_COUNTED, 0])


async def test_forgetting_reads_no_hot_table_from_end_to_end(old: Scene) -> None:
    retention = Retention(messages=90, events=90, inbox=90)
    async with counting_scans(old.pool) as scans:
        await prune(old.pool, old.now())
        await forget_what_is_over(old.pool, old.now(), retention, asyncio.Event())
    assert scans == dict.fromkeys(HOT, 0)
    left = await old.pool.fetchrow(
        "select (select count(*) from request), (select count(*) from message), (select count(*) from event),"
        " (select count(*) from inbox_notification), (select count(*) from message_try),"
        " (select count(*) from message_content)"
    )
    assert tuple(left or ()) == (ROWS * 2.1, ROWS * 2.1, ROWS, *[ROWS * 1.1] * 3)


async def test_a_reading_from_end_to_end_would_be_noticed(full: Scene) -> None:
    async with counting_scans(full.pool) as scans:
        await full.pool.execute("update message set attempts = 1 where address = 'b@example.com'")
    assert scans["message"] == 1
