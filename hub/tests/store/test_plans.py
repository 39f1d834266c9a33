"""With many rows in them, none of the hot tables is ever read from end to end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import msgspec
import pytest
import pytest_asyncio
from suprsend_hub.actions.act_on_notifications import act
from suprsend_hub.actions.edit_list import change_members
from suprsend_hub.actions.edit_preferences import Scope, WantedChoice, choose, choose_for_many, reset_many, restrict
from suprsend_hub.actions.edit_tenant import remove_tenant
from suprsend_hub.actions.erase import erase
from suprsend_hub.actions.explain import explain, explain_message, explain_request
from suprsend_hub.actions.export_user import export_user
from suprsend_hub.actions.mark import mark
from suprsend_hub.actions.merge_users import merge_users
from suprsend_hub.actions.read_preferences import read_picture
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.domain.job import Announce
from suprsend_hub.domain.preference import Preferences
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.domain.retention import Retention
from suprsend_hub.jobs.upkeep import forget_what_is_over, prune
from suprsend_hub.store.broadcasts import list_broadcasts
from suprsend_hub.store.cancellations import RunFilter, find_runs
from suprsend_hub.store.claims import Hold, claim_messages, stop_unneeded
from suprsend_hub.store.database import Pool
from suprsend_hub.store.inbox_notifications import count_notifications, page_notifications
from suprsend_hub.store.keyset import Keyset
from suprsend_hub.store.list_members import prune_members
from suprsend_hub.store.message_contents import NewContent, prune_contents, put_contents, read_contents
from suprsend_hub.store.message_log import MessageFilter, list_overdue, page_messages
from suprsend_hub.store.preferences import Asked, read_preferences
from suprsend_hub.store.profile_pages import page_own_profiles, page_profiles
from suprsend_hub.store.profiles import find_profile_ids
from suprsend_hub.store.receipts import list_known_messages
from suprsend_hub.store.subscriptions import page_members, page_objects, reach_members
from suprsend_hub.store.tenants import page_tenants, read_tenants
from suprsend_hub.store.webhook_deliveries import (
    list_deliveries,
    list_forgotten,
    replay_delivery,
    replay_failed,
)
from suprsend_hub.store.workflows import find_live_workflows, find_workflows_for_events, read_workflow_versions

from hub.tests.actions.ear import Ear
from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.store.history import OLD, ROWS, History, a_history, add_rows
from hub.tests.store.scans import HOT, counting_scans

Work: TypeAlias = Callable[[Scene], Coroutine[Any, Any, object]]


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
    await full.pool.execute("vacuum analyze")
    return full


async def go_the_whole_way(scene: Scene) -> None:
    """Accept, plan, claim and settle."""
    users = [{"distinct_id": f"p{n}", "$email": [f"p{n}@example.com"], "city": "Turin"} for n in range(1, 50)]
    await scene.accept(trigger_body(users=users, notification_category="c7", **{"$idempotency_key": "new"}))
    await scene.plan_all()
    await scene.send_all()


def listing(**narrowed: Any) -> Work:
    """A page of messages."""

    async def work(scene: Scene) -> None:
        async with scene.pool.acquire() as connection:
            await page_messages(connection, scene.workspace.id, MessageFilter(**narrowed), Keyset(20))

    return work


async def list_in_every_way(scene: Scene) -> None:
    """Pages of what is frequent, of what is rare, and of what there is not."""
    old = datetime(2020, 1, 1, tzinfo=UTC)
    for narrowed in (
        MessageFilter(channel="slack"),
        MessageFilter(tenant_id="nobody"),
        MessageFilter(tenant_id="default"),
        MessageFilter(workflow="wf"),
        MessageFilter(workflow="none"),
        MessageFilter(categories=["system"]),
        MessageFilter(categories=["none"]),
        MessageFilter(statuses=["sent_by_vendor"]),
        MessageFilter(statuses=["clicked"], marks=["read", "archived"]),
        MessageFilter(marks=["unread"]),
        MessageFilter(created_from=old, created_to=old + timedelta(days=1)),
        MessageFilter(is_campaign=True),
        MessageFilter(object_type="team", object_id="t7"),
    ):
        async with scene.pool.acquire() as connection:
            await page_messages(connection, scene.workspace.id, narrowed, Keyset(20))


async def look_for_overdue(scene: Scene) -> None:
    """What `suprsend-hub check` asks."""
    async with scene.pool.acquire() as connection:
        await list_overdue(connection, scene.now(), 100)


async def climb_a_rung(scene: Scene) -> None:
    """Claim a chunk of waiting rungs, and end those that are not needed any more."""
    ids = [f"w{n}" for n in range(1, 201)]
    async with scene.pool.acquire() as connection:
        claimed = await claim_messages(connection, scene.workspace.id, ids, Hold(0, 0, "claim"), scene.now())
        stopped = await stop_unneeded(connection, scene.workspace.id, ids, Hold(0, 0, "claim"), scene.now())
    assert len(claimed) + len(stopped) == len(ids)


def cancelling(*, of_broadcasts: bool = False, **narrowed: Any) -> Work:
    """What a cancellation looks for, narrowed like this."""

    async def work(scene: Scene) -> None:
        filters = RunFilter(of_broadcasts=of_broadcasts, **narrowed)
        async with scene.pool.acquire() as connection:
            assert await find_runs(connection, scene.workspace.id, filters, 2000) or of_broadcasts

    return work


async def take_receipts(scene: Scene) -> None:
    """Record what became of a chunk of messages."""
    receipts = [Receipt(f"m{n}", "seen", scene.now()) for n in range(1, 201)]
    assert len(await record_receipts(scene.pool, scene.workspace.id, receipts, scene.now())) == len(receipts)


async def look_for_reported_messages(scene: Scene) -> None:
    """What is asked before a report without proof is believed."""
    async with scene.pool.acquire() as connection:
        assert await list_known_messages(connection, scene.workspace.id, ["m7", "x"]) == {"m7"}


async def act_in_the_inbox(scene: Scene) -> None:
    """What a person does in the inbox."""
    acted = await act(scene.pool, scene.workspace.id, "p7", "default", ["m7"], "interacted", scene.now())
    assert acted == ["m7"]


async def read_inbox(scene: Scene) -> None:
    """What the feed asks."""
    async with scene.pool.acquire() as connection:
        await page_notifications(connection, scene.workspace.id, "p7", "default", limit=20, older_than=None)
        await count_notifications(connection, scene.workspace.id, "p7", "default")


async def mark_many(scene: Scene) -> None:
    """What a program tells of messages in bulk."""
    refusals = await mark(scene.pool, scene.workspace.id, [(f"m{n}", "seen") for n in range(1, 201)], scene.now())
    assert refusals == [None] * 200


async def ask_why(scene: Scene) -> None:
    """Explain a message and a request."""
    await scene.accept(trigger_body())
    await scene.plan_all()
    for row in await scene.pool.fetch(
        "select m.id, r.request_id from message m join run r on r.id = m.run_id"
        " where m.created_at >= now() - interval '1 day' and m.id > '0' and m.id < 'a'"
        " and m.workspace_id = $1",
        scene.workspace.id,
    ):
        assert await explain_message(scene.pool, scene.workspace.id, row["id"], scene.now())
        assert await explain_request(scene.pool, scene.workspace.id, row["request_id"], scene.now())
        assert await explain(scene.pool, row["id"], scene.now())


async def keep_contents(scene: Scene) -> None:
    """Keep, show and forget what people saw."""
    workspace_id, now = scene.workspace.id, scene.now()
    async with scene.pool.acquire() as connection:
        contents = [NewContent(f"c{n}", {"body": "x"}) for n in range(1, 201)]
        await put_contents(connection, workspace_id, contents)
        assert len(await read_contents(connection, workspace_id, [each.message_id for each in contents])) == 200
        assert await prune_contents(connection, now - timedelta(days=30), 1000) == 0


async def tell_an_endpoint(scene: Scene) -> None:
    """A turn at what is due."""
    ear = Ear(scene)
    await ear.take_turn(1)
    assert len(ear.heard) == 100


async def tend_deliveries(scene: Scene) -> None:
    """What upkeep and people ask of deliveries."""
    workspace_id, now = scene.workspace.id, scene.now()
    async with scene.pool.acquire() as connection:
        assert len(await list_deliveries(connection, workspace_id, limit=20)) == 20
        assert len(await list_deliveries(connection, workspace_id, limit=20, endpoint_id=1, only_failed=True)) == 20
        assert await replay_delivery(connection, workspace_id, "d10") == 1
        assert await replay_delivery(connection, workspace_id, "d7") is None
        assert await replay_failed(connection, workspace_id, 1, now - timedelta(hours=1), 10) == 10
        assert await list_forgotten(connection, timedelta()) == [Announce(workspace_id, 1)]


async def use_tenants(scene: Scene) -> None:
    """What a chunk of messages and the list of tenants ask."""
    async with scene.pool.acquire() as connection:
        tenants = await read_tenants(connection, scene.workspace.id, [f"t{n}" for n in range(1, 201)])
        _, page = await page_tenants(connection, scene.workspace.id, limit=20, offset=1000)
    assert tenants.find("t7").tenant_name == "T"
    assert len(page) == 20


async def visit_the_preference_centre(scene: Scene) -> None:
    """Read what a person wants, change it, and what many want; and forget it with a tenant."""
    scope, person = Scope(scene.workspace.id, "t7"), ProfileKey("p7")
    async with scene.pool.acquire() as connection:
        profile_ids = await find_profile_ids(connection, scope.workspace_id, [person])
        await read_picture(connection, scope.workspace_id, profile_ids[person], "t7")
    await choose(scene.pool, scope, person, "promotional", WantedChoice("opt_out"), scene.now())
    await restrict(scene.pool, scope, person, {"sms": False, "email": True}, scene.now())
    many = [ProfileKey(f"p{n}") for n in range(1, 200)]
    await choose_for_many(scene.pool, scope, many, {"promotional": WantedChoice("opt_in")}, {"sms": True}, scene.now())
    await reset_many(scene.pool, scope, many, categories=True, channels=True)
    await remove_tenant(scene.pool, scope.workspace_id, "t7")


async def ask_where_nobody_stored_anything(scene: Scene) -> None:
    """What planning asks for a workspace that is not the one with all the rows."""
    async with scene.pool.acquire() as connection:
        for _ in range(10):
            asked = [Asked(7, None, "c7")]
            assert await read_preferences(connection, scene.workspace.id + 1, asked) == Preferences()


async def set_off_workflows(scene: Scene) -> None:
    """What triggers and events ask of workflows."""
    async with scene.pool.acquire() as connection:
        live = await find_live_workflows(connection, scene.workspace.id, ["w7", "w8"])
        assert await find_workflows_for_events(connection, scene.workspace.id, ["w7"]) == {"w7": [live["w7"]]}
        version_ids = [each.version_id for each in live.values() if each is not None]
        assert len(await read_workflow_versions(connection, version_ids)) == 2


async def look_up_people(scene: Scene) -> None:
    """What the API asks of users, of objects, and of who subscribes to what."""
    workspace_id, keyset = scene.workspace.id, Keyset(20)
    async with scene.pool.acquire() as connection:
        page = await page_profiles(connection, workspace_id, "", keyset)
        assert len(await page_profiles(connection, workspace_id, "", Keyset(20, after=page[-2].position))) == 21
        (team, *_) = await page_profiles(connection, workspace_id, "team", keyset)
        assert len(await page_own_profiles(connection, workspace_id, ProfileKey("p7"), keyset)) == 1
        assert len(await page_members(connection, team.stored.id, keyset)) == 21
        assert len(await page_objects(connection, page[0].stored.id, keyset)) == 1
        reached = await reach_members(connection, team.stored.id, depth=2, limit=500)
        assert reached


async def forget_and_merge_people(scene: Scene) -> None:
    """What erasing one user asks, and merging one into another."""
    assert await erase(scene.pool, scene.workspace.id, ProfileKey("p7"), scene.now())
    merged = await merge_users(scene.pool, scene.workspace.id, ProfileKey("p8"), ProfileKey("p9"), scene.now())
    assert len(merged.profile.identities) == 2


async def export_somebody(scene: Scene) -> None:
    """What an export asks."""
    text = "".join([part async for part in export_user(scene.pool, scene.workspace.id, "p7")])
    exported = msgspec.json.decode(text)
    found = {name: len(rows) for name, rows in exported.items() if name != "distinct_id"}
    assert found == {
        "profiles": 2,
        "preferences": 1,
        "restricted_channels": 1,
        "subscriptions": 1,
        "lists": 1,
        "suppressions": 1,
        "requests": 1,
        "messages": 2,
        "tries": 1,
        "contents": 1,
        "notifications": 1,
        "events": 1,
    }


async def change_a_list(scene: Scene) -> None:
    """Add and remove members while a broadcast is to reach them, and while none is."""
    everybody = [f"p{n}" for n in range(1, 201)]
    for _ in range(2):
        assert await change_members(scene.pool, scene.workspace.id, "list-1", "remove", everybody, scene.now()) == 20
        assert await change_members(scene.pool, scene.workspace.id, "list-1", "add", everybody, scene.now()) == 200
        assert await change_members(scene.pool, scene.workspace.id, "list-1", "remove", everybody[20:], scene.now())
        await scene.broadcast(list_id="list-1")


async def broadcast_to_a_list(scene: Scene) -> None:
    """Accept a broadcast, expand it, and look how far it is."""
    request_id = await scene.broadcast(list_id="list-1")
    assert request_id is not None
    await scene.expand_all()
    async with scene.pool.acquire() as connection:
        (found,) = await list_broadcasts(connection, scene.workspace.id, limit=5)
        assert (found.expanded, found.total) == (ROWS // 10, ROWS // 10)


async def forget_members(scene: Scene) -> None:
    """What upkeep does."""
    async with scene.pool.acquire() as connection:
        while await prune_members(connection, 1000):
            pass
        assert await connection.fetchval("select count(*) from list_version where status = 'past'") == 0


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
    ],
)
async def test_no_hot_table_is_read_from_end_to_end(full: Scene, work: Work) -> None:
    async with counting_scans(full.pool) as scans:
        await work(full)
    assert scans == dict.fromkeys(HOT, 0)


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
    assert tuple(left or ()) == (ROWS * 1.1, ROWS * 2.1, ROWS, *[ROWS * 1.1] * 3)


async def test_a_reading_from_end_to_end_would_be_noticed(full: Scene) -> None:
    async with counting_scans(full.pool) as scans:
        await full.pool.execute("update message set attempts = 1 where address = 'b@example.com'")
    assert scans["message"] == 1
