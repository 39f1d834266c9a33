"""Every page of the console and of those whom messages go to: for everybody, in light and dark, on a phone."""

import re

import pytest

from e2e.console.looks import find_barriers, find_lost_focus, find_overflow
from e2e.console.places import BESIDE, READ, SIGN_IN, beside
from e2e.console.story import Story
from e2e.console.tabs import Tab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def look_at(tab: Tab, path: str, status: int = 200) -> None:
    """Check what holds for every page at one address."""
    assert tab.open(path) == status, path
    answer = tab.page.context.request.get(tab.page.url)
    if not re.match("\\s*<!doctype html", answer.text(), re.IGNORECASE):
        return
    policy = answer.headers.get("content-security-policy", "")
    if "sandbox" in policy:
        # Somebody else's mail, which is shown in a frame.
        assert "default-src 'none'" in policy
        assert "script" not in policy
        return
    # The example is a page of somebody's app, and says what it likes.
    assert "inbox" in path or ("script-src 'self';" in policy and "unsafe" not in policy)
    assert find_barriers(tab, "light") == []
    assert find_barriers(tab, "dark") == []
    assert find_overflow(tab) == []
    assert find_lost_focus(tab) == []
    assert tab.errors == []


@pytest.mark.parametrize("route", READ)
def test_a_page_is_for_everybody(admin: Tab, places: dict[str, str], route: str) -> None:
    assert route in places, f"no page has a link that leads to {route}: tell e2e/console/story.py what it is to show"
    look_at(admin, places[route])


@pytest.mark.parametrize("name", BESIDE)
def test_a_page_beside_the_routes_is_for_everybody(admin: Tab, story: Story, name: str) -> None:
    status = 404 if name in ("page-not-found", "preference-centre-error") else 200
    look_at(admin, beside(story)[name], status)


def test_the_form_to_sign_in_is_for_everybody(stranger: Tab) -> None:
    look_at(stranger, SIGN_IN)
