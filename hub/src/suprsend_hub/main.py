"""The composition root: knows every room, and puts a hub together from top to bottom."""

import asyncio
import gc
import random
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from functools import cache, partial
from typing import Any

import structlog
from litestar import Router
from litestar.handlers import HTTPRouteHandler

from suprsend_hub import __version__
from suprsend_hub.actions.advance import advance
from suprsend_hub.actions.compose import Composer
from suprsend_hub.actions.count_activity import add_up
from suprsend_hub.actions.edit_vendors import VendorDesk
from suprsend_hub.actions.edit_webhooks import WebhookDesk
from suprsend_hub.actions.expand import expand
from suprsend_hub.actions.group_commit import GroupCommit
from suprsend_hub.actions.hear import callback_path
from suprsend_hub.actions.limit_requests import RequestLimits
from suprsend_hub.actions.links import LinkMaker
from suprsend_hub.actions.places import Places
from suprsend_hub.actions.plan import plan
from suprsend_hub.actions.send import Deliver, Sending, send
from suprsend_hub.actions.settle import Result, settle
from suprsend_hub.actions.tell import Telling, Visit, tell
from suprsend_hub.actions.watch_health import HealthWatch
from suprsend_hub.api.application import make_application
from suprsend_hub.api.auth import Gatekeeper
from suprsend_hub.api.broadcasts import broadcast_routes
from suprsend_hub.api.bulk_preferences import bulk_preference_routes
from suprsend_hub.api.callbacks import callback_routes
from suprsend_hub.api.cancellations import cancellation_routes
from suprsend_hub.api.categories import category_routes
from suprsend_hub.api.door import Door
from suprsend_hub.api.errors import Answer
from suprsend_hub.api.event_definitions import event_definition_routes
from suprsend_hub.api.events import event_routes
from suprsend_hub.api.health import health_routes
from suprsend_hub.api.links import link_routes
from suprsend_hub.api.messages import message_routes
from suprsend_hub.api.objects import object_routes
from suprsend_hub.api.paths import WholeNames
from suprsend_hub.api.payload_schemas import payload_schema_routes
from suprsend_hub.api.preferences import preference_routes
from suprsend_hub.api.subscriber_lists import subscriber_list_routes
from suprsend_hub.api.template_trials import template_trial_routes
from suprsend_hub.api.templates import template_routes
from suprsend_hub.api.tenant_preferences import tenant_preference_routes
from suprsend_hub.api.tenants import tenant_routes
from suprsend_hub.api.translations import translation_routes
from suprsend_hub.api.triggers import trigger_routes
from suprsend_hub.api.users import user_routes
from suprsend_hub.api.workflow_triggers import workflow_trigger_routes
from suprsend_hub.api.workflows import workflow_routes
from suprsend_hub.api.workspaces import workspace_routes
from suprsend_hub.domain.category import ROOTS, Root
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.client_address import read_networks
from suprsend_hub.domain.job import Announce, Send
from suprsend_hub.domain.retention import Retention
from suprsend_hub.domain.retry import RetryPolicy
from suprsend_hub.hub import Hub
from suprsend_hub.inbox.audience import Audience
from suprsend_hub.inbox.news import News
from suprsend_hub.inbox.routes import inbox_routes
from suprsend_hub.inbox.socket import InboxSocket
from suprsend_hub.jobs.handlers import Actions, Release, make_handlers
from suprsend_hub.jobs.upkeep import every, keep_up
from suprsend_hub.jobs.worker import Worker
from suprsend_hub.serving import HttpServer
from suprsend_hub.store.inbox_listener import InboxListener
from suprsend_hub.ui.development import Development
from suprsend_hub.ui.errors import answer_error
from suprsend_hub.ui.preference_centre import preference_centre_routes
from suprsend_hub.ui.public_pages import PATHS, PublicPages
from suprsend_hub.ui.router import PATH, make_console, make_router
from suprsend_hub.ui.unsubscribe import unsubscribe_routes
from suprsend_hub.vendors.kinds import KINDS
from suprsend_hub.vendors.listener import Listener
from suprsend_hub.vendors.sender import Sender
from suprsend_hub.vendors.webhook_poster import WebhookPoster

UPKEEP_SECONDS = 600.0
# Soon enough to turn away from a vendor that fails; its weight changes by one step in ten seconds.
HEALTH_SECONDS = 2.0
# How late the numbers of the console are.
ACTIVITY_SECONDS = 5.0

# So many new objects are looked through for garbage together: a chunk of messages is some thousands of them.
YOUNG_OBJECTS = 10_000

log = structlog.stdlib.get_logger("suprsend_hub")


