"""Planning: which runs and messages a request leads to, and that a second run changes nothing."""

import asyncio
from typing import Any

import msgspec
import pytest
from suprsend_hub.actions.edit_vendors import switch_account
from suprsend_hub.actions.explain import explain_message
from suprsend_hub.actions.plan import plan
from suprsend_hub.actions.record import Batch, record
from suprsend_hub.domain.event import read_record
from suprsend_hub.domain.job import Plan, Send

from .scene import Scene, trigger_body
from .stored_workflow import SEND, commit_workflow, trigger


async def test_every_valid_channel_becomes_a_message_and_a_send_job(scene: Scene) -> None:
    user = {"distinct_id": "u1", "$email": ["a@example.com", "b@example.com"], "$androidpush": "token-1"}
    await scene.accept(trigger_body(users=[user]))
    await scene.plan_all()
    messages = await scene.messages()
    assert sorted((each["channel"], each["address"]) for each in messages) == [
        ("androidpush", "token-1"),
        ("email", "a@example.com"),
        ("email", "b@example.com"),
        ("inbox", "u1"),
    ]
    assert {each["status"] for each in messages} == {"to_be_triggered"}
    sends = [job for job in await scene.jobs() if isinstance(job, Send)]
    assert sorted((job.channel, len(job.message_ids)) for job in sends) == [
        ("androidpush", 1),
        ("email", 2),
        ("inbox", 1),
    ]


async def test_planning_twice_at_once_changes_nothing(scene: Scene) -> None:
    await scene.accept(trigger_body())
    (job,) = await scene.jobs()
    assert isinstance(job, Plan)
    await asyncio.gather(*(plan(scene.pool, job, scene.now()) for _ in range(4)))
    await plan(scene.pool, job, scene.now())
    assert len(await scene.messages()) == 2
    assert await scene.pool.fetchval("select count(*) from run") == 1


async def test_inline_details_are_appended_to_the_profile(scene: Scene) -> None:
    await scene.accept(trigger_body())
    await scene.accept(trigger_body(users=[{"distinct_id": "u1", "$email": "b@example.com", "city": "Turin"}]))
    await scene.plan_all()
    rows = await scene.pool.fetch("select value from identity order by id")
    assert [row["value"] for row in rows] == ["ada@example.com", "b@example.com"]
    await scene.accept(trigger_body(users=[{"distinct_id": "u1"}]))
    await scene.plan_all()
    newest = [each["address"] for each in (await scene.messages())[-3:]]
    assert sorted(newest) == ["ada@example.com", "b@example.com", "u1"]


async def test_a_transient_user_stores_nothing(scene: Scene) -> None:
    user = {"is_transient": True, "$email": "t@example.com", "city": "Turin"}
    await scene.accept(trigger_body(users=[user, {**user, "distinct_id": "u9"}]))
    await scene.plan_all()
    assert await scene.pool.fetchval("select count(*) from profile") == 0
    assert sorted(each["address"] for each in await scene.messages()) == ["t@example.com", "t@example.com", "u9"]


async def test_named_channels_are_the_only_ones_tried(scene: Scene) -> None:
    user = {"distinct_id": "u1", "$email": "a@example.com", "$channels": ["email"]}
    await scene.accept(trigger_body(users=[user]))
    await scene.plan_all()
    (message,) = await scene.messages()
    assert message["channel"] == "email"
    exclusions = await scene.pool.fetchval("select exclusions from run")
    assert "channel_not_requested" in exclusions


async def test_who_gets_nothing_is_told_why_for_each_channel(scene: Scene) -> None:
    await scene.accept(trigger_body(users=[{"distinct_id": "u1", "$channels": ["email"]}]))
    await scene.plan_all()
    assert {(each["channel"], each["status"], each["failure_code"]) for each in await scene.messages()} == {
        ("email", "not_to_be_triggered", "no_identity"),
        ("androidpush", "not_to_be_triggered", "channel_not_requested"),
        ("inbox", "not_to_be_triggered", "channel_not_requested"),
    }


