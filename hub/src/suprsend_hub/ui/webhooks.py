"""Endpoints that are told what became of messages: how they do, what they were told, and telling them again."""

from typing import Literal

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Struct

from suprsend_hub.actions.edit_webhooks import noted_url, remove_endpoint
from suprsend_hub.actions.replay import enable, replay, replay_all_failed
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.store.database import Connection
from suprsend_hub.store.webhook_deliveries import KEPT_FOR, page_deliveries
from suprsend_hub.store.webhooks import StoredEndpoint, list_endpoints
from suprsend_hub.ui.console import Console, Page
from suprsend_hub.ui.forms import read_query
from suprsend_hub.ui.pager import read_position, search_on
from suprsend_hub.ui.visit import ThisVisit, Visit


class DeliveryFilter(Struct, frozen=True):
    """Which deliveries are shown."""

    state: Literal["failed"] | None = None


def webhook_routes(console: Console) -> list[HTTPRouteHandler]:
    """The routes of webhooks."""
    return [*_reading(console), *_changing(console), *_replaying(console)]


def _reading(console: Console) -> list[HTTPRouteHandler]:
    @get("/{workspace:str}/webhooks")
    async def list_all(visit: ThisVisit) -> Page:
        """All endpoints, without their secrets."""
        async with console.pool.acquire() as connection:
            endpoints = await list_endpoints(connection, console.vault, visit.workspace_id)
        return console.page(visit, "webhooks/list.html", endpoints=endpoints)

    @get("/{workspace:str}/webhooks/{endpoint_id:str}")
    async def show(visit: ThisVisit, endpoint_id: FromPath[str]) -> Page:
        """An endpoint, and a page of what it was told."""
        form, keyset = read_query(visit.request, DeliveryFilter), read_position(visit.request)
        async with console.pool.acquire() as connection:
            stored = await _find(console, connection, visit, endpoint_id)
            only_failed = form.state == "failed"
            rows, horizon = await page_deliveries(
                connection, visit.workspace_id, stored.id, keyset, only_failed=only_failed
            )
        deliveries, pager = search_on(visit.request, rows, keyset, lambda each: each.id, horizon)
        return console.page(
            visit,
            "webhooks/show.html",
            part="webhooks/_live.html",
            facts=(stored, deliveries, pager) if keyset.is_first else None,
            stored=stored,
            deliveries=deliveries,
            pager=pager,
            only_failed=only_failed,
        )

    return [list_all, show]


def _changing(console: Console) -> list[HTTPRouteHandler]:
    @post("/{workspace:str}/webhooks/{endpoint_id:str}/enable")
    async def switch_on(visit: ThisVisit, endpoint_id: FromPath[str]) -> Page:
        """An endpoint is told things again, first what has waited."""
        stored = await check_endpoint(console, visit, endpoint_id)
        noting = visit.actor.noting("enabled webhook", endpoint_id, url=noted_url(stored.endpoint))
        await enable(console.pool, visit.workspace_id, stored.id, noting)
        return console.go(visit, f"{visit.home}/webhooks/{stored.id}", "The endpoint is told things again.")

    @post("/{workspace:str}/webhooks/{endpoint_id:str}/remove")
    async def remove(visit: ThisVisit, endpoint_id: FromPath[str]) -> Page:
        """One endpoint less; what waits for it is never told."""
        stored = await check_endpoint(console, visit, endpoint_id)
        noting = visit.actor.noting("removed webhook", endpoint_id, url=noted_url(stored.endpoint))
        await remove_endpoint(console.pool, visit.workspace_id, stored.id, noting)
        return console.go(visit, f"{visit.home}/webhooks", "The endpoint was removed.")

    return [switch_on, remove]


def _replaying(console: Console) -> list[HTTPRouteHandler]:
    @post("/{workspace:str}/webhooks/{endpoint_id:str}/replay")
    async def again(visit: ThisVisit, endpoint_id: FromPath[str]) -> Page:
        """All that failed for good is told again."""
        stored, since = await check_endpoint(console, visit, endpoint_id), console.now() - KEPT_FOR
        noting = visit.actor.noting("replayed failed deliveries", endpoint_id, url=noted_url(stored.endpoint))
        count = await replay_all_failed(console.pool, visit.workspace_id, stored.id, since, noting)
        return console.go(visit, f"{visit.home}/webhooks/{stored.id}", f"{count} to be told again.")

    @post("/{workspace:str}/webhooks/{endpoint_id:str}/deliveries/{delivery_id:str}/replay")
    async def again_one(visit: ThisVisit, endpoint_id: FromPath[str], delivery_id: FromPath[str]) -> Page:
        """One thing is told again, under the same webhook-id."""
        stored = await check_endpoint(console, visit, endpoint_id)
        noting = visit.actor.noting("replayed delivery", delivery_id)
        await replay(console.pool, visit.workspace_id, delivery_id, noting)
        return console.go(visit, f"{visit.home}/webhooks/{stored.id}", "It is told again.")

    return [again, again_one]


async def check_endpoint(console: Console, visit: Visit, endpoint_id: str) -> StoredEndpoint:
    """The endpoint that an address names, or NotFound."""
    async with console.pool.acquire() as connection:
        return await _find(console, connection, visit, endpoint_id)


async def _find(console: Console, connection: Connection, visit: Visit, endpoint_id: str) -> StoredEndpoint:
    endpoints = await list_endpoints(connection, console.vault, visit.workspace_id)
    found = [each for each in endpoints if str(each.id) == endpoint_id]
    if not found:
        raise NotFound("There is no endpoint of that number in this workspace; it may have been removed.")
    return found[0]
