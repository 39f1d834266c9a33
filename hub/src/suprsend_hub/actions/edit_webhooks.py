"""Endpoints change: they are added, told other things, given another secret, tried and removed."""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import TypeAlias
from urllib.parse import urlsplit

from suprsend_hub.actions.audit import Along, nothing_along
from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.actions.tell import Visit, write_webhook
from suprsend_hub.domain.announcement import Announcement
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Conflict, NotFound
from suprsend_hub.domain.webhook import Answer, Endpoint
from suprsend_hub.domain.webhook_signature import SECRET_PREFIX
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.webhooks import (
    StoredEndpoint,
    count_endpoints,
    delete_endpoint,
    insert_endpoint,
    keep_previous_secret,
    lock_endpoint,
    replace_endpoint,
)
from suprsend_hub.store.workspaces import Workspace, lock_workspace

# Raises Invalid where it is known already that a URL will never be asked.
CheckUrl: TypeAlias = Callable[[str], Awaitable[None]]

# Each is asked whenever messages change.
MOST_ENDPOINTS = 50


@dataclass(frozen=True, slots=True)
class WebhookDesk:
    """Which URLs may be asked at all, and the way to them."""

    check: CheckUrl
    visit: Visit


def make_webhook_secret() -> str:
    """A fresh secret that signs what an endpoint is told."""
    return SECRET_PREFIX + b64encode(token_bytes(32)).decode()


async def add_endpoint(
    pool: Pool, vault: Vault, check: CheckUrl, workspace_id: int, endpoint: Endpoint, along: Along = nothing_along
) -> int:
    """Add an endpoint and return its id; Invalid where its URL will never be asked."""
    await check(endpoint.url)

    async def work(connection: Connection) -> int:
        await lock_workspace(connection, workspace_id)
        if await count_endpoints(connection, workspace_id) >= MOST_ENDPOINTS:
            raise Conflict(f"a workspace has at most {MOST_ENDPOINTS} endpoints")
        added = await insert_endpoint(connection, vault, workspace_id, endpoint)
        await along(connection)
        return added

    return await transact(pool, work)


async def change_endpoint(
    pool: Pool,
    vault: Vault,
    check: CheckUrl,
    workspace_id: int,
    endpoint_id: int,
    change: Callable[[Endpoint], Endpoint],
    along: Along = nothing_along,
) -> None:
    """Make of an endpoint what `change` makes of it, which says nothing of secrets; NotFound where there is none."""
    before = await transact(pool, lambda connection: _lock(connection, vault, workspace_id, endpoint_id))
    await check(change(before.endpoint).url)

    async def work(connection: Connection) -> None:
        # Read again: another secret may have been made meanwhile.
        stored = await _lock(connection, vault, workspace_id, endpoint_id)
        await replace_endpoint(connection, vault, workspace_id, endpoint_id, change(stored.endpoint))
        await along(connection)

    await transact(pool, work)


async def rotate_webhook_secret(
    pool: Pool, vault: Vault, workspace_id: int, endpoint_id: int, lasting: timedelta, along: Along = nothing_along
) -> str:
    """Give an endpoint a new secret and return it; for so long the old one signs too. NotFound where there is none."""
    secret = make_webhook_secret()

    async def work(connection: Connection) -> None:
        endpoint = (await _lock(connection, vault, workspace_id, endpoint_id)).endpoint
        renewed = replace(endpoint, secret=secret, previous_secret=endpoint.secret if lasting else None)
        await replace_endpoint(connection, vault, workspace_id, endpoint_id, renewed)
        await keep_previous_secret(connection, workspace_id, endpoint_id, lasting)
        await along(connection)

    await transact(pool, work)
    return secret


async def remove_endpoint(pool: Pool, workspace_id: int, endpoint_id: int, along: Along = nothing_along) -> None:
    """Remove an endpoint, or NotFound; what waits for it is never told."""

    async def work(connection: Connection) -> None:
        if not await delete_endpoint(connection, workspace_id, endpoint_id):
            raise no_endpoint(endpoint_id)
        await along(connection)

    await transact(pool, work)


async def try_endpoint(visit: Visit, endpoint: Endpoint, workspace: Workspace, now: datetime) -> Answer:
    """Post one signed example to an endpoint, and return what it said, without its secrets."""
    headers, body = write_webhook(endpoint, make_id(now), _example(endpoint, workspace, now), now)
    async with visit(endpoint.url) as post:
        answer = await post(headers, body)
    return replace(answer, said=endpoint.without_secrets(answer.said))


def no_endpoint(endpoint_id: int) -> NotFound:
    """That there is no such endpoint, to be raised."""
    return NotFound(f"there is no webhook {endpoint_id} in this workspace; it may have been removed")


def noted_url(endpoint: Endpoint) -> str:
    """The URL as far as the audit log may know it: its path may be a secret as well."""
    parts = urlsplit(endpoint.url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def noted(endpoint: Endpoint) -> Document:
    """What of an endpoint the audit log may say; the names of its headers, and none of their values."""
    return {
        "url": noted_url(endpoint),
        "states": ", ".join(sorted(endpoint.interest.states)),
        "channels": ", ".join(sorted(endpoint.interest.channels)),
        "rate": endpoint.rate,
        "headers": ", ".join(sorted(endpoint.headers)),
    }


async def _lock(connection: Connection, vault: Vault, workspace_id: int, endpoint_id: int) -> StoredEndpoint:
    stored = await lock_endpoint(connection, vault, workspace_id, endpoint_id)
    if stored is None:
        raise no_endpoint(endpoint_id)
    return stored


def _example(endpoint: Endpoint, workspace: Workspace, now: datetime) -> Announcement:
    return Announcement(
        status=min(endpoint.interest.states, default="delivered"),
        happened_at=now,
        message_id=make_id(now),
        run_id=make_id(now),
        request_id=make_id(now),
        channel="email",
        address="ada@example.com",
        distinct_id="a-test-from-your-hub",
        template_slug="a-test-from-your-hub",
        workflow_name="A test from your hub",
        idempotency_key=None,
        vendor=None,
        vendor_message_id=None,
        failure_code=None,
        failure_reason=None,
        workspace_name=workspace.name,
        workspace_uid=workspace.uid,
    )
