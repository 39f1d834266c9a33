"""What is over and old goes, nothing else does, and nobody has to do it in one go."""

import asyncio
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest
from suprsend_hub.actions.create_workspace import create_workspace
from suprsend_hub.actions.forget import forget
from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.domain.message import STATUSES
from suprsend_hub.domain.retention import Retention
from suprsend_hub.jobs.upkeep import forget_what_is_over
from suprsend_hub.simulators.clock import TestClock
from suprsend_hub.store.events import NewEvent, insert_events
from suprsend_hub.store.messages import NewMessage, insert_messages
from suprsend_hub.store.requests import NewRequest, insert_requests
from suprsend_hub.store.runs import NewRun, insert_runs

from .scene import Scene, trigger_body

KEPT = Retention(messages=90, events=90, inbox=180)
DAY = timedelta(days=1)
MAIL = {"users": [{"distinct_id": "u1", "$email": ["ada@example.com"]}]}
DATA = ("request", "run", "message", "event", "inbox_notification")


async def forget_at(scene: Scene, now: datetime, retention: Retention = KEPT) -> None:
    await forget_what_is_over(scene.pool, now, retention, asyncio.Event())


async def count(scene: Scene, *tables: str) -> list[int]:
    return [await scene.pool.fetchval(f"select count(*) from {each}") for each in tables or DATA]


async def track(scene: Scene, name: str, distinct_id: str, when: datetime) -> str:
    event = NewEvent(make_id(when), distinct_id, name, {}, None, when)
    async with scene.pool.acquire() as connection:
        await insert_events(connection, scene.workspace.id, [event], when)
    return event.id


async def write(
    scene: Scene, when: datetime, state: str, waits_until: datetime | None, messages: dict[Any, datetime]
) -> str:
    """A request with two runs, of which one has these messages, by status, with the time of their last change."""
    request_id, run_id = make_id(when), make_id(when)
    async with scene.pool.acquire() as connection:
        request = NewRequest(request_id, "wf", "system", None, None, "{}", when, template_version_id=1)
        await insert_requests(connection, scene.workspace.id, [request], when)
        runs = [
            NewRun(run_id, request_id, 0, None, "u1", 0, waits_until),
            NewRun(make_id(when), request_id, 1, None, "u2"),
        ]
        await insert_runs(connection, scene.workspace.id, runs, {each.id: [] for each in runs}, when)
        for status, changed_at in messages.items():
            message = NewMessage(
                id=make_id(when),
                run_id=run_id,
                node=0,
                template_version_id=1,
                category="system",
                tenant_id=None,
                distinct_id="u1",
                channel="email",
                provider="",
                address="ada@example.com",
                status=status,
                failure_code=None,
                failure_reason=None,
                due_at=when,
                success="seen",
                is_rung=False,
                details={},
            )
            await insert_messages(connection, scene.workspace.id, [message], when)
            await connection.execute("update message set updated_at = $2 where id = $1", message.id, changed_at)
        await connection.execute("update request set state = $2 where id = $1", request_id, state)
    return request_id


async def test_what_is_over_goes_when_its_days_are_over(scene: Scene) -> None:
    await track(scene, "ORDER_OPENED", "u1", scene.now())
    await scene.go_through(trigger_body(**MAIL))
    await forget_at(scene, scene.now() + 89 * DAY)
    assert await count(scene) == [1, 1, 2, 1, 1]
    await forget_at(scene, scene.now() + 91 * DAY)
    assert await count(scene) == [0, 0, 0, 0, 1]
    await forget_at(scene, scene.now() + 181 * DAY)
    assert await count(scene) == [0, 0, 0, 0, 0]


async def test_nothing_goes_where_everything_is_kept(scene: Scene) -> None:
    await track(scene, "ORDER_OPENED", "u1", scene.now())
    await scene.go_through(trigger_body(**MAIL))
    await forget_at(scene, scene.now() + 3650 * DAY, Retention(messages=0, events=0, inbox=0))
    assert await count(scene) == [1, 1, 2, 1, 1]


