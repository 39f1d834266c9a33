"""Who may call what: every route of the hub, and every kind of credential."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from suprsend_hub.actions.create_workspace import NewWorkspace, create_workspace
from suprsend_hub.actions.make_keys import create_api_key, create_public_key
from suprsend_hub.domain.subscriber_id import make_subscriber_id
from suprsend_hub.store.api_keys import delete_api_key, list_api_keys
from suprsend_hub.store.public_keys import delete_public_key, list_public_keys

from hub.tests.actions.scene import trigger_body
from hub.tests.api.browser import PERSON, open_browser
from hub.tests.api.conftest import Shop

Credential = str

ANYBODY: frozenset[Credential] = frozenset({"all"})
SERVERS = frozenset({"signature", "api key"})
# A token of the right person; in the inbox also of the right tenant.
APPS = SERVERS | {"public key", "public key and token", "secure key and token"}
MANAGERS = frozenset({"service token"})
# The first inbox clients name the workspace; what proves who they are is the subscriber id beside it.
NAMERS = frozenset({"signature", "wrong signature", "workspace key", "workspace key and a random id"})

# Where every route is for servers.
FOR_SERVERS = ("/v1/subscriber_list", "/v1/user", "/v1/bulk/user", "/v1/object", "/v1/bulk/object")
# Where every route is for servers and for the person that the path names.
FOR_APPS = ("/v1/subscriber/", "/v2/subscriber/")

EVENT = {"event": "SEEN", "distinct_id": PERSON}
FEED = f"distinct_id={PERSON}"
SUBSCRIBER = "the subscriber id of this person"
FIRST = f"{FEED}&subscriber_id={SUBSCRIBER}"
SEALED = {"distinct_id": PERSON, "subscriber_id": SUBSCRIBER}

# What each route takes, and who may send it; `{…}` in a path is filled in by `fill`.
WHO: Mapping[tuple[str, str], tuple[frozenset[Credential], str, Any]] = {
    ("GET", "/healthz"): (ANYBODY, "", None),
    ("GET", "/readyz"): (ANYBODY, "", None),
    ("GET", "/metrics"): (ANYBODY, "", None),
    ("GET", "/inbox/inbox.js"): (ANYBODY, "", None),
    # The address or the link is the credential.
    ("GET", "/v1/vendor_callback/{name}"): (ANYBODY, "", None),
    ("POST", "/v1/vendor_callback/{name}"): (ANYBODY, "", {}),
    ("GET", "/v1/open/{token}"): (ANYBODY, "", None),
    ("GET", "/v1/click/{token}"): (ANYBODY, "url=https%3A%2F%2Fexample.com", None),
    ("GET", "/v1/unsubscribe/{token}"): (ANYBODY, "", None),
    ("POST", "/v1/unsubscribe/{token}"): (ANYBODY, "", None),
    ("POST", "/{workspace_key}/trigger"): (SERVERS, "", trigger_body()),
    ("POST", "/{workspace_key}/broadcast"): (SERVERS, "", {}),
    ("POST", "/trigger"): (SERVERS, "", {"workflow": "purchase", "recipients": [PERSON]}),
    ("POST", "/v1/workflow_run/cancel"): (SERVERS, "", {"workflow_slug": "purchase"}),
    ("POST", "/v1/broadcast_run/cancel"): (SERVERS, "", {"list_id": "beta"}),
    ("POST", "/event"): (SERVERS, "", EVENT),
    ("POST", "/v2/event"): (APPS, "", EVENT),
    ("POST", "/v2/bulk/event"): (SERVERS, "", [EVENT]),
    ("GET", "/v1/tenant"): (SERVERS, "", None),
    ("GET", "/v1/tenant/{tenant_id}"): (SERVERS, "", None),
    ("POST", "/v1/tenant/{tenant_id}"): (SERVERS, "", {"tenant_name": "Acme"}),
    ("DELETE", "/v1/tenant/{tenant_id}"): (SERVERS, "", None),
    ("GET", "/v1/tenant/{tenant_id}/preference"): (SERVERS, "", None),
    ("GET", "/v1/tenant/{tenant_id}/preference/category"): (SERVERS, "", None),
    ("GET", "/v1/tenant/{tenant_id}/category"): (SERVERS, "", None),
    ("GET", "/v1/tenant/{tenant_id}/preference/category/{category}"): (SERVERS, "", None),
    ("PATCH", "/v1/tenant/{tenant_id}/preference/category/{category}"): (SERVERS, "", {}),
    ("PATCH", "/v1/tenant/{tenant_id}/category/{category}"): (SERVERS, "", {}),
    ("GET", "/v1/brand"): (SERVERS, "", None),
    ("GET", "/v1/brand/{brand_id}"): (SERVERS, "", None),
    ("POST", "/v1/brand/{brand_id}"): (SERVERS, "", {"brand_name": "Acme"}),
    ("GET", "/v1/workspace"): (MANAGERS, "", None),
    ("POST", "/v1/workspace"): (MANAGERS, "", {"name": "bakery-2"}),
    ("GET", "/v1/workspace/{slug}"): (MANAGERS, "", None),
    ("GET", "/v1/message"): (SERVERS, "", None),
    ("PATCH", "/v1/bulk/message"): (SERVERS, "", {"messages": [{"message_id": "none", "action": "seen"}]}),
    ("GET", "/v1/message/{message_id}/why"): (SERVERS, "", None),
    ("GET", "/v1/request/{request_id}/why"): (SERVERS, "", None),
    ("GET", "/v1/feed/notifications"): (APPS, FEED, None),
    ("GET", "/v1/feed/notifications_count"): (APPS, FEED, None),
    ("GET", "/v1/feed/notifications/{notification_id}"): (APPS, FEED, None),
    ("PATCH", "/v1/feed/notifications/{notification_id}/{action}"): (APPS, FEED, {}),
    ("PATCH", "/v1/feed/reset_bell_count"): (APPS, FEED, {}),
    ("GET", "/notification_count"): (NAMERS, FIRST, None),
    ("GET", "/notifications"): (NAMERS, FIRST, None),
    ("GET", "/notification/{notification_id}"): (NAMERS, FIRST, None),
    ("POST", "/bell-clicked"): (NAMERS, "", SEALED),
    ("POST", "/mark-all-read"): (NAMERS, "", SEALED),
    ("POST", "/notification/{notification_id}/action"): (NAMERS, "", {**SEALED, "action": "read"}),
    ("PATCH", "/v1/feed/mark_all_read"): (APPS, FEED, {}),
    ("POST", "/v1/feed/bulk/notifications/seen"): (APPS, FEED, {"notification_ids": []}),
}


@pytest.fixture
async def routes(shop: Shop) -> set[tuple[str, str]]:
    """Every route that the hub describes."""
    described = (await shop.api.request("GET", "/openapi.json")).json()["paths"]
    return {(method.upper(), path) for path, methods in described.items() for method in methods}


def role_of(method: str, path: str) -> tuple[frozenset[Credential], str, Any]:
    """The line of the table; whatever lies below a workspace's name is for service tokens."""
    if path.startswith(("/v1/{workspace}/", "/v2/{workspace}/")):
        return MANAGERS, "", {} if method in ("POST", "PATCH") else None
    if path.startswith(FOR_SERVERS):
        return SERVERS, "", {} if method != "GET" else None
    if path.startswith(FOR_APPS):
        return APPS, "", {} if method != "GET" else None
    return WHO[(method, path)]


