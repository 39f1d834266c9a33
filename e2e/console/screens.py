"""`make screenshots`: a picture of every page of the console, and docs/screens.md, which shows them."""

import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from inspect import cleandoc
from pathlib import Path
from typing import Any, cast

from playwright.sync_api import Browser
from suprsend_hub.actions.edit_vendors import VendorDesk
from suprsend_hub.actions.edit_webhooks import WebhookDesk
from suprsend_hub.store.sealing import Vault, make_master_key
from suprsend_hub.ui.router import make_console, make_router
from suprsend_hub.vendors.sender import Sender
from suprsend_hub.vendors.webhook_poster import WebhookPoster

from e2e.console.places import READ, SIGN_IN, beside, find_places
from e2e.console.story import Story, told_story
from e2e.console.tabs import DESK, PHONE, Scheme, Tab, a_browser, a_tab

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE, FOLDER = DOCS / "screens.md", DOCS / "screenshots"
KIND = "webp"
QUALITY = 45
MOST_HEIGHT = 1500
# What is also shown in dark, and on a phone.
OTHERWISE = ("overview", "runs-run_id", "preference-centre")
# Where what the route says of itself is too little.
SENTENCES = {
    "sign-in": "The form to sign in.",
    "overview": "What was triggered, sent and failed, what waits, and how the accounts do.",
    "runs-run_id": "What was done for one person: the timeline, each message with its tries, and what was not used.",
    "messages-message_id": "What a person saw, each try with its answer, and why each channel was used or not.",
    "broadcasts-broadcast_id": "How far a broadcast has come, and what became of its messages.",
    "workspaces": "The workspaces that there are.",
    "vendors-new-smtp": "The form of a new account.",
    "page-not-found": "An error.",
    "preference-centre": "Where people choose what they get; the link in a message leads there.",
    "unsubscribe": "Where the link to unsubscribe leads.",
    "inbox-example": "A page of an app with the inbox in it, as development mode shows it.",
}
HEAD = """# Screens

Every page of [the console](console.md), and those of the people whom messages go to, with the story that the browser
tests tell a hub (`e2e/console/story.py`). Written by `make screenshots`, as are the pictures. Times begin at 9:30 and
keep their order and distance, ids are numbered, durations and keys have one form: a picture changes when its page does.
Fonts are those of the machine.
"""
_SETTLE = Path(__file__).with_name("settle.js")


@dataclass(frozen=True, slots=True)
class Screen:
    """A page to take a picture of."""

    name: str
    path: str
    sentence: str


def take_all(browser: Browser, story: Story, folder: Path) -> list[Screen]:
    """A picture of every page in a folder; the pages in their order."""
    with _signed_in(browser, story) as tab, a_tab(browser, story.base_url) as stranger:
        screens = list(_list_screens(tab, story))
        for each in screens:
            _take(stranger if each.path == SIGN_IN else tab, each, folder / f"{each.name}.{KIND}")
    chosen = [each for each in screens if each.name in OTHERWISE]
    with _signed_in(browser, story, "dark") as tab:
        for each in chosen:
            _take(tab, each, folder / f"{each.name}-dark.{KIND}")
    with _signed_in(browser, story, phone=True) as tab:
        for each in chosen:
            _take(tab, each, folder / f"{each.name}-phone.{KIND}")
    return screens


def write_page(screens: Sequence[Screen]) -> str:
    """The text of docs/screens.md."""
    return HEAD + "".join(_section(each) for each in screens)


def _section(screen: Screen) -> str:
    image = f"![{screen.name}](screenshots/{screen.name}.{KIND})"
    if screen.name in OTHERWISE:
        image += "\n\n" + "\n".join(
            f"![{screen.name}, {look}](screenshots/{screen.name}-{look}.{KIND})" for look in ("dark", "phone")
        )
    return f"\n## {screen.name}\n\n{screen.sentence}\n\n{image}\n"


def _list_screens(tab: Tab, story: Story) -> Iterator[Screen]:
    """Every page that is one: no parts, no frames, and nothing that only leads on."""
    places, said = find_places(tab.page.context.request, story), _sentences()
    yield Screen("sign-in", SIGN_IN, SENTENCES["sign-in"])
    named = [(_name(route), places[route], said.get(route, "")) for route in READ if route in places]
    for name, path, sentence in [*named, *((name, path, "") for name, path in beside(story).items())]:
        answer = tab.page.context.request.get(story.base_url + path, max_redirects=0)
        is_page = re.match(r"\s*<!doctype html", answer.text(), re.IGNORECASE) is not None
        if is_page and "sandbox" not in answer.headers.get("content-security-policy", ""):
            yield Screen(name, path, SENTENCES.get(name, sentence))


def _name(route: str) -> str:
    """What a page is called: the words of its route."""
    words = re.sub(r"/console(/~|/\{workspace\})?|[{}]", "", route).strip("/").split("/")
    return "-".join(filter(None, words)) or ("overview" if "{workspace}" in route else "start")


def _sentences() -> dict[str, str]:
    """What each route says of itself; they are read, and never called."""
    vault, vendors, poster = Vault(make_master_key()), VendorDesk({}, Sender().send), WebhookPoster()
    webhooks = WebhookDesk(poster.check, poster.visit)
    router = make_router(make_console(cast("Any", None), vault, "", vendors, webhooks, lambda: datetime.now(UTC)))
    return {
        route.path_format: cleandoc(handler.fn.__doc__ or "")
        for route in router.routes
        for handler in getattr(route, "route_handlers", ())
        if "GET" in handler.http_methods
    }


@contextmanager
def _signed_in(browser: Browser, story: Story, scheme: Scheme = "light", *, phone: bool = False) -> Iterator[Tab]:
    with a_tab(browser, story.base_url, PHONE if phone else DESK, scheme) as tab:
        tab.sign_in(story.user, story.password)
        yield tab


def _take(tab: Tab, screen: Screen, file: Path) -> None:
    """The picture of a page from its top, as far down as is worth looking at."""
    tab.open(screen.path)
    if screen.name == "inbox-example":
        tab.page.get_by_role("button", name="Notifications").click()
        tab.page.locator("suprsend-inbox li").first.wait_for()
    tab.page.evaluate(_SETTLE.read_text())
    height = min(tab.page.evaluate("document.documentElement.scrollHeight"), MOST_HEIGHT)
    width = (tab.page.viewport_size or DESK)["width"]
    devtools = tab.page.context.new_cdp_session(tab.page)
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    wanted = {"format": KIND, "quality": QUALITY, "captureBeyondViewport": True, "clip": clip}
    file.write_bytes(b64decode(devtools.send("Page.captureScreenshot", wanted)["data"]))
    devtools.detach()


def main() -> None:
    """Take every picture anew, and write the page."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    with told_story() as story, a_browser() as browser:
        screens = take_all(browser, story, FOLDER)
    PAGE.write_text(write_page(screens))
    size = sum(each.stat().st_size for each in FOLDER.iterdir())
    print(f"{len(screens)} pages, {size // 1000} kB of pictures: {PAGE}")


if __name__ == "__main__":
    main()
