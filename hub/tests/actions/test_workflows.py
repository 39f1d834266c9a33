"""Stored workflows from trigger to message: what they run is pinned, waits are jobs, events set them off."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from suprsend_hub.actions.accept import Receipt, Submission, accept
from suprsend_hub.actions.advance import advance
from suprsend_hub.actions.cancel import cancel
from suprsend_hub.actions.plan import plan
from suprsend_hub.actions.record import Batch, record
from suprsend_hub.actions.send import send
from suprsend_hub.domain.event import read_record
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.job import Advance, Plan, Send
from suprsend_hub.domain.outcome import Deferred
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.domain.workflow import hash_definition, read_workflow
from suprsend_hub.domain.workflow_trigger import read_workflow_trigger
from suprsend_hub.store.cancellations import RunFilter
from suprsend_hub.store.profiles import lock_profiles, write_profiles
from suprsend_hub.store.subscriptions import put_subscriptions
from suprsend_hub.store.workflows import enable_workflow, find_workflow, publish_workflow, put_workflow

from .scene import Scene, trigger_body

SEND = {"node_type": "send_email", "properties": {"template": "purchase-made"}}
DELAY = {"node_type": "delay", "properties": {"value": "1h"}}


async def commit_workflow(scene: Scene, *nodes: dict[str, Any], events: tuple[str, ...] = ()) -> None:
    definition = {
        "name": "Purchase",
        "category": "transactional",
        "trigger_type": "event" if events else "api",
        "tree": {"nodes": list(nodes)},
        **({"trigger_events": list(events)} if events else {}),
    }
    async with scene.pool.acquire() as connection:
        await put_workflow(
            connection, scene.workspace.id, "purchase", definition, hash_definition(definition), scene.now()
        )
        stored = await find_workflow(connection, scene.workspace.id, "purchase")
        assert stored is not None
        workflow = read_workflow(definition)
        await publish_workflow(connection, scene.workspace.id, stored, workflow, "", scene.now())


async def trigger(scene: Scene, **changes: Any) -> Receipt | Invalid:
    body = {
        "workflow": "purchase",
        "recipients": [{"distinct_id": "u1", "$email": ["ada@example.com"]}],
        "data": {"first_name": "Ada"},
        **changes,
    }
    submission = Submission(scene.workspace.id, (read_workflow_trigger(msgspec.json.encode(body)),), is_array=False)
    (result,) = await accept(scene.pool, [submission], scene.now())
    return result


async def run_jobs(scene: Scene, *kinds: type) -> None:
    for job in await scene.jobs():
        match job:
            case Plan() if Plan in kinds:
                await plan(scene.pool, job, scene.now())
            case Advance() if Advance in kinds:
                await advance(scene.pool, job, scene.now())
            case Send() if Send in kinds:
                await send(scene.sending(), job)


async def test_what_is_live_when_a_trigger_is_accepted_is_what_runs(scene: Scene) -> None:
    await commit_workflow(scene, SEND)
    assert isinstance(await trigger(scene), Receipt)
    await scene.commit_template(
        "purchase-made", {"email": {"subject": "New", "body": {"type": "raw", "raw": {"html": "x"}}}}
    )
    await commit_workflow(scene, {**SEND, "properties": {"template": "other"}})
    await run_jobs(scene, Plan, Send)
    await run_jobs(scene, Send)
    [(vendor, message)] = scene.recorder.sent
    assert (vendor, message.content["subject"]) == ("smtp", "Thanks, Ada")
    [stored] = await scene.messages()
    assert (stored["category"], stored["node"], stored["status"]) == ("transactional", 0, "sent_by_vendor")


async def test_a_delay_is_a_job_and_the_run_goes_on_after_it_once(scene: Scene) -> None:
    await commit_workflow(scene, SEND, DELAY, SEND)
    await trigger(scene)
    await run_jobs(scene, Plan)
    assert [each["node"] for each in await scene.messages()] == [0]
    [run] = await scene.pool.fetch("select node, waits_until - created_at as wait from run")
    assert (run["node"], run["wait"].total_seconds()) == (2, 3600)
    for _ in range(2):
        await run_jobs(scene, Advance)
    assert [each["node"] for each in await scene.messages()] == [0, 2]
    assert await scene.pool.fetchval("select waits_until from run") is None


@pytest.mark.parametrize(
    ("changes", "problem"),
    [({"workflow": "nothing"}, "there is no workflow 'nothing'"), ({}, "'purchase' is disabled; enable it first")],
)
async def test_what_can_not_run_is_refused(scene: Scene, changes: dict[str, Any], problem: str) -> None:
    await commit_workflow(scene, SEND)
    async with scene.pool.acquire() as connection:
        await enable_workflow(connection, scene.workspace.id, "purchase", scene.now(), is_enabled=False)
    refused = await trigger(scene, **changes)
    assert isinstance(refused, Invalid)
    assert problem in refused.problem
    assert await scene.jobs() == []


async def test_an_event_sets_off_the_workflows_that_wait_for_it_once(scene: Scene) -> None:
    await commit_workflow(scene, SEND, events=("ORDERED",))
    event = {"event": "ORDERED", "distinct_id": "u1", "properties": {"first_name": "Ada"}, "$insert_id": "i" * 36}
    identity = {"distinct_id": "u1", "$append": {"$email": "ada@example.com"}}
    for records in ([identity], [event], [event]):
        read = tuple(read_record(msgspec.json.encode(each)) for each in records)
        await record(scene.pool, [Batch(scene.workspace.id, read)], scene.now())
    await run_jobs(scene, Plan)
    await run_jobs(scene, Send)
    [(_, message)] = scene.recorder.sent
    assert message.content["subject"] == "Thanks, Ada"


async def test_the_actor_and_an_inline_recipient_are_what_the_template_sees(scene: Scene) -> None:
    text = "{{$actor.name}} likes the photo of {{$recipient.city}}"
    await scene.commit_template(
        "purchase-made", {"email": {"subject": text, "body": {"type": "raw", "raw": {"html": "x"}}}}
    )
    await commit_workflow(scene, SEND)
    person = {"is_transient": True, "$email": ["b@example.com"], "city": "Turin"}
    await trigger(scene, recipients=[person], actor={"distinct_id": "u9", "name": "Grace"})
    await run_jobs(scene, Plan)
    await run_jobs(scene, Send)
    assert [message.content["subject"] for _, message in scene.recorder.sent] == ["Grace likes the photo of Turin"]


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


async def test_an_object_stands_for_its_subscribers_and_nobody_is_told_twice(scene: Scene) -> None:
    await commit_workflow(scene, SEND)
    team, part = ProfileKey("red", "team"), ProfileKey("blue", "team")
    people = [ProfileKey(f"u{number}") for number in range(1, 5)]
    async with scene.pool.acquire() as connection, connection.transaction():
        stored = await lock_profiles(connection, scene.workspace.id, [team, part, *people], scene.now())
        changes = {
            stored[each].id: (
                stored[each].profile,
                replace(stored[each].profile, identities=(Identity("email", f"{each.distinct_id}@example.com"),)),
            )
            for each in (team, *people)
        }
        await write_profiles(connection, scene.workspace.id, changes, scene.now())
        ids = {each: stored[each].id for each in stored}
        first = {ids[each]: each for each in (*people[:2], part)}
        await put_subscriptions(connection, ids[team], first, {}, scene.now())
        await put_subscriptions(connection, ids[part], {ids[each]: each for each in people[1:3]}, {}, scene.now())

    async def told(recipients: list[Any]) -> list[str]:
        assert isinstance(await trigger(scene, recipients=recipients), Receipt)
        await run_jobs(scene, Plan)
        rows = await scene.pool.fetch("delete from message where address <> '' returning address")
        await scene.pool.execute("delete from message")
        await scene.pool.execute("delete from run")
        return sorted(row["address"].removesuffix("@example.com") for row in rows)

    def team_to(depth: int) -> dict[str, Any]:
        return {"object_type": "team", "id": "red", "$object_subscriptions_query": {"depth": depth}}

    assert await told([team_to(0)]) == ["red"]
    assert await told([team_to(1)]) == ["red", "u1", "u2"]
    assert await told([team_to(2), "u3", team_to(2)]) == ["red", "u1", "u2", "u3"]
    assert await told([team_to(1), team_to(0)]) == ["red", "u1", "u2"], "what is named twice is told as deep as it goes"
    assert await told(["u4", {"object_type": "team", "id": "nowhere"}]) == ["u4"]
