"""Each channel from end to end: what is triggered reaches the stand-in as the template says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from suprsend import Suprsend, Workflow

from e2e.running import Access, are_ended, run, until

CONTENT: dict[str, dict[str, Any]] = {
    "email": {"subject": "Hello {{name}}", "body": {"type": "raw", "raw": {"html": "<p>Your code is {{code}}</p>"}}},
    "sms": {"body": "{{name}}, your code is {{code}}"},
    "androidpush": {"header": "Hello {{name}}", "body": "Your code is {{code}}"},
    "inbox": {"header": "Hello {{name}}", "body": "Your code is {{code}}"},
}
SLUG = "every-channel"


@pytest.fixture(scope="module")
def template(hub: Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A template with a variant for every channel."""
    folder = tmp_path_factory.mktemp("templates")
    for channel, content in CONTENT.items():
        variant = folder / SLUG / channel / "default" / "variant.json"
        variant.parent.mkdir(parents=True)
        variant.write_text(json.dumps({"content": content}))
    (folder / SLUG / "template.json").write_text(json.dumps({"name": "Every channel"}))
    environment = {"HUB_URL": hub.base_url, "HUB_SERVICE_TOKEN": hub.service_token}
    done = run("template", "push", Path(folder), "-w", "demo", environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    yield SLUG
    hub.request("DELETE", f"/v2/demo/template/{SLUG}/")


def addresses() -> dict[str, Any]:
    """Somebody new, who can be reached on every channel."""
    person = uuid4().hex
    number = f"+1500{int(person[:8], 16) % 10_000_000:07d}"
    return {"distinct_id": person, "$email": f"{person}@example.com", "$sms": number, "$androidpush": person}


@pytest.mark.parametrize("channel", [each for each in CONTENT if each != "inbox"])
def test_a_message_reaches_its_vendor_as_the_template_says(hub: Access, template: str, channel: str) -> None:
    person = addresses()
    body = {
        "name": "Log in",
        "template": template,
        "notification_category": "system",
        "users": [{**person, "$channels": [channel]}],
        "data": {"name": "Ada", "code": 123456},
    }
    with Suprsend(hub.workspace_key, hub.workspace_secret, base_url=hub.base_url) as client:
        assert client.trigger_workflow(Workflow(body))["success"]
    recipient = person[f"${channel}"]
    [received] = hub.outbox(recipient=recipient, channel=channel)
    assert "123456" in json.dumps(received["content"])
    assert "Ada" in received["title"]
    [message] = until(
        lambda: hub.get("/v1/message/", **{"recipient_id[]": person["distinct_id"], "channel": channel})["results"],
        are_ended,
    )
    assert (message["status"], message["vendor"]["name"]) == ("sent_by_vendor", received["vendor"])


def test_a_number_that_every_vendor_refuses_is_a_failure_with_the_last_reason(hub: Access, template: str) -> None:
    person = addresses()
    refuse = {"address": person["$sms"], "behaviour": {"type": "refuse"}}
    assert hub.request("POST", "/dev/behaviour/", json=refuse).status == 200
    body = {
        "name": "Log in",
        "template": template,
        "notification_category": "system",
        "users": [{**person, "$channels": ["sms"]}],
    }
    with Suprsend(hub.workspace_key, hub.workspace_secret, base_url=hub.base_url) as client:
        assert client.trigger_workflow(Workflow(body))["success"]
    [message] = hub.messages(**{"recipient_id[]": person["distinct_id"], "channel": "sms"})
    assert (message["status"], message["failure_code"]) == ("delivery_failure", "address")
    assert message["vendor"]["name"] == "plivo"
    assert f"{person['$sms']} is not a valid dst" in message["failure_reason"]
