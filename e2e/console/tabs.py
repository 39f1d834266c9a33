"""A tab of a real browser, which keeps what its pages log as wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, ViewportSize, sync_playwright

from hub.tests.ui.chromium import OPTIONS, find_chromium

Scheme: TypeAlias = Literal["light", "dark"]
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


@dataclass
class Tab:
    """A page, and everything that was logged as an error on it or on its frames."""

    page: Page
    base_url: str
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> int:
        """Go to a page with nothing noted yet; the status of its answer."""
        self.errors.clear()
        answer = self.page.goto(self.base_url + path if path.startswith("/") else path)
        assert answer is not None, path
        return answer.status

    def sign_in(self, name: str, password: str) -> None:
        """Sign in with the form."""
        self.open("/console/~/sign-in")
        self.page.fill("#name", name)
        self.page.fill("#password", password)
        self.page.click("button.main")
        self.page.wait_for_selector(".menu")

    def listen(self) -> None:
        """Note errors from now on."""
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self._refuse)
        self.page.on("console", self._note)

    def _refuse(self, dialog: Dialog) -> None:
        self.errors.append(dialog.message or dialog.type)
        dialog.dismiss()

    def _note(self, message: ConsoleMessage) -> None:
        url = message.location["url"]
        # The status of a page is looked at by whoever opens it; what a mail may not do, its frame logs.
        is_known = "the server responded with a status of" in message.text or url.partition("?")[0].endswith("/mail")
        if message.type == "error" and not is_known:
            self.errors.append(f"{message.text} ({url})")


@contextmanager
def a_browser() -> Iterator[Browser]:
    """A browser; nothing may run an event loop of its own meanwhile."""
    with sync_playwright() as playwright:
        program = find_chromium(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=program, args=OPTIONS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def a_tab(browser: Browser, base_url: str, size: ViewportSize = DESK, scheme: Scheme = "light") -> Iterator[Tab]:
    """A tab in a window of its own, in which nobody is signed in and nothing moves."""
    context = browser.new_context(
        viewport=size, color_scheme=scheme, reduced_motion="reduce", locale="en-GB", timezone_id="UTC"
    )
    tab = Tab(context.new_page(), base_url)
    tab.listen()
    try:
        yield tab
    finally:
        context.close()