@asynccontextmanager
async def open_application(
    hub: Hub, extra_routes: Sequence[HTTPRouteHandler] = (), development: Development | None = None
) -> AsyncIterator[WholeNames]:
    """The API, usable while the context is open."""
    limits = RequestLimits(hub.pool, hub.settings.requests_per_second)
    gatekeeper = Gatekeeper(hub.pool, hub.vault, limits, hub.settings.unsigned_requests_per_second, hub.now)
    listener = Listener(allow_private_urls=hub.settings.private_urls)
    sender = Sender(now=hub.now, allow_private_urls=hub.settings.private_urls)
    poster = WebhookPoster(allow_private_urls=hub.settings.private_urls)
    vendors, webhooks = VendorDesk(KINDS, sender.send), WebhookDesk(poster.check, poster.visit)
    console = make_console(
        hub.pool,
        hub.vault,
        hub.settings.public_url,
        vendors,
        webhooks,
        hub.now,
        hub.settings.requests_per_second,
        read_networks(hub.settings.trusted_proxies),
        development,
    )
    own = _own_routes(hub, gatekeeper, listener, sender)
    public = PublicPages(console)
    shown = [*public.routes(), *preference_centre_routes(public), *unsubscribe_routes(public)]
    routes: list[HTTPRouteHandler | Router] = [*own, *shown, make_router(console), *extra_routes]
    most = hub.settings.most_body_bytes
    pages: dict[str, Answer] = {PATH: partial(answer_error, console), **dict.fromkeys(PATHS, public.answer_error)}
    try:
        async with _open_socket(hub, gatekeeper) as socket:
            yield make_application(routes, most_body_bytes=most, version=__version__, socket=socket, pages=pages)
    finally:
        await listener.close()
        await sender.close()


def _own_routes(hub: Hub, gatekeeper: Gatekeeper, listener: Listener, sender: Sender) -> list[HTTPRouteHandler]:
    door = Door(hub.pool, hub.now)
    return [
        *health_routes(hub.pool, hub.metrics.registry, hub.stopping.is_set),
        *trigger_routes(gatekeeper, door),
        *workflow_trigger_routes(gatekeeper, door),
        *broadcast_routes(gatekeeper, hub.pool, hub.now),
        *cancellation_routes(gatekeeper, hub.pool, hub.now),
        *event_routes(gatekeeper, door, hub.pool),
        *message_routes(gatekeeper, hub.pool, hub.now),
        *user_routes(gatekeeper, hub.pool, hub.now),
        *object_routes(gatekeeper, hub.pool, hub.now),
        *preference_routes(gatekeeper, hub.pool, hub.now),
        *bulk_preference_routes(gatekeeper, hub.pool, hub.now),
        *subscriber_list_routes(gatekeeper, hub.pool, hub.now),
        *template_routes(gatekeeper, hub.pool, hub.vault, hub.now),
        *tenant_routes(gatekeeper, hub.pool, hub.now),
        *tenant_preference_routes(gatekeeper, hub.pool, hub.now),
        *category_routes(gatekeeper, hub.pool, hub.vault, hub.now),
        *template_trial_routes(gatekeeper, hub.pool, hub.vault, sender.send, hub.now),
        *workflow_routes(gatekeeper, hub.pool, hub.vault, hub.now),
        *event_definition_routes(gatekeeper, hub.pool, hub.vault, hub.now),
        *payload_schema_routes(gatekeeper, hub.pool, hub.vault, hub.now),
        *translation_routes(gatekeeper, hub.pool, hub.vault, hub.now),
        *workspace_routes(gatekeeper, hub.pool, hub.vault, hub.now),
        *callback_routes(hub.pool, hub.vault, listener.listen, hub.settings.public_url, hub.now),
        *link_routes(hub.pool, LinkMaker(hub.vault, hub.settings.public_url), hub.now),
        *inbox_routes(gatekeeper.inbox, gatekeeper.legacy_inbox, hub.pool, hub.now),
    ]


@asynccontextmanager
async def _open_socket(hub: Hub, gatekeeper: Gatekeeper) -> AsyncIterator[InboxSocket]:
    """The socket of inboxes, told of what any process changes while the context is open."""
    audience = Audience(hub.metrics.count_sockets)
    socket = InboxSocket(gatekeeper, audience, hub.now, hub.settings.inbox_sockets)
    news = News(hub.pool, audience, socket.tell, hub.now)
    listener = InboxListener(hub.settings.database_url, news.hear, news.is_heard, news.catch_up)

    async def close_in_time() -> None:
        # The HTTP server waits for what is open.
        await hub.stopping.wait()
        socket.close()

    tasks = [asyncio.create_task(each) for each in (listener.run(), news.run(), close_in_time())]
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(listener.listening.wait(), 5)
        yield socket
    finally:
        socket.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def run_api(
    hub: Hub, extra_routes: Sequence[HTTPRouteHandler] = (), development: Development | None = None
) -> AsyncIterator[HttpServer]:
    """Serve the API while the context is open."""
    async with (
        open_application(hub, extra_routes, development) as application,
        HttpServer(application, hub.settings.host, hub.settings.port) as server,
    ):
        yield server


