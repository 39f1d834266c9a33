"""The socket: who may listen, what is told, and what ends it (wire.md 4.4, 4.5)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec
import pytest
import suprsend_hub.inbox.line as line_module
from socketio import AsyncClient  # type: ignore[import-untyped]  # the library has no types
from socketio.exceptions import ConnectionError as Unreachable  # type: ignore[import-untyped]  # as above
from suprsend_hub.domain.subscriber_id import make_subscriber_id
from suprsend_hub.hub import Hub
from suprsend_hub.main import run_api

from hub.tests.api.browser import PERSON
from hub.tests.conftest import Api

from .conftest import Feed

PATIENCE = 20


@dataclass
class Device:
    """What an official client is told, and how it is refused."""

    feed: Feed
    auth: dict[str, Any]
    client: Any = field(default_factory=lambda: AsyncClient(reconnection_delay=0.1, reconnection_delay_max=0.2))
    told: asyncio.Queue[tuple[str, Any]] = field(default_factory=asyncio.Queue)

    async def open(self, base_url: str | None = None) -> "Device":
        """Connect as the clients do."""
        self.client.on("*", self._take)
        self.client.on("connect_error", lambda said: self.told.put_nowait(("connect_error", said)))
        self.client.on("connect", lambda: self.told.put_nowait(("connect", None)))
        self.client.on("disconnect", lambda reason: self.told.put_nowait(("disconnect", reason)))
        await self.client.connect(
            base_url or self.feed.browser.shop.api.base_url, auth=lambda: self.auth, transports=["websocket"]
        )
        assert await self.next() == ("connect", None)
        return self

    async def next(self) -> tuple[str, Any]:
        """The next thing that it is told."""
        return await asyncio.wait_for(self.told.get(), PATIENCE)

    async def close(self) -> None:
        """Leave, and leave nothing open."""
        await self.client.disconnect()
        await self.client.shutdown()
        if self.client.eio.http is not None:
            await self.client.eio.http.close()

    async def _take(self, name: str, *said: Any) -> None:
        self.told.put_nowait((name, said[0] if said else None))


def later_auth(feed: Feed, **changes: Any) -> dict[str, Any]:
    """What web-sdk says of itself."""
    said = {
        "authorization": feed.browser.public_key,
        "x-ss-signature": feed.browser.token,
        "distinct_id": PERSON,
        "tenant_id": feed.tenant_id,
        "schema": "1",
    }
    return said | changes


def first_auth(feed: Feed, **changes: Any) -> dict[str, Any]:
    """What js-inbox says of itself."""
    made = feed.browser.shop.made
    secret = made.workspace.inbox_secret
    assert secret is not None
    said = {
        "subscriber_id": make_subscriber_id(secret, PERSON),
        "distinct_id": PERSON,
        "authorization": f"{made.workspace.key}:0d0ddb1c-1d4c-4e6f-8b3e-9f8f5f5b0a11",
        "tenant_id": feed.tenant_id,
    }
    return said | changes


@asynccontextmanager
async def listening(feed: Feed, auth: dict[str, Any], base_url: str | None = None) -> AsyncIterator[Device]:
    """A device that listens."""
    device = Device(feed, auth)
    try:
        yield await device.open(base_url)
    finally:
        await device.close()


async def test_both_generations_hear_of_everything_in_their_own_words(feed: Feed) -> None:
    async with listening(feed, later_auth(feed)) as later, listening(feed, first_auth(feed)) as first:
        [one] = await feed.notify()
        assert await later.next() == ("new_notification", {"n_id": one})
        assert await first.next() == ("new_notification", {"n_id": one})
        for action in ("read", "unread", "interacted", "archive"):
            await feed.done("PATCH", f"notifications/{one}/{action}", {})
            assert await later.next() == ("notification_update", {"n_id": one, "action": action})
            assert await first.next() == ("notification_updated", {"n_id": one, "type": action})
        await feed.done("POST", "bulk/notifications/seen", {"notification_ids": [one, "other"]})
        assert await later.next() == ("bulk_notification_update", {"notification_ids": [one], "action": "seen"})
        await feed.done("PATCH", "mark_all_read", {})
        assert await later.next() == ("bulk_notification_update", {"notification_ids": "all", "action": "read"})
        assert await first.next() == ("mark_all_read", None)
        await feed.done("PATCH", "reset_bell_count", {})
        assert await later.next() == ("reset_badge", None)
        assert await first.next() == ("update_badge", None)


async def test_a_notification_can_be_read_when_it_is_told(feed: Feed) -> None:
    async with listening(feed, later_auth(feed)) as device:
        sending = asyncio.create_task(feed.notify(times=3))
        for _ in range(3):
            _, said = await device.next()
            assert (await feed.done("GET", f"notifications/{said['n_id']}"))["n_id"] == said["n_id"]
        await sending


async def test_nobody_hears_of_another_person_tenant_or_workspace(feed: Feed) -> None:
    other = feed.browser.signed_in("user-2")
    acme = feed.browser.signed_in(scope={"tenant_id": "acme"})
    async with (
        listening(feed, later_auth(feed, distinct_id="user-2", **{"x-ss-signature": other.token})) as stranger,
        listening(feed, later_auth(feed, tenant_id="acme", **{"x-ss-signature": acme.token})) as elsewhere,
        listening(feed, later_auth(feed)) as own,
    ):
        await feed.notify()
        assert (await own.next())[0] == "new_notification"
        assert (stranger.told.empty(), elsewhere.told.empty()) == (True, True)


async def test_processes_tell_one_another(feed: Feed, hub: Hub) -> None:
    async with run_api(hub) as second, listening(feed, later_auth(feed), f"http://127.0.0.1:{second.port}") as device:
        [one] = await feed.notify()
        assert await device.next() == ("new_notification", {"n_id": one})


WRONG = "Authentication Error: wrong auth token"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda feed: later_auth(feed, authorization="SS.PUBK.nothing"), WRONG),
        (lambda feed: later_auth(feed, **{"x-ss-signature": None}), WRONG),
        (lambda feed: later_auth(feed, **{"x-ss-signature": feed.browser.signed_in(exp=1).token}), WRONG),
        (lambda feed: later_auth(feed, distinct_id="user-2"), "another person"),
        (lambda feed: later_auth(feed, tenant_id="acme"), "scope is tenant"),
        (lambda feed: later_auth(feed, tenant_id=7), "tenant_id"),
        (lambda feed: later_auth(feed, distinct_id="\x00"), "auth"),
        (lambda feed: {}, "auth"),
        (lambda feed: first_auth(feed, subscriber_id="x"), WRONG),
        (lambda feed: first_auth(feed, distinct_id="user-2"), WRONG),
        (lambda feed: first_auth(feed, authorization="nothing:"), WRONG),
    ],
)
async def test_whoever_is_not_believed_is_told_so(
    feed: Feed, make: Callable[[Feed], dict[str, Any]], message: str
) -> None:
    device = Device(feed, make(feed))
    with pytest.raises((Unreachable, AssertionError)):
        await device.open()
    name, said = await device.next()
    assert name == "connect_error"
    assert message in said["message"]
    if message == WRONG:
        assert said["message"] == WRONG
    await device.close()


async def test_a_token_that_expires_ends_the_line_and_a_fresh_one_opens_it(feed: Feed) -> None:
    now = int(feed.scene.now().timestamp())
    device = Device(feed, later_auth(feed, **{"x-ss-signature": feed.browser.signed_in(exp=now + 2).token}))
    await device.open()
    assert (await device.next())[0] == "disconnect"
    device.auth = later_auth(feed)
    while (await device.next())[0] != "connect":
        pass
    [one] = await feed.notify()
    assert await device.next() == ("new_notification", {"n_id": one})
    await device.close()


@asynccontextmanager
async def bare_line(api: Api) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A WebSocket that speaks for itself."""
    url = f"{api.base_url}/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as session, session.ws_connect(url, autoping=True) as line:
        opened = await line.receive_str(timeout=PATIENCE)
        assert set(msgspec.json.decode(opened[1:])) >= {"sid", "pingInterval", "pingTimeout"}
        yield line


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "9",
        "40[",
        "hello",
        "42",
        "4",
        "5",
        "6",
        "41x",
        '451-["a",{"_placeholder":true,"num":0}]',
        "40" + "x" * 20_000,
        b"\x00",
    ],
)
async def test_a_broken_frame_ends_its_line_and_nothing_else(feed: Feed, frame: str | bytes) -> None:
    async with listening(feed, later_auth(feed)) as device, bare_line(feed.browser.shop.api) as line:
        await (line.send_str(frame) if isinstance(frame, str) else line.send_bytes(frame))
        while (message := await line.receive(timeout=PATIENCE)).type != aiohttp.WSMsgType.CLOSE:
            assert message.type == aiohttp.WSMsgType.TEXT
        [one] = await feed.notify()
        assert await device.next() == ("new_notification", {"n_id": one})


