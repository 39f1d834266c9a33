"""The preference centre from end to end: a link in a message, a click on its page, and what is not sent any more."""

import json
import re
from pathlib import Path
from uuid import uuid4

import urllib3
from suprsend import Suprsend, Workflow

from e2e.running import Access, run, until

TEXT = "Choose what you get: {{$hosted_preference_url}}"


def push_template(hub: Access, folder: Path, slug: str) -> None:
    """A template of which the text message has the link."""
    variant = folder / slug / "sms" / "default" / "variant.json"
    variant.parent.mkdir(parents=True)
    variant.write_text(json.dumps({"content": {"body": TEXT}}))
    (folder / slug / "template.json").write_text(json.dumps({"name": slug}))
    environment = {"HUB_URL": hub.base_url, "HUB_SERVICE_TOKEN": hub.service_token}
    done = run("template", "push", folder, "-w", "demo", environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_who_opts_out_on_the_page_gets_no_more_and_why_says_so(hub: Access, tmp_path: Path) -> None:
    person = uuid4().hex
    push_template(hub, tmp_path, person)
    phone = f"+1502{int(person[:8], 16) % 10_000_000:07d}"
    body = {
        "name": "Offer",
        "template": person,
        "notification_category": "promotional",
        "users": [{"distinct_id": person, "$sms": [phone]}],
    }

    def trigger() -> None:
        with Suprsend(hub.workspace_key, hub.workspace_secret, base_url=hub.base_url) as client:
            assert client.trigger_workflow(Workflow(body, idempotency_key=uuid4().hex))["success"]

    trigger()
    [received] = hub.outbox(recipient=phone)
    found = re.search(r"https?://\S+/preferences/\S+/", received["content"]["text"])
    assert found
    page = urllib3.request("GET", found[0])
    assert (page.status, b"Promotional" in page.data) == (200, True)
    # The form as a browser without a script sends it, its switch off.
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    saved = urllib3.request(
        "POST", f"{found[0]}categories/promotional/", body=b"shown=sms", headers=form, redirect=False
    )
    assert (saved.status, saved.headers["Location"].endswith("/?saved")) == (303, True)
    trigger()
    [left] = until(lambda: hub.get("/v1/message/", status="not_to_be_triggered", recipient_id=person)["results"], bool)
    assert left["failure_code"] == "category_opted_out"
    told = hub.get(f"/v1/message/{left['message_id']}/why/")
    assert "the user opted out of this category" in json.dumps(told)
    assert len(hub.outbox(recipient=phone)) == 1
