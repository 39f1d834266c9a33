"""The commands of a hub that is run for real: each in a process of its own, against a database of its own."""

import base64
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3
from suprsend import SubscriberListBroadcast, Suprsend, Workflow
from suprsend_hub.domain.subscriber_id import make_subscriber_id
from suprsend_hub.vendors.json_web_token import load_es256_key, sign_es256

from e2e.running import Access, Deployment, development_hub

SMTP = {"host": "127.0.0.1", "port": 1, "security": "none", "from_address": "shop@example.com"}


@contextmanager
def a_shop(deployment: Deployment) -> Iterator[Access]:
    """A workspace behind a running API."""
    deployment.run("migrate")
    with deployment.api() as (_, base_url):
        yield deployment.create_workspace("shop", base_url)


def purchase_of(person: dict[str, Any]) -> dict[str, Any]:
    """A trigger of the example workflow for somebody."""
    return {
        "name": "Purchase Workflow",
        "template": "purchase-made",
        "notification_category": "transactional",
        "users": [person],
    }


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
    with a_shop(deployment) as shop:
        assert "shop" in deployment.run("workspace", "list")
        assert shop.workspace_secret not in deployment.run("workspace", "list")
        assert "shop" in deployment.refused("workspace", "create", "shop")
        renewed = deployment.run("workspace", "rotate", "shop").split()[-1]
        assert renewed != shop.workspace_secret
        for secret, accepted in ((renewed, True), (shop.workspace_secret, True), ("wrong", False)):
            with Suprsend(shop.workspace_key, secret, base_url=shop.base_url) as client:
                assert client.track("u1", "SEEN")["success"] is accepted
        assert "no workspace 'bakery'" in deployment.refused("workspace", "rotate", "bakery")


def test_the_team_is_made_listed_and_changed_and_each_password_is_shown_once(deployment: Deployment) -> None:
    deployment.run("migrate")
    passwords = [deployment.run("team", "add", "Ada@Example.com", "--role", "admin").split()[1]]
    assert "already" in deployment.refused("team", "add", "ada@example.com")
    assert "role: must be one of viewer, editor, admin" in deployment.refused("team", "add", "bob", "--role", "owner")
    assert "the only admin" in deployment.refused("team", "role", "ada@example.com", "viewer")
    passwords.append(deployment.run("team", "password", "ada@example.com").split()[1])
    with deployment.api() as (_, base_url):
        for password, status in ((passwords[0], 401), (passwords[1], 303)):
            form = urlencode({"name": "ada@example.com", "password": password})
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            address = f"{base_url}/console/~/sign-in"
            assert urllib3.request("POST", address, body=form, headers=kind, redirect=False).status == status
    deployment.run("team", "add", "bob")
    shown = deployment.run("team", "list")
    assert "viewer" in shown
    assert not [password for password in passwords if password in shown]
    deployment.run("team", "remove", "bob")
    assert "there is no user 'bob'" in deployment.refused("team", "remove", "bob")


def test_somebody_may_use_single_workspaces_alone(deployment: Deployment) -> None:
    deployment.run("migrate")
    deployment.create_workspace("shop", "")
    deployment.run("team", "add", "bob", "--role", "editor", "--workspace", "shop")
    assert "shop: editor" in deployment.run("team", "list")
    deployment.run("team", "role", "bob", "admin", "--workspace", "shop")
    deployment.run("team", "role", "bob", "viewer")
    [line] = [each for each in deployment.run("team", "list").splitlines() if "bob" in each]
    assert ("viewer" in line, "shop: admin" in line) == (True, True)
    deployment.run("team", "role", "bob", "none", "--workspace", "shop")
    assert "shop: admin" not in deployment.run("team", "list")
    assert "no workspace 'bakery'" in deployment.refused("team", "role", "bob", "viewer", "--workspace", "bakery")


def test_service_tokens_are_made_listed_and_ended(deployment: Deployment) -> None:
    with a_shop(deployment) as shop:
        token = deployment.run("service-token", "create", "pipeline").strip()
        number = number_of("pipeline", deployment.run("service-token", "list"))
        assert token not in deployment.run("service-token", "list")
        assert call(shop, "GET", "/v1/workspace/", f"ServiceToken {token}") == 200
        assert "opens nothing any more" in deployment.run("service-token", "delete", number)
        assert f"no service token {number}" in deployment.refused("service-token", "delete", number)
        assert "pipeline" not in deployment.run("service-token", "list")


