"""Webhooks from end to end: a real worker, and endpoints that listen on real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.domain.webhook import Interest
from suprsend_hub.hub import Hub
from suprsend_hub.main import run_worker
from suprsend_hub.simulators.http_server import Answer, HttpServer, Request
from suprsend_hub.store.queue import bring_forward
from suprsend_hub.store.webhook_deliveries import bring_deliveries_forward

from hub.tests.actions.scene import WEBHOOK_SECRET, Scene, trigger_body

from .test_worker import until_ended

MAIL = {"users": [{"distinct_id": "u1", "$email": ["ada@example.com"], "$channels": ["email"]}]}
SENT_ONLY = Interest(frozenset(["sent_by_vendor"]))


@dataclass
class Site:
    """An endpoint of a user: what it heard, and what it answers next."""

    url: str = ""
    heard: list[Request] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: Request) -> Answer:
        self.heard.append(request)
        self.begun.set()
        await self.open.wait()
        status = self.answers.pop(0) if self.answers else 204
        return Answer(status, b"", {"Location": "/elsewhere"} if status == 302 else {})

    @property
    def states(self) -> list[str]:
        return [msgspec.json.decode(each.body)["suprsend_status"]["status"] for each in self.heard]


MakeSite = Callable[..., Awaitable[Site]]


@pytest.fixture
async def make_site() -> AsyncIterator[MakeSite]:
    """Starts endpoints, which answer at once unless they are closed."""
    async with AsyncExitStack() as stack:

        async def make(*answers: int, is_open: bool = True) -> Site:
            site = Site(answers=list(answers))
            if is_open:
                site.open.set()
            server = HttpServer(site.take)
            await server.start()
            stack.push_async_callback(server.stop)
            site.url = f"{server.url}/hooks"
            return site

        yield make


async def until(scene: Scene, is_enough: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """The deliveries, as soon as they are as they should be."""
    async with asyncio.timeout(60):
        while True:
            if is_enough(deliveries := await scene.deliveries()):
                return deliveries
            await asyncio.sleep(0.02)


def all_are(state: str, count: int) -> Callable[[list[dict[str, Any]]], bool]:
    return lambda found: len(found) >= count and all(each["state"] == state for each in found)


def was_tried(times: int) -> Callable[[list[dict[str, Any]]], bool]:
    return lambda found: [each["attempts"] for each in found] == [times]


async def skip(scene: Scene, by: timedelta) -> None:
    """As if so much time had passed."""
    async with scene.pool.acquire() as connection, connection.transaction():
        await bring_deliveries_forward(connection, by)
        await bring_forward(connection, by)


async def test_an_endpoint_hears_all_that_becomes_of_a_message_each_once_and_signed(
    hub: Hub, scene: Scene, make_site: MakeSite
) -> None:
    site = await make_site()
    await scene.add_webhook(site.url, headers={"x-key": "hush"})
    async with run_worker(hub, scene.recorder.deliver):
        await scene.accept(trigger_body(**MAIL))
        await until(scene, all_are("delivered", 2))
        [message] = await scene.messages()
        for happening in ("seen", "delivered", "seen"):
            receipt = Receipt(message["id"], happening, scene.now())
            await record_receipts(scene.pool, scene.workspace.id, [receipt], scene.now())
        await until(scene, all_are("delivered", 4))
    assert sorted(site.states) == ["delivered", "seen", "sent_by_vendor", "triggered"]
    assert len({each.headers["webhook-id"] for each in site.heard}) == 4
    for each in site.heard:
        assert (each.method, each.path, each.headers["x-key"]) == ("POST", "/hooks", "hush")
        told = Webhook(WEBHOOK_SECRET).verify(each.body, dict(each.headers))
        assert told["reference"]["supr_nid"] == message["id"]


@pytest.mark.parametrize("status", [500, 302, 404])
async def test_what_is_not_taken_comes_again_under_the_same_id(
    hub: Hub, scene: Scene, make_site: MakeSite, status: int
) -> None:
    site = await make_site(status, status)
    await scene.add_webhook(site.url, SENT_ONLY)
    async with run_worker(hub, scene.recorder.deliver):
        await scene.accept(trigger_body(**MAIL))
        for tries in (1, 2):
            await until(scene, was_tried(tries))
            assert len(site.heard) == tries
            await skip(scene, timedelta(minutes=10))
        [delivery] = await until(scene, all_are("delivered", 1))
    assert (delivery["attempts"], delivery["answer_status"]) == (3, 204)
    assert [each.path for each in site.heard] == ["/hooks"] * 3
    assert len({each.headers["webhook-id"] for each in site.heard}) == 1


async def test_an_endpoint_that_is_gone_is_left_alone(hub: Hub, scene: Scene, make_site: MakeSite) -> None:
    site = await make_site(410)
    await scene.add_webhook(site.url, SENT_ONLY)
    async with run_worker(hub, scene.recorder.deliver):
        await scene.accept(trigger_body(**MAIL))
        await until(scene, all_are("failed", 1))
        await scene.accept(trigger_body(**MAIL))
        await until_ended(scene, 2)
    [stored] = await scene.webhooks()
    assert stored["disabled_reason"] == "it answered 410 Gone"
    assert len(site.heard) == len(await scene.deliveries()) == 1


async def test_a_private_address_is_refused_where_it_is_not_allowed(
    hub: Hub, scene: Scene, make_site: MakeSite
) -> None:
    site = await make_site()
    await scene.add_webhook(site.url, SENT_ONLY)
    outside = replace(hub, settings=hub.settings.model_copy(update={"private_urls": False}))
    async with run_worker(outside, scene.recorder.deliver):
        await scene.accept(trigger_body(**MAIL))
        [delivery] = await until(scene, lambda found: [each["attempts"] for each in found] == [1])
    assert (delivery["state"], delivery["answer"]) == ("pending", "the address is at an address that is not public")
    assert site.heard == []


async def test_endpoints_that_hang_hold_up_nobody_else(hub: Hub, scene: Scene, make_site: MakeSite) -> None:
    dead = [await make_site(is_open=False) for _ in range(20)]
    for each in dead:
        await scene.add_webhook(each.url, SENT_ONLY)
    # They were seen to fail before, and are many more than a worker takes jobs of one kind.
    await scene.pool.execute("update webhook_endpoint set failing_since = now(), failures = 1")
    hanging = await make_site(is_open=False)
    await scene.add_webhook(hanging.url, SENT_ONLY)
    healthy = await make_site()
    endpoint = await scene.add_webhook(healthy.url, SENT_ONLY)

    def is_told(found: list[dict[str, Any]]) -> bool:
        own = [each for each in found if each["endpoint_id"] == endpoint]
        return len(own) == 300 and all(each["state"] == "delivered" for each in own)

    async with run_worker(hub, scene.recorder.deliver):
        users = [{"distinct_id": f"u{n}", "$email": [f"u{n}@example.com"], "$channels": ["email"]} for n in range(300)]
        for start in range(0, 300, 100):
            await scene.accept(trigger_body(users=users[start : start + 100]))
        deliveries = await until(scene, is_told)
        assert {each["state"] for each in deliveries if each["endpoint_id"] != endpoint} == {"pending"}
        assert len(healthy.heard) == 300
        for each in (*dead, hanging):
            each.open.set()


async def test_what_a_worker_had_in_hand_when_it_died_is_told_by_another(
    hub: Hub, scene: Scene, make_site: MakeSite
) -> None:
    site = await make_site(is_open=False)
    await scene.add_webhook(site.url, SENT_ONLY)
    impatient = replace(hub, settings=hub.settings.model_copy(update={"drain_seconds": 0.1}))
    async with run_worker(impatient, scene.recorder.deliver):
        await scene.accept(trigger_body(**MAIL))
        await site.begun.wait()
    assert [each["state"] for each in await scene.deliveries()] == ["pending"]
    site.open.set()
    async with run_worker(replace(hub, stopping=asyncio.Event()), scene.recorder.deliver):
        await until(scene, all_are("delivered", 1))
    assert {each.headers["webhook-id"] for each in site.heard} == {site.heard[0].headers["webhook-id"]}
