"""`POST /trigger/` and cancelling, over a real socket: each record is judged by itself; a refusal stores nothing."""

from typing import Any

import pytest

from hub.tests.actions.stored_workflow import DELAY, SEND, commit_workflow
from hub.tests.actions.test_payload_schemas import commit_schema
from hub.tests.api.conftest import Shop, assert_refused

ADA = {"distinct_id": "u1", "$email": ["ada@example.com"]}


def body(**changes: Any) -> dict[str, Any]:
    return {"workflow": "purchase", "recipients": [ADA], "data": {"first_name": "Ada"}, **changes}


async def test_a_trigger_is_answered_with_the_id_of_its_request(shop: Shop) -> None:
    await commit_workflow(shop.scene, SEND)
    reply = await shop.post("/trigger/", body())
    assert reply.status_code == 202
    [request_id] = [row["id"] for row in await shop.scene.pool.fetch("select id from request")]
    assert reply.json() == {"status": "success", "message_id": request_id}


async def test_each_record_of_an_array_is_answered_on_its_own_and_in_its_order(shop: Shop) -> None:
    await commit_workflow(shop.scene, SEND)
    records = [body(), body(workflow="nothing"), body(recipients=[]), body(recipients=["u2"])]
    reply = await shop.post("/trigger/", records)
    assert reply.status_code == 207
    told = reply.json()
    assert told["status"] == "partial"
    assert [each["status_code"] for each in told["records"]] == [202, 400, 400, 202]
    assert "there is no workflow 'nothing'" in told["records"][1]["error"]["message"]
    assert "recipients" in told["records"][2]["error"]["message"]
    assert (await shop.stored())["request"] == 2


async def test_a_brand_is_a_tenant(shop: Shop) -> None:
    await commit_workflow(shop.scene, SEND)
    assert (await shop.post("/trigger/", body(brand_id="acme"))).status_code == 202
    assert await shop.scene.pool.fetchval("select tenant_id from request") == "acme"


async def test_the_same_key_is_answered_as_it_was_and_does_nothing(shop: Shop) -> None:
    await commit_workflow(shop.scene, SEND)
    keyed = body(**{"$idempotency_key": "order-1"})
    first, second = [await shop.post("/trigger/", keyed) for _ in range(2)]
    assert first.json()["message_id"] is not None
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert (await shop.stored())["request"] == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"workflow": ""}, ["workflow"]),
        ({"workflow": "nothing"}, ["workflow", "nothing"]),
        ({"recipients": "u1"}, ["recipients"]),
        ({"recipients": [""]}, ["recipients[0]"]),
        ({"recipients": [7]}, ["recipients[0]"]),
        ({"recipients": [ADA, {"$email": ["a@example.com"]}]}, ["recipients[1].distinct_id"]),
        ({"recipients": [{"object_type": "team"}]}, ["recipients[0].id"]),
        ({"recipients": ["u1"] * 101}, ["recipients", "101"]),
        ({"actor": 7}, ["actor"]),
        ({"tenant_id": "t" * 65}, ["tenant_id"]),
        ({"cancellation_key": "k" * 256}, ["cancellation_key"]),
        ({"$idempotency_key": "k" * 256}, ["$idempotency_key", "255"]),
        ({"data": []}, ["data"]),
        ({"users": ["u2"]}, ["users", "recipients"]),
        ({"recipient": "u2"}, ["recipient: is not a field"]),
        ({"workfow": "purchase"}, ["workfow: is not a field"]),
        ({"event": "ORDERED"}, ["event: is not a field"]),
        ({"idempotency_key": "order-1"}, ["idempotency_key: is not a field"]),
    ],
)
async def test_a_fault_names_its_field_and_stores_nothing(
    shop: Shop, changes: dict[str, Any], words: list[str]
) -> None:
    await commit_workflow(shop.scene, SEND)
    assert_refused(await shop.post("/trigger/", body(**changes)), 400, *words)
    assert (await shop.stored())["request"] == 0