async def test_what_is_not_over_stays_as_a_whole_whatever_its_age(scene: Scene) -> None:
    """Every state of a request, with and without a wait, with messages in every state, changed long ago or lately."""
    now = scene.now()
    old, lately = now - 400 * DAY, now - 2 * DAY
    kept: set[str] = set()
    gone: set[str] = set()
    states, waits, statuses = ("accepted", "planned", "cancelled"), (None, now + DAY, old), (None, *STATUSES)
    for state, waits_until, status, changed_at in product(states, waits, statuses, (old, lately)):
        messages = {"seen": old} if status is None else {"trigger_failed": old, status: changed_at}
        request_id = await write(scene, old, state, waits_until, messages)
        is_over = state != "accepted" and waits_until is None and status not in ("to_be_triggered", "triggered")
        is_quiet = status is None or changed_at == old
        (gone if is_over and is_quiet else kept).add(request_id)
    before = await count(scene, "run", "message")
    await forget_at(scene, now)
    assert {row["id"] for row in await scene.pool.fetch("select id from request")} == kept
    assert {row["request_id"] for row in await scene.pool.fetch("select request_id from run")} == kept
    runs, messages_left = await count(scene, "run", "message")
    assert (runs, before[0] - runs) == (2 * len(kept), 2 * len(gone))
    orphans = "select count(*) from message m where not exists (select from run r where r.id = m.run_id)"
    assert await scene.pool.fetchval(orphans) == 0
    assert 0 < messages_left < before[1]


async def test_what_waits_for_the_next_vendor_is_not_over(scene: Scene) -> None:
    old = scene.now() - 400 * DAY
    await write(scene, old, "planned", None, {"sent_by_vendor": old})
    await scene.pool.execute("update message set failure_code = 'bounced'")
    await forget_at(scene, scene.now())
    assert await count(scene, "request", "run", "message") == [1, 2, 1]
    await scene.pool.execute("update message set status = 'delivery_failure'")
    await forget_at(scene, scene.now() + timedelta(hours=2))
    assert await count(scene, "request", "run", "message") == [0, 0, 0]


async def test_a_request_that_waited_long_is_kept_from_when_it_was_planned(scene: Scene) -> None:
    await scene.go_through(trigger_body(**MAIL))
    await scene.pool.execute("update request set id = $1", make_id(scene.now() - 400 * DAY))
    await scene.pool.execute("update run set request_id = (select id from request)")
    await forget_at(scene, scene.now() + 89 * DAY)
    assert await count(scene, "request", "run", "message") == [1, 1, 2]


async def test_an_event_stays_for_as_long_as_a_message_waits_for_one(scene: Scene) -> None:
    sent_at = scene.now() - 200 * DAY
    await track(scene, "ORDER_OPENED", "u1", sent_at - timedelta(hours=1))
    after = await track(scene, "ORDER_OPENED", "u1", sent_at + timedelta(hours=1))
    await write(scene, sent_at, "planned", None, {"sent_by_vendor": sent_at, "to_be_triggered": sent_at})
    await scene.pool.execute("update message set success = 'ORDER_OPENED'")
    await forget_at(scene, scene.now())
    assert [row["id"] for row in await scene.pool.fetch("select id from event")] == [after]
    await scene.pool.execute("update message set status = 'not_to_be_triggered' where status = 'to_be_triggered'")
    await forget_at(scene, scene.now() + timedelta(hours=2))
    assert await count(scene, "event", "message") == [0, 0]


async def test_an_inbox_notification_stays_for_as_long_as_its_run_goes_on(scene: Scene) -> None:
    await scene.go_through(trigger_body(**MAIL))
    later = scene.now() + 181 * DAY
    await scene.pool.execute("update message set status = 'to_be_triggered' where channel = 'email'")
    await forget_at(scene, later)
    assert await count(scene, "inbox_notification", "message") == [1, 2]
    await scene.pool.execute("update message set status = 'sent_by_vendor' where channel = 'email'")
    await forget_at(scene, later + timedelta(hours=2))
    assert await count(scene, "inbox_notification", "message") == [0, 0]


async def test_every_workspace_is_looked_at(scene: Scene) -> None:
    scenes = [scene]
    for name in ("second", "third", "fourth"):
        made = await create_workspace(scene.pool, scene.vault, name)
        scenes.append(await Scene(scene.pool, scene.vault, made.workspace).prepare())
    for each in scenes[::2]:
        await track(each, "ORDER_OPENED", "u1", each.now())
        await each.accept(trigger_body(**MAIL))
    await scene.plan_all()
    await scene.send_all()
    assert await count(scene, "event", "inbox_notification") == [2, 2]
    await forget_at(scene, scene.now() + 181 * DAY)
    assert await count(scene) == [0, 0, 0, 0, 0]


