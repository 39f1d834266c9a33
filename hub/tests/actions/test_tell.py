"""Telling: at least once and signed, one turn at a time, and a dead endpoint holds up nobody."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from suprsend_hub.actions import tell
from suprsend_hub.actions.edit_webhooks import rotate_webhook_secret
from suprsend_hub.actions.replay import enable, replay, replay_all_failed
from suprsend_hub.actions.tell import PLACES
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.job import Announce
from suprsend_hub.domain.webhook import MOST_A_TURN, PROBES, Answer
from suprsend_hub.jobs.upkeep import prune, remind
from suprsend_hub.store.database import Pool, transact
from suprsend_hub.store.webhooks import take_turn

from .ear import BROKEN, TAKEN, Ear
from .scene import WEBHOOK_SECRET, Scene, trigger_body


@pytest.fixture
def ear(scene: Scene) -> Ear:
    """What hears the endpoints of the scene."""
    return Ear(scene)


async def send_mails(scene: Scene, count: int = 1, key: str | None = None) -> None:
    """So many mails, each triggered and sent."""
    users = [{"distinct_id": f"u{n}", "$email": [f"u{n}@example.com"], "$channels": ["email"]} for n in range(count)]
    for start in range(0, count, 100):
        await scene.accept(trigger_body(users=users[start : start + 100], **{"$idempotency_key": key}))
    await scene.plan_all()
    await scene.send_all()
    await scene.pool.execute("delete from pgqueuer")


async def states(scene: Scene) -> Counter[tuple[str, int]]:
    """How many deliveries there are of each state and number of tries."""
    return Counter((each["state"], each["attempts"]) for each in await scene.deliveries())


async def make_due(scene: Scene) -> None:
    """As if the waits and rests were over."""
    await scene.pool.execute("update webhook_delivery set due_at = now() where state = 'pending'")
    await scene.pool.execute("update webhook_endpoint set free_at = null")


async def test_what_is_told_is_signed_and_says_what_the_messages_api_says(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook(headers={"x-key": "hush"})
    await send_mails(scene, key="order-0")
    await ear.take_turn(endpoint)
    [message] = await scene.messages()
    assert sorted(each.what for each in ear.heard) == [(message["id"], "sent_by_vendor"), (message["id"], "triggered")]
    for heard in ear.heard:
        assert (heard.url, heard.headers["x-key"]) == ("https://example.com/hooks", "hush")
        assert heard.headers["content-type"] == "application/json"
        payload = Webhook(WEBHOOK_SECRET).verify(heard.body, dict(heard.headers))
        assert payload["channel_value"] == "u0@example.com"
        assert (payload["template"], payload["workflow_name"]) == ("purchase-made", "Purchase Workflow")
        assert (payload["vendor_name"], payload["distinct_id"]) == ("smtp", "u0")
        reference = payload["reference"]
        assert (reference["idempotency_key"], reference["supr_execution_id"]) == ("order-0", message["run_id"])
        assert (reference["vendor_ack_id"], reference["workspace_name"]) == (message["vendor_message_id"], "demo")
        with pytest.raises(WebhookVerificationError):
            Webhook(WEBHOOK_SECRET).verify(heard.body + b" ", dict(heard.headers))
    assert {each.id for each in ear.heard} == {each["id"] for each in await scene.deliveries()}
    assert await states(scene) == {("delivered", 1): 2}
    # Nothing is left to do for it.
    await ear.take_turn(endpoint)
    assert len(ear.heard) == 2
    assert await ear.waiting() == []


async def test_after_a_rotation_both_secrets_sign_until_the_old_one_ends(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook()
    fresh = await rotate_webhook_secret(scene.pool, scene.vault, scene.workspace.id, endpoint, timedelta(hours=24))
    await send_mails(scene, key="order-0")
    await ear.take_turn(endpoint)
    for heard in ear.heard:
        for secret in (fresh, WEBHOOK_SECRET):
            Webhook(secret).verify(heard.body, dict(heard.headers))
    await scene.pool.execute("update webhook_endpoint set previous_secret_until = now()")
    ear.heard.clear()
    await send_mails(scene, key="order-1")
    await ear.take_turn(endpoint)
    for heard in ear.heard:
        Webhook(fresh).verify(heard.body, dict(heard.headers))
        with pytest.raises(WebhookVerificationError):
            Webhook(WEBHOOK_SECRET).verify(heard.body, dict(heard.headers))
    assert len(ear.heard) == 2


async def test_what_failed_is_told_again_under_the_same_id(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook()
    await send_mails(scene)
    ear.answer = lambda _: BROKEN
    await ear.take_turn(endpoint)
    assert await states(scene) == {("pending", 1): 2}
    [delivery, _] = await scene.deliveries()
    assert (delivery["answer_status"], delivery["answer"]) == (500, "HTTP 500 oops")
    jobs = await ear.waiting()
    # One job at the end of the rest, and one for both deliveries.
    assert len(jobs) == 2
    assert all(0 < seconds <= 6 and job.is_failing for job, seconds in jobs)
    await make_due(scene)
    ear.answer = lambda _: TAKEN
    await ear.take_turn(endpoint)
    assert await states(scene) == {("delivered", 2): 2}
    assert Counter(each.id for each in ear.heard) == dict.fromkeys({each.id for each in ear.heard}, 2)
    [stored] = await scene.webhooks()
    assert (stored["failing_since"], stored["failures"]) == (None, 0)


async def test_after_the_last_try_a_delivery_has_failed_until_somebody_replays_it(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook()
    await send_mails(scene)
    ear.answer = lambda _: BROKEN
    for _ in range(10):
        await make_due(scene)
        await ear.take_turn(endpoint)
    assert await states(scene) == {("failed", 10): 2}
    ear.answer = lambda _: TAKEN
    await ear.forget_jobs()
    workspace_id, since = scene.workspace.id, scene.now() - timedelta(hours=1)
    assert await replay_all_failed(scene.pool, workspace_id, endpoint, scene.now() + timedelta(hours=1)) == 0
    assert await replay_all_failed(scene.pool, workspace_id, endpoint, since) == 2
    assert {job.endpoint_id for job, _ in await ear.waiting()} == {endpoint}
    await make_due(scene)
    await ear.take_turn(endpoint)
    assert await states(scene) == {("delivered", 1): 2}
    assert len({each.id for each in ear.heard}) == 2


async def test_what_was_delivered_can_be_told_once_more(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook()
    await send_mails(scene)
    await ear.take_turn(endpoint)
    first = ear.heard.pop()
    ear.heard.clear()
    await replay(scene.pool, scene.workspace.id, first.id)
    await ear.take_turn(endpoint)
    assert [(each.id, each.body) for each in ear.heard] == [(first.id, first.body)]
    with pytest.raises(NotFound, match="there is no delivery"):
        await replay(scene.pool, scene.workspace.id, "01ARZ3NDEKTSV4RRFFQ69G5FAV")
    with pytest.raises(NotFound, match="there is no delivery"):
        await replay(scene.pool, scene.workspace.id + 1, first.id)


async def test_only_one_job_of_all_has_an_endpoint_in_hand(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook()
    await send_mails(scene, 30)
    ear.hold.clear()
    first = asyncio.create_task(ear.take_turn(endpoint, job_id=1))
    await ear.begun.wait()
    for job_id in range(2, 10):
        assert (await ear.take_turn(endpoint, job_id)).deliveries == ()
    ear.hold.set()
    assert len((await first).deliveries) == 60
    assert Counter(each.id for each in ear.heard).most_common(1)[0][1] == 1
    assert ear.highest == PLACES


async def test_what_comes_during_a_turn_is_told_after_it(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook()
    await send_mails(scene)
    ear.hold.clear()
    turn = asyncio.create_task(ear.take_turn(endpoint))
    await ear.begun.wait()
    await send_mails(scene)
    # Its job comes while the turn is taken, and goes away.
    await ear.take_turn(endpoint, job_id=2)
    assert await ear.waiting() == []
    ear.hold.set()
    await turn
    [(job, seconds)] = await ear.waiting()
    assert (job, seconds <= 0) == (Announce(scene.workspace.id, endpoint), True)


async def test_what_comes_during_a_turn_is_told_also_if_the_commit_of_its_end_was_not_answered(
    scene: Scene, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def commit_unheard(pool: Pool, work: Any, **options: Any) -> Any:
        await transact(pool, work, **options)
        return await transact(pool, work, **options)

    monkeypatch.setattr(tell, "transact", commit_unheard)
    endpoint = await scene.add_webhook()
    await send_mails(scene)
    ear.hold.clear()
    turn = asyncio.create_task(ear.take_turn(endpoint))
    await ear.begun.wait()
    await send_mails(scene)
    await ear.take_turn(endpoint, job_id=2)
    ear.hold.set()
    await turn
    [(job, _)] = await ear.waiting()
    assert job == Announce(scene.workspace.id, endpoint)


async def test_a_turn_takes_no_more_than_its_share(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook()
    await send_mails(scene, 80)
    assert len((await ear.take_turn(endpoint)).deliveries) == MOST_A_TURN
    assert len(await ear.waiting()) == 1
    await ear.take_turn(endpoint)
    assert await states(scene) == {("delivered", 1): 160}


async def test_a_job_that_runs_again_takes_over_its_own_turn_and_another_only_an_old_one(
    scene: Scene, ear: Ear
) -> None:
    endpoint = await scene.add_webhook()
    await send_mails(scene)
    work = Announce(scene.workspace.id, endpoint)
    async with scene.pool.acquire() as connection:
        assert await take_turn(connection, scene.vault, work, 1, "a worker that is killed now") is not None
    assert (await ear.take_turn(endpoint, job_id=2)).deliveries == ()
    assert len((await ear.take_turn(endpoint, job_id=1)).deliveries) == 2
    await send_mails(scene)
    async with scene.pool.acquire() as connection:
        assert await take_turn(connection, scene.vault, work, 1, "a worker that is killed now") is not None
        await connection.execute("update webhook_endpoint set turn_began = now() - interval '121 seconds'")
    assert len((await ear.take_turn(endpoint, job_id=2)).deliveries) == 2


async def test_a_worker_that_was_taken_for_dead_writes_nothing(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook()
    await send_mails(scene)
    slow = Ear(scene)
    slow.hold.clear()
    slow.answer = lambda _: BROKEN
    late = asyncio.create_task(slow.take_turn(endpoint, job_id=1))
    await slow.begun.wait()
    await ear.take_turn(endpoint, job_id=1)
    slow.hold.set()
    assert (await late).deliveries == ()
    assert await states(scene) == {("delivered", 1): 2}
    [stored] = await scene.webhooks()
    assert (stored["failures"], stored["turn"]) == (0, None)
    assert await ear.waiting() == []


async def test_an_endpoint_that_takes_nothing_is_only_probed_and_its_backlog_waits(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook()
    await send_mails(scene, 50)
    ear.answer = lambda _: Answer(None, "no answer in time")
    await ear.take_turn(endpoint)
    assert len(ear.heard) <= PLACES
    ear.heard.clear()
    # Whoever comes while it rests goes away at once, for a job is queued for the end of the rest.
    await ear.take_turn(endpoint)
    assert ear.heard == []
    for turn in range(5):
        await ear.forget_jobs()
        await scene.pool.execute("update webhook_endpoint set free_at = null")
        await ear.take_turn(endpoint)
        assert len(ear.heard) == PROBES * (turn + 1)
    assert any(55 < seconds <= 60 for _, seconds in await ear.waiting())
    # What was never tried is told as soon as the endpoint is there again, whatever the schedule says.
    ear.answer = lambda _: TAKEN
    await scene.pool.execute("update webhook_endpoint set free_at = null")
    await ear.take_turn(endpoint)
    [(job, seconds)] = (await ear.waiting())[:1]
    assert (job.is_failing, seconds <= 0) == (False, True)
    await ear.take_turn(endpoint)
    assert (await states(scene))["delivered", 1] >= 50


async def test_no_more_is_told_in_a_second_than_the_endpoint_wants(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook(rate=2)
    await send_mails(scene, 3)
    # However many jobs come, of however many workers.
    await asyncio.gather(*(ear.take_turn(endpoint, job_id) for job_id in range(10)))
    assert len(ear.heard) == 2
    [(job, seconds)] = await ear.waiting()
    assert job.endpoint_id == endpoint
    assert 0 < seconds <= 1
    [stored] = await scene.webhooks()
    assert stored["free_at"] is not None
    await scene.pool.execute("update webhook_endpoint set free_at = null")
    await ear.take_turn(endpoint)
    assert len(ear.heard) == 4


async def test_an_endpoint_that_asks_for_patience_gets_it(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook()
    await send_mails(scene)
    ear.answer = lambda _: Answer(429, "HTTP 429", timedelta(minutes=10))
    await ear.take_turn(endpoint)
    assert {round(seconds) for _, seconds in await ear.waiting()} == {600}
    heard = len(ear.heard)
    await ear.take_turn(endpoint)
    assert len(ear.heard) == heard


async def test_an_endpoint_that_is_gone_is_disabled_at_once_and_what_waits_is_told_when_it_is_enabled(
    scene: Scene, ear: Ear
) -> None:
    endpoint = await scene.add_webhook(rate=1)
    await send_mails(scene)
    ear.answer = lambda _: Answer(410, "HTTP 410 gone")
    assert (await ear.take_turn(endpoint)).disabled_reason == "it answered 410 Gone"
    [stored] = await scene.webhooks()
    assert stored["disabled_at"] is not None
    assert await states(scene) == {("failed", 1): 1, ("pending", 0): 1}
    assert await ear.waiting() == []
    ear.answer = lambda _: TAKEN
    await ear.take_turn(endpoint)
    assert len(ear.heard) == 1
    await enable(scene.pool, scene.workspace.id, endpoint)
    assert len(await ear.waiting()) == 1
    await ear.take_turn(endpoint)
    assert await states(scene) == {("failed", 1): 1, ("delivered", 1): 1}
    with pytest.raises(NotFound, match="there is no webhook"):
        await enable(scene.pool, scene.workspace.id + 1, endpoint)


async def test_five_days_of_nothing_but_failures_disable_an_endpoint(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook()
    await send_mails(scene)
    ear.answer = lambda _: BROKEN
    assert (await ear.take_turn(endpoint)).disabled_reason is None
    await scene.pool.execute("update webhook_endpoint set failing_since = failing_since - interval '5 days'")
    await make_due(scene)
    reason = (await ear.take_turn(endpoint)).disabled_reason or ""
    assert reason.startswith("nothing but failures since ")
    [stored] = await scene.webhooks()
    assert stored["disabled_reason"] == reason


async def test_a_delivery_whose_message_is_no_more_fails_with_a_reason_and_holds_up_no_other(
    scene: Scene, ear: Ear
) -> None:
    endpoint = await scene.add_webhook()
    await send_mails(scene, 2)
    await scene.pool.execute("delete from message where id = (select min(id) from message)")
    await ear.take_turn(endpoint)
    assert len(ear.heard) == 2
    assert {(each["state"], each["answer"]) for each in await scene.deliveries()} == {
        ("delivered", "HTTP 204"),
        ("failed", "the message is no more"),
    }


async def test_a_worker_that_stops_begins_nothing_and_passes_on_what_is_due(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook()
    await send_mails(scene)
    ear.stopping.set()
    await ear.take_turn(endpoint)
    assert ear.heard == []
    assert len(await ear.waiting()) == 1


async def test_an_endpoint_that_is_removed_meanwhile_stops_nothing(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook()
    await send_mails(scene)
    ear.hold.clear()
    turn = asyncio.create_task(ear.take_turn(endpoint))
    await ear.begun.wait()
    await scene.pool.execute("delete from webhook_endpoint")
    ear.hold.set()
    assert (await turn).deliveries == ()
    assert (await ear.take_turn(endpoint)).deliveries == ()


async def test_what_waits_though_it_is_due_is_remembered(scene: Scene, ear: Ear) -> None:
    endpoint = await scene.add_webhook()
    await send_mails(scene)
    await remind(scene.pool)
    assert await ear.waiting() == []
    await scene.pool.execute("update webhook_delivery set due_at = now() - interval '6 minutes'")
    await remind(scene.pool)
    assert [job.endpoint_id for job, _ in await ear.waiting()] == [endpoint]
    await scene.pool.execute("update webhook_endpoint set disabled_at = now()")
    await ear.forget_jobs()
    await remind(scene.pool)
    assert await ear.waiting() == []


async def test_after_a_week_deliveries_are_forgotten(scene: Scene, ear: Ear) -> None:
    await scene.add_webhook()
    await send_mails(scene)
    await prune(scene.pool, scene.now() + timedelta(days=6, hours=23))
    assert len(await scene.deliveries()) == 2
    await prune(scene.pool, scene.now() + timedelta(days=7, minutes=1))
    assert await scene.deliveries() == []