def test_keys_are_made_listed_limited_and_ended(deployment: Deployment) -> None:
    with a_shop(deployment) as shop:
        api_key = deployment.run("key", "create", "reports", "-w", "shop", "--rate", 0.0001).strip()
        number = number_of("reports", deployment.run("key", "list", "-w", "shop"))
        assert api_key not in deployment.run("key", "list", "-w", "shop")
        assert [call(shop, "GET", "/v1/message/", f"Bearer {api_key}") for _ in range(2)] == [200, 429]
        assert f"key {number}: any" in deployment.run("key", "limit", number, "-w", "shop", "--rate", 0)
        deployment.run("key", "delete", number, "-w", "shop")
        assert f"no key {number}" in deployment.refused("key", "delete", number, "-w", "shop")
        deployment.run("workspace", "limit", "shop", "--rate", 1000)


def test_browsers_get_public_keys_and_tokens(deployment: Deployment) -> None:
    with a_shop(deployment) as shop:
        key = deployment.run("public-key", "create", "web", "-w", "shop", "--secure").strip()
        number = number_of(key, deployment.run("public-key", "list", "-w", "shop"))
        printed = deployment.run("signing-key", "create", "-w", "shop")
        pem = printed.partition("private_key_pem\n")[2]
        one_line = printed.partition("private_key_base64 ")[2].split()[0]
        assert base64.b64decode(one_line).decode().strip() == pem.strip()
        claims = {"entity_type": "subscriber", "entity_id": "u1", "exp": int(time.time()) + 600}
        token = sign_es256(load_es256_key(pem, "key"), {"typ": "JWT"}, claims)
        assert call(shop, "POST", "/v2/event", key) == 401
        assert call(shop, "POST", "/v2/event", key, token) == 202
        assert "PRIVATE" in deployment.run("signing-key", "roll", "-w", "shop", "--grace", "1h")
        assert call(shop, "POST", "/v2/event", key, token) == 202
        listed = deployment.run("signing-key", "list", "-w", "shop")
        assert (listed.count("rolled"), listed.count("active")) == (1, 1)
        assert "no user token" in deployment.run("public-key", "secure", number, "-w", "shop", "--off")
        renewed = deployment.run("public-key", "rotate", number, "-w", "shop").strip()
        assert call(shop, "POST", "/v2/event", renewed) == 202
        deployment.run("public-key", "limit", number, "-w", "shop", "--rate", 5)
        deployment.run("public-key", "delete", number, "-w", "shop")
        assert renewed not in deployment.run("public-key", "list", "-w", "shop")
        assert f"no key {number}" in deployment.refused("public-key", "secure", number, "-w", "shop")


def test_the_inbox_secret_is_shown_and_makes_subscriber_ids(deployment: Deployment) -> None:
    deployment.run("migrate")
    deployment.create_workspace("shop", "")
    secret = deployment.run("workspace", "inbox-secret", "shop").strip()
    made = deployment.run("workspace", "inbox-secret", "shop", "--distinct-id", "u1").strip()
    assert made == make_subscriber_id(secret, "u1")


def number_of(text: str, listed: str) -> str:
    """The number in the line of a list that holds this text."""
    [line] = [each for each in listed.splitlines() if text in each]
    return line.strip("│ ").split()[0]


def call(shop: Access, method: str, path: str, authorization: str, token: str = "") -> int:
    """The status of a call with these credentials; one that posts tracks an event of u1."""
    body = json.dumps({"event": "SEEN", "distinct_id": "u1"}) if method == "POST" else None
    headers = {"Authorization": authorization, "x-ss-signature": token}
    return urllib3.request(method, shop.base_url + path, headers=headers, body=body, timeout=30, retries=False).status


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
    assert "not used any more" in deployment.run("vendor", "disable", "mail", "-w", "shop")
    assert "disabled" in deployment.run("vendor", "health", "-w", "shop")
    assert "used again" in deployment.run("vendor", "enable", "mail", "-w", "shop")
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


