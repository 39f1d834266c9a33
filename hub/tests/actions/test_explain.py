"""What is remembered of messages is what explains them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from suprsend_hub.actions.explain import explain
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.actions.send import send
from suprsend_hub.actions.settle import Result
from suprsend_hub.domain.job import Send
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.receipt import Receipt

from hub.tests.actions.scene import Scene, trigger_body

MAIL_ONLY = {"users": [{"distinct_id": "u1", "$email": ["ada@example.com"], "$channels": ["email"]}]}


@pytest.fixture
async def two(scene: Scene) -> Scene:
    """A scene with a second vendor for mails, to which a message goes after ten minutes of silence."""
    await scene.add_vendor("smtp", "email", fallback_after=timedelta(minutes=10))
    await scene.add_vendor("ses", "email", priority=1)
    return scene


async def why(scene: Scene) -> dict[str, Any]:
    """The explanation of the only message."""
    [message] = await scene.messages()
    found = await explain(scene.pool, message["id"], scene.now())
    assert found is not None
    return found


def tries(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["nickname"], each["outcome"]) for each in found["tries"]]


async def test_what_is_taken_at_once_leaves_no_row_of_its_own(two: Scene) -> None:
    await two.go_through(trigger_body(**MAIL_ONLY))
    assert await two.pool.fetchval("select count(*) from message_try") == 0
    found = await why(two)
    assert tries(found) == [("smtp", "accepted")]
    assert found["rule"] == "awaits_report"


async def test_a_silent_vendor_and_the_next_one_are_both_told(two: Scene) -> None:
    await two.go_through(trigger_body(**MAIL_ONLY))
    await two.send_all(attempt=1)
    found = await why(two)
    assert tries(found) == [("smtp", "accepted"), ("ses", "accepted")]
    assert found["passed"] == ["smtp"]
    assert "ses (ses) took it" in found["sentence"]


async def test_a_failure_that_a_vendor_reported_is_told_with_what_the_next_one_said(two: Scene) -> None:
    [message] = await two.go_through(trigger_body(**MAIL_ONLY))
    receipt = Receipt(message["id"], "failed", datetime.now(UTC), "mailbox_full", "552 full")
    await record_receipts(two.pool, two.workspace.id, [receipt], two.now(), "smtp")
    assert (await why(two))["rule"] == "fallback"
    two.recorder.answers["ada@example.com"] = lambda: Rejected("content", "spam")
    await two.send_all(attempt=2)
    found = await why(two)
    assert [each for each in tries(found) if each[1] != "accepted"] == [
        ("smtp", "reported_failure"),
        ("ses", "rejected"),
    ]
    assert found["status"] == "delivery_failure"
    assert "could not deliver it: mailbox_full: 552 full; then: spam." in found["sentence"]


async def test_a_vendor_that_refuses_within_a_try_is_told_beside_the_one_that_took_it(two: Scene) -> None:
    answers: Iterator[Outcome] = iter([Rejected("vendor_settings", "wrong sender"), Accepted("v")])
    two.recorder.answers["ada@example.com"] = lambda: next(answers)
    await two.go_through(trigger_body(**MAIL_ONLY))
    assert tries(await why(two)) == [("smtp", "rejected"), ("ses", "accepted")]


async def test_an_event_that_is_the_success_is_found(scene: Scene) -> None:
    await scene.go_through(trigger_body(**MAIL_ONLY, delivery={"smart": True, "success": "OPENED"}))
    [message] = await scene.messages()
    assert (await why(scene))["run"]["deliveries"][0]["ladder"]["met_at"] is None
    await scene.pool.execute(
        "insert into event (id, workspace_id, distinct_id, name, properties, happened_at, received_at)"
        " values ('e', $1, 'u1', 'OPENED', '{}', now(), $2)",
        scene.workspace.id,
        message["sent_at"] + timedelta(hours=1),
    )
    assert (await why(scene))["run"]["deliveries"][0]["ladder"]["met_at"] == message["sent_at"] + timedelta(hours=1)


async def test_a_request_is_found_by_its_id_and_nothing_by_another(scene: Scene) -> None:
    await scene.accept(trigger_body())
    request_id = await scene.pool.fetchval("select id from request")
    found = await explain(scene.pool, request_id, scene.now())
    assert found is not None
    assert found["runs"] == []
    assert await explain(scene.pool, "none", scene.now()) is None


async def test_a_failure_that_is_reported_while_the_message_is_in_hand_is_told_too(two: Scene) -> None:
    """Its vendor may report before its answer is written down."""
    await two.accept(trigger_body(**MAIL_ONLY))
    await two.plan_all()
    [job] = [each for each in await two.jobs() if isinstance(each, Send)]
    sending = two.sending()

    async def settle(result: Result) -> bool:
        receipt = Receipt(result.settlement.message_id, "failed", two.now(), "mailbox_full", "552 full")
        await record_receipts(two.pool, two.workspace.id, [receipt], two.now(), "smtp")
        return await sending.settle(result)

    await send(replace(sending, settle=settle), job)
    assert (await why(two))["rule"] == "fallback"
    await two.send_all(attempt=1)
    assert tries(await why(two)) == [("smtp", "accepted"), ("smtp", "reported_failure"), ("ses", "accepted")]


async def test_an_answer_that_is_lost_at_commit_leaves_nothing_twice(two: Scene) -> None:
    two.recorder.answers["ada@example.com"] = lambda: Deferred("vendor_busy", "421 later")
    await two.accept(trigger_body(**MAIL_ONLY), trigger_body(users=[{"distinct_id": "u2", "$email": "b@example.com"}]))
    await two.plan_all()
    sending = two.sending()

    async def settle(result: Result) -> bool:
        return await sending.settle(result) and await sending.settle(result)

    for job in await two.jobs():
        if isinstance(job, Send):
            await send(replace(sending, settle=settle), job)
            await send(sending, job)
    rows = await two.pool.fetch("select vendor_nickname, outcome from message_try order by id")
    assert [tuple(each) for each in rows] == [("smtp", "deferred"), ("ses", "deferred")]
    assert await two.pool.fetchval("select count(*) from message_content") == 1


async def test_what_its_vendor_may_have_is_kept_and_what_it_refused_is_not(scene: Scene) -> None:
    scene.recorder.answers["ada@example.com"] = lambda: Uncertain("timeout", "no answer")
    scene.recorder.answers["b@example.com"] = lambda: Rejected("content", "spam")
    users = [{"distinct_id": "u2", "$email": ["b@example.com"], "$channels": ["email"]}, *MAIL_ONLY["users"]]
    messages = {each["address"]: each["id"] for each in await scene.go_through(trigger_body(users=users))}
    kept = await scene.pool.fetch("select message_id from message_content")
    assert [each["message_id"] for each in kept] == [messages["ada@example.com"]]
