"""The editor of templates in a real browser: nothing of a hostile mail runs, and nothing that is saved is lost."""

from playwright.async_api import Page
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.store.database import Pool
from suprsend_hub.store.vendors import put_vendor

from hub.tests.actions.scene import Scene

HOSTILE = "<script>parent.document.title = 'taken'; document.title = 'taken'</script><img src=x onerror=alert(1)>"


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


async def test_a_mail_is_as_wide_as_on_a_desktop_or_on_a_phone_while_the_page_stays_as_it_is(
    page: Page, scene: Scene
) -> None:
    await add_mail(page)
    width = "document.querySelector('iframe[name=mail]').clientWidth"
    for screen in (1280, 390):
        await page.set_viewport_size({"width": screen, "height": 800})
        await page.check("[name=width][value=desktop]")
        assert await page.evaluate(width) >= 640
        await page.check("[name=width][value=phone]")
        assert await page.evaluate(width) <= 375
        await page.check("[name=width][value=desktop]")
        assert await page.evaluate("document.documentElement.scrollWidth") == screen


async def test_going_back_leaves_the_editor_however_often_the_mail_was_drawn(page: Page, scene: Scene) -> None:
    await page.goto("/console/demo")
    await add_mail(page)
    for word in ("one", "two", "three"):
        await page.fill("[id='content.body.raw.html']", f"<p>{word}</p>")
        await page.frame_locator("iframe[name=mail]").locator(f"text={word}").wait_for()
    page.on("dialog", lambda dialog: dialog.accept())
    await page.go_back()
    await page.wait_for_url("**/templates/order")


async def test_a_preview_that_comes_while_the_draft_is_saved_does_not_undo_that(page: Page, scene: Scene) -> None:
    await add_mail(page)
    await page.fill("[id='content.body.raw.html']", "<p>seen</p>")
    await page.frame_locator("iframe[name=mail]").locator("text=seen").wait_for()
    saving, previewed = "document.querySelector('button.main[form=editor]').click()", "new Event('htmx:afterSwap')"
    await page.evaluate(f"{saving}; document.dispatchEvent({previewed})")
    await page.wait_for_selector("text=The draft was saved.")


async def test_enter_in_the_address_sends_the_test_and_saves_nothing(page: Page, scene: Scene, pool: Pool) -> None:
    await add_mail(page)
    before = await pool.fetchval("select content::text from template_variant")
    async with Simulation() as simulation:
        settings = simulation.vendor_settings()["smtp"]
        account = VendorAccount(0, 0, "email", "smtp", "Mail", 0, 0.0, settings)
        async with pool.acquire() as connection:
            await put_vendor(connection, scene.vault, scene.workspace.id, account)
        await page.reload()
        await page.fill("[id='content.subject']", "Typed just now")
        await page.select_option("#vendor", "Mail")
        await page.fill("#address", "ada@example.com")
        await page.press("#address", "Enter")
        await page.wait_for_selector("text=Mail took the test")
        [received] = simulation.received
    assert b"Subject: Typed just now" in received.raw
    assert await page.input_value("[id='content.subject']") == "Typed just now"
    assert await pool.fetchval("select content::text from template_variant") == before
    await page.press("[id='content.subject']", "Enter")
    await page.wait_for_selector("text=The draft was saved.")
    assert await pool.fetchval("select content ->> 'subject' from template_variant") == "Typed just now"


async def test_each_variant_of_a_commit_can_be_seen_to_open_and_says_in_how_many_lines_it_changes(
    page: Page, scene: Scene
) -> None:
    await add_mail(page)
    await page.goto("/console/demo/templates/order")
    await page.click("summary:has-text('Add a variant')")
    await page.select_option("#channel", "sms")
    await page.click("form[action$='/variants'] button")
    await page.goto("/console/demo/templates/order")
    marks = "all => all.map((each) => getComputedStyle(each, '::before').content)"
    assert await page.locator(".change > summary").evaluate_all(marks) == ['"▾"', '"▸"']
    for summary in await page.locator(".change > summary").all():
        count = await summary.locator("xpath=..").locator(".diff-added").count()
        assert f"lines: {count} added, 0 removed" in await summary.inner_text()
