"""`POST /event/`: what users did, and what is to be known of them (wire.md 3.3, 3.4)."""

from typing import Any

import pytest

from hub.tests.api.conftest import Shop, assert_refused

ADD_EMAIL = {"$append": {"$email": "ada@example.com"}}


def edit(*operations: object, **changes: object) -> dict[str, Any]:
    """A profile edit as clients send it."""
    return {"distinct_id": "u1", "$user_operations": list(operations), **changes}


async def identities(shop: Shop) -> list[tuple[str, str]]:
    """The addresses that are known."""
    rows = await shop.scene.pool.fetch("select channel, value from identity order by channel, value")
    return [(row["channel"], row["value"]) for row in rows]


async def test_events_are_stored_with_what_they_say(shop: Shop) -> None:
    event = {"event": "ORDER_PLACED", "distinct_id": "u1", "properties": {"amount": 10}, "$insert_id": "i1"}
    assert (await shop.post("/event/", event | {"$time": 1_709_209_845_500})).status_code == 202
    [row] = await shop.scene.pool.fetch("select * from event")
    assert (row["name"], row["distinct_id"]) == ("ORDER_PLACED", "u1")
    assert (await shop.post("/event/", event)).status_code == 202
    assert (await shop.stored())["event"] == 1


async def test_a_profile_is_changed_in_the_order_of_its_operations(shop: Shop) -> None:
    reply = await shop.post("/event/", edit({"$set": {"city": "Turin"}}, ADD_EMAIL, {"$unset": ["city"]}))
    assert reply.status_code == 202
    assert await identities(shop) == [("email", "ada@example.com")]
    assert (await shop.post("/event/", edit({"$remove": {"$email": "ada@example.com"}}))).status_code == 202
    assert await identities(shop) == []


async def test_events_and_edits_come_in_one_array(shop: Shop) -> None:
    records = [edit(ADD_EMAIL), {"event": "SEEN", "distinct_id": "u1"}, edit(ADD_EMAIL, distinct_id="u2")]
    assert (await shop.post("/event/", records)).status_code == 202
    stored = await shop.stored()
    assert (stored["event"], stored["profile"]) == (1, 2)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({}, ["event"]),
        ({"event": "x", "distinct_id": "u1"}, ["event"]),
        ({"event": "$mine", "distinct_id": "u1"}, ["event", "reserved"]),
        ({"event": "SEEN"}, ["distinct_id"]),
        ({"event": "SEEN", "distinct_id": ""}, ["distinct_id"]),
        ({"event": "SEEN", "distinct_id": 7}, ["distinct_id"]),
        ({"event": "SEEN", "distinct_id": "u1", "properties": []}, ["properties"]),
        ({"event": "SEEN", "distinct_id": "u1", "$time": 5}, ["$time"]),
        ({"event": "SEEN", "distinct_id": "u1", "$time": 10**30}, ["$time"]),
        ({"event": "SEEN", "distinct_id": "u1", "$insert_id": ""}, ["$insert_id"]),
        (edit({"$append": {"$email": "nobody"}}), ["$user_operations[0]", "$email"]),
        (edit("set"), ["$user_operations[0]"]),
        (edit({"$append": []}), ["$user_operations[0]"]),
        (edit(*[{"$set": {"a": 1}}] * 1001), ["$user_operations", "1000"]),
        (edit({"$set": {"a": 1}}, distinct_id=" "), ["distinct_id"]),
    ],
)
async def test_a_wrong_record_is_named_and_nothing_is_stored(
    shop: Shop, record: dict[str, Any], words: list[str]
) -> None:
    before = await shop.stored()
    assert_refused(await shop.post("/event/", record), 400, *words)
    assert_refused(await shop.post("/event/", [edit(ADD_EMAIL), record]), 400, "[1]", *words)
    assert await shop.stored() == before
