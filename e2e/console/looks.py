"""What is looked at on every page: what axe finds, whether it fits a phone, and where the keyboard leads."""

from functools import cache
from pathlib import Path
from typing import Any

from e2e.console.tabs import DESK, PHONE, Scheme, Tab
from e2e.official import official_node

# What hinders people; axe calls the rest minor and moderate.
HINDERING = ("serious", "critical")
# What is another in dark than in light: the colours. Everything else is the same page.
_OF_COLOURS = ("color-contrast", "link-in-text-block")
_LOOKS = Path(__file__).with_name("looks.js")


def find_barriers(tab: Tab, scheme: Scheme) -> list[Any]:
    """What axe calls serious or critical."""
    tab.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    if not tab.page.evaluate("'axe' in window"):
        tab.page.evaluate(_axe())
    found = _look(tab, "barriers", None if scheme == "light" else _OF_COLOURS)
    return [each for each in found if each["impact"] in HINDERING]


def find_overflow(tab: Tab) -> list[Any]:
    """What makes a page scroll sideways on a phone."""
    tab.page.set_viewport_size(PHONE)
    found = _look(tab, "overflow")
    tab.page.set_viewport_size(DESK)
    return found


def find_lost_focus(tab: Tab) -> list[Any]:
    """Whatever the keyboard can't reach in the order of the page, or that does not show that it was reached."""
    tab.page.keyboard.press("Tab")
    return _look(tab, "lostFocus")


def _look(tab: Tab, name: str, *given: object) -> list[Any]:
    """What a function of looks.js returns on a page."""
    found: list[Any] = tab.page.evaluate(f"(given) => ({_LOOKS.read_text()}).{name}(...given)", list(given))
    return found


@cache
def _axe() -> str:
    return (official_node("console") / "node_modules" / "axe-core" / "axe.min.js").read_text()
