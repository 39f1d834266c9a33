"""Triggers of stored workflows, one and many: the newer wire form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from suprsend import InputValueError, SuprsendValidationError, WorkflowTriggerRequest

from sdk.tests.conftest import App
from sdk.tests.local_server import answer, reset

BODY = {"workflow": "purchase", "recipients": ["user-1"]}


def request(n: int = 1, **fields: Any) -> WorkflowTriggerRequest:
    """Return a request that is told from others by its recipient."""
    return WorkflowTriggerRequest({**BODY, "recipients": [f"user-{n}"], **fields})


def test_the_message_id_is_the_message(app: App) -> None:
    app.server.script += [answer(202, b'{"status": "success", "message_id": "m-1"}')]
    wanted = WorkflowTriggerRequest(dict(BODY), idempotency_key="k", tenant_id="acme", cancellation_key="c")
    assert app.run(app.connect().workflows.trigger(wanted)) == {
        "success": True,
        "status": "success",
        "status_code": 202,
        "message": "m-1",
        "raw_response": {"status": "success", "message_id": "m-1"},
    }
    (received,) = app.server.received
    assert received.target == "/trigger/"
    named = {"$idempotency_key": "k", "tenant_id": "acme", "cancellation_key": "c"}
    assert json.loads(received.body) == {**BODY, "data": {}, **named}


def test_a_refusal_says_why(app: App) -> None:
    app.server.script += [answer(404, b'{"error": {"message": "no such workflow"}}')]
    result = app.run(app.connect().workflows.trigger(request()))
    assert (result["success"], result["status_code"], result["message"]) == (False, 404, "no such workflow")


@pytest.mark.parametrize("body", [b"", b"OK", b"[]", b'{"error": null}', b'{"error": "text"}', b"<html>"])
@pytest.mark.parametrize("status", [202, 500])
def test_an_answer_of_any_form_is_a_result(app: App, body: bytes, status: int) -> None:
    app.server.script += [answer(status, body)]
    result = app.run(app.connect().workflows.trigger(request()))
    assert result["success"] is (status == 202)
    assert result["status_code"] == status


def test_no_answer_is_a_result_too(app: App) -> None:
    app.server.script += [reset]
    result = app.run(app.connect(max_retries=0).workflows.trigger(request()))
    assert (result["success"], result["status_code"], result["raw_response"]) == (False, 500, None)


ACCEPTED_RECIPIENTS = [
    "user-1",
    {"distinct_id": "user-1", "$email": "any text", "$sms": ["1"], "anything": {"else": 1}},
    {"object_type": "team", "id": "red", "$object_subscriptions_query": {"depth": 2}},
    {"is_transient": True, "$androidpush": {"token": "t", "provider": "fcm", "bundle_id": None}},
]


@pytest.mark.parametrize("recipient", ACCEPTED_RECIPIENTS)
def test_recipients_are_ids_users_and_objects(app: App, recipient: Any) -> None:
    assert app.run(app.connect().workflows.trigger(request(recipients=[recipient], actor=recipient)))["success"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"workflow": ""}, "workflow must be a string of at least 1"),
        ({"recipients": []}, "recipients must be a list of at least 1; it has 0"),
        ({"recipients": [""]}, "recipients[0] must be an id or an object"),
        ({"recipients": [{"$androidpush": "token"}]}, "recipients[0].$androidpush must be an object"),
        ({"recipients": [{"$channels": ["fax"]}]}, "recipients[0].$channels[0] must be one of"),
        ({"actor": 5}, "actor must be an id or an object"),
        ({"colour": "red"}, "has the unknown key 'colour'"),
        ({"cancellation_key": "k" * 256}, "cancellation_key must be a string or null of at most 255"),
        ({"metadata": []}, "metadata must be an object"),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused(app: App, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SuprsendValidationError) as raised:
        app.run(app.connect().workflows.trigger(request(**fields)))
    assert message in raised.value.message
    assert app.server.received == []


def test_what_is_no_request_is_refused(app: App) -> None:
    with pytest.raises(InputValueError):
        app.run(app.connect().workflows.trigger(BODY))  # type: ignore[arg-type]  # the mistake that is meant
    with pytest.raises(InputValueError):
        WorkflowTriggerRequest("purchase")  # type: ignore[arg-type]  # the mistake that is meant


def test_each_record_of_a_bulk_call_is_answered_by_itself(app: App) -> None:
    told = {
        "status": "partial",
        "records": [
            {"status": "success", "status_code": 202, "message_id": "m"},
            {"status": "error", "status_code": 422, "error": {"type": "x", "message": "no template"}},
            {"status": "error", "error": None},
        ],
    }
    app.server.script += [answer(207, json.dumps(told).encode())]
    bulk = app.connect().workflows.bulk_trigger_instance()
    bulk.append(request(1), request(2), request(workflow=""), request(3), request(4))
    response = app.run(bulk.trigger())
    assert (response.status, response.total, response.success, response.failure) == ("partial", 5, 1, 4)
    invalid, *refused = response.failed_records
    assert (invalid["record"]["workflow"], invalid["code"]) == ("", 500)
    assert "workflow must be a string of at least 1" in invalid["error"]
    assert [(record["record"]["recipients"], record["error"], record["code"]) for record in refused] == [
        (["user-2"], "no template", 422),
        (["user-3"], "refused without a reason", 207),
        (["user-4"], "the answer says nothing of this record", 207),
    ]


@pytest.mark.parametrize("body", [b"OK", b"[]", b"{}", b'{"records": null}'])
def test_a_success_that_names_no_records_accepts_them_all(app: App, body: bytes) -> None:
    app.server.script += [answer(202, body)]
    bulk = app.connect().workflows.bulk_trigger_instance()
    bulk.append(request(1), request(2))
    assert app.run(bulk.trigger()).success == 2


def test_a_bulk_call_that_is_refused_fails_every_record(app: App) -> None:
    app.server.script += [answer(401, b"who are you?", content_type="text/plain")]
    bulk = app.connect().workflows.bulk_trigger_instance()
    bulk.append(request(1), request(2))
    response = app.run(bulk.trigger())
    assert [(record["error"], record["code"]) for record in response.failed_records] == [("who are you?", 401)] * 2