def test_broadcasts_are_listed_shown_and_cancelled(deployment: Deployment) -> None:
    with a_shop(deployment) as shop:
        deployment.push_templates(shop)
        body = {"list_id": "beta", "template": "purchase-made", "notification_category": "promotional"}
        with Suprsend(shop.workspace_key, shop.workspace_secret, base_url=shop.base_url) as client:
            client.subscriber_lists.create({"list_id": "beta"})
            client.subscriber_lists.add("beta", ["u1", "u2"])
            assert client.subscriber_lists.broadcast(SubscriberListBroadcast(body))["success"]
    listed = deployment.run("broadcast", "list", "-w", "shop")
    assert "0 of 2" in listed
    (request_id,) = re.findall(r"\b[0-9A-Z]{26}\b", listed)
    assert "waiting: 0 of 2 members of beta" in deployment.run("broadcast", "show", request_id, "-w", "shop")
    assert "no broadcast 'none'" in deployment.refused("broadcast", "show", "none", "-w", "shop")
    assert "cancelled; 0 of 2 members of beta" in deployment.run("broadcast", "cancel", request_id, "-w", "shop")
    assert "nothing of it is left" in deployment.refused("broadcast", "cancel", request_id, "-w", "shop")
    assert "no broadcast 'none'" in deployment.refused("broadcast", "cancel", "none", "-w", "shop")


def test_what_is_due_and_not_done_is_listed(deployment: Deployment) -> None:
    with a_shop(deployment) as shop:
        deployment.push_templates(shop)
        body = purchase_of({"distinct_id": "u1", "$email": ["u1@example.com"]})
        with Suprsend(shop.workspace_key, shop.workspace_secret, base_url=shop.base_url) as client:
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
        [mail] = [each for each in shop.messages() if each["channel"] == "email"]
        told = deployment.run("why", mail["message_id"])
        assert "It could not be made: no vendor is configured for this channel." in told
        assert mail["execution_id"] in deployment.run("why", mail["request_id"])
        assert '"rule": "vendor_not_configured"' in deployment.run("why", mail["message_id"], "--json")
        assert "no message and no request" in deployment.refused("why", "01K")


def test_a_message_that_failed_is_sent_again(deployment: Deployment) -> None:
    with a_shop(deployment) as shop:
        deployment.push_templates(shop)
        body = purchase_of({"distinct_id": "u1", "$email": ["u1@example.com"]})
        with Suprsend(shop.workspace_key, shop.workspace_secret, base_url=shop.base_url) as client:
            assert client.trigger_workflow(Workflow(body))["success"]
        with deployment.worker():
            [failed] = [each for each in shop.messages() if each["channel"] == "email"]
            told = deployment.run("message", "resend", failed["message_id"])
            (repeat,) = re.findall(r"it is repeated as ([0-9A-Z]{26});", told)
            again = deployment.run("message", "resend", failed["message_id"])
            assert f"it was repeated before, as {repeat}" in again
            messages = {each["message_id"]: each for each in shop.messages() if each["channel"] == "email"}
        repeats = {message_id: each["repeats"] for message_id, each in messages.items()}
        assert repeats == {failed["message_id"]: None, repeat: failed["message_id"]}
        assert messages[repeat]["failure_code"] == "vendor_not_configured"
        told = f"it repeats {failed['message_id']} (trigger_failed), as command line ("
        assert told in deployment.run("why", repeat)
        assert f"it is repeated as {repeat}" in deployment.run("why", failed["message_id"])
        assert "there is no message" in deployment.refused("message", "resend", "01K")


def test_held_jobs_are_listed_with_their_reason_and_put_back(deployment: Deployment) -> None:
    with a_shop(deployment) as shop:
        deployment.push_templates(shop)
        body = purchase_of({"distinct_id": "u1", "$channels": ["inbox"]})
        with Suprsend(shop.workspace_key, shop.workspace_secret, base_url=shop.base_url) as client:
            assert client.trigger_workflow(Workflow(body))["success"]
        deployment.change("update pgqueuer set status = 'failed'")
        deployment.change(
            "insert into pgqueuer_log (job_id, status, priority, entrypoint, traceback) select id, 'failed', 0,"
            """ entrypoint, '{"exception_type": "KeyError", "exception_message": "[nothing]"}' from pgqueuer"""
        )
        shown = deployment.refused("check")
        assert "KeyError: [nothing]" in shown
        assert "plan.transactional" in shown
        job_id = shown.partition("plan.transactional")[0].split()[-2]
        assert "no job 7000 is held" in deployment.refused("requeue", 7000, job_id)
        assert "--all" in deployment.refused("requeue")
        assert "1 job(s) put back" in deployment.run("requeue", job_id)
        with deployment.worker():
            assert [each["status"] for each in shop.messages()] == ["sent_by_vendor"]
        assert "no job is held" in deployment.run("check", "--grace-seconds", 0)
        assert "0 job(s) put back" in deployment.run("requeue", "--all")


