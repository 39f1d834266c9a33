"""A day of a bookshop, told to a hub through its real interfaces: so every page of the console has something on it."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec
import urllib3

from e2e.console.bookshop import (
    CATEGORIES,
    PEOPLE,
    SAMPLE_DATA,
    SIGN_UP_SCHEMA,
    TEMPLATES,
    TENANTS,
    TEXTS,
    WELCOME_WORKFLOW,
)
from e2e.endpoint import Endpoint, an_endpoint
from e2e.running import Access, operated_hub, run, until

ORDER = {
    "first_name": "Inês",
    "order_id": "LB-2041",
    "books": ["The Left Hand of Darkness", "Middlemarch"],
}


@dataclass(frozen=True, slots=True)
class Shop:
    """The bookshop's side of a hub: its keys, and what commands beside the hub have to know."""

    access: Access
    environment: Mapping[str, str]

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The answer to a request with the API key, which must be a good one."""
        return _good(self.access.request(method, path, body=_json(body)))

    def manage(self, method: str, path: str, body: object = None) -> Any:
        """The answer to a request to the management API, which must be a good one."""
        return _good(self.access.manage(method, path, body=_json(body)))

    def command(self, *words: object) -> str:
        """What a command of the hub prints."""
        # The endpoints of webhooks are on this machine.
        done = run(*words, environment={**self.environment, "HUB_PRIVATE_URLS": "true"})
        assert done.returncode == 0, done.stderr
        return done.stdout

    def save_template(
        self, slug: str, channels: Mapping[str, Mapping[str, Any]], *, commit: bool = True, **said: object
    ) -> None:
        """Write a template's draft with whatever is `said` of it, and make it live."""
        root = f"/v2/{self.access.workspace}/template/{slug}/"
        facts = {"name": slug.replace("-", " ").capitalize(), "enabled_channels": [*channels], **said}
        self.manage("POST", root, facts)
        for channel, content in channels.items():
            self.manage("POST", f"{root}channel/{channel}/variant/default/", {"content": content})
        if commit:
            message = quote(str(said.get("description", "As agreed with the booksellers")))
            self.manage("PATCH", f"{root}commit/?commit_message={message}")

    def trigger(self, name: str, template: str, person: str, key: str, **fields: Any) -> None:
        """Trigger a template for one person."""
        user = {"distinct_id": person, **fields.pop("user", {})}
        body = {"name": name, "template": template, "users": [user], "$idempotency_key": key, "data": ORDER, **fields}
        body.setdefault("notification_category", "order-updates")
        self.call("POST", f"/{self.access.workspace_key}/trigger/", body)

    def messages(self, key: str) -> list[dict[str, Any]]:
        """The messages of a trigger, once each has reached an end."""
        return self.access.messages(idempotency_key=key)

    def behave(self, address: str, **behaviour: Any) -> None:
        """Let vendors treat an address so."""
        self.call("POST", "/dev/behaviour/", {"address": address, "behaviour": behaviour})

    def pass_time(self, span: str) -> None:
        """Put the hub's clock forward."""
        self.call("POST", "/dev/clock/", {"advance": span})

    def report(self, address: str, happening: str) -> None:
        """Let a vendor report on its newest message for an address."""
        self.call("POST", "/dev/reports/", {"recipient": address, "happening": happening})

    def find_link(self, recipient: str, path: str) -> str:
        """The newest link that begins with a path, in what an address got."""
        got = msgspec.json.encode(self.access.outbox(recipient=recipient)).decode()
        found = re.search(rf"https?://[\w.:]+{path}[\w.-]+/", got)
        assert found, got
        return found[0]


@dataclass(frozen=True, slots=True)
class Story:
    """What was told: who may sign in, and what stands in the place of a path's parameters."""

    shop: Shop
    user: str
    password: str
    names: Mapping[str, str]
    preference_page: str
    unsubscribe_page: str

    @property
    def base_url(self) -> str:
        """Where the hub is."""
        return self.shop.access.base_url


