"""What happens is counted in its own transaction, and added up once."""

import asyncio
from datetime import timedelta

from suprsend_hub.actions.count_activity import add_up
from suprsend_hub.domain.activity import DAY, HOUR, MINUTES, WIDTHS, Counted, begin_of
from suprsend_hub.domain.outcome import Rejected
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