def test_late_webhooks_are_listed_but_not_those_of_endpoints_that_rest(deployment: Deployment) -> None:
    deployment.run("migrate")
    deployment.create_workspace("shop", "")
    deployment.run("webhook", "add", "https://example.com/late", "-w", "shop")
    deployment.run("webhook", "add", "https://example.com/resting", "-w", "shop")
    deployment.change(
        "insert into webhook_delivery (id, workspace_id, endpoint_id, message_id, status, happened_at, due_at,"
        " created_at) select 'd' || id, workspace_id, id, 'm', 'seen', now(), now() - interval '5 minutes', now()"
        " from webhook_endpoint"
    )
    deployment.change("update webhook_endpoint set free_at = now() + interval '1 hour' where url like '%resting'")
    shown = deployment.refused("check")
    assert "https://example.com/late" in shown
    assert "resting" not in shown
    assert "nothing is overdue" in deployment.run("check", "--grace-seconds", 400)


def test_the_clock_of_development_mode_is_that_of_check_too_and_goes_on_after_a_restart(
    deployment: Deployment, tmp_path: Path
) -> None:
    with development_hub(tmp_path, environment=deployment.environment) as (_, hub, _ready):
        deployment.change(
            "insert into request (id, workspace_id, name, category, template_version_id, body, state, accepted_at,"
            " due_at) select '1', id, 'wf', 'system', 1, '{}', 'accepted', now(), now() + interval '5 days'"
            " from workspace"
        )
        assert "nothing is overdue" in deployment.run("check")
        assert hub.request("POST", "/dev/clock/", json={"advance": "6d"}).status == 200
        assert "demo" in deployment.refused("check")
        before = hub.get("/dev/clock/")["now"]
    with development_hub(tmp_path, environment=deployment.environment) as (_, hub, _ready):
        assert hub.get("/dev/clock/")["now"] > before


def test_development_paths_do_not_exist_in_the_api(deployment: Deployment) -> None:
    with a_shop(deployment) as shop:
        for method, path in (("GET", "/dev/outbox/"), ("POST", "/dev/behaviour/"), ("DELETE", "/dev/outbox/")):
            answer = shop.request(method, path)
            assert (answer.status, answer.json()["error_code"]) == (404, "not_found")
        assert "/dev/" not in shop.request("GET", "/openapi.json").data.decode()


def test_what_is_known_of_a_user_is_printed_and_erased(deployment: Deployment) -> None:
    with (
        a_shop(deployment) as shop,
        Suprsend(shop.workspace_key, shop.workspace_secret, base_url=shop.base_url) as client,
    ):
        ada = client.user.get_instance("ada")
        ada.add_email("ada@example.com")
        assert ada.save()["success"]
        assert client.track("ada", "SEEN", {"what": "a page"})["success"]
    exported = json.loads(deployment.run("user", "export", "ada", "-w", "shop"))
    assert exported["distinct_id"] == "ada"
    assert exported["profiles"][0]["addresses"][0]["value"] == "ada@example.com"
    assert exported["events"][0]["properties"]["what"] == "a page"
    assert "erased" in deployment.run("user", "erase", "ada", "-w", "shop", text="y\n")
    assert json.loads(deployment.run("user", "export", "ada", "-w", "shop"))["profiles"] == []
    assert "nothing is known of user 'ada'" in deployment.refused("user", "erase", "ada", "-w", "shop", "--yes")


def test_categories_are_pushed_and_shown(deployment: Deployment, tmp_path: Path) -> None:
    deployment.run("migrate")
    deployment.create_workspace("shop", "")
    assert "promotional" in deployment.run("category", "show", "-w", "shop")
    file = tmp_path / "categories.json"
    letter = {"category": "newsletter", "name": "Newsletter"}
    tree = {"root_categories": [{"root_category": "promotional", "sections": [{"categories": [letter]}]}]}
    file.write_text(json.dumps(tree))
    assert "not live yet" in deployment.run("category", "push", str(file), "-w", "shop", "--no-commit")
    assert "newsletter" not in deployment.run("category", "show", "-w", "shop")
    assert "1 categories, live as version 1" in deployment.run("category", "push", str(file), "-w", "shop")
    assert "newsletter" in deployment.run("category", "show", "-w", "shop")
    file.write_text(json.dumps({"root_categories": [{"root_category": "urgent"}]}))
    assert "root_categories[0].root_category" in deployment.refused("category", "push", str(file), "-w", "shop")
    assert "can't read" in deployment.refused("category", "push", str(tmp_path / "none.json"), "-w", "shop")