async def test_every_field_that_clients_send_is_known(shop: Shop) -> None:
    await commit_workflow(shop.scene, SEND)
    whole = body(actor="u2", metadata={"from": "a test"}, tenant_id="acme", brand_id="acme", cancellation_key="order-1")
    assert (await shop.post("/trigger/", whole | {"$idempotency_key": "order-1"})).status_code == 202


async def test_what_was_accepted_before_its_schema_is_answered_as_it_was(shop: Shop) -> None:
    await commit_workflow(shop.scene, SEND)
    keyed = body(data={"total": "x"}, **{"$idempotency_key": "order-1"})
    first = await shop.post("/trigger/", keyed)
    await commit_schema(shop.scene, {"properties": {"total": {"type": "number"}}})
    await commit_workflow(shop.scene, SEND, schema={"schema": "order"})
    again = await shop.post("/trigger/", keyed)
    assert (again.status_code, again.json()) == (202, first.json())
    assert (await shop.post("/trigger/", body(data={"total": "x"}))).status_code == 400


async def test_data_that_are_not_what_the_schema_asks_for_fail_their_record_alone(shop: Shop) -> None:
    await commit_schema(shop.scene, {"properties": {"total": {"type": "number"}}, "required": ["first_name"]})
    await commit_workflow(shop.scene, SEND, schema={"schema": "order"})
    reply = await shop.post("/trigger/", body(data={"total": "x"}))
    assert_refused(reply, 400, "data.first_name: is required", "data.total: 'x' is not of type")
    told = reply.json()
    assert (told["error_code"], told["type"]) == ("schema_mismatch", "ValidationError")
    assert told["detail"] == {
        "data.first_name": ["is required"],
        "data.total": ["'x' is not of type \"number\""],
    }
    assert (await shop.stored())["request"] == 0
    reply = await shop.post("/trigger/", [body(), body(data={})])
    assert (reply.status_code, reply.json()["status"]) == (207, "partial")
    refused = reply.json()["records"][1]
    assert (refused["status_code"], refused["error"]["message"]) == (400, "data.first_name: is required")
    assert (await shop.stored())["request"] == 1


async def test_runs_are_cancelled_by_what_is_said_of_them(shop: Shop) -> None:
    await commit_workflow(shop.scene, DELAY, SEND)
    reply = await shop.post("/trigger/", body(cancellation_key="order-1"))
    request_id = reply.json()["message_id"]
    other = await shop.post("/v1/workflow_run/cancel/", {"cancellation_key": "order-2"})
    assert other.json() == {"execution_ids": []}
    cancelled = await shop.post("/v1/workflow_run/cancel/", {"cancellation_key": "order-1"})
    assert (cancelled.status_code, cancelled.json()) == (200, {"execution_ids": [request_id]})


async def test_a_broadcast_is_cancelled_by_its_list(shop: Shop) -> None:
    await shop.scene.fill_list("beta", "u1")
    request_id = await shop.scene.broadcast()
    path = "/v1/broadcast_run/cancel/"
    assert (await shop.post(path, {"list_id": "gamma"})).json() == {"execution_ids": []}
    assert (await shop.post(path, {"list_id": "beta"})).json() == {"execution_ids": [request_id]}
    assert (await shop.post(path, {"list_id": "beta"})).json() == {"execution_ids": []}


@pytest.mark.parametrize(
    ("what", "narrowed"),
    [
        ("workflow", {}),
        ("workflow", {"recipients": []}),
        ("workflow", {"recipients": "u1"}),
        ("workflow", {"workflow_slug": ""}),
        ("broadcast", {}),
        ("broadcast", {"list_id": 1}),
        ("broadcast", {"tenant_id": None}),
    ],
)
async def test_a_cancellation_says_what_is_meant(shop: Shop, what: str, narrowed: dict[str, Any]) -> None:
    assert_refused(await shop.post(f"/v1/{what}_run/cancel/", narrowed), 400)