@contextmanager
def told_story() -> Iterator[Story]:
    """A hub of its own that was told everything."""
    with operated_hub() as (access, ready, environment), an_endpoint() as good, an_endpoint() as broken:
        shop = Shop(access, environment)
        broken.statuses.extend([500] * 1000)
        describe(shop)
        webhook = add_webhooks(shop, good, broken)
        shop.trigger("New password", "new-password", "ben-whitaker", "password-1", notification_category="system")
        shop.messages("password-1")
        shop.pass_time("9h")
        sell_books(shop)
        shop.pass_time("5h")
        write_to_readers(shop)
        until(lambda: len(good.requests), lambda count: count > 10)
        yield Story(
            shop,
            ready["console_user"],
            ready["console_password"],
            find_names(shop) | {"endpoint_id": webhook},
            shop.find_link("+351210000001", "/preferences/"),
            shop.find_link("omar@example.com", "/v1/unsubscribe/"),
        )


def describe(shop: Shop) -> None:
    """What the shop sets up before it opens."""
    workspace = shop.access.workspace
    shop.command("team", "add", "editor@larkspur.example", "--role", "editor")
    shop.command("team", "add", "viewer@larkspur.example", "--role", "viewer")
    shop.manage("POST", f"/v1/{workspace}/preference_category/?commit=true", CATEGORIES)
    for tenant, facts in TENANTS.items():
        shop.call("POST", f"/v1/tenant/{tenant}/", facts)
    for person, profile in PEOPLE.items():
        shop.call("POST", f"/v1/user/{person}/", profile)
    shop.call("POST", "/v1/user/mei-tanaka/tenant/harbour/", {"$email": ["mei@harbour.example.com"], "shelf": "B12"})
    for slug, channels in TEMPLATES.items():
        shop.save_template(slug, channels)
    shop.manage("PATCH", f"/v2/{workspace}/template/order-shipped/mock_data/", {"data": SAMPLE_DATA})
    # A second version, and a draft with something in it that is not live yet.
    texts = TEMPLATES["order-shipped"]
    shop.save_template(
        "order-shipped", {**texts, "sms": {"body": "Larkspur: {{order_id}} is on its way. {{$hosted_preference_url}}"}}
    )
    draft = {**texts, "inbox": {**texts["inbox"], "header": "Order {{order_id}} is on its way"}}
    shop.save_template("order-shipped", draft, commit=False)
    shop.save_template("book-came-back", {"email": TEMPLATES["new-password"]["email"]}, commit=False)
    shop.manage("POST", f"/v1/{workspace}/schema/sign-up/?commit=true", SIGN_UP_SCHEMA)
    shop.manage("POST", f"/v1/{workspace}/workflow/welcome/?commit=true", WELCOME_WORKFLOW)
    events = [{"name": "SIGNED_UP", "description": "Somebody made an account", "payload_schema": None}]
    shop.manage("POST", f"/v1/{workspace}/bulk/event/", {"events": events})
    shop.manage("POST", f"/v1/{workspace}/translation/content/en.json/", {"content": TEXTS})
    shop.manage("PATCH", f"/v1/{workspace}/translation/commit/")
    readers = [{"distinct_id": each} for each in ("ines-carvalho", "ben-whitaker")]
    shop.call("POST", "/v1/object/branch/lisbon/", {"name": "The shop in Lisbon", "$email": ["lisbon@example.com"]})
    shop.call(
        "POST", "/v1/object/branch/lisbon/subscription/", {"recipients": readers, "properties": {"role": "staff"}}
    )
    shop.call("POST", "/v1/subscriber_list/", {"list_id": "readers", "list_name": "Readers of the weekly mail"})
    shop.call("POST", "/v1/subscriber_list/readers/subscriber/add/", {"distinct_ids": [*PEOPLE]})


