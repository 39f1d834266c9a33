"""Announcing: each thing that becomes of a message is written once, with the change itself or not at all."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from suprsend_hub.actions.create_workspace import create_workspace
from suprsend_hub.actions.record_receipts import apply_receipts, record_receipts
from suprsend_hub.actions.send import send
from suprsend_hub.domain.job import Announce, Send
from suprsend_hub.domain.message import OutgoingMessage, Status
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected
from suprsend_hub.domain.receipt import Happening, Receipt
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.domain.webhook import Interest
from suprsend_hub.store.database import Connection, transact

from .scene import Scene, trigger_body

MAIL = {"users": [{"distinct_id": "u1", "$email": ["ada@example.com"], "$channels": ["email"]}]}


async def told(scene: Scene) -> Counter[Status]:
    """How often each state is to be told."""
    return Counter(each["status"] for each in await scene.deliveries())


async def bells(scene: Scene) -> list[Announce]:
    """The jobs that tell endpoints."""
    return [each for each in await scene.jobs() if isinstance(each, Announce)]


async def sent(scene: Scene) -> dict[str, Any]:
    """One mail that its vendor took."""
    [message] = await scene.go_through(trigger_body(**MAIL))
    return message


def receipt(message: dict[str, Any], happening: Happening, at: datetime | None = None) -> Receipt:
    return Receipt(message["id"], happening, at or datetime.now(UTC), "bounced" if happening == "failed" else None)


async def report(scene: Scene, *receipts: Receipt) -> None:
    await record_receipts(scene.pool, scene.workspace.id, receipts, scene.now())


async def test_without_an_endpoint_nothing_is_written(scene: Scene) -> None:
    await report(scene, receipt(await sent(scene), "seen"))
    assert await scene.deliveries() == []
    assert await bells(scene) == []


async def test_each_state_on_the_way_is_to_be_told_to_each_endpoint(scene: Scene) -> None:
    endpoints = {await scene.add_webhook(), await scene.add_webhook("https://example.org/")}
    message = await sent(scene)
    deliveries = await scene.deliveries()
    assert {(each["endpoint_id"], each["status"]) for each in deliveries} == {
        (endpoint, status) for endpoint in endpoints for status in ("triggered", "sent_by_vendor")
    }
    assert len(deliveries) == 4
    assert {each["message_id"] for each in deliveries} == {message["id"]}
    assert {(each["status"], each["happened_at"]) for each in deliveries} == {
        ("triggered", message["triggered_at"]),
        ("sent_by_vendor", message["sent_at"]),
    }
    # One job for each transaction and endpoint.
    assert Counter(each.endpoint_id for each in await bells(scene)) == dict.fromkeys(endpoints, 2)


async def test_only_what_an_endpoint_asked_for_is_to_be_told(scene: Scene) -> None:
    await scene.add_webhook(interest=Interest(frozenset(["sent_by_vendor", "seen"]), frozenset(["inbox"])))
    messages = await scene.go_through(trigger_body())
    await report(scene, *[receipt(each, "seen") for each in messages])
    inbox = next(each for each in messages if each["channel"] == "inbox")
    assert [(each["message_id"], each["status"]) for each in await scene.deliveries()] == [
        (inbox["id"], "sent_by_vendor"),
        (inbox["id"], "seen"),
    ]


async def test_what_planning_ends_at_once_is_to_be_told(scene: Scene) -> None:
    await scene.add_webhook()
    await scene.accept(trigger_body(users=[{"distinct_id": "u1", "$channels": ["sms"]}]))
    await scene.plan_all()
    states = Counter(each["status"] for each in await scene.messages())
    assert await told(scene) == states
    assert set(states) <= {"not_to_be_triggered", "trigger_failed"}
    await scene.plan_all()
    assert await told(scene) == states


async def test_what_is_rolled_back_is_not_to_be_told(scene: Scene) -> None:
    await scene.add_webhook()
    message = await sent(scene)
    before, jobs = await told(scene), await scene.jobs()

    async def fail(connection: Connection) -> None:
        assert await apply_receipts(connection, scene.workspace.id, [receipt(message, "seen")], scene.now())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await transact(scene.pool, fail)
    assert await told(scene) == before
    assert await scene.jobs() == jobs
    [still] = await scene.messages()
    assert still["seen_at"] is None


@pytest.mark.parametrize("happening", ["delivered", "seen", "clicked", "dismissed", "failed"])
async def test_a_report_that_comes_many_times_at_once_is_told_once(scene: Scene, happening: Happening) -> None:
    await scene.add_webhook()
    message = await sent(scene)
    once = receipt(message, happening)
    earlier = replace(once, happened_at=once.happened_at - timedelta(minutes=1))
    await asyncio.gather(*(report(scene, each) for each in [once] * 5 + [earlier] * 5))
    assert (await told(scene)).total() == 3


@pytest.mark.parametrize("order", list(permutations(("delivered", "seen", "clicked"))))
async def test_in_every_order_each_report_is_told_once(scene: Scene, order: tuple[Happening, ...]) -> None:
    await scene.add_webhook()
    message = await sent(scene)
    for _ in range(2):
        for happening in order:
            await report(scene, receipt(message, happening))
    assert await told(scene) == dict.fromkeys(("triggered", "sent_by_vendor", "delivered", "seen", "clicked"), 1)


async def test_a_failure_after_which_it_was_delivered_all_the_same_is_two_things(scene: Scene) -> None:
    await scene.add_webhook()
    message = await sent(scene)
    for happening in ("failed", "delivered", "failed"):
        await report(scene, receipt(message, happening))
    assert await told(scene) == dict.fromkeys(("triggered", "sent_by_vendor", "delivery_failure", "delivered"), 1)


async def test_a_report_that_is_faster_than_the_vendors_answer_hides_nothing(scene: Scene) -> None:
    await scene.add_webhook()
    await scene.accept(trigger_body(**MAIL))
    await scene.plan_all()

    async def deliver(account: VendorAccount, message: OutgoingMessage) -> Outcome:
        await report(scene, Receipt(message.id, "delivered", scene.now()))
        return await scene.recorder.deliver(account, message)

    [job] = [each for each in await scene.jobs() if isinstance(each, Send)]
    await send(replace(scene.sending(), deliver=deliver), job)
    assert await told(scene) == dict.fromkeys(("triggered", "delivered", "sent_by_vendor"), 1)


async def test_tries_are_not_told_only_what_they_come_to(scene: Scene) -> None:
    await scene.add_webhook()
    answers: list[Outcome] = [Deferred("busy", "not now"), Deferred("busy", "not now"), Rejected("address", "no")]
    scene.recorder.answers["ada@example.com"] = lambda: answers.pop(0)
    await scene.go_through(trigger_body(**MAIL))
    assert await told(scene) == {"triggered": 1}
    for attempt in (1, 2):
        await scene.send_all(attempt)
    assert await told(scene) == {"triggered": 1, "delivery_failure": 1}
    # A job that runs once more finds nothing to do, and tells nothing.
    await scene.send_all(2)
    assert (await told(scene)).total() == 2


async def test_what_can_not_be_rendered_is_to_be_told(scene: Scene) -> None:
    await scene.add_webhook()
    await scene.commit_template("broken", {"email": {"subject": "{{#each}}", "body": {"type": "raw"}}})
    await scene.go_through(trigger_body(template="broken", **MAIL))
    assert await told(scene) == {"triggered": 1, "trigger_failed": 1}


async def test_a_rung_that_is_not_needed_any_more_is_to_be_told(scene: Scene) -> None:
    await scene.add_webhook(interest=Interest(frozenset(["not_to_be_triggered"])))
    users = [{"distinct_id": "u1", "$email": ["ada@example.com"], "$androidpush": ["token"]}]
    await scene.accept(trigger_body(users=users, delivery={"smart": True, "success": "seen", "time_to_live": "1h"}))
    await scene.plan_all()
    first, second = sorted(
        (each for each in await scene.messages() if each["is_rung"]), key=lambda each: each["due_at"]
    )
    for message in (first, second):
        [job] = [each for each in await scene.jobs() if isinstance(each, Send) and message["id"] in each.message_ids]
        await send(scene.sending(), job)
        await report(scene, receipt(message, "seen"))
    [delivery] = await scene.deliveries()
    assert (delivery["message_id"], delivery["status"]) == (second["id"], "not_to_be_triggered")


async def test_a_message_handed_to_the_next_vendor_is_not_told_to_be_sent_again(scene: Scene) -> None:
    await scene.add_vendor("smtp", "email", fallback_after=timedelta(minutes=10))
    await scene.add_vendor("ses", "email", priority=1)
    await scene.add_webhook()
    await sent(scene)
    await scene.send_all(attempt=1)
    assert [vendor for vendor, _ in scene.recorder.sent] == ["smtp", "ses"]
    assert await told(scene) == {"triggered": 1, "sent_by_vendor": 1}


async def test_neither_a_disabled_endpoint_nor_one_of_another_workspace_is_told_anything(scene: Scene) -> None:
    await scene.add_webhook()
    await scene.pool.execute("update webhook_endpoint set disabled_at = now()")
    other = await create_workspace(scene.pool, scene.vault, "bakery")
    await Scene(scene.pool, scene.vault, other.workspace).add_webhook()
    await sent(scene)
    assert await scene.deliveries() == []


async def test_the_lane_says_whether_an_endpoint_is_failing(scene: Scene) -> None:
    await scene.add_webhook()
    await scene.pool.execute("update webhook_endpoint set failing_since = now(), failures = 1")
    scene.recorder.answers["ada@example.com"] = Accepted
    await sent(scene)
    assert {each.is_failing for each in await bells(scene)} == {True}
    entrypoints = await scene.pool.fetch("select distinct entrypoint from pgqueuer where entrypoint like 'announce%'")
    assert [each["entrypoint"] for each in entrypoints] == ["announce.failing"]
