"""The official client tells its caller what is wrong with a payload; nothing of it is sent."""

import json
import subprocess
from typing import Any
from uuid import uuid4

from e2e.official import official_python
from e2e.running import Access

SCHEMA = {"type": "object", "required": ["total"], "properties": {"total": {"type": "number"}}}
# One trigger, a bulk of a wrong and a right one, and an event, each told of as the client tells it.
PROGRAM = """
import json, sys
from suprsend import Event, Suprsend, WorkflowTriggerRequest

hub, slug, person = json.load(sys.stdin)
client = Suprsend(hub["key"], hub["secret"], base_url=hub["base_url"])

def request(data):
    return WorkflowTriggerRequest(body={"workflow": slug, "recipients": [person], "data": data})

bulk = client.workflows.bulk_trigger_instance()
bulk.append(request({}), request({"total": 3}))
told = bulk.trigger()
event = client.track_event(Event(person, slug.upper(), {"total": "much"}))
print(json.dumps({
    "one": dict(client.workflows.trigger(request({"total": "much"}))),
    "bulk": [told.success, told.failure, [each["error"] for each in told.failed_records]],
    "event": dict(event),
}))
"""


def test_the_official_client_tells_what_does_not_fit_a_schema(hub: Access) -> None:
    slug = f"order-{uuid4().hex[:12]}"
    manage(hub, f"schema/{slug}/?commit=true", {"json_schema": SCHEMA})
    link = {"schema": slug}
    manage(hub, "bulk/event/", {"events": [{"name": slug.upper(), "payload_schema": link}]})
    nodes = [{"node_type": "send_inbox", "properties": {"template": "purchase-made"}}]
    definition = {"name": slug, "category": "system", "trigger_type": "api", "tree": {"nodes": nodes}}
    saved = manage(hub, f"workflow/{slug}/?commit=true", {**definition, "payload_schema": link})
    assert saved["validation_result"]["is_valid"], saved
    told = run(hub, slug, f"user-{slug}")
    said = "total: 'much' is not of type \"number\""
    assert (told["one"]["success"], told["one"]["status_code"]) == (False, 400)
    assert f"data.{said}" in told["one"]["message"]
    assert told["bulk"] == [1, 1, ["data.total: is required"]]
    assert (told["event"]["success"], told["event"]["status_code"]) == (False, 400)
    assert f"properties.{said}" in told["event"]["message"]
    # The right one of the bulk, and nothing else.
    assert [each["status"] for each in hub.messages(recipient_id=f"user-{slug}")] == ["sent_by_vendor"]


def manage(hub: Access, path: str, document: dict[str, Any]) -> Any:
    """What the management API answers."""
    answer = hub.manage("POST", f"/v1/{hub.workspace}/{path}", body=json.dumps(document))
    assert answer.status == 200, answer.data
    return answer.json()


def run(hub: Access, slug: str, person: str) -> Any:
    """What the program prints."""
    access = {"key": hub.workspace_key, "secret": hub.workspace_secret, "base_url": hub.base_url}
    done = subprocess.run(
        [official_python("0.20.0"), "-c", PROGRAM],
        input=json.dumps([access, slug, person]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
