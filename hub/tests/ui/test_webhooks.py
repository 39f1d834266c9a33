"""Webhooks: how endpoints do, what they were told, telling them again, and nothing of their secrets."""

from collections.abc import Awaitable, Callable

import pytest
from suprsend_hub.domain.webhook import Endpoint
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.database import Pool
from suprsend_hub.store.webhooks import insert_endpoint

from hub.tests.actions.scene import EVERYTHING, WEBHOOK_SECRET, Scene, trigger_body
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS, outline

WEBHOOKS = "/console/demo/webhooks"


async def add(scene: Scene, description: str = "") -> str:
    """The address of an endpoint's page."""
    endpoint = Endpoint(
        url="https://shop.example.com/hook?token=hidden",
        description=description,
        interest=EVERYTHING,
        rate=None,
        secret=WEBHOOK_SECRET,
        headers={"X-Key": "of-the-shop"},
    )
    async with scene.pool.acquire() as connection:
        return f"{WEBHOOKS}/{await insert_endpoint(connection, scene.vault, scene.workspace.id, endpoint)}"


@pytest.fixture
async def endpoint(scene: Scene) -> str:
    """The page of an endpoint to which one thing could not be told."""
    path = await add(scene)
    await scene.go_through(trigger_body(users=[{"distinct_id": "ada", "$email": ["ada@example.com"]}]))
    await scene.pool.execute(
        "update webhook_delivery set state = 'delivered', attempts = 1, answered_at = now(), answer = 'well received'"
    )
    await scene.pool.execute(
        "update webhook_delivery set state = 'failed', attempts = 9, answer = 'gone away' where id ="
        " (select min(id) from webhook_delivery)"
    )
    return path


async def states(pool: Pool) -> dict[str, int]:
    """How many deliveries are in each state."""
    return {row[0]: row[1] for row in await pool.fetch("select state, count(*) from webhook_delivery group by state")}


async def test_endpoints_are_listed_without_what_is_secret(admin: Browser, endpoint: str) -> None:
    for path in (WEBHOOKS, endpoint):
        page = (await admin.get(path)).text
        assert "https://shop.example.com/hook" in page
        assert not any(each in page for each in ("token=hidden", WEBHOOK_SECRET, "of-the-shop"))


async def test_deliveries_are_narrowed_to_those_that_failed(admin: Browser, endpoint: str) -> None:
    page = (await admin.get(endpoint)).text
    assert "gone away" in page
    assert "well received" in page
    failed = (await admin.get(f"{endpoint}?state=failed")).text
    assert "gone away" in failed
    assert "well received" not in failed


async def test_what_is_looked_at_for_a_page_is_bounded_and_the_next_page_goes_on(
    admin: Browser, endpoint: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suprsend_hub.store.webhook_deliveries.MOST_LOOKED_AT", 1)
    await scene.pool.execute("update webhook_delivery set endpoint_id = endpoint_id + 1000 where state <> 'failed'")
    page, path = (await admin.get(endpoint)).text, endpoint
    for _ in range(10):
        if "gone away" in page:
            break
        assert "Nothing among the deliveries looked at so far" in page
        path = endpoint + page.partition('" rel="next"')[0].rpartition('href="')[2]
        page = (await admin.get(path)).text
    assert "gone away" in page
    assert path != endpoint


async def test_what_failed_is_told_again_and_it_is_noted(admin: Browser, endpoint: str, pool: Pool) -> None:
    assert (await admin.post(f"{endpoint}/replay")).status_code == 303
    assert "1 to be told again." in (await admin.get(endpoint)).text
    assert (await states(pool)).get("pending") == 1
    assert await pool.fetchval("select count(*) from audit_entry where action = 'replayed failed deliveries'") == 1


async def test_one_delivery_is_told_again(
    signed_in: Callable[[Role], Awaitable[Browser]], endpoint: str, pool: Pool
) -> None:
    editor = await signed_in("editor")
    delivery = await pool.fetchval("select id from webhook_delivery where state = 'failed'")
    assert (await editor.post(f"{endpoint}/deliveries/{delivery}/replay")).status_code == 303
    assert "failed" not in await states(pool)
    assert await pool.fetchval("select target from audit_entry where action = 'replayed delivery'") == delivery
    assert (await editor.post(f"{endpoint}/deliveries/nothing/replay")).status_code == 404
    assert (await editor.post(f"{endpoint}/remove")).status_code == 403


async def test_a_disabled_endpoint_is_enabled(admin: Browser, endpoint: str, pool: Pool) -> None:
    await pool.execute("update webhook_endpoint set disabled_at = now(), disabled_reason = 'it failed for five days'")
    assert "it failed for five days" in (await admin.get(endpoint)).text
    assert (await admin.post(f"{endpoint}/enable")).status_code == 303
    assert await pool.fetchval("select disabled_at from webhook_endpoint") is None
    assert await pool.fetchval("select count(*) from audit_entry where action = 'enabled webhook'") == 1


async def test_an_endpoint_is_removed(admin: Browser, endpoint: str, pool: Pool) -> None:
    assert (await admin.post(f"{endpoint}/remove")).status_code == 303
    assert await pool.fetchval("select count(*) from webhook_endpoint") == 0
    assert (await admin.get(endpoint)).status_code == 404
    noted = await pool.fetchrow("select * from audit_entry where action = 'removed webhook'")
    assert noted
    assert "hidden" not in str(dict(noted))


async def test_whatever_an_endpoint_says_is_shown_as_it_is(admin: Browser, scene: Scene) -> None:
    path = await add(scene, XSS)
    await scene.go_through(trigger_body(users=[{"distinct_id": "ada", "$email": ["ada@example.com"]}]))
    await scene.pool.execute("update webhook_delivery set state = 'failed', answer = $1", XSS)
    await scene.pool.execute("update webhook_endpoint set disabled_at = now(), disabled_reason = $1", XSS)
    for page in ((await admin.get(WEBHOOKS)).text, (await admin.get(path)).text):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(" in page
        assert outline(page).faults == []
        assert outline(page).open == []
