"""Jobs that fail for too long are held, and go on once somebody has seen to what was wrong."""

import asyncio

from suprsend_hub.hub import Hub
from suprsend_hub.jobs.handlers import MOST_FAILURES
from suprsend_hub.jobs.upkeep import prune
from suprsend_hub.main import run_worker
from suprsend_hub.store.database import transact
from suprsend_hub.store.held_jobs import HeldJob, list_held, requeue

from hub.tests.actions.scene import Scene, trigger_body

from .test_worker import people, until_ended


async def until_held(scene: Scene) -> HeldJob:
    """The first job that is held."""
    async with asyncio.timeout(60):
        while True:
            async with scene.pool.acquire() as connection:
                if held := await list_held(connection, 10):
                    return held[0]
            await asyncio.sleep(0.02)


async def test_a_held_job_says_why_for_as_long_as_it_is_held_and_runs_when_it_is_put_back(
    hub: Hub, scene: Scene
) -> None:
    await scene.accept(trigger_body(users=people(1, **{"$channels": ["email"]})))
    body = await scene.pool.fetchval("select body from request")
    await scene.pool.execute("update request set body = '[]'")
    await scene.pool.execute("update pgqueuer set attempts = $1", MOST_FAILURES)
    async with run_worker(hub, scene.recorder.deliver):
        held = await until_held(scene)
        assert held.kind == "plan.transactional"
        await scene.pool.execute("update pgqueuer_log set created = created - interval '25 hours'")
        await prune(scene.pool, scene.now())
        async with scene.pool.acquire() as connection:
            [listed] = await list_held(connection, 10)
        assert listed == held
        assert ": " in held.reason
        await scene.pool.execute("update request set body = $1", body)
        assert await transact(hub.pool, lambda connection: requeue(connection, [held.id, held.id + 1], 10)) == [held.id]
        await until_ended(scene, 1)
    assert await scene.jobs() == []
    assert len(scene.recorder.sent) == 1


async def test_only_held_jobs_are_put_back_and_no_more_than_asked_for(scene: Scene) -> None:
    await scene.accept(*[trigger_body(delay="1h") for _ in range(3)])
    for _ in range(2):
        await scene.accept(trigger_body(delay="2h"))
    ids = [row["id"] for row in await scene.pool.fetch("select id from pgqueuer order by id")]
    assert await transact(scene.pool, lambda connection: requeue(connection, None, 10)) == []
    await scene.pool.execute("update pgqueuer set status = 'failed', attempts = 16")
    assert await transact(scene.pool, lambda connection: requeue(connection, None, 2)) == ids[:2]
    rows = await scene.pool.fetch(
        "select status::text as status, attempts, execute_after <= now() as is_due from pgqueuer order by id"
    )
    assert [tuple(row) for row in rows][:2] == [("queued", 0, True)] * 2
    assert {row["status"] for row in rows[2:]} == {"failed"}


async def test_the_reason_of_a_job_that_is_not_held_any_more_is_pruned(scene: Scene) -> None:
    await scene.pool.execute(
        "insert into pgqueuer_log (created, job_id, status, priority, entrypoint)"
        " values (now() - interval '25 hours', 1, 'failed', 0, 'plan.system')"
    )
    await prune(scene.pool, scene.now())
    assert await scene.pool.fetchval("select count(*) from pgqueuer_log") == 0
