"""Webhooks: how endpoints do, what they were told, telling them again, and nothing of their secrets."""

from collections.abc import Awaitable, Callable

import pytest
from suprsend_hub.domain.webhook import Endpoint, Interest
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.database import Pool
from suprsend_hub.store.webhooks import StoredEndpoint, insert_endpoint, list_endpoints

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
    for page in [(await admin.get(each)).text for each in (WEBHOOKS, path, f"{path}/edit")]:
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(" in page
        assert outline(page).faults == []
        assert outline(page).open == []


FORM = {
    "url": "http://127.0.0.1:9/hooks?token=hidden",
    "description": "the shop",
    "state": ["delivered", "seen"],
    "channel": "email",
    "rate": "5",
    "header": "X-Key=of-the-shop\r\nx-other=2",
}


async def stored(scene: Scene) -> list[StoredEndpoint]:
    """The endpoints of the workspace."""
    async with scene.pool.acquire() as connection:
        return await list_endpoints(connection, scene.vault, scene.workspace.id)


async def noted(pool: Pool, action: str) -> str:
    """All that the audit log says of an action."""
    return str([dict(row) for row in await pool.fetch("select * from audit_entry where action = $1", action)])


async def test_an_endpoint_is_added_as_its_form_says_and_its_secret_is_shown_once(
    admin: Browser, scene: Scene, pool: Pool
) -> None:
    answer = await admin.post(WEBHOOKS, FORM)
    assert answer.status_code == 200, answer.text
    (made,) = await stored(scene)
    endpoint = made.endpoint
    assert f"<pre>{endpoint.secret}</pre>" in answer.text
    assert (endpoint.url, endpoint.description, endpoint.rate) == (FORM["url"], "the shop", 5)
    assert endpoint.interest == Interest(frozenset({"delivered", "seen"}), frozenset({"email"}))
    assert endpoint.headers == {"x-key": "of-the-shop", "x-other": "2"}
    path = f"{WEBHOOKS}/{made.id}"
    pages = [(await admin.get(each)).text for each in (WEBHOOKS, path, f"{path}/edit")]
    audit = await noted(pool, "added webhook")
    assert "http://127.0.0.1:9" in audit
    assert "hooks" not in audit.replace("webhooks", "")
    for text in (*pages, audit):
        assert "127.0.0.1:9/hooks" in text or text is audit
        assert not any(each in text for each in (endpoint.secret, "token=hidden", "of-the-shop"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "ftp://shop.example.com"}, "must be an http or https URL"),
        ({"url": ""}, "must be an http or https URL"),
        ({"state": "to_be_triggered"}, "is not known"),
        ({"rate": "0"}, "rate"),
        ({"header": "hush-hush"}, "must be name=value"),
        ({"header": "host=x"}, "is written by the hub itself"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_stored(
    admin: Browser, scene: Scene, changes: dict[str, str], said: str
) -> None:
    answer = await admin.post(WEBHOOKS, {**FORM, **changes})
    assert answer.status_code == 400
    assert said in answer.text
    assert "of-the-shop" not in answer.text
    assert "hush-hush" not in answer.text
    assert 'value="delivered" checked' in answer.text or "state" in changes
    assert await stored(scene) == []


async def test_an_endpoint_is_changed_and_what_is_not_shown_stays(admin: Browser, scene: Scene, pool: Pool) -> None:
    await admin.post(WEBHOOKS, FORM)
    (made,) = await stored(scene)
    path = f"{WEBHOOKS}/{made.id}"
    changes = {"url": "", "description": "other", "header": "x-other=3", "forget": "x-none"}
    assert (await admin.post(path, changes)).status_code == 303
    (now,) = await stored(scene)
    assert (now.endpoint.url, now.endpoint.secret) == (FORM["url"], made.endpoint.secret)
    assert now.endpoint.headers == {"x-key": "of-the-shop", "x-other": "3"}
    assert (now.endpoint.description, now.endpoint.rate, now.endpoint.interest) == ("other", None, EVERYTHING)
    elsewhere = {"url": "http://127.0.0.1:10/hooks"}
    refused = await admin.post(path, elsewhere)
    assert refused.status_code == 400
    assert "went to another host" in refused.text
    assert (await admin.post(path, {**elsewhere, "forget": ["x-key", "x-other"]})).status_code == 303
    (now,) = await stored(scene)
    assert (now.endpoint.url, now.endpoint.headers) == (elsewhere["url"], {})
    assert now.endpoint.secret == made.endpoint.secret
    assert "of-the-shop" not in await noted(pool, "changed webhook")
    assert (await admin.post(f"{WEBHOOKS}/999", FORM)).status_code == 404


async def test_a_new_secret_is_shown_once_and_the_one_before_signs_for_a_while(
    admin: Browser, scene: Scene, pool: Pool
) -> None:
    await admin.post(WEBHOOKS, FORM)
    (made,) = await stored(scene)
    path = f"{WEBHOOKS}/{made.id}"
    answer = (await admin.post(f"{path}/rotate", {"hours": "2"})).text
    (now,) = await stored(scene)
    assert f"<pre>{now.endpoint.secret}</pre>" in answer
    assert now.endpoint.previous_secret == made.endpoint.secret
    page = (await admin.get(path)).text
    assert "the one before, which ends" in page
    assert not any(each in page for each in (now.endpoint.secret, made.endpoint.secret))
    assert now.endpoint.secret not in await noted(pool, "rotated webhook secret")
    await admin.post(f"{path}/rotate", {"hours": "0"})
    (last,) = await stored(scene)
    assert last.endpoint.previous_secret is None


async def test_an_example_is_sent_and_what_the_endpoint_said_is_shown(
    signed_in: Callable[[Role], Awaitable[Browser]], admin: Browser, scene: Scene, pool: Pool
) -> None:
    await admin.post(WEBHOOKS, FORM)
    (made,) = await stored(scene)
    editor = await signed_in("editor")
    assert (await editor.post(f"{WEBHOOKS}/{made.id}/test")).status_code == 303
    assert "It did not take the example" in (await editor.get(f"{WEBHOOKS}/{made.id}")).text
    assert "hidden" not in await noted(pool, "sent a test webhook")


async def test_viewers_see_no_way_to_change_an_endpoint(
    signed_in: Callable[[Role], Awaitable[Browser]], endpoint: str
) -> None:
    viewer = await signed_in("viewer")
    for path in (WEBHOOKS, endpoint):
        assert "<button" not in (await viewer.get(path)).text.partition('<main id="content"')[2]
