"""What happens is counted in its own transaction, and added up once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from suprsend_hub.actions.act_on_notifications import act
from suprsend_hub.actions.count_activity import add_up
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.actions.send import send
from suprsend_hub.actions.settle import Result
from suprsend_hub.domain.activity import DAY, HOUR, MINUTES, WIDTHS, Counted, begin_of
from suprsend_hub.domain.inbox import Inbox
from suprsend_hub.domain.job import Send
from suprsend_hub.domain.outcome import Rejected, Uncertain
from suprsend_hub.domain.receipt import Happening, Receipt
from suprsend_hub.store.activity import append_activity, fold_activity, prune_activity, read_activity
from suprsend_hub.store.database import transact

from .scene import Scene, trigger_body


async def counts(scene: Scene, width: timedelta = MINUTES) -> list[Counted]:
    """What was counted since yesterday."""
    async with scene.pool.acquire() as connection:
        rows = await read_activity(connection, scene.workspace.id, width, scene.now() - DAY)
    return sorted((counted for _, counted in rows), key=lambda each: (each.kind, each.channel))


async def test_triggers_and_what_became_of_their_messages_are_counted(scene: Scene) -> None:
    await scene.go_through(trigger_body(), trigger_body(users=[{"distinct_id": "u2", "$email": ["b@example.com"]}]))
    assert await counts(scene) == []
    await add_up(scene.pool)
    expected = [Counted("accepted", 2), Counted("sent", 2, "email", "smtp"), Counted("sent", 2, "inbox")]
    for width in WIDTHS:
        assert await counts(scene, width) == expected
    await add_up(scene.pool)
    assert await counts(scene) == expected


async def test_failures_count_for_the_account_that_failed(scene: Scene) -> None:
    scene.recorder.answers["ada@example.com"] = lambda: Rejected("bad_address", "no such mailbox")
    await scene.go_through(trigger_body())
    await add_up(scene.pool)
    assert Counted("failed", 1, "email", "smtp") in await counts(scene)


async def test_what_planning_ends_counts_too_and_once(scene: Scene) -> None:
    nobody = {"distinct_id": "u1", "$email": ["a@example.com"], "$channels": ["sms"]}
    await scene.accept(trigger_body(users=[nobody]))
    for _ in range(2):
        await scene.plan_all()
    await add_up(scene.pool)
    ended = [each for each in await counts(scene) if each.kind in ("failed", "left_out")]
    statuses = [(each["channel"], each["status"]) for each in await scene.messages()]
    assert ended
    assert sum(each.count for each in ended) == len(statuses)


async def told(scene: Scene, *happenings: Happening) -> None:
    """Record these reports of the mail, all twice."""
    message_id = await scene.pool.fetchval("select id from message where channel = 'email'")
    for happening in happenings:
        for _ in range(2):
            receipt = Receipt(message_id, happening, scene.now())
            await record_receipts(scene.pool, scene.workspace.id, [receipt], scene.now(), "smtp")
    await add_up(scene.pool)


async def test_what_is_heard_of_a_message_counts_once_however_often_it_is_told(scene: Scene) -> None:
    await scene.go_through(trigger_body())
    await told(scene, "seen", "delivered", "clicked", "seen")
    heard = [each for each in await counts(scene) if each.channel == "email"]
    assert heard == [Counted(kind, 1, "email", "smtp") for kind in ("clicked", "delivered", "seen", "sent")]


async def test_a_mail_that_comes_back_counts_as_such_also_if_it_was_delivered_after_all(scene: Scene) -> None:
    await scene.go_through(trigger_body())
    await told(scene, "failed", "delivered", "failed")
    heard = [each for each in await counts(scene) if each.channel == "email"]
    assert heard == [Counted(kind, 1, "email", "smtp") for kind in ("delivered", "returned", "sent")]


async def test_a_mail_whose_answer_was_lost_counts_as_sent_once_something_is_heard_of_it(scene: Scene) -> None:
    scene.recorder.answers["ada@example.com"] = lambda: Uncertain("answer_lost", "no answer")
    await scene.go_through(trigger_body())
    await told(scene, "delivered")
    heard = [each for each in await counts(scene) if each.channel == "email"]
    assert [each.kind for each in heard] == ["delivered", "sent"]


async def test_a_failure_that_is_reported_while_a_worker_has_the_mail_counts_when_it_is_settled(scene: Scene) -> None:
    await scene.accept(trigger_body(users=[{"distinct_id": "u1", "$email": ["ada@example.com"]}]))
    await scene.plan_all()
    sending = scene.sending()

    async def settle(result: Result) -> bool:
        if result.notification is None:
            await told(scene, "failed")
        return await sending.settle(result)

    for job in await scene.jobs():
        if isinstance(job, Send):
            await send(replace(sending, settle=settle), job)
    await add_up(scene.pool)
    heard = [each for each in await counts(scene) if each.channel == "email"]
    assert [(each.kind, each.count) for each in heard] == [("returned", 1), ("sent", 1)]


async def test_what_a_person_does_in_the_inbox_counts_too(scene: Scene) -> None:
    await scene.go_through(trigger_body())
    message_id = await scene.pool.fetchval("select id from message where channel = 'inbox'")
    for _ in range(2):
        await act(scene.pool, Inbox(scene.workspace.id, "u1", "default"), [message_id], "interacted", scene.now())
    await add_up(scene.pool)
    heard = [each for each in await counts(scene) if each.channel == "inbox"]
    assert [(each.kind, each.count) for each in heard] == [("clicked", 1), ("delivered", 1), ("seen", 1), ("sent", 1)]


async def test_a_trigger_that_was_seen_before_counts_once(scene: Scene) -> None:
    for _ in range(2):
        await scene.accept(trigger_body(**{"$idempotency_key": "once"}))
    await add_up(scene.pool)
    assert await counts(scene) == [Counted("accepted", 1)]


async def test_workers_that_add_up_at_once_count_nothing_twice(scene: Scene) -> None:
    async def happen(_: int) -> None:
        async with scene.pool.acquire() as connection:
            await append_activity(connection, scene.workspace.id, [Counted("sent", 3, "sms", "a")], scene.now())

    await asyncio.gather(*(happen(index) for index in range(40)))
    await asyncio.gather(*(transact(scene.pool, lambda connection: fold_activity(connection, 7)) for _ in range(10)))
    await add_up(scene.pool)
    assert await counts(scene, HOUR) == [Counted("sent", 120, "sms", "a")]


async def test_counts_are_forgotten_when_no_page_asks_for_them_any_more(scene: Scene) -> None:
    async with scene.pool.acquire() as connection:
        for age in (timedelta(0), timedelta(days=5), timedelta(days=50)):
            await append_activity(connection, scene.workspace.id, [Counted("sent", 1)], scene.now() - age)
        await fold_activity(connection, 100)
        assert await prune_activity(connection, scene.now(), 100) == 3
        kept = await connection.fetch("select width, count(*) from activity group by width order by width")
    assert [tuple(row) for row in kept] == [(300, 1), (3600, 2), (86400, 3)]
    assert begin_of(scene.now(), DAY).hour == 0
