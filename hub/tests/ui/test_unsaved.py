"""Whoever leaves an editor with something unsaved in it is asked first, in a real browser; nobody else is."""

import pytest
from playwright.async_api import Dialog, Page
from suprsend_hub.actions.edit_tenant import save_tenant
from suprsend_hub.domain.tenant_form import TenantForm

from hub.tests.actions.scene import Scene
from hub.tests.actions.stored_workflow import SEND, commit_workflow
from hub.tests.ui.test_template_editor import add_mail

SUBJECT = "[id='content.subject']"
HTML = "[id='content.body.raw.html']"
# Each editor, a field of it, and where its crumbs lead.
EDITORS = {
    "/console/demo/templates/order/variants/email/default": (HTML, "**/templates/order"),
    "/console/demo/templates/order": ("#data", "**/templates"),
    "/console/demo/workflows/purchase/edit": ("#definition", "**/workflows/purchase"),
    "/console/demo/categories/edit": ("#tree", "**/categories"),
    "/console/demo/tenants/acme": ("#properties", "**/tenants"),
}


class Guard:
    """Answers whoever asks whether a page may be left; `asked` is how often."""

    def __init__(self, page: Page) -> None:
        self.asked = 0
        self.stays = True
        page.on("dialog", self.answer)

    async def answer(self, dialog: Dialog) -> None:
        assert dialog.type == "beforeunload"
        self.asked += 1
        await (dialog.dismiss() if self.stays else dialog.accept())


@pytest.fixture
async def guard(page: Page, scene: Scene) -> Guard:
    """Something to edit of each kind, and somebody who stays where there is something to lose."""
    await commit_workflow(scene, SEND)
    form = TenantForm(tenant_name="Acme", blocked_channels=["sms"])
    await save_tenant(scene.pool, scene.workspace.id, "acme", form, scene.now())
    await add_mail(page)
    return Guard(page)


async def write(page: Page, field: str, text: str = " ") -> None:
    """Write at the end of a field as people do."""
    await page.click(field)
    await page.keyboard.press("Control+End")
    await page.keyboard.type(text)


async def follow(page: Page, guard: Guard) -> None:
    """Follow the last crumb, until somebody was asked."""
    async with page.expect_event("dialog"):
        await page.click(".crumbs a >> nth=-1", no_wait_after=True)


@pytest.mark.parametrize("path", EDITORS)
async def test_what_was_typed_is_left_only_on_purpose_and_what_was_taken_back_is_no_loss(
    page: Page, guard: Guard, path: str
) -> None:
    field, way_out = EDITORS[path]
    await page.goto(path)
    before = await page.input_value(field)
    await write(page, field, "x")
    await follow(page, guard)
    assert await page.input_value(field) == f"{before}x"
    await page.press(field, "Control+End")
    await page.press(field, "Backspace")
    await page.click(".crumbs a >> nth=-1")
    await page.wait_for_url(way_out)
    assert guard.asked == 1
    await page.goto(path)
    await write(page, field)
    guard.stays = False
    await page.click(".crumbs a >> nth=-1")
    await page.wait_for_url(way_out)
    assert guard.asked == 2


async def test_who_saved_is_not_asked(page: Page, guard: Guard) -> None:
    for path, (field, way_out) in EDITORS.items():
        await page.goto(path)
        await write(page, field)
        await page.click(f"form:has({field}) button:has-text('Save'), button.main[form=editor]")
        await page.wait_for_selector(".said-good")
        await page.goto(path)
        await page.click("h1")
        await page.click(".crumbs a >> nth=-1")
        await page.wait_for_url(way_out)
    assert guard.asked == 0


async def test_choices_and_ticks_count_as_what_is_written(page: Page, guard: Guard) -> None:
    await page.goto("/console/demo/tenants/acme")
    await page.uncheck("[value=sms]")
    await follow(page, guard)
    await page.check("[value=sms]")
    await page.click(".crumbs a >> nth=-1")
    await page.wait_for_url("**/tenants")
    await page.goto("/console/demo/templates/order/variants/email/default")
    await page.click("summary:has-text('More fields')")
    await page.select_option("[id='content.body.type']", "plain_text")
    await page.click("h1")
    await follow(page, guard)
    assert guard.asked == 2


async def test_what_only_a_test_or_a_preview_takes_is_no_loss(page: Page, guard: Guard) -> None:
    await write(page, "#address", "ada@example.com")
    await write(page, "#recipient", "{}")
    await page.click(".crumbs a >> nth=-1")
    await page.wait_for_url("**/templates/order")
    assert guard.asked == 0


async def test_another_form_of_the_page_takes_nothing_along(page: Page, guard: Guard) -> None:
    await write(page, SUBJECT)
    async with page.expect_event("dialog"):
        await page.click("[aria-label=Dark]", no_wait_after=True)
    assert "variants/email/default" in page.url
    guard.stays = False
    await page.click("[aria-label=Dark]")
    await page.wait_for_selector("html[data-theme=dark]")
    assert guard.asked == 2


async def test_what_came_back_unsaved_is_asked_about_though_nobody_touched_it_since(page: Page, guard: Guard) -> None:
    await write(page, SUBJECT, "!")
    await page.fill("#address", "nowhere")
    await page.press("#address", "Enter")
    await page.wait_for_selector("text=Nothing was sent.")
    assert guard.asked == 0
    await page.click("h1")
    await follow(page, guard)
    await page.click("text=Save the draft")
    await page.wait_for_selector("text=The draft was saved.")
    await page.click(".crumbs a >> nth=-1")
    await page.wait_for_url("**/templates/order")
    assert guard.asked == 1


async def test_who_stays_gets_previews_on(page: Page, guard: Guard) -> None:
    mail = page.frame_locator("iframe[name=mail]")
    await write(page, SUBJECT)
    async with page.expect_event("dialog"):
        await page.click("[aria-label=Dark]", no_wait_after=True)
    await page.fill(HTML, "<p>stayed</p>")
    await mail.locator("text=stayed").wait_for()
    assert guard.asked == 1
