"""With many rows in them, none of the hot tables is ever read from end to end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeAlias

import msgspec
import pytest
from suprsend_hub.actions.act_on_notifications import act
from suprsend_hub.actions.edit_list import change_members
from suprsend_hub.actions.erase import erase
from suprsend_hub.actions.export_user import export_user
from suprsend_hub.actions.merge_users import merge_users
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.domain.job import Announce
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.domain.retention import Retention
from suprsend_hub.jobs.upkeep import forget_what_is_over, prune
from suprsend_hub.store.broadcasts import list_broadcasts
from suprsend_hub.store.claims import Hold, claim_messages, stop_succeeded
from suprsend_hub.store.database import Pool
from suprsend_hub.store.inbox_notifications import count_notifications, page_notifications
from suprsend_hub.store.keyset import Keyset
from suprsend_hub.store.list_members import prune_members
from suprsend_hub.store.message_log import MessageFilter, list_overdue, page_messages
from suprsend_hub.store.profile_pages import page_own_profiles, page_profiles
from suprsend_hub.store.receipts import list_known_messages
from suprsend_hub.store.request_log import RequestFilter, page_requests, sum_up_requests
from suprsend_hub.store.run_log import find_request, find_run, list_messages, page_runs
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

ROWS = 20_000
HOT = (
    "request",
    "run",
    "message",
    "identity",
    "profile",
    "subscription",
    "suppression",
    "idempotency",
    "event",
    "inbox_notification",
    "webhook_delivery",
    "tenant",
    "workflow",
    "workflow_version",
    "workflow_event",
    "list_member",
    "broadcast",
)

DEFINITION = (
    '{"name": "a", "category": "system", "trigger_type": "api",'
    ' "tree": {"nodes": [{"node_type": "send_email", "template": "a"}]}}'
)

FILL = f"""
insert into profile (workspace_id, distinct_id, created_at, updated_at)
    select $1, 'p' || n, now(), now() from generate_series(1, {ROWS}) n;
insert into identity (profile_id, channel, provider, value, details, created_at)
    select id, 'email', '', distinct_id || '@example.com', '{{}}', now() from profile where workspace_id = $1;
insert into profile (workspace_id, distinct_id, object_type, created_at, updated_at)
    select $1, 't' || n, 'team', now(), now() from generate_series(1, 200) n;
insert into profile (workspace_id, distinct_id, tenant_id, created_at, updated_at)
    select $1, 'p' || n, 'acme', now(), now() from generate_series(1, {ROWS}) n;
insert into subscription (parent_id, member_id, is_object)
    select t.id, p.id, p.object_type <> '' from profile t join profile p on p.id % 200 = t.id % 200 and p.id <> t.id
    where t.object_type = 'team' and p.tenant_id = '';
insert into suppression (workspace_id, channel, provider, address, cause, reason, since, digest)
    select $1, 'email', '', 'p' || n || '@example.com', 'complaint', '', now(),
    encode(sha256(convert_to('p' || n || '@example.com', 'UTF8')), 'hex') from generate_series(2, {ROWS}) n;
insert into request (id, workspace_id, name, category, idempotency_key, template_version_id, body, state, accepted_at,
        due_at, planned_at)
    select 'q' || n, $1, 'wf', 'system', 'k' || n, 1, '{{}}', 'planned', now(), now(), now()
    from generate_series(1, {ROWS}) n;
insert into run (id, workspace_id, request_id, position, distinct_id, exclusions, created_at)
    select 'r' || n, $1, 'q' || n, 0, 'p' || n, '[]', now() from generate_series(1, {ROWS}) n;
insert into message (id, workspace_id, run_id, template_version_id, category, distinct_id, channel, provider, address,
        status, due_at, created_at, updated_at)
    select 'm' || n, $1, 'r' || n, 1, 'system', 'p' || n, 'email', '', 'a@example.com', 'sent_by_vendor', now(), now(),
        now() from generate_series(1, {ROWS}) n;
insert into message (id, workspace_id, run_id, template_version_id, category, distinct_id, channel, provider, address,
        status, due_at, created_at, updated_at, success)
    select 'w' || n, $1, 'r' || n, 1, 'system', 'p' || n, 'sms', '', '+15005550006', 'to_be_triggered',
        now() + interval '1 hour', now(), now(), case n % 2 when 0 then 'seen' else 'ORDER_OPENED' end
        from generate_series(1, {ROWS}) n;
