"""How much waits in the queue and for what: what is due, what is for later, and how little of it is read."""

from datetime import UTC, datetime, timedelta

from suprsend_hub.domain.job import Advance, Job, Send
from suprsend_hub.store.database import Pool
from suprsend_hub.store.queue import enqueue, plan_lane, send_lane
from suprsend_hub.store.queue_depth import MOST_COUNTED, Depth, read_depths

from hub.tests.actions.scene import Scene, trigger_body

DEFERRED = 100_000
# Readings of the queue from end to end, and rows that were looked up in it, in this transaction.
READINGS = (
    "select pg_stat_get_xact_numscans('pgqueuer'::regclass), pg_stat_get_xact_tuples_fetched('pgqueuer'::regclass)"
)


async def depths_of(pool: Pool) -> dict[str, Depth]:
    async with pool.acquire() as connection:
        return {each.kind: each for each in await read_depths(connection)}


async def test_what_is_delayed_waits_or_comes_later_is_for_later_and_says_when(scene: Scene) -> None:
    assert await depths_of(scene.pool) == {}
    await scene.accept(trigger_body(delay="2h"))
    await scene.accept(trigger_body(delay="1h"))
    workspace_id = scene.workspace.id
    async with scene.pool.acquire() as connection:
        await enqueue(
            connection,
            [
                Job(Advance(workspace_id, ("r1",), 1), timedelta(days=3)),
                Job(Send(workspace_id, "email", ("m1",), 0), timedelta(minutes=5)),
                Job(Send(workspace_id, "email", ("m2",), 0)),
            ],
        )
    found = await depths_of(scene.pool)
    assert {kind: (each.due, each.later) for kind, each in found.items()} == {
        "send email": (1, 1),
        "plan": (0, 2),
        "go on after waits": (0, 1),
    }
    assert next(iter(found)) == "send email", "what is late stands first"
    assert found["plan"].late is None
    for kind, after in (("plan", timedelta(hours=1)), ("go on after waits", timedelta(days=3))):
        next_at = found[kind].next_at
        assert next_at
        assert abs(next_at - datetime.now(UTC) - after) < timedelta(minutes=1)


async def test_of_very_many_jobs_no_more_are_read_than_are_told(scene: Scene) -> None:
    await scene.pool.execute(
        "insert into pgqueuer (priority, status, entrypoint, execute_after)"
        " select 0, 'queued', lane, now() + way * n * interval '1 second'"
        " from (values ($1, 1), ($2, -1)) lanes (lane, way), generate_series(60, $3) n",
        plan_lane("transactional"),
        send_lane("email", "promotional"),
        DEFERRED,
    )
    await scene.pool.execute("vacuum analyze pgqueuer")
    async with scene.pool.acquire() as connection, connection.transaction():
        found = {each.kind: each for each in await read_depths(connection)}
        scans, fetched = await connection.fetchrow(READINGS) or (1, 0)
    assert scans == 0
    assert fetched <= 2 * MOST_COUNTED
    assert (found["plan"].later, found["plan"].is_more_later, found["plan"].is_more) == (MOST_COUNTED, True, False)
    assert (found["send email"].due, found["send email"].is_more) == (MOST_COUNTED, True)
    assert found["send email"].later == 0
