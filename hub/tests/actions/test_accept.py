"""Accepting: what commits, what doesn't, and what is seen twice."""

from datetime import timedelta

import msgspec
from suprsend_hub.actions.accept import Receipt, Submission, accept
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.job import Plan
from suprsend_hub.domain.trigger import read_trigger

from .scene import Scene, trigger_body


async def count(scene: Scene, table: str) -> int:
    found: int = await scene.pool.fetchval(f"select count(*) from {table}")
    return found


async def test_requests_and_their_plan_job_are_there_together(scene: Scene) -> None:
    result = await scene.accept(trigger_body(), trigger_body(delay="1h"))
    assert isinstance(result, Receipt)
    assert len(set(result.request_ids)) == 2
    assert [job.request_ids for job in await scene.jobs() if isinstance(job, Plan)] == [
        (result.request_ids[0],),
        (result.request_ids[1],),
    ]
    waits = await scene.pool.fetch("select execute_after - now() as wait from pgqueuer order by id")
    assert waits[0]["wait"] <= timedelta(0)
    assert timedelta(minutes=59) < waits[1]["wait"] <= timedelta(hours=1)


async def test_a_key_seen_within_a_day_does_nothing_and_names_the_first_request(scene: Scene) -> None:
    keyed = trigger_body(**{"$idempotency_key": "k1"})
    first = await scene.accept(keyed)
    assert isinstance(first, Receipt)
    assert first.request_ids != (None,)
    assert await scene.accept(keyed) == first
    assert await count(scene, "request") == 1


async def test_a_key_older_than_a_day_counts_no_more(scene: Scene) -> None:
    keyed = trigger_body(**{"$idempotency_key": "k1"})
    await scene.accept(keyed)
    await scene.pool.execute("update idempotency set accepted_at = accepted_at - interval '24 hours 1 second'")
    again = await scene.accept(keyed)
    assert await count(scene, "request") == 2
    assert await scene.accept(keyed) == again


async def test_a_request_that_is_not_kept_any_more_is_not_named(scene: Scene) -> None:
    keyed = trigger_body(**{"$idempotency_key": "k1"})
    await scene.accept(keyed)
    await scene.pool.execute("delete from request")
    assert await scene.accept(keyed) == Receipt((None,))


async def test_in_an_array_each_record_has_its_own_key(scene: Scene) -> None:
    first, second = trigger_body(**{"$idempotency_key": "k1"}), trigger_body(**{"$idempotency_key": "k2"})
    result = await scene.accept(first, second, first)
    assert isinstance(result, Receipt)
    assert len(set(result.request_ids[:2])) == 2
    assert result.request_ids[2] == result.request_ids[0]


async def test_a_missing_template_refuses_the_whole_call_and_nothing_else(scene: Scene) -> None:
    good, bad = trigger_body(**{"$idempotency_key": "k1"}), trigger_body(template="no-such")
    triggers = [read_trigger(msgspec.json.encode(each)) for each in (good, bad)]
    results = await accept(
        scene.pool,
        [
            Submission(scene.workspace.id, tuple(triggers), is_array=True),
            Submission(scene.workspace.id, (triggers[0],), is_array=False),
        ],
        scene.now(),
    )
    assert isinstance(results[0], Invalid)
    assert results[0].field == "[1].template"
    assert isinstance(results[1], Receipt)
    assert results[1].request_ids != (None,)
    assert await count(scene, "request") == 1


async def test_another_workspace_does_not_see_the_template_or_the_key(scene: Scene) -> None:
    await scene.accept(trigger_body(**{"$idempotency_key": "k1"}))
    trigger = read_trigger(msgspec.json.encode(trigger_body(**{"$idempotency_key": "k1"})))
    (result,) = await accept(scene.pool, [Submission(scene.workspace.id + 1, (trigger,), False)], scene.now())
    assert isinstance(result, Invalid)


async def test_the_live_version_is_pinned_when_the_request_is_accepted(scene: Scene) -> None:
    await scene.accept(trigger_body())
    await scene.commit_template(content={"inbox": {"header": "New", "body": "New"}})
    await scene.accept(trigger_body())
    rows = await scene.pool.fetch(
        "select v.version_no from request r join template_version v on v.id = r.template_version_id order by r.id"
    )
    assert sorted(row["version_no"] for row in rows) == [1, 2]
