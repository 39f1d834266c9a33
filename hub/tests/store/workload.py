"""What programs and people ask of a workspace in which much has happened."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import msgspec
from suprsend_hub.actions.act_on_notifications import act, mark_all_read
from suprsend_hub.actions.audit import Actor
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
from suprsend_hub.actions.resend import resend, resend_failed
from suprsend_hub.domain.inbox import Inbox, Store
from suprsend_hub.domain.job import Announce
from suprsend_hub.domain.preference import Preferences
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.domain.request_failure import Failure
from suprsend_hub.store.broadcasts import list_broadcasts
from suprsend_hub.store.cancellations import RunFilter, find_runs
from suprsend_hub.store.claims import Hold, claim_messages, stop_unneeded
from suprsend_hub.store.event_definitions import list_definitions
from suprsend_hub.store.inbox_feed import (
    Place,
    count_notifications,
    count_unread,
    page_by_number,
    page_notifications,
)
from suprsend_hub.store.inbox_notifications import find_notification, list_put_down, reset_bell
from suprsend_hub.store.keyset import Keyset
from suprsend_hub.store.list_members import prune_members
from suprsend_hub.store.message_contents import NewContent, prune_contents, put_contents, read_contents
from suprsend_hub.store.message_log import MessageFilter, list_overdue, page_messages
from suprsend_hub.store.payload_schema_log import list_namings, list_schemas
from suprsend_hub.store.preferences import Asked, read_preferences
from suprsend_hub.store.profile_pages import page_own_profiles, page_profiles
from suprsend_hub.store.profiles import find_profile_ids
from suprsend_hub.store.receipts import list_known_messages
from suprsend_hub.store.request_log import RequestFilter, list_latest_requests, page_requests, sum_up_requests
from suprsend_hub.store.requests import fail_requests, find_record_ids
from suprsend_hub.store.run_log import find_request, find_run, list_messages, page_runs
from suprsend_hub.store.subscriptions import page_members, page_objects, reach_members
from suprsend_hub.store.template_use import list_workflows_with
from suprsend_hub.store.tenants import page_tenants, read_tenants
from suprsend_hub.store.webhook_deliveries import (
    list_deliveries,
    list_forgotten,
    replay_delivery,
    replay_failed,
)
from suprsend_hub.store.workflow_log import page_workflow_versions, search_workflows
from suprsend_hub.store.workflows import find_event_uses, find_live_workflows, read_workflow_versions

from hub.tests.actions.ear import Ear
from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.store.history import ROWS

Work: TypeAlias = Callable[[Scene], Coroutine[Any, Any, object]]


async def go_the_whole_way(scene: Scene) -> None:
    """Accept, plan, claim and settle; and accept what was accepted before."""
    await scene.accept(trigger_body(**{"$idempotency_key": "k7"}))
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
            if narrowed.user is not None:
                assert [each.id for each in found.rows] == ["q7", "l7"], "one was planned, and one waits"


async def look_at_a_run(scene: Scene) -> None:
    """What the pages of a request and of a run ask."""
    async with scene.pool.acquire() as connection:
        assert await find_request(connection, scene.workspace.id, "q7")
        (run,) = await page_runs(connection, scene.workspace.id, "q7", Keyset(25))
        assert await find_run(connection, scene.workspace.id, run.id) == run
        assert len(await list_messages(connection, scene.workspace.id, [run.id])) == 2


async def send_again(scene: Scene) -> None:
    """What sending a message again asks, and what failed of a run."""
    workspace_id, actor = scene.workspace.id, Actor(None, "somebody", scene.workspace.id)
    assert (await resend(scene.pool, workspace_id, "m7", actor, scene.now())).is_new
    assert not (await resend(scene.pool, workspace_id, "m7", actor, scene.now())).is_new
    await scene.pool.execute(
        "update message set status = 'delivery_failure' where workspace_id = $1 and id = 'm8'", workspace_id
    )
    assert await resend_failed(scene.pool, workspace_id, "r8", actor, scene.now()) == 1


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
    inbox = Inbox(scene.workspace.id, "p7", "default")
    assert await act(scene.pool, inbox, ["m7"], "interacted", scene.now()) == ["m7"]
    await mark_all_read(scene.pool, inbox, scene.now())


async def read_inbox(scene: Scene) -> None:
    """What the feed asks."""
    inbox, store, now = Inbox(scene.workspace.id, "p7", "default"), Store("news", tags=("a",)), scene.now()
    async with scene.pool.acquire() as connection:
        await page_notifications(connection, inbox, store, now, limit=20, after=Place(False, now))
        await page_by_number(connection, inbox, store, now, limit=20, offset=0, before=now)
        await count_notifications(connection, inbox, store, now)
        await count_unread(connection, inbox, [store], now)
        await find_notification(connection, inbox, "m7")
        assert len(await list_put_down(connection, None, None, 26, 1000)) == 26
        await reset_bell(connection, inbox)


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


async def look_at_workflows(scene: Scene) -> None:
    """What the pages of workflows, events and schemas ask."""
    workspace_id, keyset = scene.workspace.id, Keyset(50)
    async with scene.pool.acquire() as connection:
        await connection.execute("update request set name = 'w7', workflow_version_id = 1 where id = 'q7'")
        first = await search_workflows(connection, workspace_id, "", keyset)
        assert len(await search_workflows(connection, workspace_id, "", Keyset(50, after=first[-2].id))) == 51
        (found, *_) = await search_workflows(connection, workspace_id, "w7", keyset)
        assert (found.slug, found.last_executed_at is not None) == ("w7", True)
        (latest,) = await list_latest_requests(connection, workspace_id, "w7", 10)
        assert latest.id == "q7"
        assert len(await page_workflow_versions(connection, found.id, keyset)) == 1
        assert len(await list_definitions(connection, workspace_id, "w7", 50)) == 50
        assert len(await list_schemas(connection, workspace_id, "s7", 50)) == 50
        assert len(await list_namings(connection, workspace_id, "s7", 50)) == 1


async def set_off_workflows(scene: Scene) -> None:
    """What triggers and events ask of workflows."""
    async with scene.pool.acquire() as connection:
        live = await find_live_workflows(connection, scene.workspace.id, ["w7", "w8"])
        uses = await find_event_uses(connection, scene.workspace.id, ["w7"])
        assert [each.workflows for each in uses.values()] == [[live["w7"]]]
        version_ids = [each.version_id for each in live.values() if each is not None]
        assert len(await read_workflow_versions(connection, version_ids)) == 2
        await fail_requests(connection, scene.workspace.id, {"unknown": Failure("schema_mismatch", None)})
        assert await find_record_ids(connection, scene.workspace.id, "trigger", ["k7"]) == {}


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
        "requests": 2,
        "messages": 2,
        "tries": 1,
        "contents": 1,
        "notifications": 1,
        "events": 1,
    }


async def look_who_sends_a_template(scene: Scene) -> None:
    """What removing a template asks."""
    async with scene.pool.acquire() as connection:
        for slug in ("purchase-made", "nothing"):
            await list_workflows_with(connection, scene.workspace.id, slug, 21)


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
        assert found.expanded == found.total == ROWS // 10


async def forget_members(scene: Scene) -> None:
    """What upkeep does."""
    async with scene.pool.acquire() as connection:
        while await prune_members(connection, 1000):
            pass
        assert await connection.fetchval("select count(*) from list_version where status = 'past'") == 0
