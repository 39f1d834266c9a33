"""Clients that send an API key instead of signing, and clients that name their app or make idempotency keys."""

from __future__ import annotations

import json
import re

import pytest
from suprsend import AsyncSuprsend, Event, Suprsend, SuprsendConfigError, Workflow, WorkflowTriggerRequest
from suprsend.testing import RecordingTransport, reply

from sdk.tests.conftest import App
from sdk.tests.local_server import reset

UID = "ws_uid_0123456789abcdefgh"
BODY = {"name": "wf", "template": "tp", "notification_category": "system", "users": [{"distinct_id": "u1"}]}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_an_api_key_stands_for_the_signature_and_the_uid_for_the_key(app: App) -> None:
    build = Suprsend if app.kind == "sync" else AsyncSuprsend
    client = build.with_workspace_api_key(UID, "SS.secret", base_url=app.server.origin)
    app.clients.append(client)
    assert app.run(client.trigger_workflow(Workflow(dict(BODY))))["success"]
    assert app.run(client.track_event(Event("u1", "PING")))["success"]
    user = client.user.get_instance("u1")
    user.add_email("ada@example.com")
    assert app.run(user.save())["success"]
    app.run(client.tenants.list())
    assert [received.target for received in app.server.received] == [
        f"/{UID}/trigger/",
        "/event/",
        "/event/",
        "/v1/tenant/?limit=20&offset=0",
    ]
    for received in app.server.received:
        assert received.headers["authorization"] == "Bearer SS.secret"
        assert "date" not in received.headers
    assert json.loads(app.server.received[1].body)["env"] == UID
    assert json.loads(app.server.received[2].body)["env"] == UID
    assert (client.workspace_uid, client.workspace_key, client.workspace_secret) == (UID, None, None)
    assert "SS.secret" not in repr(client) + repr(client.settings)


@pytest.mark.parametrize(
    ("uid", "key", "message"),
    [("", "k", "Missing workspace_uid"), ("u", "", "Missing api_key"), ("u", "k\n", "api_key must be printable")],
)
def test_a_malformed_credential_is_named(uid: str, key: str, message: str) -> None:
    with pytest.raises(SuprsendConfigError, match=message):
        Suprsend.with_workspace_api_key(uid, key)


def test_the_app_is_named_in_the_user_agent(app: App) -> None:
    client = app.connect(app_info={"name": "shop", "version": "7"})
    assert app.run(client.track("u1", "PING"))["success"]
    (received,) = app.server.received
    assert re.fullmatch(r"suprsend/\S+;python/\S+ \(shop/7\)", received.headers["user-agent"])
    assert json.loads(received.body)["properties"]["$ss_sdk_version"] == received.headers["user-agent"]
    assert Suprsend("k", "s", app_info={"name": "shop"}).user_agent.endswith(" (shop)")


def test_every_trigger_gets_a_key_of_its_own_if_asked_and_keeps_one_it_has() -> None:
    transport = RecordingTransport(*[reply(202)] * 9)
    client = Suprsend("key", "secret", auto_idempotency=True, transport=transport)
    workflow = Workflow(dict(BODY))
    client.trigger_workflow(workflow)
    client.trigger_workflow(workflow)
    client.trigger_workflow(Workflow(dict(BODY), idempotency_key="mine"))
    client.workflows.trigger(WorkflowTriggerRequest({"workflow": "w", "recipients": ["u1"]}))
    bulk = client.bulk_workflows.new_instance()
    bulk.append(workflow, workflow)
    bulk.trigger()
    *single, many = transport.bodies
    keys = [body["$idempotency_key"] for body in [*single, *many]]
    assert keys[2] == "mine"
    assert len(set(keys)) == 6
    assert all(UUID.fullmatch(key) for key in keys if key != "mine")
    assert workflow.body == BODY


def test_no_key_is_made_unless_asked() -> None:
    transport = RecordingTransport()
    Suprsend("key", "secret", transport=transport).trigger_workflow(Workflow(dict(BODY)))
    assert "$idempotency_key" not in transport.bodies[0]


def test_a_trigger_with_a_key_made_here_is_repeated_under_that_key(app: App) -> None:
    app.server.script += [reset]
    client = app.connect(auto_idempotency=True)
    assert app.run(client.trigger_workflow(Workflow(dict(BODY))))["success"]
    first, second = (json.loads(received.body)["$idempotency_key"] for received in app.server.received)
    assert first == second