async def test_whoever_does_not_say_who_it_is_or_talks_too_much_is_not_kept(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "GREETING_SECONDS", 0.2)
    async with bare_line(feed.browser.shop.api) as line:
        assert (await line.receive(timeout=PATIENCE)).type == aiohttp.WSMsgType.CLOSE
    auth = msgspec.json.encode(later_auth(feed)).decode()
    async with bare_line(feed.browser.shop.api) as line:
        await line.send_str(f"40{auth}")
        assert (await line.receive_str(timeout=PATIENCE)).startswith("40{")
        for _ in range(line_module.MOST_FRAMES):
            await line.send_str('42["anything",1]')
        assert (await line.receive(timeout=PATIENCE)).type == aiohttp.WSMsgType.CLOSE


async def test_sockets_of_an_inbox_are_limited_and_counted(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suprsend_hub.inbox.audience.MOST_OF_A_PERSON", 1)
    gauge = "suprsend_hub_inbox_sockets"
    async with listening(feed, later_auth(feed)):
        assert f"{gauge} 1.0" in (await feed.browser.shop.api.request("GET", "/metrics")).text
        device = Device(feed, later_auth(feed))
        with pytest.raises((Unreachable, AssertionError)):
            await device.open()
        assert "open in 1 places" in (await device.next())[1]["message"]
        await device.close()
    async with listening(feed, later_auth(feed)):
        assert f"{gauge} 1.0" in (await feed.browser.shop.api.request("GET", "/metrics")).text


async def test_polling_is_not_spoken(feed: Feed) -> None:
    reply = await feed.browser.shop.api.request("GET", "/socket.io/?EIO=4&transport=polling")
    assert (reply.status_code, reply.json()["type"]) == (404, "NotFound")


async def test_what_came_while_the_database_was_not_heard_is_told_later(feed: Feed) -> None:
    async with listening(feed, later_auth(feed)) as device:
        [first] = await feed.notify()
        assert await device.next() == ("new_notification", {"n_id": first})
        # The listener goes deaf, and something happens before it hears again.
        async with feed.scene.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name like '%inbox'"
                " and datname = current_database()"
            )
        [second] = await feed.notify()
        heard = [await device.next(), await device.next()]
        assert ("new_notification", {"n_id": second}) in heard
        assert ("notification_update", {"n_id": second, "action": "read"}) in heard


