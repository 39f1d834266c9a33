"""`POST /{key}/trigger/` over a real socket: what is accepted, what is refused, and that a refusal stores nothing."""

import asyncio
from typing import Any

import pytest

from hub.tests.actions.scene import trigger_body
from hub.tests.api.conftest import Shop, assert_refused

ADA = {"distinct_id": "u1", "$email": ["ada@example.com"]}


async def test_a_trigger_is_committed_when_it_is_answered(shop: Shop) -> None:
    reply = await shop.trigger()
    assert (reply.status_code, reply.text) == (202, "Message received")
    stored = await shop.stored()
    assert (stored["request"], stored["pgqueuer"]) == (1, 1)


async def test_an_array_is_accepted_whole(shop: Shop) -> None:
    reply = await shop.post(shop.trigger_path, [trigger_body(users=[{"distinct_id": f"u{n}"}]) for n in range(20)])
    assert (reply.status_code, reply.text) == (202, "Message received")
    assert (await shop.stored())["request"] == 20


async def test_an_array_with_one_fault_is_refused_whole(shop: Shop) -> None:
    reply = await shop.post(shop.trigger_path, [trigger_body(), trigger_body(template="gone"), trigger_body()])
    assert_refused(reply, 400, "[1].template", "gone")
    assert (await shop.stored())["request"] == 0


async def test_the_workspace_may_be_named_by_its_uid(shop: Shop) -> None:
    reply = await shop.post(f"/{shop.made.workspace.uid}/trigger/", trigger_body())
    assert reply.status_code == 202


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": None}, ["name"]),
        ({"name": 7}, ["name", "str"]),
        ({"name": "x"}, ["name"]),
        ({"template": "no-such-template"}, ["template", "no-such-template"]),
        ({"template": []}, ["template"]),
        ({"notification_category": ""}, ["notification_category"]),
        ({"users": []}, ["users", "1 to 100", "0"]),
        ({"users": [{"distinct_id": f"u{n}"} for n in range(101)]}, ["users", "1 to 100", "101"]),
        ({"users": {}}, ["users"]),
        ({"users": [{}]}, ["users[0].distinct_id"]),
        ({"users": [ADA, {"distinct_id": " "}]}, ["users[1].distinct_id"]),
        ({"users": [ADA, {"distinct_id": "u2", "$email": ["nobody"]}]}, ["users[1].$email"]),
        ({"users": [{"distinct_id": "u1", "$channels": ["pigeon"]}]}, ["users[0].$channels", "pigeon"]),
        ({"users": ["u1"]}, ["users[0]"]),
        ({"delay": "soon"}, ["delay", "soon"]),
        ({"delay": -1}, ["delay"]),
        ({"delay": "9999d"}, ["delay"]),
        ({"delay": {}}, ["delay"]),
        ({"trigger_at": "tomorrow"}, ["trigger_at", "tomorrow"]),
        ({"trigger_at": "9999-12-31T23:59:59Z"}, ["trigger_at"]),
        ({"delivery": {"time_to_live": "for ever"}}, ["delivery.time_to_live"]),
        ({"delivery": {"mandatory_channels": ["pigeon"]}}, ["delivery.mandatory_channels[0]"]),
        ({"delivery": True}, ["delivery"]),
        ({"data": []}, ["data"]),
        ({"data": {"$attachments": [{"filename": "a", "data": "%%%"}]}}, ["data.$attachments[0].data", "base64"]),
        ({"tenant_id": "t" * 65}, ["tenant_id"]),
        ({"$idempotency_key": "k" * 256}, ["$idempotency_key"]),
        ({"data": {"x": "\u0000"}}, ["data.x", "NUL"]),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_stored(
    shop: Shop, changes: dict[str, Any], words: list[str]
) -> None:
    before = await shop.stored()
    assert_refused(await shop.trigger(**changes), 400, *words)
    assert await shop.stored() == before


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ["body"]),
        (b"{", ["body"]),
        (b"[]", ["body"]),
        (b"null", ["body"]),
        (b"[[]]", ["[0]"]),
        (b'{"name": NaN}', ["body"]),
        (b'{"name": "\xff"}', ["body"]),
        (b'{"name": "\\ud800"}', ["body"]),
        (b"[" * 100_000, ["body"]),
        (b'{"a":' * 100_000, ["body"]),
    ],
)
async def test_what_is_no_trigger_is_refused(shop: Shop, body: bytes, words: list[str]) -> None:
    before = await shop.stored()
    assert_refused(await shop.post(shop.trigger_path, body), 400, *words)
    assert await shop.stored() == before


@pytest.mark.parametrize("megabytes", [3, 30])
async def test_a_body_that_is_too_large_is_refused_once_it_was_sent(shop: Shop, megabytes: int) -> None:
    before = await shop.stored()
    assert_refused(await shop.trigger(data={"x": "a" * megabytes * 1_000_000}), 413, "body")
    assert await shop.stored() == before


async def test_numbers_of_any_size_come_through_as_they_were_written(shop: Shop) -> None:
    body = b'{"name":"wf","template":"purchase-made","notification_category":"system","users":[{"distinct_id":"u1"}],'
    assert (await shop.post(shop.trigger_path, body + b'"data":{"n":1' + b"0" * 400 + b"}}")).status_code in (202, 400)


async def test_a_key_is_taken_once_within_a_day(shop: Shop) -> None:
    changes = {"$idempotency_key": "order-1"}
    replies = await asyncio.gather(*(shop.trigger(**changes) for _ in range(10)))
    assert {reply.status_code for reply in replies} == {202}
    assert (await shop.stored())["request"] == 1
    array = [trigger_body(**changes), trigger_body(**{"$idempotency_key": "order-2"}), trigger_body(**changes)]
    assert (await shop.post(shop.trigger_path, array)).status_code == 202
    assert (await shop.stored())["request"] == 2
    await shop.scene.pool.execute("update idempotency set accepted_at = accepted_at - interval '24 hours'")
    assert (await shop.trigger(**changes)).status_code == 202
    assert (await shop.stored())["request"] == 3


async def test_an_edit_of_the_template_does_not_change_what_waits(shop: Shop) -> None:
    await shop.trigger()
    new = {"inbox": {"header": "New", "body": "New words"}, "email": {"subject": "New", "body": {"type": "raw"}}}
    await shop.scene.commit_template(content=new)  # type: ignore[arg-type] # keys are channels
    await shop.scene.plan_all()
    await shop.scene.send_all()
    [(_, message)] = shop.scene.recorder.sent
    assert message.content["subject"] == "Thanks, Ada <3"
