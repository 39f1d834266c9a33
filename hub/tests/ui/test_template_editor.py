"""The editor of templates in a real browser: nothing of a hostile mail runs, and going back leaves it."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright
from suprsend_hub.store.database import Pool

from hub.tests.actions.scene import Scene
from hub.tests.conftest import Api
from hub.tests.ui.browser import PASSWORD, name_of
from hub.tests.ui.chromium import OPTIONS, find_chromium

HOSTILE = "<script>parent.document.title = 'taken'; document.title = 'taken'</script><img src=x onerror=alert(1)>"


@pytest.fixture
async def page(api: Api, people: None) -> AsyncIterator[Page]:
    """A page of a real browser in which an editor is signed in; what the page logs as an error fails the test."""
    async with async_playwright() as playwright:
        program = find_chromium(playwright.chromium.executable_path)
        browser = await playwright.chromium.launch(executable_path=program, args=OPTIONS)
        page = await browser.new_page(base_url=api.base_url, viewport={"width": 1280, "height": 1000})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: errors.append(dialog.message))
        await page.goto("/console/~/sign-in")
        await page.fill("#name", name_of("editor"))
        await page.fill("#password", PASSWORD)
        await page.click("button.main")
        yield page
        assert errors == []
        await browser.close()


async def add_mail(page: Page) -> None:
    """Make a template with a mail, and open its editor."""
    await page.goto("/console/demo/templates")
    await page.fill("#slug", "order")
    await page.click("text=Add >> nth=-1")
    await page.click("summary:has-text('Add a variant')")
    await page.select_option("#channel", "email")
    await page.click("form[action$='/variants'] button")
    await page.wait_for_url("**/variants/email/default")


async def test_nothing_of_a_hostile_mail_runs_in_a_preview(page: Page, scene: Scene, pool: Pool) -> None:
    await add_mail(page)
    for name in ("subject", "body.raw.html", "body.raw.text"):
        await page.fill(f"[id='content.{name}']", f"{HOSTILE}seen")
    await page.wait_for_selector("#preview strong:has-text('seen')")
    await page.frame_locator("iframe[name=mail]").locator("text=seen").wait_for()
    await page.click("text=Save the draft")
    await page.wait_for_selector("text=The draft was saved.")
    await page.frame_locator("iframe[name=mail]").locator("text=seen").wait_for()
    assert "taken" not in await page.title()
    await page.click(".crumbs a >> nth=-1")
    await page.wait_for_selector(".diff:has-text('seen')")
    assert "taken" not in await page.title()


async def test_going_back_leaves_the_editor_however_often_the_mail_was_drawn(page: Page, scene: Scene) -> None:
    await page.goto("/console/demo")
    await add_mail(page)
    for word in ("one", "two", "three"):
        await page.fill("[id='content.body.raw.html']", f"<p>{word}</p>")
        await page.frame_locator("iframe[name=mail]").locator(f"text={word}").wait_for()
    await page.go_back()
    await page.wait_for_url("**/templates/order")
