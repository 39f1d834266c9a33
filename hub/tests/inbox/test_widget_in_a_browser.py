"""How our own inbox looks in a browser: its bell is as the page is, its panel as the device is or as it is told."""

from collections.abc import AsyncIterator
from typing import Literal

import pytest
from playwright.async_api import Page, async_playwright
from suprsend_hub.hub import Hub
from suprsend_hub.inbox.widget import example_routes
from suprsend_hub.main import run_api

from hub.tests.ui.chromium import OPTIONS, find_chromium

DARK, LIGHT = "rgb(27, 29, 33)", "rgb(255, 255, 255)"
BLACK, WHITE = "rgb(0, 0, 0)", "rgb(255, 255, 255)"
LOOKS = """() => {
  const { shadowRoot } = document.querySelector("suprsend-inbox");
  const [bell, panel] = [".bell", ".panel"].map((each) => getComputedStyle(shadowRoot.querySelector(each)));
  return [bell.color, panel.backgroundColor];
}"""


@pytest.fixture
async def example(hub: Hub) -> AsyncIterator[Page]:
    """The example in a browser."""
    async with run_api(hub, example_routes("key", "demo")) as server, async_playwright() as playwright:
        program = find_chromium(playwright.chromium.executable_path)
        browser = await playwright.chromium.launch(executable_path=program, args=OPTIONS)
        page = await browser.new_page(base_url=f"http://127.0.0.1:{server.port}")
        await page.goto("/inbox/example/")
        await page.wait_for_selector(".bell")
        yield page
        await browser.close()


@pytest.mark.parametrize(
    ("page_scheme", "device", "theme", "expected"),
    [
        (None, "light", None, [BLACK, LIGHT]),
        (None, "dark", None, [WHITE, DARK]),
        ("light", "dark", None, [BLACK, DARK]),
        ("light", "dark", "light", [BLACK, LIGHT]),
        ("dark", "light", None, [WHITE, LIGHT]),
        ("light", "light", "dark", [BLACK, DARK]),
    ],
)
async def test_the_bell_has_the_colour_of_its_page_and_the_panel_that_of_its_theme(
    example: Page,
    page_scheme: str | None,
    device: Literal["dark", "light"],
    theme: str | None,
    expected: list[str],
) -> None:
    await example.emulate_media(color_scheme=device)
    await example.evaluate("(scheme) => { document.documentElement.style.colorScheme = scheme }", page_scheme or "")
    if theme:
        await example.evaluate(
            "(theme) => document.querySelector('suprsend-inbox').setAttribute('theme', theme)", theme
        )
    assert await example.evaluate(LOOKS) == expected


async def test_the_whole_example_page_is_dark_on_a_dark_device(example: Page) -> None:
    assert await example.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light dark"