def add_webhooks(shop: Shop, good: Endpoint, broken: Endpoint) -> str:
    """An endpoint that takes everything, and one that takes nothing; the id of the latter."""
    workspace = ("-w", shop.access.workspace)
    shop.command("webhook", "add", good.url, *workspace, "--description", "The shop's own pages")
    words = shop.command("webhook", "add", broken.url, *workspace, "--description", "The old warehouse").split()
    return words[words.index("webhook") + 1]


def sell_books(shop: Shop) -> None:
    """Orders: one that all goes well with, and some that something is the matter with."""
    shop.trigger("Order shipped", "order-shipped", "ines-carvalho", "LB-2041")
    shop.messages("LB-2041")
    shop.report("+351210000001", "delivered")
    for path in ("/v1/open/", "/v1/click/"):
        urllib3.request("GET", shop.find_link("ines@example.com", path), redirect=False)
    shop.behave("tomas@example.com", type="refuse")
    shop.trigger("Order shipped", "order-shipped", "tomas-novak", "LB-2042")
    shop.behave("samuel@example.com", type="fail", times=1)
    shop.trigger("Order shipped", "order-shipped", "samuel-okafor", "LB-2043")
    shop.trigger("Order shipped", "order-shipped", "mei-tanaka", "LB-2044", tenant_id="harbour")
    smart = {"smart": True, "success": "seen", "time_to_live": "2h"}
    shop.trigger("Order shipped", "order-shipped", "freya-lindqvist", "LB-2045", delivery=smart)
    shop.trigger("Order shipped", "order-shipped", "lucia-moretti", "LB-2046", delay="2d")
    chat = {"$slack": {"access_token": "xoxb-1", "email": "staff@example.com"}}
    data = {"title": "Middlemarch", "left": 2, "shop": "Lisbon"}
    shop.trigger("Stock is low", "stock-is-low", "staff-of-lisbon", "stock-1", user=chat, data=data)
    for key in ("LB-2042", "LB-2044", "stock-1"):
        shop.messages(key)
    event = {"event": "SIGNED_UP", "distinct_id": "omar-haddad", "properties": {"first_name": "Omar"}}
    shop.call("POST", "/v2/event/", event)


def write_to_readers(shop: Shop) -> None:
    """The weekly mail to a list, of whom one does not want it any more."""
    weekly = "/v1/user/ben-whitaker/preference/category/weekly-reading/"
    shop.call("PATCH", weekly, {"preference": "opt_out"})
    restricted = {"channel_preferences": [{"channel": "inbox", "is_restricted": True}]}
    shop.call("PATCH", "/v1/user/ben-whitaker/preference/channel_preference/", restricted)
    shop.call(
        "POST",
        f"/{shop.access.workspace_key}/broadcast/",
        {
            "list_id": "readers",
            "template": "weekly-reading",
            "notification_category": "weekly-reading",
            "data": {"bookseller": "Marta"},
            "$idempotency_key": "weekly-48",
        },
    )
    until(
        lambda: shop.access.get("/v1/message/", limit=1000, is_campaign="true")["results"],
        lambda found: len([each for each in found if each["status"] == "sent_by_vendor"]) > len(PEOPLE),
    )


def find_names(shop: Shop) -> dict[str, str]:
    """What the story is about, by the parameter that stands for it in the paths of pages."""
    [mail] = [each for each in shop.messages("LB-2041") if each["channel"] == "email"]
    return {
        "workspace": shop.access.workspace,
        "message_id": mail["message_id"],
        "run_id": mail["execution_id"],
        "request_id": mail["request_id"],
        "distinct_id": "ines-carvalho",
        "tenant_id": "harbour",
        "slug": "order-shipped",
        "channel": "email",
    }


def _json(body: object) -> bytes | None:
    return None if body is None else msgspec.json.encode(body)


def _good(answer: urllib3.BaseHTTPResponse) -> Any:
    assert answer.status < 300, answer.data
    return msgspec.json.decode(answer.data) if b"json" in answer.headers.get("Content-Type", "").encode() else None
