"""`POST /{key}/broadcast/` over a real socket: what is accepted, what is refused, and how messages show it."""

import asyncio
from typing import Any

import pytest
from suprsend import AsyncSuprsend, SubscriberListBroadcast

from hub.tests.api.conftest import Shop, assert_refused
from hub.tests.conftest import Reply

BODY = {
    "$insert_id": "0b1ad0ba-3a2d-4ccc-b2f5-7f30d1e5c9e8",
    "$time": 1767225600000,
    "list_id": "beta",
    "template": "purchase-made",
    "notification_category": "promotional",
    "data": {"first_name": "Ada"},
}


@pytest.fixture
async def listed(shop: Shop) -> Shop:
    """A workspace with a list of three."""
    await shop.scene.fill_list("beta", "u1", "u2", "u3")
    return shop


async def broadcast(shop: Shop, name: str | None = None, **changes: object) -> Reply:
    """Broadcast the example, changed in some fields."""
    return await shop.post(f"/{name or shop.made.workspace.key}/broadcast/", BODY | changes)


async def test_a_broadcast_is_committed_when_it_is_answered(listed: Shop) -> None:
    reply = await broadcast(listed)
    assert (reply.status_code, reply.text) == (202, "Message received")
    stored = await listed.stored()
    assert (stored["request"], stored["pgqueuer"]) == (1, 1)


async def test_the_workspace_may_be_named_by_its_uid_and_no_other_may(listed: Shop) -> None:
    assert (await broadcast(listed, listed.made.workspace.uid)).status_code == 202
    assert_refused(await broadcast(listed, "another"), 403, "another workspace")


async def test_what_is_sent_twice_is_accepted_once(listed: Shop) -> None:
    replies = await asyncio.gather(*(broadcast(listed) for _ in range(5)))
    assert {reply.status_code for reply in replies} == {202}
    assert (await listed.stored())["request"] == 1
    keyed = {"$idempotency_key": "spring"}
    for number in range(3):
        assert (await broadcast(listed, **keyed, **{"$insert_id": f"insert-{number}"})).status_code == 202
    assert (await listed.stored())["request"] == 2


async def test_messages_show_that_they_are_of_a_campaign(listed: Shop) -> None:
    await broadcast(listed, **{"$idempotency_key": "spring"}, tenant_id="acme")
    await listed.trigger()
    await listed.scene.expand_all()
    await listed.scene.plan_all()
    found = (await listed.get("/v1/message/?limit=100"))["results"]
    assert {(each["is_campaign"], each["idempotency_key"]) for each in found} == {(True, "spring"), (False, None)}
    campaign = [each for each in found if each["is_campaign"]]
    assert sorted(each["recipient"]["distinct_id"] for each in campaign) == ["u1", "u2", "u3"]
    assert {(each["tenant_id"], each["category"]) for each in campaign} == {("acme", "promotional")}


async def test_our_client_broadcasts(listed: Shop) -> None:
    workspace = listed.made.workspace
    body = {"list_id": "BETA", "template": "purchase-made", "notification_category": "promotional", "delay": "1h"}
    async with AsyncSuprsend(workspace.key, workspace.secrets[0], base_url=listed.api.base_url) as client:
        for _ in range(2):
            instance = SubscriberListBroadcast(dict(body), idempotency_key="spring")
            result = await client.subscriber_lists.broadcast(instance)
            assert (result["success"], result["message"]) == (True, "Message received")
    assert (await listed.stored())["request"] == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"list_id": None}, ["list_id"]),
        ({"list_id": ""}, ["list_id"]),
        ({"list_id": "gone"}, ["list_id", "gone"]),
        ({"template": None}, ["template"]),
        ({"template": "no-such-template"}, ["template", "no-such-template"]),
        ({"notification_category": "x"}, ["notification_category"]),
        ({"data": []}, ["data"]),
        ({"data": {"x": "\x00"}}, ["data.x", "NUL"]),
        ({"data": {"$attachments": [{"filename": "a", "data": "%%%"}]}}, ["data.$attachments[0].data"]),
        ({"channels": []}, ["channels"]),
        ({"channels": "email"}, ["channels"]),
        ({"channels": ["email", "pigeon"]}, ["channels[1]", "pigeon"]),
        ({"delay": "soon"}, ["delay", "soon"]),
        ({"trigger_at": "tomorrow"}, ["trigger_at", "tomorrow"]),
        ({"trigger_at": "9999-12-31T23:59:59Z"}, ["trigger_at"]),
        ({"tenant_id": "t" * 65}, ["tenant_id"]),
        ({"$insert_id": ""}, ["$insert_id"]),
        ({"$time": "now"}, ["$time"]),
        ({"$idempotency_key": "k" * 256}, ["$idempotency_key"]),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_stored(
    listed: Shop, changes: dict[str, Any], words: list[str]
) -> None:
    before = await listed.stored()
    assert_refused(await broadcast(listed, **changes), 400, *words)
    assert await listed.stored() == before


async def test_a_list_that_is_a_query_has_nobody_to_send_to(shop: Shop) -> None:
    await shop.scene.fill_list("beta")
    await shop.scene.pool.execute("update subscriber_list set list_type = 'query_based'")
    assert_refused(await broadcast(shop), 400, "list_id", "query_based")
