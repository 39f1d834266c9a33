"""The commands of a hub that is run for real: each in a process of its own, against a database of its own."""

import json
from pathlib import Path

import pytest
import suprsend_hub
from suprsend import Suprsend, Workflow

from e2e.running import Access, Deployment

TEMPLATES = Path(suprsend_hub.__file__).with_name("example_templates")
SMTP = {"host": "127.0.0.1", "port": 1, "security": "none", "from_address": "shop@example.com"}


def test_nothing_starts_while_migrations_are_pending(deployment: Deployment) -> None:
    for command in (("api", "--port", "0"), ("worker",), ("workspace", "list"), ("check",)):
        assert "Run: suprsend-hub migrate" in deployment.refused(*command)
    assert "applied:" in deployment.run("migrate")
    assert "nothing" in deployment.run("migrate")
    assert "nothing is overdue" in deployment.run("check")


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HUB_DATABASE_URL", "postgresql://127.0.0.1:1/none"), ("HUB_MASTER_KEY", "short"), ("HUB_PORT", "http")],
)
def test_a_wrong_setting_is_named(deployment: Deployment, variable: str, value: str) -> None:
    wrong = Deployment(deployment.folder, {**deployment.environment, variable: value})
    assert variable in wrong.refused("api")


def test_workspaces_are_made_listed_and_get_new_secrets(deployment: Deployment) -> None:
    deployment.run("migrate")
    with deployment.api() as (_, base_url):
        shop = deployment.create_workspace("shop", base_url)
        assert "shop" in deployment.run("workspace", "list")
        assert shop.workspace_secret not in deployment.run("workspace", "list")
        assert "shop" in deployment.refused("workspace", "create", "shop")
        renewed = deployment.run("workspace", "rotate", "shop").split()[-1]
        assert renewed != shop.workspace_secret
        for secret, accepted in ((renewed, True), (shop.workspace_secret, True), ("wrong", False)):
            with Suprsend(shop.workspace_key, secret, base_url=base_url) as client:
                assert client.track("u1", "SEEN")["success"] is accepted
        assert "no workspace 'bakery'" in deployment.refused("workspace", "rotate", "bakery")


def test_vendors_are_added_listed_tried_and_removed(deployment: Deployment, hub: Access, smtp_port: int) -> None:
    deployment.run("migrate")
    deployment.create_workspace("shop", "")
    settings = json.dumps(SMTP | {"port": smtp_port})
    added = deployment.run(
        "vendor", "add", "smtp", "-w", "shop", "--nickname", "mail", "--settings", "-", text=settings
    )
    assert "mail now sends email for shop" in added
    assert "mail" in deployment.run("vendor", "list", "-w", "shop")
    assert "closed" in deployment.run("vendor", "health", "-w", "shop")
    assert "accepted" in deployment.run("vendor", "test", "mail", "ann@example.com", "-w", "shop")
    [mail] = hub.outbox(recipient="ann@example.com")
    assert mail["title"] == "A test from your hub"
    deployment.run(
        "vendor", "add", "smtp", "-w", "shop", "--nickname", "mail", "--settings", "-", text=json.dumps(SMTP)
    )
    assert "deferred" in deployment.refused("vendor", "test", "mail", "ann@example.com", "-w", "shop")
    assert "removed mail" in deployment.run("vendor", "remove", "mail", "-w", "shop")
    assert "no vendor 'mail'" in deployment.refused("vendor", "remove", "mail", "-w", "shop")


def test_wrong_vendor_settings_are_refused_by_name(deployment: Deployment) -> None:
    deployment.run("migrate")
    deployment.create_workspace("shop", "")
    refusals = {
        ("pigeon",): "'pigeon' is not known",
        ("smtp", "--set", "port=1"): "host: is required",
        ("smtp", "--set", "host=h", "--set", "colour=red"): "colour: is not a setting",
        ("smtp", "--set", "host"): "must be name=value",
        # Digits are a number only where one is wanted.
        ("vonage", "--set", "sender=15005550006", "--set", 'api_key="7"'): "settings: api_secret: is required",
        ("smtp", "--settings", "no-such-file.json"): "no-such-file.json can't be read",
    }
    for arguments, problem in refusals.items():
        assert problem in deployment.refused("vendor", "add", *arguments, "-w", "shop")
    assert "no workspace 'bakery'" in deployment.refused(
        "vendor", "add", "smtp", "-w", "bakery", "--set", "host=h", "--set", "from_address=a@example.com"
    )


def test_what_is_due_and_not_done_is_listed(deployment: Deployment) -> None:
    deployment.run("migrate")
    with deployment.api() as (_, base_url):
        shop = deployment.create_workspace("shop", base_url)
        token = ("--service-token", shop.service_token, "--base-url", base_url)
        deployment.run("template", "push", TEMPLATES, "-w", "shop", *token)
        body = {
            "name": "Purchase Workflow",
            "template": "purchase-made",
            "notification_category": "transactional",
            "users": [{"distinct_id": "u1", "$email": ["u1@example.com"]}],
        }
        with Suprsend(shop.workspace_key, shop.workspace_secret, base_url=base_url) as client:
            assert client.trigger_workflow(Workflow(body))["success"]
            assert client.trigger_workflow(Workflow(body | {"delay": "1h"}))["success"]
        assert "nothing is overdue" in deployment.run("check")
        assert deployment.refused("check", "--grace-seconds", 0).count("shop") == 1
        with deployment.worker():
            assert {each["channel"]: each["failure_code"] for each in shop.messages()} == {
                "email": "vendor_not_configured",
                "inbox": None,
            }
        assert "nothing is overdue" in deployment.run("check", "--grace-seconds", 0)


def test_development_paths_do_not_exist_in_the_api(deployment: Deployment) -> None:
    deployment.run("migrate")
    with deployment.api() as (_, base_url):
        shop = deployment.create_workspace("shop", base_url)
        for method, path in (("GET", "/dev/outbox/"), ("POST", "/dev/behaviour/"), ("DELETE", "/dev/outbox/")):
            answer = shop.request(method, path)
            assert (answer.status, answer.json()["error_code"]) == (404, "not_found")
        assert "/dev/" not in shop.request("GET", "/openapi.json").data.decode()
