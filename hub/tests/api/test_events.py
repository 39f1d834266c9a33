"""`POST /event/`: what users did, and what is to be known of them (wire.md 3.3, 3.4)."""

from typing import Any

import pytest
from suprsend_hub.domain.payload_schema import PayloadSchema

from hub.tests.actions.test_payload_schemas import commit_schema, describe
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


async def test_a_wrong_record_of_an_array_keeps_the_others_from_nothing_and_is_told_of(shop: Shop) -> None:
    records = [edit({"$append": {"$email": "nobody"}}), {"event": "SEEN", "distinct_id": "u1"}, {"event": "SEEN"}]
    reply = await shop.post("/event/", records)
    assert (reply.status_code, reply.json()["status"]) == (202, "partial")
    assert [each["status"] for each in reply.json()["records"]] == ["error", "success", "error"]
    assert "$email" in reply.json()["records"][0]["error"]["message"]
    assert (await shop.stored())["event"] == 1
    assert_refused(await shop.post("/event/", [records[0], records[2]]), 400, "[0]", "$email")


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
    assert_refused(await shop.post("/event/", [record, record]), 400, "[0]", *words)
    assert await shop.stored() == before


async def test_one_event_is_answered_with_the_id_that_it_is_kept_under(shop: Shop) -> None:
    for path in ("/v2/event/", "/v2/event"):
        reply = await shop.post(path, {"event": "SEEN", "distinct_id": "u1"})
        assert (reply.status_code, reply.json()["status"]) == (202, "success")
        assert await shop.scene.pool.fetchval("select name from event where id = $1", reply.json()["message_id"])
    assert (await shop.post("/v2/event/", edit(ADD_EMAIL))).json()["status"] == "success"
    assert await identities(shop) == [("email", "ada@example.com")]


async def test_each_record_of_a_bulk_call_is_judged_by_itself(shop: Shop) -> None:
    wrong = {"event": "SEEN", "distinct_id": "u1", "$time": 1}
    records = [{"event": "FIRST", "distinct_id": "u1"}, wrong, edit(ADD_EMAIL), {"event": "LAST", "distinct_id": "u1"}]
    reply = await shop.post("/v2/bulk/event/", records)
    assert reply.status_code == 207
    told = reply.json()
    assert told["status"] == "partial"
    assert [(each["status"], each["status_code"]) for each in told["records"]] == [
        ("success", 202),
        ("error", 400),
        ("success", 202),
        ("success", 202),
    ]
    assert told["records"][1]["error"]["type"] == "ValidationError"
    assert "$time" in told["records"][1]["error"]["message"]
    kept = {row["id"]: row["name"] for row in await shop.scene.pool.fetch("select id, name from event")}
    ids = [each.get("message_id") for each in told["records"]]
    assert kept == {ids[0]: "FIRST", ids[3]: "LAST"}
    assert await identities(shop) == [("email", "ada@example.com")]


async def test_a_bulk_call_is_202_where_all_is_right_and_an_error_where_nothing_is(shop: Shop) -> None:
    right, wrong = {"event": "SEEN", "distinct_id": "u1"}, {"event": "S"}
    for path in ("/v2/bulk/event/", "/v2/bulk/event"):
        reply = await shop.post(path, [right, right])
        assert (reply.status_code, reply.json()["status"], len(reply.json()["records"])) == (202, "success", 2)
    reply = await shop.post("/v2/bulk/event/", [wrong, wrong])
    assert (reply.status_code, reply.json()["status"], len(reply.json()["records"])) == (207, "error", 2)


async def test_events_that_are_not_what_their_schema_asks_for_are_told_of_on_every_path(shop: Shop) -> None:
    await commit_schema(shop.scene, {"properties": {"total": {"type": "number"}}})
    await describe(shop.scene, "ORDERED", PayloadSchema("order"))
    wrong = {"event": "ORDERED", "distinct_id": "u1", "properties": {"total": "x"}}
    right = wrong | {"properties": {"total": 1, "$ss_sdk_version": "go"}}
    said = "properties.total: 'x' is not of type"
    for path in ("/event/", "/v2/event/"):
        assert_refused(await shop.post(path, wrong), 400, said)
        assert (await shop.post(path, right)).status_code == 202
    assert_refused(await shop.post("/event/", [wrong, wrong]), 400, f"[0].{said}")
    for path, status in (("/event/", 202), ("/v2/bulk/event/", 207)):
        reply = await shop.post(path, [{"event": "x"}, wrong, right])
        assert reply.status_code == status
        told = reply.json()["records"]
        assert [each["status"] for each in told] == ["error", "error", "success"]
        assert told[1]["error"]["message"].startswith(said)
    reply = await shop.post("/v2/bulk/event/", [wrong])
    assert (reply.status_code, reply.json()["status"]) == (207, "error")
    assert (await shop.stored())["event"] == 4


async def test_an_event_that_was_recorded_before_its_schema_may_come_again(shop: Shop) -> None:
    event = {"event": "ORDERED", "distinct_id": "u1", "properties": {"total": "x"}, "$idempotency_key": "order-1"}
    first = await shop.post("/v2/event/", event)
    assert first.status_code == 202
    await commit_schema(shop.scene, {"properties": {"total": {"type": "number"}}})
    await describe(shop.scene, "ORDERED", PayloadSchema("order"))
    again = await shop.post("/v2/event/", event)
    assert (again.status_code, again.json()) == (202, first.json())
    assert_refused(await shop.post("/v2/event/", event | {"$idempotency_key": "order-2"}), 400, "properties.total")
    assert (await shop.stored())["event"] == 1


async def test_a_fault_of_a_flat_edit_is_named_as_it_was_written(shop: Shop) -> None:
    flat = {"distinct_id": "u1", "$append": {"$email": "nobody"}}
    assert_refused(await shop.post("/event/", flat), 400, "$append.$email: ")
    told = (await shop.post("/event/", flat)).json()
    assert list(told["detail"]) == ["$append.$email"]
    assert_refused(await shop.post("/event/", [{"distinct_id": "u1", "$add": {"n": "x"}}]), 400, "[0].$add.n: must be")


@pytest.mark.parametrize("body", [b"[]", b"{}", b"7", b"[", b"", b"\xff"])
async def test_what_is_no_array_of_records_is_refused_with_an_empty_list_of_them(shop: Shop, body: bytes) -> None:
    assert_refused(await shop.post("/v2/bulk/event/", body), 400, "body")
