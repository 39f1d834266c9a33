"""What the script of all pages does for forms and rows of links, in a real browser."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page
from suprsend_hub.store.database import Pool

from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.ui.browser import name_of

SEARCHES = [("requests", "user"), ("users", "user"), ("templates", "text"), ("workflows", "slug")]
ADD_TOKEN = "form[action$='/~/tokens'] button"


@pytest.fixture
async def admin_page(page: Page, pool: Pool) -> Page:
    """A page of an admin."""
    await pool.execute("update console_user set role = 'admin' where name = $1", name_of("editor"))
    return page


async def test_a_double_click_makes_one_token_and_shows_it_and_going_back_makes_another(
    admin_page: Page, pool: Pool
) -> None:
    await admin_page.goto("/console/~/tokens")
    for number in (1, 2):
        await admin_page.fill("#name", "pipeline")
        await admin_page.dblclick(ADD_TOKEN)
        await admin_page.wait_for_selector("text=Keep it now")
        assert await pool.fetchval("select count(*) from service_token where name = 'pipeline'") == number
        await admin_page.go_back()


async def test_a_user_is_downloaded_as_often_as_wanted(admin_page: Page, scene: Scene, pool: Pool) -> None:
    await pool.execute("insert into profile (workspace_id, distinct_id) values ($1, 'ada')", scene.workspace.id)
    await admin_page.goto("/console/demo/users/ada")
    for _ in range(2):
        async with admin_page.expect_download():
            await admin_page.click("text=Export")


async def test_on_a_phone_the_section_that_is_shown_stands_in_sight(page: Page, scene: Scene) -> None:
    await page.set_viewport_size({"width": 390, "height": 800})
    for section in ("vendors", "templates"):
        await page.goto(f"/console/demo/{section}")
        box = await page.locator("nav.sections [aria-current]").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert await page.evaluate("scrollY") == 0


async def test_the_button_that_cancels_stays_open_while_something_moves_and_goes_when_it_is_over(
    page: Page, scene: Scene
) -> None:
    await scene.accept(trigger_body(users=[{"distinct_id": "ada", "$email": ["ada@example.com"]}]))
    request_id = await scene.pool.fetchval("select id from request")
    await page.goto(f"/console/demo/requests/{request_id}")
    await page.click("#ending summary")
    await scene.plan_all()
    await page.wait_for_selector("#live >> text=email")
    assert await page.is_visible("text=Cancel the request")
    await scene.send_all()
    await page.wait_for_selector("#ending details", state="detached")
    assert await page.locator("#ending").count() == 1


async def test_a_refused_form_leads_to_the_field_that_is_wrong(page: Page, scene: Scene) -> None:
    await page.set_viewport_size({"width": 390, "height": 500})
    await page.goto("/console/demo/templates")
    await page.fill("#slug", "no slug")
    await page.click("form[method=post] button:text-is('Add')")
    await page.wait_for_selector("#slug[aria-invalid]:focus")
    box = await page.locator("#slug").bounding_box()
    assert box
    assert 0 <= box["y"] <= 500 - box["height"]


@pytest.mark.parametrize(("section", "field"), SEARCHES)
async def test_what_is_typed_and_entered_is_looked_for_once(page: Page, scene: Scene, section: str, field: str) -> None:
    await page.clock.install()
    await page.goto(f"/console/demo/{section}")
    await page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    await page.evaluate("addEventListener('htmx:trigger', (event) => { if (event.target.role === 'search') asked++ })")
    await page.evaluate("globalThis.asked = 0")
    before = await page.evaluate("history.length")
    await page.type(f"[role=search] [name={field}]", "ada")
    await page.keyboard.press("Enter")
    await page.clock.run_for(1_000)
    await page.wait_for_url(f"**/{section}?*{field}=ada*")
    assert await page.evaluate("[asked, history.length]") == [1, before + 1]
    # Whoever waited for what they typed, and presses Enter then, has it already.
    async with page.expect_event("console", lambda message: message.text == "asked again"):
        await page.evaluate("addEventListener('htmx:trigger', () => setTimeout(() => console.log('asked again')))")
        await page.keyboard.press("Enter")
        await page.clock.run_for(1_000)
    assert await page.evaluate("history.length") == before + 1


@pytest.mark.parametrize("section", ["requests", "templates"])
async def test_what_is_chosen_is_looked_for_without_a_click(page: Page, scene: Scene, section: str) -> None:
    await page.goto(f"/console/demo/{section}")
    await page.select_option("[role=search] [name=state]", index=1)
    await page.wait_for_url(f"**/{section}?*state=*")


@pytest.mark.parametrize(("section", "field"), SEARCHES)
async def test_a_search_is_cleared_as_soon_as_there_is_one(page: Page, scene: Scene, section: str, field: str) -> None:
    await page.goto(f"/console/demo/{section}")
    for text, clears in (("ada", 1), ("", 0), ("ada", 1)):
        await page.fill(f"[role=search] [name={field}]", text)
        await page.press(f"[role=search] [name={field}]", "Enter")
        await page.wait_for_function(
            "(clears) => document.querySelectorAll('[role=search] a').length === clears", arg=clears
        )
    await page.click("[role=search] >> text=Clear")
    await page.wait_for_url(f"**/{section}")
    assert await page.input_value(f"[role=search] [name={field}]") == ""
    assert await page.locator("[id=clear]").count() == 1
