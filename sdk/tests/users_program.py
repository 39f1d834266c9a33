"""A program as users write it, for type checkers: it is checked, never run."""

from __future__ import annotations

from suprsend import (
    AsyncSuprsend,
    BulkResponse,
    Event,
    SubscriberListBroadcast,
    Suprsend,
    SuprsendAPIException,
    SuprsendError,
    Workflow,
    WorkflowTriggerRequest,
)
from suprsend.testing import RecordingTransport


def announce(client: Suprsend) -> str:
    """Use the sync client."""
    workflow = Workflow({"name": "n", "template": "t", "notification_category": "system", "users": []})
    workflow.add_attachment("invoice.pdf", file_name="Invoice.pdf", ignore_if_error=True)
    if not client.trigger_workflow(workflow)["success"]:
        return "not sent"
    status: int = client.track_event(Event("u1", "PAID", {"n": 1}, idempotency_key="k"))["status_code"]
    message: str = client.track("u1", "PAID")["message"]

    user = client.user.get_instance("u1")
    user.add_email("ada@example.com")
    user.add_androidpush("token", "xiaomi")
    user.set({"plan": "pro"})
    saved: bool = user.save()["success"]

    events = client.bulk_events.new_instance()
    events.append(Event("u1", "PAID"), Event("u2", "PAID"))
    response: BulkResponse = events.trigger(progress=lambda ended, total: None)
    reasons: list[str] = [failed["error"] for failed in response.failed_records]

    try:
        count: int = client.tenants.list(limit=5)["meta"]["count"]
        cursor: str | None = client.users.list({"limit": 5})["meta"]["after"]
    except SuprsendAPIException as refusal:
        return f"{refusal.status_code} {refusal.message} {refusal.response.text}"
    except SuprsendError as fault:
        return fault.message
    client.subscriber_lists.broadcast(SubscriberListBroadcast({"list_id": "beta"}))
    triggered = client.workflows.trigger(WorkflowTriggerRequest({"workflow": "w", "recipients": ["u1"]}))
    return f"{status} {message} {saved} {reasons} {count} {cursor} {triggered['raw_response']}"


async def announce_async(client: AsyncSuprsend) -> bool:
    """Use the async client: the same names, each awaited."""
    sent: bool = (await client.trigger_workflow({"name": "n"}))["success"]
    user = client.user.get_instance("u1")
    user.add_sms("+15005550006")
    saved: bool = (await user.save())["success"]
    bulk = client.bulk_workflows.new_instance()
    bulk.append(Workflow({"name": "n"}))
    response: BulkResponse = await bulk.trigger(progress=True)
    tenants = await client.tenants.list()
    return sent and saved and response.status == "success" and tenants["meta"]["count"] > 0


def build() -> str:
    """Build clients in every way."""
    with Suprsend("key", "secret", timeout=5, max_retries=0, auto_idempotency=True) as client:
        told = announce(client)
    Suprsend.with_workspace_api_key("uid", "key", app_info={"name": "shop"}).close()
    Suprsend("key", "secret", None, True, transport=RecordingTransport(), is_uat=True)
    return told
