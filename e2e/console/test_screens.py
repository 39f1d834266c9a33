"""The pictures of pages in the documentation are those of the pages that there are."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from e2e.console.screens import FOLDER, PAGE, take_all, write_page
from e2e.console.story import Story

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MOST_BYTES = 2_000_000


def test_the_documentation_shows_every_page(browser: Browser, story: Story, tmp_path: Path) -> None:
    screens = take_all(browser, story, tmp_path)
    assert PAGE.read_text() == write_page(screens), "run: make screenshots"
    taken = {each.name: each.stat().st_size for each in tmp_path.iterdir()}
    assert set(taken) == {each.name for each in FOLDER.iterdir()}, "run: make screenshots"
    assert all(taken.values())
    assert sum(each.stat().st_size for each in FOLDER.iterdir()) < MOST_BYTES
