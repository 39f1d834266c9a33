"""Webhooks as a user meets them: an endpoint is added by a command, and hears what becomes of a real trigger."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from suprsend import Suprsend, Workflow

from e2e.endpoint import Endpoint, an_endpoint
from e2e.running import Access, Deployment, development_hub, until

STATES = ("triggered", "sent_by_vendor", "delivered", "seen", "clicked")


@pytest.fixture
def deployment(deployment: Deployment) -> Deployment:
    """A database whose endpoints may be on this machine."""
    return replace(deployment, environment={**deployment.environment, "HUB_PRIVATE_URLS": "true"})


def add(deployment: Deployment, endpoint: Endpoint, *options: object) -> tuple[str, str]:
    """Add an endpoint to the workspace of the development hub; its id and its secret."""
    words = deployment.run("webhook", "add", endpoint.url, "-w", "demo", *options).split()
    return words[words.index("webhook") + 1], words[words.index("secret") + 1]


def trigger(hub: Access) -> str:
    """Put something into somebody's inbox; the message's id."""
    body = {
        "name": "Purchase Workflow",
        "template": "purchase-made",
        "notification_category": "transactional",
        "users": [{"distinct_id": "u1", "$channels": ["inbox"]}],
        "data": {"first_name": "Ada", "invoice_id": "Invoice-1234"},
    }
    with Suprsend(hub.workspace_key, hub.workspace_secret, base_url=hub.base_url) as client:
        assert client.trigger_workflow(Workflow(body, idempotency_key="order-1"))["success"]
    [message] = hub.messages(idempotency_key="order-1")
    return str(message["message_id"])


def read_it(hub: Access, message_id: str) -> None:
    """What the person's app tells: everything twice, and the last first."""
    with Suprsend(hub.workspace_key, hub.workspace_secret, base_url=hub.base_url) as client:
        for name in ("$notification_clicked", "$notification_delivered") * 2:
            assert client.track("u1", name, {"id": message_id})["success"]
    path = "/v1/feed/bulk/notifications/seen?distinct_id=u1"
    assert hub.request("POST", path, json={"notification_ids": [message_id]}).status in (200, 202)


def test_an_endpoint_hears_each_state_of_a_real_message_once(deployment: Deployment, tmp_path: Path) -> None:
    with (
        an_endpoint() as endpoint,
        development_hub(tmp_path, environment=deployment.environment) as (_, hub, _ready),
    ):
        webhook, secret = add(deployment, endpoint, "--channel", "inbox", "--header", "X-Shop=1", "--rate", 50)
        # The first thing that it is told, it does not take.
        endpoint.statuses.append(503)
        message_id = trigger(hub)
        read_it(hub, message_id)
        until(lambda: len(endpoint.requests), lambda count: count == len(STATES) + 1)
        told = endpoint.told(secret)
        assert set(Counter(each["suprsend_status"]["status"] for each in told)) == set(STATES)
        assert len({headers["webhook-id"] for headers, _ in endpoint.requests}) == len(STATES)
        for each in told:
            assert (each["channel"], each["channel_value"], each["template"]) == ("inbox", "u1", "purchase-made")
            assert (each["reference"]["supr_nid"], each["reference"]["idempotency_key"]) == (message_id, "order-1")
            assert each["reference"]["workspace_uid"] == hub.workspace_uid
        assert all(headers["x-shop"] == "1" for headers, _ in endpoint.requests)
        listed = until(
            lambda: deployment.run("webhook", "deliveries", "-w", "demo", "--webhook", webhook),
            lambda printed: printed.count("delivered") >= len(STATES),
        )
        assert all(state in listed for state in STATES)
        first = endpoint.requests[0][0]["webhook-id"]
        assert "1 to be told again" in deployment.run("webhook", "replay", first, "-w", "demo")
        until(lambda: Counter(headers["webhook-id"] for headers, _ in endpoint.requests)[first], lambda n: n == 3)


def test_webhooks_are_added_tried_listed_and_removed(deployment: Deployment) -> None:
    deployment.run("migrate")
    deployment.create_workspace("demo", "")
    with an_endpoint() as endpoint:
        webhook, secret = add(deployment, endpoint, "--state", "seen", "--header", "Authorization=Bearer hush-hush")
        assert "accepted" in deployment.run("webhook", "test", webhook, "-w", "demo")
        [told] = endpoint.told(secret)
        assert (told["suprsend_status"]["status"], told["workflow_name"]) == ("seen", "A test from your hub")
        endpoint.statuses.append(500)
        assert "HTTP 500" in deployment.refused("webhook", "test", webhook, "-w", "demo")
        renewed = deployment.run("webhook", "rotate", webhook, "-w", "demo").split()[1]
        endpoint.requests.clear()
        assert "accepted" in deployment.run("webhook", "test", webhook, "-w", "demo")
        # Both secrets sign for a while.
        assert len(endpoint.told(renewed)) == len(endpoint.told(secret)) == 1
    listed = deployment.run("webhook", "list", "-w", "demo")
    assert all(each in listed for each in (webhook, "seen", "127.0.0.1", "well"))
    assert secret not in listed
    assert "hush-hush" not in listed
    assert f"webhook {webhook} is told things again" in deployment.run("webhook", "enable", webhook, "-w", "demo")
    assert "0 to be told again" in deployment.run(
        "webhook", "replay", "--failed", "--since", "2026-01-01", "-w", "demo"
    )
    assert f"removed webhook {webhook}" in deployment.run("webhook", "remove", webhook, "-w", "demo")
    for command in ("remove", "enable", "test"):
        assert f"no webhook {webhook}" in deployment.refused("webhook", command, webhook, "-w", "demo")


def test_what_is_wrong_with_a_webhook_is_named(deployment: Deployment) -> None:
    deployment.run("migrate")
    deployment.create_workspace("demo", "")
    url = "http://127.0.0.1:1/hooks"
    refusals: dict[tuple[object, ...], str] = {
        ("ftp://example.com/",): "url: must be an http or https URL",
        (url, "--state", "lost"): "state: 'lost' is not known",
        (url, "--channel", "pigeon"): "channel: 'pigeon' is not known",
        (url, "--header", "hush"): "header: must be name=value",
        (url, "--header", "webhook-id=1"): "header: webhook-id is written by the hub itself",
    }
    for arguments, problem in refusals.items():
        assert problem in deployment.refused("webhook", "add", *arguments, "-w", "demo")
    assert "no workspace 'bakery'" in deployment.refused("webhook", "add", url, "-w", "bakery")
    assert "either a delivery's id or --failed" in deployment.refused("webhook", "replay", "-w", "demo")
    assert "since: 'soon' is not a time" in deployment.refused(
        "webhook", "replay", "--failed", "--since", "soon", "-w", "demo"
    )
    outside = replace(deployment, environment={**deployment.environment, "HUB_PRIVATE_URLS": "false"})
    assert "url: is at an address that is not public" in outside.refused("webhook", "add", url, "-w", "demo")