async def test_a_client_that_takes_nothing_is_let_go_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    never = asyncio.Event()

    async def hang(*_: Any) -> Any:
        await never.wait()

    monkeypatch.setattr(line_module, "SEND_SECONDS", 0.1)
    stuck = line_module.Line(hang, hang)
    await stuck.send({"type": "websocket.send", "text": "2"})
    assert stuck.is_closed
    behind = line_module.Line(hang, hang)
    assert all(behind.owe() for _ in range(line_module.MOST_OWED))
    assert not behind.owe()
    assert (await behind.receive())["type"] == "websocket.disconnect"


async def test_a_process_that_stops_lets_its_clients_go(feed: Feed, hub: Hub) -> None:
    async with listening(feed, later_auth(feed)) as device:
        hub.stopping.set()
        assert (await device.next())[0] == "disconnect"
        hub.stopping.clear()


async def test_what_was_there_before_a_gap_is_not_news_after_it(feed: Feed) -> None:
    [before] = await feed.notify()
    async with listening(feed, later_auth(feed)) as device:
        await feed.scene.pool.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name like '%inbox'"
            " and datname = current_database()"
        )
        assert await device.next() == ("notification_update", {"n_id": before, "action": "read"})
        [after] = await feed.notify()
        assert await device.next() == ("new_notification", {"n_id": after})
