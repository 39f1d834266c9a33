"""Broadcasts: whom they reach, that nobody is left out and nobody comes twice, and that they can be seen to move."""

import asyncio
from collections import Counter
from datetime import timedelta

import asyncpg
import pytest
from suprsend_hub.actions.edit_list import (
    change_draft_members,
    change_members,
    delete_list,
    finish_sync,
    start_sync,
)
from suprsend_hub.actions.expand import PAGE, expand
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.job import Expand
from suprsend_hub.jobs.upkeep import prune
from suprsend_hub.store.broadcasts import ListedBroadcast, count_messages, list_broadcasts
from suprsend_hub.store.message_log import list_overdue

from .scene import Scene, trigger_body


async def reached(scene: Scene) -> Counter[str]:
    """How many runs each person has."""
    return Counter(row["distinct_id"] for row in await scene.pool.fetch("select distinct_id from run"))


async def progress(scene: Scene) -> ListedBroadcast:
    """How far the newest broadcast has come."""
    async with scene.pool.acquire() as connection:
        return (await list_broadcasts(connection, scene.workspace.id, limit=1))[0]


async def pending(scene: Scene) -> list[Expand]:
    """The jobs of broadcasts, done and not."""
    return [job for job in await scene.jobs() if isinstance(job, Expand)]


def people(count: int) -> list[str]:
    """So many distinct ids, of many shapes."""
    return [f"{'ÄaZ_'[number % 4]}{number:05}" for number in range(count)]


async def test_every_member_gets_one_run_and_their_messages(scene: Scene) -> None:
    await scene.fill_list("beta", *people(2 * PAGE + 10))
    await scene.broadcast()
    await scene.expand_all()
    assert await reached(scene) == Counter(people(2 * PAGE + 10))
    found = await progress(scene)
    assert (found.state, found.expanded, found.total) == ("planned", 2 * PAGE + 10, 2 * PAGE + 10)


@pytest.mark.parametrize("count", [0, 1, PAGE, 2 * PAGE])
async def test_pages_that_are_just_full_end_as_well(scene: Scene, count: int) -> None:
    await scene.fill_list("beta", *people(count))
    await scene.broadcast()
    await scene.expand_all()
    found = await progress(scene)
    assert (found.state, found.expanded, found.total) == ("planned", count, count)
    assert await reached(scene) == Counter(people(count))


async def test_a_member_with_a_profile_is_reached_where_it_says_and_one_without_in_the_inbox(scene: Scene) -> None:
    await scene.accept(trigger_body(users=[{"distinct_id": "ada", "$email": "ada@example.com", "city": "Turin"}]))
    await scene.plan_all()
    await scene.pool.execute("delete from message; delete from pgqueuer")
    await scene.fill_list("beta", "ada", "nobody")
    await scene.broadcast()
    await scene.expand_all()
    await scene.send_all()
    found = {(each["distinct_id"], each["channel"], each["status"]) for each in await scene.messages()}
    assert found == {
        ("ada", "email", "sent_by_vendor"),
        ("ada", "inbox", "sent_by_vendor"),
        ("nobody", "inbox", "sent_by_vendor"),
    }
    assert await scene.pool.fetchval("select count(*) from profile") == 1
    [(_, message)] = scene.recorder.sent
    assert message.content["subject"] == "Thanks, Ada"


async def test_named_channels_are_the_only_ones_tried(scene: Scene) -> None:
    await scene.fill_list("beta", "u1")
    await scene.broadcast(channels=["email", "sms"])
    await scene.expand_all()
    assert {(each["channel"], each["failure_code"]) for each in await scene.messages()} == {
        ("email", "no_identity"),
        ("androidpush", "channel_not_requested"),
        ("inbox", "channel_not_requested"),
    }


async def test_a_job_that_runs_again_or_twice_at_once_changes_nothing(scene: Scene) -> None:
    await scene.fill_list("beta", *people(PAGE + 5))
    await scene.broadcast()
    (first,) = await pending(scene)
    await asyncio.gather(*(expand(scene.pool, first, scene.now()) for _ in range(4)))
    assert len(await reached(scene)) == PAGE
    _, second = await pending(scene)
    await asyncio.gather(*(expand(scene.pool, job, scene.now()) for job in (first, second, second, first)))
    assert await reached(scene) == Counter(people(PAGE + 5))
    assert len(await pending(scene)) == 2


async def test_a_page_that_fails_at_its_end_leaves_nothing_behind(scene: Scene) -> None:
    await scene.fill_list("beta", *people(PAGE + 5))
    await scene.broadcast()
    (first,) = await pending(scene)
    await scene.pool.execute(
        "alter table pgqueuer add constraint full_disk check (entrypoint not like 'expand%') not valid"
    )
    with pytest.raises(asyncpg.CheckViolationError):
        await expand(scene.pool, first, scene.now())
    assert (await reached(scene), (await progress(scene)).expanded) == (Counter(), 0)
    await scene.pool.execute("alter table pgqueuer drop constraint full_disk")
    await scene.expand_all()
    assert await reached(scene) == Counter(people(PAGE + 5))