@asynccontextmanager
async def run_worker(hub: Hub, deliver: Deliver | None = None) -> AsyncIterator[None]:
    """Plan and send while the context is open; on leaving, finish what was begun."""
    async with AsyncExitStack() as stack:
        if deliver is None:
            sender = Sender(now=hub.now, allow_private_urls=hub.settings.private_urls)
            stack.push_async_callback(sender.close)
            deliver = sender.send
        watch, poster = HealthWatch(), WebhookPoster(allow_private_urls=hub.settings.private_urls)
        worker = Worker(
            hub.pool,
            make_handlers(hub.pool, _actions(hub, hub.metrics.counting_deliver(deliver), poster.visit, watch)),
            jobs_at_once=hub.settings.jobs_at_once,
            heartbeat=timedelta(seconds=hub.settings.heartbeat_seconds),
            stopping=hub.stopping,
        )
        tasks = [
            asyncio.create_task(worker.run()),
            asyncio.create_task(every(UPKEEP_SECONDS, lambda: _keep_up(hub), hub.stopping)),
            asyncio.create_task(every(HEALTH_SECONDS, lambda: _share_health(hub, watch), hub.stopping)),
            asyncio.create_task(every(ACTIVITY_SECONDS, lambda: add_up(hub.pool), hub.stopping)),
        ]
        try:
            yield
        finally:
            hub.stopping.set()
            _, late = await asyncio.wait(tasks, timeout=hub.settings.drain_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_up(hub: Hub) -> None:
    settings = hub.settings
    retention = Retention(settings.keep_messages_days, settings.keep_events_days, settings.keep_inbox_days)
    await keep_up(hub.pool, hub.now(), retention, timedelta(days=settings.content_kept_days), hub.stopping)


async def _share_health(hub: Hub, watch: HealthWatch) -> None:
    for account, weight in (await watch.share(hub.pool, hub.now())).items():
        log.warning("vendor health", workspace=account.workspace_id, account=account.nickname, weight=round(weight, 2))


def _actions(hub: Hub, deliver: Deliver, visit: Visit, watch: HealthWatch) -> Actions:
    return Actions(
        plan=lambda job: plan(hub.pool, job, hub.now()),
        advance=lambda job: advance(hub.pool, job, hub.now()),
        expand=lambda job: expand(hub.pool, job, hub.now()),
        send=_send_lanes(hub, deliver, watch),
        announce=_announcing(hub, visit),
    )


def _send_lanes(
    hub: Hub, deliver: Deliver, watch: HealthWatch
) -> dict[tuple[Channel, Root], Callable[[Send, Release, int], Coroutine[Any, Any, timedelta | None]]]:
    async def commit(results: Sequence[Result]) -> list[bool]:
        written = await settle(hub.pool, results, hub.now())
        hub.metrics.count_settled(results)
        return written

    settling = GroupCommit(commit, most_together=500, most_waiting=100_000)
    composer = Composer(hub.pool, hub.vault, LinkMaker(hub.vault, hub.settings.public_url))
    policy = RetryPolicy(hub.settings.deferred_attempts, hub.settings.uncertain_attempts)

    @cache
    def callback_url(account_id: int) -> str:
        root = hub.settings.public_url.rstrip("/")
        return root + callback_path(hub.vault, account_id) if root else ""

    def lane() -> Callable[[Send, Release, int], Coroutine[Any, Any, timedelta | None]]:
        sending = Sending(
            pool=hub.pool,
            composer=composer,
            deliver=deliver,
            reports_to=lambda account: callback_url(account.id),
            settle=settling.submit,
            policy=policy,
            # Places of its own: a slow vendor or a broadcast fills these and nobody else's.
            places=Places(hub.settings.send_places),
            watch=watch,
            stopping=hub.stopping,
            now=hub.now,
            chance=random.random,
            keeps_contents=hub.settings.content_kept_days > 0,
        )
        return lambda job, release, runs_before: send(sending, job, release, runs_before)

    return {(channel, root): lane() for channel in CHANNELS for root in ROOTS}


def _announcing(hub: Hub, visit: Visit) -> Callable[[Announce, int], Coroutine[Any, Any, None]]:
    telling = Telling(hub.pool, hub.vault, visit, hub.stopping, hub.now, random.random)

    async def run_announce(job: Announce, job_id: int) -> None:
        told = await tell(telling, job, job_id)
        hub.metrics.count_told(told)
        if told.disabled_reason is not None:
            where = {"workspace_id": job.workspace_id, "endpoint_id": job.endpoint_id}
            log.warning("webhook disabled", **where, reason=told.disabled_reason)

    return run_announce


def leave_loaded_alone() -> None:
    """Take all that is loaded by now out of later garbage collections: it lives as long as the process.

    Looking through it again and again took a fifth of a busy worker's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


async def until_told_to_stop(stopping: asyncio.Event) -> None:
    """Wait for SIGTERM or SIGINT; a second one ends the process at once."""
    leave_loaded_alone()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if stopping.is_set():
            raise SystemExit(130)
        stopping.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop)
    await stopping.wait()
    log.info("stopping")
