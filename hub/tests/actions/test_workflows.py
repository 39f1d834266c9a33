"""Stored workflows from trigger to message: what they run is pinned, waits are jobs, events set them off."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from suprsend_hub.actions.accept import Receipt
from suprsend_hub.actions.merge_users import merge_users
from suprsend_hub.actions.record import Batch, record
from suprsend_hub.domain.event import read_record
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.job import Advance, Plan, Send
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.store.profiles import lock_profiles, write_profiles
from suprsend_hub.store.subscriptions import put_subscriptions
from suprsend_hub.store.workflows import enable_workflow

from .scene import Scene, trigger_body
from .stored_workflow import DELAY, SEND, commit_workflow, run_jobs, trigger


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


async def test_a_trigger_whose_data_and_users_are_null_is_sent(scene: Scene) -> None:
    await commit_workflow(scene, SEND)
    await trigger(scene, data=None, users=None)
    await run_jobs(scene, Plan)
    await run_jobs(scene, Send)
    assert [each["status"] for each in await scene.messages()] == ["sent_by_vendor"]


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


async def test_what_waits_for_a_user_goes_to_the_one_that_it_is_merged_into(scene: Scene) -> None:
    source, target = ProfileKey("u1"), ProfileKey("u2")
    await commit_workflow(scene, DELAY, SEND)
    await trigger(scene)
    await trigger(scene, recipients=["someone"], actor="u1")
    await run_jobs(scene, Plan)
    await trigger(scene, recipients=["someone"], actor="u1")
    await scene.accept(trigger_body(users=[{"distinct_id": "u1"}, {"distinct_id": "u3"}], delay=60))
    await merge_users(scene.pool, scene.workspace.id, source, target, scene.now())
    await scene.plan_all()
    await run_jobs(scene, Advance)
    runs = await scene.pool.fetch(
        "select r.distinct_id, p.distinct_id from run r join profile p on p.id = r.profile_id"
    )
    assert sorted(map(tuple, runs)) == [
        ("someone", "someone"),
        ("someone", "someone"),
        ("u2", "u2"),
        ("u2", "u2"),
        ("u3", "u3"),
    ]
    emails = [each["distinct_id"] for each in await scene.messages() if each["address"] == "ada@example.com"]
    assert emails == ["u2", "u2"]
    actors = await scene.pool.fetch("select body->>'actor', actor_id from request where body->>'actor' is not null")
    assert [tuple(each) for each in actors] == [("u2", "u2"), ("u2", "u2")]


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
