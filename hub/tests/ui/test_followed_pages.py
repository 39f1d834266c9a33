"""Pages that follow what goes on: what is new comes by itself, and whoever reads is not disturbed."""

import re
from html import unescape

import msgspec
import pytest
from playwright.async_api import Page
from suprsend_hub.actions.record_receipts import record_receipts
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.store.database import Pool

from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.ui.browser import Browser, name_of

DEMO = "/console/demo"
ADA = {"distinct_id": "ada", "$email": ["ada@example.com"]}
_FOLLOWED = re.compile(r"""hx-get="([^"]+)" hx-trigger="every \ds, [^"]+" hx-swap="keep" hx-headers='([^']+)'""")


@pytest.fixture
async def shop(scene: Scene) -> Scene:
    """A workspace in which there is something of everything that is followed."""
    await scene.add_webhook()
    await scene.go_through(trigger_body(users=[ADA]))
    await scene.accept(trigger_body(users=[ADA], delay="1h"))
    await scene.fill_list("beta", "ada", "grace")
    await scene.broadcast()
    # For how long something has been due is another each time.
    await scene.pool.execute("delete from pgqueuer where execute_after <= now()")
    return scene


def followed(page: str) -> tuple[str, str]:
    """Where a page asks for what is new, and the mark of what it shows."""
    found = _FOLLOWED.search(page)
    assert found, page
    mark: str = msgspec.json.decode(unescape(found[2]))["If-None-Match"]
    return unescape(found[1]), mark


