"""Cancelling: what is meant ends with a reason wherever it stands, and nothing else does."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from suprsend_hub.actions.accept import Receipt
from suprsend_hub.actions.cancel import cancel
from suprsend_hub.actions.expand import PAGE, expand
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.actions.send import send
from suprsend_hub.domain.job import Advance, Expand, Plan, Send
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected
from suprsend_hub.domain.receipt import Receipt as Heard
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.store.cancellations import RunFilter
from suprsend_hub.store.claims import Hold, claim_messages

from .scene import Scene, trigger_body
from .stored_workflow import DELAY, SEND, commit_workflow, run_jobs, trigger

MAIL = trigger_body(
    users=[{"distinct_id": "u1", "$email": ["a@example.com"], "$channels": ["email"]}], **{"$idempotency_key": "k"}
)
KEY = RunFilter(idempotency_key="k")


@pytest.mark.parametrize(
    "narrowed",
    [
        RunFilter(workflow="purchase"),
        RunFilter(recipients=["u1"]),
        RunFilter(cancellation_key="order-1"),
        RunFilter(idempotency_key="k"),
        RunFilter(tenant_id="acme", recipients=["u1", "u2"]),
    ],
)
@pytest.mark.parametrize("moment", ["accepted", "planned", "waiting"])
async def test_what_is_cancelled_sends_nothing_more(scene: Scene, narrowed: RunFilter, moment: str) -> None:
    await commit_workflow(scene, *([DELAY, SEND] if moment == "waiting" else [SEND]))
    named: dict[str, Any] = {"tenant_id": "acme", "$idempotency_key": "k", "cancellation_key": "order-1"}
    await trigger(scene, **named)
    if moment != "accepted":
        await run_jobs(scene, Plan)
    named_ids = await cancel(scene.pool, scene.workspace.id, narrowed, scene.now())
    # A person of a request that has no runs yet is only kept in mind.
    assert bool(named_ids) is (moment != "accepted" or not narrowed.recipients)
    for _ in range(2):
        await run_jobs(scene, Plan, Advance, Send)
    assert scene.recorder.sent == []
    assert {each["failure_code"] for each in await scene.messages()} <= {"cancelled"}
    assert await cancel(scene.pool, scene.workspace.id, narrowed, scene.now()) == []


@pytest.mark.parametrize("moment", ["accepted", "planned"])
async def test_what_a_trigger_was_answered_with_names_all_of_its_runs(scene: Scene, moment: str) -> None:
    await commit_workflow(scene, DELAY, SEND)
    people = [{"distinct_id": f"u{n}", "$email": [f"u{n}@example.com"]} for n in range(3)]
    receipt = await trigger(scene, recipients=people[:2])
    await trigger(scene, recipients=people[2:])
    if moment == "planned":
        await run_jobs(scene, Plan)
    assert isinstance(receipt, Receipt)
    named = await cancel(scene.pool, scene.workspace.id, RunFilter(execution_id=receipt.request_ids[0]), scene.now())
    assert len(named) == (2 if moment == "planned" else 1)
    await run_jobs(scene, Plan)
    await run_jobs(scene, Advance)
    assert {each["distinct_id"] for each in await scene.messages()} == {"u2"}


@pytest.mark.parametrize("moment", ["accepted", "planned"])
async def test_one_person_of_a_request_can_be_cancelled_and_no_other_request(scene: Scene, moment: str) -> None:
    await commit_workflow(scene, DELAY, SEND)
    people = [{"distinct_id": f"u{n}", "$email": [f"u{n}@example.com"]} for n in range(2)]
    receipt = await trigger(scene, recipients=people)
    await trigger(scene, recipients=people[:1])
    if moment == "planned":
        await run_jobs(scene, Plan)
    assert isinstance(receipt, Receipt)
    narrowed = RunFilter(execution_id=receipt.request_ids[0], recipients=["u0"])
    assert len(await cancel(scene.pool, scene.workspace.id, narrowed, scene.now())) == (moment == "planned")
    await run_jobs(scene, Plan)
    await run_jobs(scene, Advance)
    assert sorted(each["distinct_id"] for each in await scene.messages()) == ["u0", "u1"]


async def test_others_go_on_when_some_are_cancelled(scene: Scene) -> None:
    await commit_workflow(scene, SEND)
    people = [{"distinct_id": f"u{n}", "$email": [f"u{n}@example.com"]} for n in range(4)]
    await trigger(scene, recipients=people[:2])
    await run_jobs(scene, Plan)
    await trigger(scene, recipients=people[2:])
    await cancel(scene.pool, scene.workspace.id, RunFilter(recipients=["u0", "u2"]), scene.now())
    await trigger(scene, recipients=[people[0]])
    await run_jobs(scene, Plan)
    await run_jobs(scene, Send)
    assert sorted(message.address for _, message in scene.recorder.sent) == [f"u{n}@example.com" for n in (0, 1, 3)]


async def test_a_message_that_a_worker_holds_is_not_tried_again_once_it_is_cancelled(scene: Scene) -> None:
    await scene.accept(trigger_body(users=[{"distinct_id": "u1", "$email": ["a@example.com"], "$channels": ["email"]}]))
    await run_jobs(scene, Plan)
    [job] = [each for each in await scene.jobs() if isinstance(each, Send)]

    async def settle(result: Any) -> bool:
        await scene.pool.execute("update message set cancelled = true")
        return await sending.settle(result)

    sending = scene.sending()
    scene.recorder.answers["a@example.com"] = lambda: Deferred("vendor_unavailable", "later")
    await send(replace(sending, settle=settle), job)
    await run_jobs(scene, Send)
    [message] = await scene.messages()
    assert (message["status"], message["failure_code"]) == ("not_to_be_triggered", "cancelled")
    assert len(scene.recorder.sent) == 1


async def test_a_message_that_a_worker_let_go_of_ends_when_its_job_runs_again(scene: Scene) -> None:
    await scene.accept(MAIL)
    await run_jobs(scene, Plan)
    [job] = [each for each in await scene.jobs() if isinstance(each, Send)]
    async with scene.pool.acquire() as connection:
        hold = Hold(0, 0, "a worker that took too long to begin")
        await claim_messages(connection, scene.workspace.id, job.message_ids, hold, scene.now())
    assert await cancel(scene.pool, scene.workspace.id, KEY, scene.now())
    [message] = await scene.messages()
    assert message["status"] == "triggered"
    await run_jobs(scene, Send)
    [message] = await scene.messages()
    assert (message["status"], message["failure_code"], message["claim"]) == ("not_to_be_triggered", "cancelled", None)
    assert scene.recorder.sent == []


@pytest.mark.parametrize("answer", [None, "lost"])
async def test_what_a_vendor_has_goes_to_no_other_one_after_a_cancellation(scene: Scene, answer: str | None) -> None:
    await scene.add_vendor("smtp", "email", fallback_after=timedelta(minutes=10))
    await scene.add_vendor("ses", "email", priority=1)
    [message] = await scene.go_through(MAIL)
    [fallback] = [each for each in await scene.jobs() if isinstance(each, Send) and each.falls_back]
    if answer == "lost":
        await scene.pool.execute("update message set claim = 'a worker that took too long to begin'")
    assert await cancel(scene.pool, scene.workspace.id, KEY, scene.now()) == [message["run_id"]]
    await send(scene.sending(), fallback)
    [message] = await scene.messages()
    assert (message["status"], message["vendor"], message["claim"]) == ("sent_by_vendor", "smtp", None)
    assert [vendor for vendor, _ in scene.recorder.sent] == ["smtp"]
    assert await cancel(scene.pool, scene.workspace.id, KEY, scene.now()) == []


async def test_a_run_whose_messages_leave_all_the_same_is_not_named(scene: Scene) -> None:
    await scene.accept(MAIL)
    await run_jobs(scene, Plan)
    marked = "select cancelled from message"

    async def deliver(account: VendorAccount, message: OutgoingMessage) -> Outcome:
        """Takes the message as soon as it is cancelled."""
        cancelling.append(asyncio.create_task(cancel(scene.pool, scene.workspace.id, KEY, scene.now())))
        async with asyncio.timeout(60):
            while True:
                if await scene.pool.fetchval(marked):
                    return Accepted("v-1")
                await asyncio.sleep(0.01)

    cancelling: list[asyncio.Task[Sequence[str]]] = []
    [job] = [each for each in await scene.jobs() if isinstance(each, Send)]
    await send(replace(scene.sending(), deliver=deliver), job)
    assert await cancelling[0] == []
    [message] = await scene.messages()
    assert message["status"] == "sent_by_vendor"


async def test_a_run_whose_message_the_next_vendor_did_not_take_either_is_not_named(scene: Scene) -> None:
    await scene.add_vendor("smtp", "email", fallback_after=timedelta(minutes=10))
    await scene.add_vendor("ses", "email", priority=1)
    await scene.go_through(MAIL)
    [fallback] = [each for each in await scene.jobs() if isinstance(each, Send) and each.falls_back]
    scene.recorder.answers["a@example.com"] = lambda: Rejected("vendor_refused", "no")
    await send(scene.sending(), fallback)
    [message] = await scene.messages()
    assert (message["status"], message["vendor"]) == ("sent_by_vendor", "smtp")
    assert await cancel(scene.pool, scene.workspace.id, KEY, scene.now()) == []


async def test_a_run_that_had_its_success_before_the_next_vendors_turn_is_not_named(scene: Scene) -> None:
    await scene.add_vendor("smtp", "email", fallback_after=timedelta(minutes=10))
    await scene.add_vendor("ses", "email", priority=1)
    both = {"distinct_id": "u1", "$email": ["a@example.com"], "$channels": ["email", "inbox"]}
    messages = await scene.go_through(trigger_body(users=[both], **{"$idempotency_key": "k"}))
    [inbox] = [each["id"] for each in messages if each["channel"] == "inbox"]
    await record_receipts(scene.pool, scene.workspace.id, [Heard(inbox, "seen", scene.now())], scene.now())
    [fallback] = [each for each in await scene.jobs() if isinstance(each, Send) and each.falls_back]
    await send(scene.sending(), fallback)
    assert [vendor for vendor, _ in scene.recorder.sent] == ["smtp"]
    assert await cancel(scene.pool, scene.workspace.id, KEY, scene.now()) == []


@pytest.mark.parametrize("expanded", [0, 1, 2])
@pytest.mark.parametrize("by", ["execution_id", "list_id", "tenant_id", "idempotency_key"])
async def test_a_broadcast_is_cancelled_whole_and_no_other(scene: Scene, expanded: int, by: str) -> None:
    people = [f"u{number:04}" for number in range(PAGE)]
    await scene.fill_list("beta", *people)
    await scene.fill_list("gamma", "u0000")
    known: dict[str, Any] = {"list_id": "beta", "tenant_id": "acme", "idempotency_key": "k"}
    known["execution_id"] = await scene.broadcast(tenant_id="acme", **{"$idempotency_key": "k"})
    for _ in range(expanded):
        job = [each for each in await scene.jobs() if isinstance(each, Expand)][-1]
        await expand(scene.pool, job, scene.now())
    other = await scene.broadcast(list_id="gamma")
    cancelled = await cancel(scene.pool, scene.workspace.id, RunFilter(True, **{by: known[by]}), scene.now())
    assert cancelled == [known["execution_id"]]
    await scene.expand_all()
    await scene.send_all()
    left = [each for each in await scene.messages() if each["status"] != "not_to_be_triggered"]
    assert len(left) == 1
    assert await scene.pool.fetchval("select request_id from run where id = $1", left[0]["run_id"]) == other


async def test_some_of_the_people_of_a_broadcast_can_be_cancelled_by_its_id(scene: Scene) -> None:
    await scene.fill_list("beta", "u1", "u2")
    request_id = await scene.broadcast()
    narrowed = RunFilter(execution_id=request_id, recipients=["u1"])
    await cancel(scene.pool, scene.workspace.id, narrowed, scene.now())
    await scene.expand_all()
    assert {each["distinct_id"] for each in await scene.messages()} == {"u2"}


async def test_cancelling_workflows_leaves_broadcasts_alone(scene: Scene) -> None:
    await scene.fill_list("beta", "u1")
    await scene.broadcast(tenant_id="acme")
    assert await cancel(scene.pool, scene.workspace.id, RunFilter(tenant_id="acme"), scene.now()) == []
    assert await cancel(scene.pool, scene.workspace.id, RunFilter(recipients=["u1"]), scene.now()) == []
    await scene.expand_all()
    await scene.send_all()
    assert [each["status"] for each in await scene.messages() if each["channel"] == "inbox"] == ["sent_by_vendor"]
