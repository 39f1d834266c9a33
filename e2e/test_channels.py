"""Each channel from end to end: what is triggered reaches the stand-in as the template says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from suprsend import Suprsend, Workflow

from e2e.running import Access, are_ended, run, until

HTML = '<p>Your code is {{code}}, for <a href="https://shop.example.com/orders?a=1&amp;b=2">your order</a></p>'
CONTENT: dict[str, dict[str, Any]] = {
    "email": {"subject": "Hello {{name}}", "body": {"type": "raw", "raw": {"html": HTML}}},
    "sms": {"body": "{{name}}, your code is {{code}}"},
    "whatsapp": {"header": {"format": "TEXT", "text": "Hello {{name}}"}, "body": {"text": "Your code is {{code}}"}},
    "androidpush": {"header": "Hello {{name}}", "body": "Your code is {{code}}"},
    "iospush": {"header": "Hello {{name}}", "body": "Your code is {{code}}"},
    "webpush": {"header": "Hello {{name}}", "body": "Your code is {{code}}"},
    "slack": {"body_type": "text", "body_text": "Hello {{name}}, your code is {{code}}"},
    "ms_teams": {"body_type": "text", "body_text": "Hello {{name}}, your code is {{code}}"},
    "inbox": {"header": "Hello {{name}}", "body": "Your code is {{code}}"},
}
SLUG = "every-channel"
# The channels whose first vendor in development reports deliveries.
REPORTING = ["sms", "whatsapp"]
# The vendors of texts that report, in the order in which they are tried.
TEXT_VENDORS = ["twilio", "vonage", "plivo", "msg91"]
# The kinds of device tokens beside Firebase's; their vendors report too.
PROVIDERS = ["xiaomi", "oppo"]


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


def addresses(hub: Access) -> dict[str, Any]:
    """Somebody new, who can be reached on every channel; the browser asks its push service for a subscription."""
    person = uuid4().hex
    number = int(person[:8], 16) % 10_000_000
    return {
        "distinct_id": person,
        "$email": f"{person}@example.com",
        "$sms": f"+1500{number:07d}",
        "$whatsapp": f"+1501{number:07d}",
        "$androidpush": person,
        "$iospush": person,
        "$slack": {"access_token": "xoxb-1", "email": f"{person}@example.com"},
        "$ms_teams": hub.get(f"/dev/ms_teams/{person}/")["person"],
        "$webpush": hub.get(f"/dev/browser/{person}/"),
    }


def recipient_of(person: dict[str, Any], channel: str) -> str:
    """How the stand-in of a channel knows somebody."""
    address = person[f"${channel}"]
    if channel == "slack":
        return f"U{person['distinct_id'].upper()}"
    return address if isinstance(address, str) else str(person["distinct_id"])


def trigger(hub: Access, template: str, person: dict[str, Any], channel: str) -> None:
    """Send somebody a code on one channel."""
    body = {
        "name": "Log in",
        "template": template,
        "notification_category": "system",
        "users": [{**person, "$channels": [channel]}],
        "data": {"name": "Ada", "code": 123456},
    }
    with Suprsend(hub.workspace_key, hub.workspace_secret, base_url=hub.base_url) as client:
        assert client.trigger_workflow(Workflow(body))["success"]


def message_to(hub: Access, person: dict[str, Any], channel: str) -> dict[str, Any]:
    """The one message to somebody on a channel, once nothing is left to do for it."""
    wanted = {"recipient_id[]": person["distinct_id"], "channel": channel}
    [message] = until(lambda: hub.get("/v1/message/", **wanted)["results"], are_ended)
    return dict(message)


def behave(hub: Access, address: str, **behaviour: Any) -> None:
    """Let the vendors treat an address so."""
    told = {"address": address, "behaviour": behaviour}
    assert hub.request("POST", "/dev/behaviour/", json=told).status == 200


def report(hub: Access, recipient: str, happening: str, vendor: str | None = None) -> None:
    """Let a vendor, or the one that has it, report on its newest message for an address."""
    told = {"recipient": recipient, "happening": happening, "vendor": vendor}
    answer = hub.request("POST", "/dev/reports/", json=told)
    assert (answer.status, answer.json()["status"]) == (200, 200), answer.data


@pytest.mark.parametrize("channel", [each for each in CONTENT if each != "inbox"])
def test_a_message_reaches_its_vendor_as_the_template_says(hub: Access, template: str, channel: str) -> None:
    person = addresses(hub)
    trigger(hub, template, person, channel)
    recipient = recipient_of(person, channel)
    [received] = hub.outbox(recipient=recipient, channel=channel)
    assert "123456" in json.dumps(received["content"])
    assert "Ada" in received["title"]
    message = message_to(hub, person, channel)
    assert (message["status"], message["vendor"]["name"]) == ("sent_by_vendor", received["vendor"])


def test_a_message_reaches_a_channel_of_teams_by_its_webhook(hub: Access, template: str) -> None:
    person = addresses(hub)
    person["$ms_teams"] = hub.get(f"/dev/ms_teams/{person['distinct_id']}/")["webhook"]
    trigger(hub, template, person, "ms_teams")
    [received] = hub.outbox(recipient=recipient_of(person, "ms_teams"), channel="ms_teams")
    assert received["content"]["text"] == "Hello Ada, your code is 123456"
    [card] = received["content"]["cards"]
    assert card["type"] == "AdaptiveCard"
    assert message_to(hub, person, "ms_teams")["status"] == "sent_by_vendor"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_device_is_reached_through_its_own_makers_service_which_reports(
    hub: Access, template: str, provider: str
) -> None:
    person = addresses(hub)
    token = f"{provider}-{person['distinct_id']}"
    person["$androidpush"] = {"token": token, "provider": provider}
    trigger(hub, template, person, "androidpush")
    [received] = hub.outbox(recipient=token, channel="androidpush")
    assert (received["vendor"], received["content"]["text"]) == (provider, "Your code is 123456")
    message = message_to(hub, person, "androidpush")
    assert (message["status"], message["vendor"]["name"]) == ("sent_by_vendor", provider)
    report(hub, token, "delivered")
    assert message_to(hub, person, "androidpush")["status"] == "delivered"


def test_a_device_that_its_maker_reports_gone_is_left_alone(hub: Access, template: str) -> None:
    person = addresses(hub)
    token = f"xiaomi-{person['distinct_id']}"
    person["$androidpush"] = {"token": token, "provider": "xiaomi"}
    trigger(hub, template, person, "androidpush")
    message_to(hub, person, "androidpush")
    report(hub, token, "failed")
    message = message_to(hub, person, "androidpush")
    assert (message["status"], message["failure_code"]) == ("delivery_failure", "unregistered")
    trigger(hub, template, person, "androidpush")
    wanted = {"recipient_id[]": person["distinct_id"], "channel": "androidpush"}
    found = until(lambda: hub.get("/v1/message/", **wanted)["results"], lambda each: len(each) == 2 and are_ended(each))
    assert sorted(each["status"] for each in found) == ["delivery_failure", "not_to_be_triggered"]
    assert len(hub.outbox(recipient=token)) == 1


def test_a_number_that_every_vendor_refuses_is_a_failure_with_the_last_reason(hub: Access, template: str) -> None:
    person = addresses(hub)
    behave(hub, person["$sms"], type="refuse")
    trigger(hub, template, person, "sms")
    message = message_to(hub, person, "sms")
    assert (message["status"], message["failure_code"]) == ("delivery_failure", "address")
    assert message["vendor"]["name"] == "sns"
    assert f"{person['$sms']} is not valid to publish to" in message["failure_reason"]


@pytest.mark.parametrize("channel", REPORTING)
def test_what_the_vendor_reports_becomes_the_state_of_the_message(hub: Access, template: str, channel: str) -> None:
    person = addresses(hub)
    trigger(hub, template, person, channel)
    hub.outbox(recipient=recipient_of(person, channel), channel=channel)
    assert message_to(hub, person, channel)["status"] == "sent_by_vendor"
    # Vendors tell the same thing more than once.
    for _ in range(2):
        report(hub, recipient_of(person, channel), "delivered")
    message = message_to(hub, person, channel)
    assert (message["status"], message["attempts"]) == ("delivered", 1)
    assert message["delivered_at"] is not None


def test_a_whatsapp_message_that_was_read_is_seen(hub: Access, template: str) -> None:
    person = addresses(hub)
    trigger(hub, template, person, "whatsapp")
    [received] = hub.outbox(recipient=person["$whatsapp"], channel="whatsapp")
    assert received["content"]["text"] == "Hello Ada\n\nYour code is 123456"
    assert message_to(hub, person, "whatsapp")["status"] == "sent_by_vendor"
    # WhatsApp tells in any order.
    for happening in ("seen", "delivered"):
        report(hub, person["$whatsapp"], happening)
    message = message_to(hub, person, "whatsapp")
    assert message["status"] == "seen"
    assert message["seen_at"] is not None
    assert message["delivered_at"] is not None


def test_a_number_without_whatsapp_is_tried_once(hub: Access, template: str) -> None:
    person = addresses(hub)
    trigger(hub, template, person, "whatsapp")
    assert message_to(hub, person, "whatsapp")["status"] == "sent_by_vendor"
    report(hub, person["$whatsapp"], "failed")
    message = message_to(hub, person, "whatsapp")
    assert (message["status"], message["failure_code"]) == ("delivery_failure", "address")
    assert message["vendor"]["name"] == "whatsapp_cloud"
    trigger(hub, template, person, "whatsapp")
    wanted = {"recipient_id[]": person["distinct_id"], "channel": "whatsapp"}
    both = until(lambda: hub.get("/v1/message/", **wanted)["results"], lambda found: len(found) == 2)
    assert {each["failure_code"] for each in both} == {"address", "address_suppressed"}


@pytest.mark.parametrize("vendor", TEXT_VENDORS)
@pytest.mark.parametrize(("happening", "state"), [("delivered", "delivered"), ("failed", "sent_by_vendor")])
def test_what_each_vendor_of_texts_reports_is_heard(
    hub: Access, template: str, vendor: str, happening: str, state: str
) -> None:
    person = addresses(hub)
    before = TEXT_VENDORS.index(vendor)
    if before:
        behave(hub, person["$sms"], type="fail", times=before)
    trigger(hub, template, person, "sms")
    assert message_to(hub, person, "sms")["vendor"]["name"] == vendor
    report(hub, person["$sms"], happening, vendor)
    # What one could not deliver is the turn of the first that has not had it.
    carrier = vendor if happening == "delivered" else next(each for each in TEXT_VENDORS if each != vendor)
    message = until(
        lambda: message_to(hub, person, "sms"),
        lambda found: (found["vendor"]["name"], found["status"]) == (carrier, state),
    )
    assert message["failure_code"] is None


def test_a_reported_failure_is_the_next_vendors_turn(hub: Access, template: str) -> None:
    person = addresses(hub)
    trigger(hub, template, person, "sms")
    assert message_to(hub, person, "sms")["vendor"]["name"] == "twilio"
    report(hub, person["$sms"], "failed")
    newest, first = hub.outbox(at_least=2, recipient=person["$sms"])
    assert (first["vendor"], newest["vendor"]) == ("twilio", "vonage")
    assert newest["content"] | {"from": ""} == first["content"] | {"from": ""}
    message = until(lambda: message_to(hub, person, "sms"), lambda found: found["vendor"]["name"] == "vonage")
    assert (message["status"], message["failure_code"]) == ("sent_by_vendor", None)