def asked_by(page: Page) -> list[str]:
    """What a page asks for from now on by itself."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.resource_type == "xhr" else None)
    return asked


CHANGES = [
    (f"{DEMO}?since=1h", "update vendor set disabled_at = now() where nickname = 'smtp'"),
    (f"{DEMO}/requests?user=ada", "update message set status = 'delivery_failure' where channel = 'email'"),
    (f"{DEMO}/users/ada/messages", "update message set status = 'delivery_failure' where channel = 'email'"),
    (f"{DEMO}/broadcasts", "update request set state = 'cancelled' where id in (select request_id from broadcast)"),
    (f"{DEMO}/webhooks/1?state=failed", "update webhook_endpoint set disabled_at = now(), disabled_reason = 'gone'"),
    (f"{DEMO}/vendors", "update vendor set disabled_at = now() where nickname = 'smtp'"),
]


@pytest.mark.parametrize(("path", "change"), CHANGES, ids=[path for path, _ in CHANGES])
async def test_the_first_page_asks_again_and_gets_what_has_changed_alone(
    admin: Browser, shop: Scene, path: str, change: str
) -> None:
    address, mark = followed((await admin.get(path)).text)
    assert address == path, "what is looked for stays"
    same = await admin.get(address, HX_Request="true", If_None_Match=mark)
    assert (same.status_code, same.text) == (304, "")
    await shop.pool.execute(change)
    other = await admin.get(address, HX_Request="true", If_None_Match=mark)
    assert (other.status_code, "<html" in other.text) == (200, False)
    address, changed = followed(other.text)
    assert (address, changed != mark, changed) == (path, True, other.headers["etag"])
    assert not re.search(r"aria-live|role=\"(status|alert|log)", other.text), "nobody is told every three seconds"


@pytest.mark.parametrize("path", ["requests", "users/ada/messages", "broadcasts", "webhooks/1"])
async def test_whoever_has_paged_on_is_left_alone(admin: Browser, shop: Scene, path: str) -> None:
    for position in ("after", "before"):
        page = (await admin.get(f"{DEMO}/{path}?{position}=01M00000000000000000000000")).text
        assert not _FOLLOWED.search(page)


async def test_a_page_that_is_left_open_does_not_keep_its_session_alive(admin: Browser, shop: Scene) -> None:
    address, mark = followed((await admin.get(f"{DEMO}/requests")).text)
    seen = "update console_session set seen_at = now() - interval '1 hour' returning seen_at"
    then = await shop.pool.fetchval(seen)
    await admin.get(address, HX_Request="true", If_None_Match=mark)
    assert await shop.pool.fetchval("select seen_at from console_session") == then
    await admin.get(f"{DEMO}/requests")
    assert await shop.pool.fetchval("select seen_at from console_session") > then


async def test_a_new_request_comes_by_itself_and_leaves_focus_mark_and_scrolling_where_they_are(
    page: Page, shop: Scene
) -> None:
    for number in range(45):
        await shop.accept(trigger_body(users=[{"distinct_id": f"u{number}"}]))
    await page.set_viewport_size({"width": 390, "height": 600})
    await page.goto(f"{DEMO}/requests")
    last = page.locator("tbody tr >> nth=-3")
    key = await last.get_attribute("data-key")
    await last.locator("a >> nth=0").focus()
    await page.evaluate("document.querySelector('div.table').scrollLeft = 60")
    await page.evaluate("getSelection().selectAllChildren(document.activeElement.closest('tr').cells[4])")
    before = await page.evaluate("document.activeElement.getBoundingClientRect().top")
    marked = await page.evaluate("getSelection().toString()")
    for user in ("new", "newer"):
        await shop.go_through(trigger_body(users=[{"distinct_id": user}]))
        await page.wait_for_selector(f"tbody tr:first-child td:has-text('{user}')")
    assert await page.evaluate("document.activeElement.closest('tr').dataset.key") == key
    assert await page.evaluate("document.querySelector('div.table').scrollLeft") == 60
    assert marked
    assert await page.evaluate("getSelection().toString()") == marked
    assert abs(await page.evaluate("document.activeElement.getBoundingClientRect().top") - before) < 2


async def test_what_somebody_has_opened_and_typed_stays_while_the_rest_goes_on(
    page: Page, shop: Scene, pool: Pool
) -> None:
    await pool.execute("update console_user set role = 'admin' where name = $1", name_of("editor"))
    await page.goto(f"{DEMO}/webhooks/1")
    await page.click("summary:has-text('Make a new secret')")
    await page.fill("#hours", "7")
    await pool.execute("update webhook_endpoint set disabled_at = now(), disabled_reason = 'It was gone.'")
    await page.wait_for_selector("text=It was gone.")
    assert await page.input_value("#hours") == "7"
    assert await page.is_visible("#hours")
    assert await page.evaluate("document.activeElement.id") == "hours"


async def test_the_numbers_of_a_chart_stay_open(page: Page, shop: Scene, pool: Pool) -> None:
    await pool.execute(
        "insert into activity (workspace_id, width, began_at, kind, channel, vendor, count)"
        " select $1, 3600, date_trunc('hour', now()), 'sent', 'email', 'smtp', 41",
        shop.workspace.id,
    )
    await page.goto(DEMO)
    await page.click("figure >> nth=0 >> summary")
    await pool.execute("update activity set count = 42")
    await page.wait_for_selector("figure >> nth=0 >> td:text-is('42')")


async def test_nothing_is_asked_in_a_tab_that_nobody_sees_and_at_once_when_it_is_seen_again(
    page: Page, shop: Scene
) -> None:
    await page.clock.install()
    await page.goto(f"{DEMO}/requests")
    asked = asked_by(page)
    show = """(hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    await page.evaluate(show, True)
    await page.clock.run_for(30_000)
    assert asked == []
    async with page.expect_request("**/requests"):
        await page.evaluate(show, False)
    async with page.expect_request("**/requests"):
        await page.clock.run_for(3_500)


async def test_a_page_whose_story_is_over_asks_no_more(page: Page, shop: Scene) -> None:
    await page.clock.install()
    request_id = await shop.pool.fetchval("select id from request where due_at > now()")
    await page.goto(f"{DEMO}/requests/{request_id}")
    await shop.pool.execute("update request set state = 'cancelled' where id = $1", request_id)
    await page.clock.run_for(2_500)
    await page.wait_for_selector("#live:not([hx-get])")
    asked = asked_by(page)
    await page.clock.run_for(30_000)
    assert asked == []


async def test_what_is_heard_of_a_message_comes_to_the_page_of_its_run_though_all_is_sent(
    page: Page, shop: Scene
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    run_id, message_id = await shop.pool.fetchrow("select run_id, id from message where channel = 'email'") or ("", "")
    await page.clock.install()
    await page.goto(f"{DEMO}/runs/{run_id}")
    assert await page.locator("#ending summary").count() == 0
    await record_receipts(shop.pool, shop.workspace.id, [Receipt(message_id, "seen", shop.now())], shop.now())
    await page.clock.run_for(5_500)
    await page.wait_for_selector(".timeline >> text=seen")
    assert said == [], "where no button cancels there is none to take away"
