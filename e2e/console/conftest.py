"""One hub with the bookshop's story, one browser, and the tabs of those who look at it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from e2e.console.places import find_places
from e2e.console.story import Story, told_story
from e2e.console.tabs import Tab, a_browser, a_tab


@pytest.fixture(scope="package")
def story() -> Iterator[Story]:
    """A hub that was told everything."""
    with told_story() as story:
        yield story


# While it is open, an event loop runs: it is opened after the hub and closed before it.
@pytest.fixture(scope="package")
def browser(story: Story) -> Iterator[Browser]:
    """A real browser."""
    with a_browser() as browser:
        yield browser


@pytest.fixture(scope="package")
def admin(browser: Browser, story: Story) -> Iterator[Tab]:
    """A tab in which the admin is signed in."""
    with a_tab(browser, story.base_url) as tab:
        tab.sign_in(story.user, story.password)
        yield tab


@pytest.fixture
def stranger(browser: Browser, story: Story) -> Iterator[Tab]:
    """A tab in which nobody is signed in."""
    with a_tab(browser, story.base_url) as tab:
        yield tab


@pytest.fixture(scope="package")
def places(admin: Tab, story: Story) -> dict[str, str]:
    """The address of each page of the console, by its route."""
    return find_places(admin.page.context.request, story)