def fill(path: str, shop: Shop) -> str:
    """A path with names of this workspace in the place of parameters."""
    workspace = shop.made.workspace
    names = {
        "workspace_key": workspace.key,
        "workspace": workspace.name,
        "slug": workspace.name,
        "action": "seen",
        "distinct_id": PERSON,
        "channel": "email",
    }
    parts = (names.get(part[1:-1], "x") if part.startswith("{") else part for part in path.split("/"))
    return "/".join(parts)


def seal(value: Any, shop: Shop) -> Any:
    """A value with the subscriber id that it asks for."""
    secret = shop.made.workspace.inbox_secret
    assert secret is not None
    return value.replace(SUBSCRIBER, make_subscriber_id(secret, PERSON)) if isinstance(value, str) else value


async def make_credentials(shop: Shop, other: NewWorkspace) -> dict[Credential, dict[str, str]]:
    """The headers of every kind of caller but the signing one."""
    pool, workspace_id = shop.scene.pool, shop.made.workspace.id
    open_, secure = await open_browser(shop, is_secure=False), await open_browser(shop, is_secure=True)
    async with pool.acquire() as connection:
        ended = await create_api_key(connection, workspace_id, "ended")
        [*_, newest] = await list_api_keys(connection, workspace_id)
        await delete_api_key(connection, workspace_id, newest.id)
        await create_public_key(connection, workspace_id, "ended")
        [*_, gone] = await list_public_keys(connection, workspace_id)
        await delete_public_key(connection, workspace_id, gone.id)
    key = shop.made.workspace.key
    return {
        "none": {},
        "garbage": {"Authorization": "Basic dTpw"},
        "api key": {"Authorization": f"Bearer {shop.made.api_key}"},
        "deleted api key": {"Authorization": f"Bearer {ended}"},
        "api key without its scheme": {"Authorization": shop.made.api_key},
        "public key": open_.headers,
        "public key and token": open_.signed_in().headers,
        "secure key": secure.headers,
        "secure key and token": secure.signed_in().headers,
        "secure key and token of another person": secure.signed_in("user-2").headers,
        "expired token": open_.signed_in(exp=1).headers,
        "deleted public key": {"Authorization": gone.key},
        "public key as api key": {"Authorization": f"Bearer {open_.public_key}"},
        "token alone": {"x-ss-signature": str(secure.signed_in().token)},
        "workspace key": {"Authorization": f"{key}:"},
        "workspace key alone": {"Authorization": key},
        "workspace key and a random id": {"Authorization": f"{key}:0d0ddb1c-1d4c-4e6f-8b3e-9f8f5f5b0a11"},
        "service token": {"Authorization": f"ServiceToken {shop.made.service_token}"},
        "service token as api key": {"Authorization": f"Bearer {shop.made.service_token}"},
        "api key as service token": {"Authorization": f"ServiceToken {shop.made.api_key}"},
        "another workspace's key": {"Authorization": f"{other.workspace.key}:"},
    }