async def test_a_vendor_that_is_gone_ends_its_messages_with_a_reason(scene: Scene) -> None:
    await scene.accept(trigger_body())
    await scene.pool.execute("delete from vendor where vendor = 'smtp'")
    await scene.plan_all()
    found = {each["channel"]: (each["status"], each["failure_code"]) for each in await scene.messages()}
    assert found == {"email": ("trigger_failed", "vendor_not_configured"), "inbox": ("to_be_triggered", None)}


async def test_accounts_that_are_all_disabled_end_their_messages_with_a_reason_of_their_own(scene: Scene) -> None:
    await switch_account(scene.pool, scene.workspace.id, "smtp", is_enabled=False)
    await scene.accept(trigger_body())
    await scene.plan_all()
    found = {each["channel"]: (each["status"], each["failure_code"]) for each in await scene.messages()}
    assert found == {"email": ("trigger_failed", "vendor_disabled"), "inbox": ("to_be_triggered", None)}
    [failed] = [each["id"] for each in await scene.messages() if each["channel"] == "email"]
    document = await explain_message(scene.pool, scene.workspace.id, failed, scene.now())
    assert document is not None
    assert document["rule"] == "vendor_disabled"
    assert "every vendor account that there is for this channel is disabled" in document["sentence"]
    await switch_account(scene.pool, scene.workspace.id, "smtp", is_enabled=True)
    await scene.accept(trigger_body())
    await scene.plan_all()
    assert [each["status"] for each in await scene.messages() if each["channel"] == "email"][1:] == ["to_be_triggered"]


async def test_a_template_that_is_gone_ends_its_messages_with_a_reason(scene: Scene) -> None:
    await scene.accept(trigger_body())
    await scene.pool.execute("update template set deleted_at = now()")
    await scene.plan_all()
    messages = await scene.messages()
    assert {each["status"] for each in messages if each["address"]} == {"trigger_failed"}
    assert {each["failure_code"] for each in messages if each["address"]} == {"template_deleted"}


async def test_a_template_that_vanished_altogether_still_leaves_a_reason(scene: Scene) -> None:
    await scene.accept(trigger_body())
    await scene.pool.execute("delete from template")
    await scene.plan_all()
    found = [each for each in await scene.messages() if each["address"]]
    assert {each["failure_code"] for each in found} == {"template_deleted"}
    assert {each["channel"] for each in found} == {"email", "inbox"}


async def known(scene: Scene, tenant_id: str | None, *operations: dict[str, Any]) -> None:
    """Let the profile of u1, or what a tenant knows of it, be this."""
    document = {"distinct_id": "u1", "tenant_id": tenant_id, "$user_operations": list(operations)}
    records = (read_record(msgspec.json.encode(document)),)
    await record(scene.pool, [Batch(scene.workspace.id, records)], scene.now())


async def test_a_tenant_that_knows_somebody_sends_to_what_it_knows(scene: Scene) -> None:
    await known(
        scene, None, {"$append": {"$email": "a@example.com", "$androidpush": "token"}}, {"$set": {"city": "Rome"}}
    )
    await known(scene, "acme", {"$append": {"$email": "acme@example.com"}}, {"$set": {"city": "Turin"}})
    user = {"distinct_id": "u1", "$channels": ["email", "androidpush"]}
    await scene.accept(
        trigger_body(users=[user], tenant_id="acme"),
        trigger_body(users=[user]),
        trigger_body(users=[user], tenant_id="b"),
    )
    await scene.plan_all()
    found = {(each["tenant_id"], each["channel"], each["address"]) for each in await scene.messages()}
    everywhere = {("email", "a@example.com"), ("androidpush", "token")}
    assert found == {
        ("acme", "email", "acme@example.com"),
        ("acme", "androidpush", "token"),
        *((None, *each) for each in everywhere),
        *(("b", *each) for each in everywhere),
    }
    await scene.send_all()
    bodies = {message.content["body"] for _, message in scene.recorder.sent if message.channel == "androidpush"}
    assert bodies == {"Hello Ada <3 in Turin", "Hello Ada <3 in Rome"}