FILL = """
insert into request (id, workspace_id, name, category, template_version_id, body, state, accepted_at, due_at)
    select lpad(n::text, 26, '0'), $1, 'wf', 'system', 1, '{}', 'planned', now() - interval '1 year', now()
    from generate_series(1, 3000) n;
insert into run (id, workspace_id, request_id, position, exclusions, created_at)
    select lpad(n::text, 26, '0'), $1, lpad(greatest(1, n - 6000)::text, 26, '0'), 0, '[]', now() - interval '1 year'
    from generate_series(1, 9000) n;
insert into message (id, workspace_id, run_id, template_version_id, category, channel, provider, address, status,
        due_at, created_at, updated_at)
    select lpad(n::text, 26, '0'), $1, lpad((1 + n / 2)::text, 26, '0'), 1, 'system', 'email', '', 'a@example.com',
        'seen', now(), now() - interval '1 year', now() - interval '1 year' from generate_series(1, 17000) n;
insert into event (id, workspace_id, distinct_id, name, properties, happened_at, received_at)
    select lpad(n::text, 26, '0'), $1, 'p' || n, 'ORDER_OPENED', '{}', now(), now() from generate_series(1, 12000) n;
insert into inbox_notification (id, workspace_id, tenant_id, distinct_id, category, content, created_at)
    select lpad(n::text, 26, '0'), $1, 'default', 'p' || n, 'system', '{}', now() - interval '1 year'
    from generate_series(1, 12000) n
"""


@pytest.fixture
async def full(scene: Scene) -> Scene:
    """A workspace with much that is over; its first request has more runs than one batch takes."""
    for statement in FILL.split(";"):
        await scene.pool.execute(statement.replace("$1", str(scene.workspace.id)))
    return scene


async def test_one_batch_after_another_takes_a_bounded_part_and_goes_on_where_the_last_one_stopped(full: Scene) -> None:
    now = full.now()
    left, batches = await count(full), 0
    for data_class, most in (("messages", 2000), ("events", 5000), ("inbox", 5000)):
        while await forget(full.pool, data_class, now - 90 * DAY, now):  # type: ignore[arg-type] # one of its words
            batches += 1
            after = await count(full)
            assert (
                max(was - is_left for was, is_left in zip(left[1:2] + left[3:], after[1:2] + after[3:], strict=True))
                <= most
            )
            left = after
    assert left == [0, 0, 0, 0, 0]
    assert batches >= 10


async def test_two_workers_at_once_forget_all_of_it_and_neither_fails(full: Scene) -> None:
    now = full.now()
    await asyncio.gather(forget_at(full, now), forget_at(full, now))
    # Who found the other one at it has gone away; whatever that left is for the next round.
    await forget_at(full, now)
    assert await count(full) == [0, 0, 0, 0, 0]


async def test_what_another_worker_is_at_is_left_to_it(full: Scene) -> None:
    before = await count(full)
    async with full.pool.acquire() as connection, connection.transaction():
        await connection.execute("select from retention for update")
        await forget_at(full, full.now())
    assert await count(full) == before


async def test_a_batch_that_is_cut_off_is_done_again(full: Scene) -> None:
    now = full.now()
    await forget(full.pool, "messages", now - 90 * DAY, now)
    before = await count(full)
    await full.pool.execute(
        "create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;"
        "create trigger refuse before delete on run for each statement execute function refuse()"
    )
    with pytest.raises(Exception, match="no"):
        await forget(full.pool, "messages", now - 90 * DAY, now)
    assert await count(full) == before
    await full.pool.execute("drop trigger refuse on run")
    await forget_at(full, now)
    assert await count(full) == [0, 0, 0, 0, 0]


async def test_a_worker_that_stops_begins_no_other_batch(full: Scene) -> None:
    before, stopping = await count(full), asyncio.Event()
    stopping.set()
    await forget_what_is_over(full.pool, full.now(), KEPT, stopping)
    assert await count(full) == before


async def test_the_test_clock_makes_things_old(scene: Scene) -> None:
    clock = TestClock()
    await scene.go_through(trigger_body(**MAIL))
    await forget_at(scene, clock.now())
    assert await count(scene, "message") == [2]
    clock.put_forward(91 * DAY)
    await forget_at(scene, clock.now())
    assert await count(scene, "message", "inbox_notification") == [0, 1]