async def is_let_in(shop: Shop, method: str, target: str, body: Any, headers: dict[str, str]) -> bool:
    """Whether the hub does what is asked, or has another reason than the caller not to."""
    raw = None if body is None else msgspec.json.encode(body)
    reply = await shop.api.request(method, target, body=raw, headers=headers)
    assert reply.status_code < 500, reply.text
    return reply.status_code not in (401, 403)


async def test_every_route_is_open_to_its_callers_and_to_nobody_else(
    shop: Shop, routes: set[tuple[str, str]], vault: Any
) -> None:
    callers = await make_credentials(shop, await create_workspace(shop.scene.pool, vault, "bakery"))
    assert set(WHO) <= routes, "the table names routes that there are not"
    for method, path in sorted(routes):
        allowed, query, body = role_of(method, path)
        target = seal(fill(path, shop) + (f"?{query}" if query else ""), shop)
        body = {name: seal(value, shop) for name, value in body.items()} if isinstance(body, dict) else body
        found = {name for name, headers in callers.items() if await is_let_in(shop, method, target, body, headers)}
        raw = b"" if body is None else msgspec.json.encode(body)
        for name, secret in (("signature", None), ("wrong signature", "wrong")):
            if await is_let_in(shop, method, target, body, shop.sign(method, target, raw, secret)):
                found.add(name)
        expected = {*callers, "signature", "wrong signature"} if allowed is ANYBODY else allowed
        assert found == expected, f"{method} {path}"


async def test_reports_may_come_from_everybody_who_names_the_workspace(shop: Shop, vault: Any) -> None:
    callers = await make_credentials(shop, await create_workspace(shop.scene.pool, vault, "bakery"))
    message, *_ = await shop.scene.go_through(trigger_body())
    report = {"event": "$notification_clicked", "properties": {"id": message["id"]}}
    at_event = {name for name, headers in callers.items() if await is_let_in(shop, "POST", "/event/", report, headers)}
    assert at_event == {"api key", "workspace key", "workspace key and a random id", "another workspace's key"}
    in_v2 = {name for name, headers in callers.items() if await is_let_in(shop, "POST", "/v2/event", report, headers)}
    assert in_v2 == APPS - {"signature"} | {"secure key", "secure key and token of another person"}