insert into event (id, workspace_id, distinct_id, name, properties, happened_at, received_at)
    select 'e' || n, $1, 'p' || n, 'ORDER_OPENED', '{{}}', now(), now() from generate_series(1, {ROWS}) n;
insert into inbox_notification (id, workspace_id, tenant_id, distinct_id, category, content, created_at)
    select 'm' || n, $1, 'default', 'p' || n, 'system', '{{}}', now() from generate_series(1, {ROWS}) n;
insert into webhook_delivery (id, workspace_id, endpoint_id, message_id, status, happened_at, state, created_at)
    select 'd' || n, $1, 1 + n % 10, 'm' || n, 'seen', now(), (array['delivered', 'pending', 'failed'])[1 + n % 3],
        now() from generate_series(1, {ROWS}) n;
insert into tenant (workspace_id, tenant_id, tenant_name, updated_at)
    select $1, 't' || n, 'T', now() from generate_series(1, {ROWS}) n;
insert into workflow (workspace_id, slug, draft, draft_hash)
    select $1, 'w' || n, '{{}}', '' from generate_series(1, {ROWS}) n;
insert into workflow_version (workflow_id, version_no, name, category, definition, hash)
    select id, 1, slug, 'system', '{DEFINITION}', '' from workflow where workspace_id = $1;
update workflow w set live_version_id = v.id from workflow_version v where v.workflow_id = w.id;
insert into workflow_event (workspace_id, event_name, workflow_id)
    select $1, slug, id from workflow where workspace_id = $1;
insert into subscriber_list (workspace_id, list_id, list_type, created_at, updated_at)
    select $1, 'list-' || n, 'static_list', now(), now() from generate_series(1, 10) n;
insert into list_version (workspace_id, subscriber_list_id, version_id, status, subscribers_count, created_at,
        updated_at)
    select $1, id, 'live-' || id, 'live', {ROWS} / 10, now(), now() from subscriber_list;
insert into list_version (workspace_id, subscriber_list_id, version_id, status, created_at, updated_at)
    select $1, id, 'past-' || id, 'past', now(), now() from subscriber_list;
insert into list_member (list_version_id, distinct_id, since)
    select 1 + n % 10, 'p' || n, 0 from generate_series(1, {ROWS}) n;
insert into list_member (list_version_id, distinct_id, since)
    select 10, 'x' || n, 0 from generate_series(1, {ROWS} * 5) n;
insert into broadcast (request_id, workspace_id, list_id, revision, total)
    select 'q' || n, $1, 'list-' || n % 10, 0, 0 from generate_series(1, {ROWS}) n;
insert into idempotency (workspace_id, kind, key, accepted_at)
    select $1, 'trigger', 'k' || n, now() from generate_series(1, {ROWS}) n
"""

# What was over a year ago: ids that sort before all others, in the same tables.
OLD = f"""
insert into request (id, workspace_id, name, category, template_version_id, body, state, accepted_at, due_at)
    select lpad(n::text, 26, '0'), $1, 'wf', 'system', 1, '{{}}', 'planned', now(), now()
    from generate_series(1, {ROWS}) n;
insert into run (id, workspace_id, request_id, position, exclusions, created_at)
    select id, $1, id, 0, '[]', now() from request where id < '1';
insert into message (id, workspace_id, run_id, template_version_id, category, channel, provider, address, status,
        due_at, created_at, updated_at)
    select id, $1, id, 1, 'system', 'email', '', 'a@example.com', 'seen', now(), now(), now() - interval '1 year'
    from run where id < '1';
insert into event (id, workspace_id, distinct_id, name, properties, happened_at, received_at)
    select id, $1, 'p', 'ORDER_OPENED', '{{}}', now(), now() from run where id < '1';
insert into inbox_notification (id, workspace_id, tenant_id, distinct_id, category, content, created_at)
    select id, $1, 'default', 'p', 'system', '{{}}', now() - interval '1 year' from run where id < '1'