async def test_what_happens_to_the_list_afterwards_makes_no_difference(scene: Scene) -> None:
    everybody = people(2 * PAGE)
    await scene.fill_list("beta", *everybody)
    await scene.broadcast()
    (first,) = await pending(scene)
    await expand(scene.pool, first, scene.now())

    workspace_id, now = scene.workspace.id, scene.now()
    await change_members(scene.pool, workspace_id, "beta", "add", ["new", "zzz"], now)
    await change_members(scene.pool, workspace_id, "beta", "remove", everybody, now)
    await change_members(scene.pool, workspace_id, "beta", "add", everybody[:7], now)
    await change_members(scene.pool, workspace_id, "beta", "remove", everybody[:3], now)
    _, draft = await start_sync(scene.pool, workspace_id, "beta", now)
    await change_draft_members(scene.pool, workspace_id, "beta", draft.version_id, "add", ["other"], now)
    await finish_sync(scene.pool, workspace_id, "beta", draft.version_id, now)
    await prune(scene.pool, now)
    await scene.expand_all()
    assert await reached(scene) == Counter(everybody)
    assert (await progress(scene)).expanded == 2 * PAGE

    await scene.pool.execute("delete from run")
    await scene.broadcast()
    await delete_list(scene.pool, workspace_id, "beta", now)
    await scene.expand_all()
    assert await reached(scene) == Counter(["other"])


async def test_members_of_the_past_are_forgotten_once_nobody_needs_them(scene: Scene) -> None:
    await scene.fill_list("beta", *people(20))
    await scene.broadcast()
    workspace_id, now = scene.workspace.id, scene.now()
    await change_members(scene.pool, workspace_id, "beta", "remove", people(5), now)
    await prune(scene.pool, now)
    assert await scene.pool.fetchval("select count(*) from list_member") == 20
    await scene.expand_all()
    await prune(scene.pool, now)
    assert await scene.pool.fetchval("select count(*) from list_member") == 15
    await change_members(scene.pool, workspace_id, "beta", "remove", people(6), now)
    assert await scene.pool.fetchval("select count(*) from list_member") == 14
    await delete_list(scene.pool, workspace_id, "beta", now)
    await prune(scene.pool, now)
    assert await scene.pool.fetchval("select count(*) from list_member") == 0
    assert await scene.pool.fetchval("select count(*) from list_version") == 0


async def test_a_cancelled_broadcast_stops_where_it_is(scene: Scene) -> None:
    await scene.fill_list("beta", *people(2 * PAGE))
    await scene.broadcast()
    (first,) = await pending(scene)
    await expand(scene.pool, first, scene.now())
    await scene.pool.execute("update request set state = 'cancelled'")
    await scene.expand_all()
    found = await progress(scene)
    assert (found.state, found.expanded, found.total) == ("cancelled", PAGE, 2 * PAGE)
    assert len(await reached(scene)) == PAGE


async def test_the_same_insert_id_or_key_is_accepted_once(scene: Scene) -> None:
    await scene.fill_list("beta", "u1")
    assert await scene.broadcast(**{"$insert_id": "i1", "$idempotency_key": "k1"}) is not None
    assert await scene.broadcast(**{"$insert_id": "i1"}) is None
    assert await scene.broadcast(**{"$insert_id": "i2", "$idempotency_key": "k1"}) is None
    assert await scene.broadcast(**{"$insert_id": "i3", "$idempotency_key": "k2"}) is not None
    await scene.pool.execute("update idempotency set accepted_at = accepted_at - interval '24 hours'")
    assert await scene.broadcast(**{"$insert_id": "i1", "$idempotency_key": "k1"}) is not None


async def test_a_broadcast_that_is_refused_takes_no_key(scene: Scene) -> None:
    with pytest.raises(Invalid, match="list_id"):
        await scene.broadcast(**{"$idempotency_key": "k1"})
    await scene.fill_list("beta", "u1")
    assert await scene.broadcast(**{"$idempotency_key": "k1"}) is not None


async def test_a_delayed_broadcast_is_due_later(scene: Scene) -> None:
    await scene.fill_list("beta", "u1")
    await scene.broadcast(delay="1d")
    wait = await scene.pool.fetchval("select execute_after - now() from pgqueuer")
    assert timedelta(hours=23) < wait <= timedelta(days=1)


async def test_a_broadcast_is_late_only_where_it_stands_still(scene: Scene) -> None:
    await scene.fill_list("beta", *people(2 * PAGE))
    request_id = await scene.broadcast()
    (first,) = await pending(scene)
    await expand(scene.pool, first, scene.now())
    await scene.pool.execute("update request set due_at = now() - interval '1 hour'")
    await scene.pool.execute("delete from message")
    async with scene.pool.acquire() as connection:
        assert await list_overdue(connection, scene.now() - timedelta(minutes=10), 10) == []
        await scene.pool.execute("update broadcast set moved_at = now() - interval '11 minutes'")
        late = await list_overdue(connection, scene.now() - timedelta(minutes=10), 10)
    assert [each.request_id for each in late] == [request_id]


async def test_messages_of_a_broadcast_are_counted_by_channel_and_state(scene: Scene) -> None:
    await scene.fill_list("beta", *people(30))
    request_id = await scene.broadcast()
    assert request_id is not None
    await scene.expand_all()
    async with scene.pool.acquire() as connection:
        before = await count_messages(connection, scene.workspace.id, request_id, patience_seconds=60)
        await scene.send_all()
        after = await count_messages(connection, scene.workspace.id, request_id, patience_seconds=60)
    assert before == {("inbox", "to_be_triggered"): 30}
    assert after == {("inbox", "sent_by_vendor"): 30}
