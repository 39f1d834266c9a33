"""Our SDK, sync and async, against a running hub: what is triggered arrives."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import uuid4

import pytest
from suprsend import AsyncSuprsend, Event, Suprsend, SuprsendAPIException, Workflow

from e2e.running import Access


class Caller:
    """Calls either client alike."""

    def __init__(self, kind: str, hub: Access) -> None:
        self.runner = asyncio.Runner()
        build = Suprsend if kind == "sync" else AsyncSuprsend
        self.client: Any = build(hub.workspace_key, hub.workspace_secret, base_url=hub.base_url)

    def run(self, value: Any) -> Any:
        """The value of a call, awaited where it has to be."""
        return self.runner.run(value) if isinstance(value, Coroutine) else value

    def close(self) -> None:
        """Close the client."""
        self.run(self.client.close())
        self.runner.close()


@pytest.fixture(params=["sync", "async"])
def caller(request: pytest.FixtureRequest, hub: Access) -> Any:
    """Each client in turn."""
    caller = Caller(request.param, hub)
    yield caller
    caller.close()


def purchase(distinct_id: str, **changes: Any) -> dict[str, Any]:
    """The body of a trigger."""
    return {
        "name": "Purchase Workflow",
        "template": "purchase-made",
        "notification_category": "transactional",
        "users": [{"distinct_id": distinct_id}],
        "data": {"first_name": "Ada", "invoice_id": "I-1"},
        **changes,
    }


def save_person(caller: Caller) -> tuple[str, str]:
    """A person with a mailbox and a phone; the id and the mail address."""
    distinct_id = f"user-{uuid4().hex}"
    user = caller.client.user.get_instance(distinct_id)
    user.add_email(f"{distinct_id}@example.com")
    user.add_androidpush(f"token-{distinct_id}")
    assert caller.run(user.save())["success"]
    return distinct_id, f"{distinct_id}@example.com"


def test_a_trigger_reaches_mail_phone_and_inbox(caller: Caller, hub: Access) -> None:
    distinct_id, address = save_person(caller)
    result = caller.run(caller.client.trigger_workflow(Workflow(purchase(distinct_id), idempotency_key=distinct_id)))
    assert (result["success"], result["status_code"]) == (True, 202)
    messages = hub.messages(idempotency_key=distinct_id)
    assert {each["channel"]: each["status"] for each in messages} == dict.fromkeys(
        ("email", "androidpush", "inbox"), "sent_by_vendor"
    )
    [mail] = hub.outbox(recipient=address)
    assert mail["title"] == "Your order I-1 is confirmed"
    assert mail["message_id"] in {each["message_id"] for each in messages}
    [push] = hub.outbox(recipient=f"token-{distinct_id}", channel="androidpush")
    assert push["title"] == "Your order is confirmed"
    [notification] = hub.get("/v1/feed/notifications", distinct_id=distinct_id)["results"]
    assert notification["message"]["header"] == "Your order is confirmed"


def test_the_same_trigger_twice_is_sent_once(caller: Caller, hub: Access) -> None:
    distinct_id, address = save_person(caller)
    for _ in range(2):
        workflow = Workflow(purchase(distinct_id), idempotency_key=distinct_id)
        assert caller.run(caller.client.trigger_workflow(workflow))["success"]
    assert len(hub.messages(idempotency_key=distinct_id)) == 3
    assert len(hub.outbox(recipient=address)) == 1


def test_bulk_triggers_reach_everybody(caller: Caller, hub: Access) -> None:
    bulk = caller.client.bulk_workflows.new_instance()
    people = [f"bulk-{uuid4().hex}" for _ in range(250)]
    for person in people:
        bulk.append(Workflow(purchase(person, users=[{"distinct_id": person, "$email": [f"{person}@example.com"]}])))
    response = caller.run(bulk.trigger())
    assert (response.total, response.success) == (250, 250)
    for person in people[::50]:
        assert len(hub.outbox(recipient=f"{person}@example.com")) == 1


def test_events_are_taken(caller: Caller, hub: Access) -> None:
    distinct_id, _ = save_person(caller)
    assert caller.run(caller.client.track_event(Event(distinct_id, "ORDER_PLACED", {"amount": 10})))["success"]
    assert caller.run(caller.client.track(distinct_id, "ORDER_PAID"))["success"]


def test_a_tenant_is_written_read_listed_and_deleted(caller: Caller) -> None:
    tenants, brands, tenant_id = caller.client.tenants, caller.client.brands, f"t-{uuid4().hex}"
    payload = {"tenant_name": "Acme", "primary_color": "#ff8800", "properties": {"city": "Turin"}}
    written = caller.run(tenants.upsert(tenant_id, payload))
    assert written.items() >= {"tenant_id": tenant_id, **payload}.items()
    caller.run(brands.upsert(tenant_id, {"brand_name": "Acme & Sons", "properties": {"seats": 4}}))
    read = caller.run(tenants.get(tenant_id))
    assert (read["tenant_name"], read["properties"]) == ("Acme & Sons", {"city": "Turin", "seats": 4})
    assert caller.run(brands.get(tenant_id))["brand_id"] == tenant_id
    first = caller.run(tenants.list(limit=1))
    assert (first["meta"]["limit"], first["results"][0]["tenant_id"]) == (1, "default")
    assert tenant_id in {each["brand_id"] for each in caller.run(brands.list(limit=1000))["results"]}
    assert caller.run(tenants.delete(tenant_id)) == {"success": True, "status_code": 204}
    with pytest.raises(SuprsendAPIException, match=tenant_id):
        caller.run(tenants.get(tenant_id))


def test_what_a_tenant_blocked_is_not_sent_for_it(caller: Caller, hub: Access) -> None:
    tenant_id, (distinct_id, _) = f"t-{uuid4().hex}", save_person(caller)
    caller.run(caller.client.tenants.upsert(tenant_id, {"tenant_name": "Acme", "blocked_channels": ["email"]}))
    body = purchase(distinct_id)
    for workflow in (Workflow(body, distinct_id, tenant_id), Workflow(body, f"{distinct_id}-2")):
        assert caller.run(caller.client.trigger_workflow(workflow))["success"]
    assert {each["channel"] for each in hub.messages(idempotency_key=distinct_id)} == {"androidpush", "inbox"}
    assert len(hub.messages(idempotency_key=f"{distinct_id}-2")) == 3


def test_what_the_hub_refuses_is_named(caller: Caller) -> None:
    result = caller.run(caller.client.trigger_workflow(Workflow(purchase("u1", template="no-such-template"))))
    assert (result["success"], result["status_code"]) == (False, 400)
    assert "no-such-template" in result["message"]