"""

Work: TypeAlias = Callable[[Scene], Coroutine[Any, Any, object]]


@pytest.fixture
async def full(scene: Scene) -> Scene:
    """A workspace in which much has happened, and an endpoint that hears of it."""
    await scene.add_webhook()
    for statement in FILL.split(";"):
        await scene.pool.execute(statement.replace("$1", str(scene.workspace.id)))
    await scene.pool.execute("vacuum analyze")
    return scene


@pytest.fixture
async def old(full: Scene) -> Scene:
    """A workspace in which much happened long ago, too, and in which some of that is not over."""
    for statement in OLD.split(";"):
        await full.pool.execute(statement.replace("$1", str(full.workspace.id)))
    await full.pool.execute("update message set status = 'triggered' where id < '1' and id like '%7'")
    await full.pool.execute("vacuum analyze")
    return full


async def go_the_whole_way(scene: Scene) -> None:
    """Accept, plan, claim and settle."""
    users = [{"distinct_id": f"p{n}", "$email": [f"p{n}@example.com"], "city": "Turin"} for n in range(1, 50)]
    await scene.accept(trigger_body(users=users, **{"$idempotency_key": "new"}))
    await scene.plan_all()
    await scene.send_all()


def listing(**narrowed: Any) -> Work:
    """A page of messages."""

    async def work(scene: Scene) -> None:
        async with scene.pool.acquire() as connection:
            await page_messages(connection, scene.workspace.id, MessageFilter(**narrowed), Keyset(20))

    return work


SEARCHES = (
    RequestFilter(),
    RequestFilter(user="p7"),
    RequestFilter(idempotency_key="k7"),
    RequestFilter(request_id="q7"),
    RequestFilter(workflow="nothing"),
    RequestFilter(template="nothing"),
    RequestFilter(state="planned"),
    RequestFilter(state="cancelled"),
    RequestFilter(state="failed"),
    RequestFilter(first_id="q1", end_id="q2"),
)


async def search_requests(scene: Scene) -> None:
    """What the console asks of requests, and what became of them."""
    for narrowed in SEARCHES:
        async with scene.pool.acquire() as connection:
            found = await page_requests(connection, scene.workspace.id, narrowed, Keyset(50))
            assert found.rows or found.horizon
            await sum_up_requests(connection, scene.workspace.id, [each.id for each in found.rows])


async def look_at_a_run(scene: Scene) -> None:
    """What the pages of a request and of a run ask."""
    async with scene.pool.acquire() as connection:
        assert await find_request(connection, scene.workspace.id, "q7")
        (run,) = await page_runs(connection, scene.workspace.id, "q7", Keyset(25))
        assert await find_run(connection, scene.workspace.id, run.id) == run
        assert len(await list_messages(connection, scene.workspace.id, [run.id])) == 2


async def look_for_overdue(scene: Scene) -> None:
    """What `suprsend-hub check` asks."""
    async with scene.pool.acquire() as connection:
        await list_overdue(connection, scene.now(), 100)


async def climb_a_rung(scene: Scene) -> None:
    """Claim a chunk of waiting rungs, and end those that are not needed any more."""
    ids = [f"w{n}" for n in range(1, 201)]
    async with scene.pool.acquire() as connection:
        claimed = await claim_messages(connection, scene.workspace.id, ids, Hold(0, 0, "claim"), scene.now())
        stopped = await stop_succeeded(connection, scene.workspace.id, ids, Hold(0, 0, "claim"), scene.now())
    assert len(claimed) + len(stopped) == len(ids)


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
        "subscriptions": 1,
        "lists": 1,
        "suppressions": 1,
        "requests": 1,
        "messages": 2,
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
        set_off_workflows,
        change_a_list,
        broadcast_to_a_list,
        forget_members,
        listing(),
        listing(recipients=["p7"]),
        listing(idempotency_key="k7"),
        listing(message_id="m7"),
        listing(execution_id="r7"),
        listing(channel="email"),
        look_at_a_run,
        search_requests,
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
        " (select count(*) from inbox_notification)"
    )
    assert tuple(left or ()) == (ROWS * 1.1, ROWS * 2.1, ROWS, ROWS * 1.1)


async def test_a_reading_from_end_to_end_would_be_noticed(full: Scene) -> None:
    async with counting_scans(full.pool) as scans:
        await full.pool.execute("update message set attempts = 1 where address = 'b@example.com'")
    assert scans["message"] == 1


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