async def test_an_address_in_a_trigger_counts_beside_what_the_tenant_knows(scene: Scene) -> None:
    await known(scene, "acme", {"$append": {"$email": "acme@example.com"}})
    user = {"distinct_id": "u1", "$email": "new@example.com", "$channels": ["email"]}
    await scene.accept(trigger_body(users=[user], tenant_id="acme"))
    await scene.plan_all()
    assert {each["address"] for each in await scene.messages()} == {"acme@example.com", "new@example.com"}


async def test_what_the_default_tenant_knows_counts_where_none_is_named(scene: Scene) -> None:
    await known(scene, "default", {"$append": {"$email": "default@example.com"}})
    await scene.accept(trigger_body(users=[{"distinct_id": "u1", "$channels": ["email"]}]))
    await scene.plan_all()
    assert [each["address"] for each in await scene.messages()] == ["default@example.com"]


async def test_who_is_named_twice_has_one_run_with_all_that_was_said(scene: Scene) -> None:
    once = {"distinct_id": "u1", "$email": "a@example.com", "city": "Turin", "$channels": ["email"]}
    again = {
        "distinct_id": " u1 ",
        "$email": ["b@example.com", "a@example.com"],
        "city": "Rome",
        "$channels": ["email"],
    }
    anonymous = {"is_transient": True, "$email": "c@example.com"}
    await scene.accept(trigger_body(users=[once, anonymous, again, anonymous]))
    await scene.plan_all()
    runs = await scene.pool.fetch("select position, distinct_id from run order by position")
    assert [tuple(row) for row in runs] == [(0, "u1"), (1, None), (3, None)]
    sent = [(each["channel"], each["address"]) for each in await scene.messages() if each["distinct_id"]]
    assert sorted(sent) == [("email", "a@example.com"), ("email", "b@example.com")]
    profile = await scene.pool.fetchval("select properties from profile where distinct_id = 'u1'")
    assert msgspec.json.decode(profile) == {"city": "Rome"}


async def test_who_is_named_as_transient_too_is_told_apart_and_nothing_that_was_said_is_lost(scene: Scene) -> None:
    ways: list[dict[str, Any]] = [{"is_transient": True, "$email": "t@example.com"}, {"$email": "p@example.com"}]
    named = [{"distinct_id": "u1", "$channels": ["email"], **each} for each in (*ways, *ways)]
    await scene.accept(trigger_body(users=named))
    await scene.plan_all()
    assert sorted(each["address"] for each in await scene.messages()) == ["p@example.com", "t@example.com"]
    assert await scene.pool.fetchval("select count(*) from identity") == 1


@pytest.mark.parametrize(("first", "second"), [(["email"], ["inbox"]), (["email"], None), (None, ["inbox"])])
async def test_who_is_named_twice_is_reached_on_the_channels_of_both(
    scene: Scene, first: list[str] | None, second: list[str] | None
) -> None:
    person = {"distinct_id": "u1", "$email": "a@example.com"}
    await scene.accept(trigger_body(users=[{**person, "$channels": first}, {**person, "$channels": second}]))
    await scene.plan_all()
    assert {each["channel"] for each in await scene.messages()} >= {"email", "inbox"}


async def test_an_actor_who_is_a_recipient_has_one_run(scene: Scene) -> None:
    await commit_workflow(scene, SEND)
    ada = {"distinct_id": "u1", "$email": "a@example.com"}
    await trigger(scene, actor=ada, recipients=["u1", ada, "u2"])
    await scene.plan_all()
    runs = await scene.pool.fetch("select position, distinct_id from run order by position")
    assert [tuple(row) for row in runs] == [(0, "u1"), (2, "u2")]
    emails = [each["address"] for each in await scene.messages() if each["distinct_id"] == "u1"]
    assert emails == ["a@example.com"]
