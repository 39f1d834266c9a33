"""With the hub's clock put forward, what people do is still told in the time in which they do it."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pyreqwest.client import ClientBuilder
from suprsend_hub.hub import Hub
from suprsend_hub.main import run_api
from suprsend_hub.ui.development import Development

from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.conftest import Api
from hub.tests.ui.browser import Browser

AHEAD = timedelta(days=400)


async def nothing(*_: object) -> None:
    """Nobody puts the clock of these tests forward."""


@pytest.fixture
async def api(hub: Hub) -> AsyncIterator[Api]:
    """The real application in development mode, whose clock was put forward."""
    ahead = replace(hub, now=lambda: hub.now() + AHEAD)
    development = Development(lambda *_: [], lambda _: None, lambda: AHEAD, nothing)
    async with (
        run_api(ahead, development=development) as server,
        ClientBuilder().follow_redirects(False).build() as client,
    ):
        yield Api(client, f"http://127.0.0.1:{server.port}")


@pytest.mark.parametrize(
    ("path", "added"),
    [
        ("/console/~/team", None),
        ("/console/~/tokens", "/console/~/tokens"),
        ("/console/demo/keys", "/console/demo/keys/api"),
        ("/console/demo/keys", "/console/demo/keys/signing"),
    ],
)
async def test_what_was_made_just_now_was_made_just_now(
    admin: Browser, scene: Scene, path: str, added: str | None
) -> None:
    if added:
        assert (await admin.post(added, {"name": "new"})).status_code == 200
    page = (await admin.get(path)).text
    assert ">just now</time>" in page
    assert "d ago" not in page, "nothing of it is as old as the clock was put forward"


async def test_the_audit_log_tells_today_without_its_day(admin: Browser) -> None:
    page = (await admin.get("/console/~/audit")).text
    assert re.search(r"<time [^>]+>\d\d:\d\d:\d\d</time>", page)


async def test_what_is_sent_is_told_in_the_time_of_the_hub(admin: Browser, scene: Scene) -> None:
    await scene.accept(trigger_body(delay="1h"))
    page = (await admin.get("/console/demo")).text
    due_at = await scene.pool.fetchval("select execute_after from pgqueuer") + AHEAD
    assert f'datetime="{due_at.isoformat()}"' in page


async def test_what_an_endpoint_is_told_next_is_told_in_the_time_of_the_hub(admin: Browser, scene: Scene) -> None:
    await scene.add_webhook()
    await scene.go_through(trigger_body())
    page = (await admin.get("/console/demo/webhooks/1")).text
    due_at = await scene.pool.fetchval("select min(due_at) from webhook_delivery where state = 'pending'") + AHEAD
    assert f'datetime="{due_at.isoformat()}"' in page
