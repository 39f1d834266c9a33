"""What holds for every page of the console."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from suprsend_hub.actions.audit import COMMAND_LINE
from suprsend_hub.actions.edit_team import add_user
from suprsend_hub.hub import Hub
from suprsend_hub.store.database import Pool
from suprsend_hub.ui.access import ACCESS

from hub.tests.actions.scene import Scene
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_access import fill

PAGES = [fill(path) for method, path in sorted(ACCESS) if method == "GET" and "{name}" not in path]
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "frame-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
VOID = {"meta", "link", "input", "br", "img", "path", "circle", "rect", "line"}


class Outline(HTMLParser):
    """Checks that elements are closed in the order in which they were opened, and notes what pages must have."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.landmarks: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.landmarks.add(tag)
        self.faults += [f"{name} on {tag}" for name in given if name == "style" or name.startswith(("on", "hx-on"))]
        if tag == "script" and "src" not in given:
            self.faults.append("a script in the page")
        if tag == "style":
            self.faults.append("a style in the page")
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.landmarks.add(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes another element")


def outline(html: str) -> Outline:
    """What is wrong with a page."""
    found = Outline()
    found.feed(html)
    return found


def check_whole(html: str) -> None:
    """Refuse a page that is not well made, or that brings a script or a style of its own."""
    page = outline(html)
    assert page.faults == []
    assert page.open == []
    assert page.headings.count(1) == 1
    assert all(deeper - higher <= 1 for higher, deeper in pairwise(page.headings))
    assert {"main", "title"} <= page.landmarks
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize("path", [*PAGES, "/console/nowhere", "/console/~/nowhere", "/console/demo/nowhere"])
async def test_every_page_is_whole_and_keeps_to_the_policy(admin: Browser, scene: Scene, path: str) -> None:
    reply = await admin.get(path)
    if reply.status_code == 303:
        admin.cookies.clear()
        reply = await admin.get("/console/~/sign-in")
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.strip().split(" ", 1) for part in reply.headers["content-security-policy"].split(";"))
    assert policy == POLICY
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "same-origin"
    assert reply.headers["cache-control"] == "no-store"
    check_whole(reply.text)
    assert "http://" not in reply.text.replace('xmlns="http://www.w3.org/2000/svg"', "")


async def test_errors_are_pages_too(admin: Browser, browser: Browser) -> None:
    for visitor in (admin, browser):
        missing = await visitor.get("/console/~/nowhere")
        assert (missing.status_code, "<h1>Not Found</h1>" in missing.text) == (404, True)
    assert (await admin.get("/console/nowhere")).status_code == 404
    assert (await admin.get("/console/%00")).status_code in (400, 404)
    assert (await admin.get("/console/%FF")).status_code == 404
    assert (await admin.send("DELETE", "/console/~/team", None, {})).status_code == 405
    huge = await admin.send("POST", "/console/~/team", {"name": "x" * 3_000_000}, {"Origin": admin.api.base_url})
    assert huge.status_code == 413
    assert "<h1>" in huge.text


async def test_an_unexpected_error_says_where_to_look(admin: Browser, pool: Pool) -> None:
    await pool.execute("alter table audit_entry rename to gone")
    reply = await admin.get("/console/~/audit")
    assert reply.status_code == 500
    assert re.search("the hub&#39;s log has more under [0-9a-f]{12}", reply.text)


async def test_static_files_are_kept_for_ever_under_the_name_of_their_contents(browser: Browser) -> None:
    page = (await browser.get("/console/~/sign-in")).text
    addresses = re.findall(r'(?:src|href)="(/console/~/static/[^"]+)"', page)
    assert len(addresses) == 6
    for address in addresses:
        reply = await browser.get(address)
        assert reply.status_code == 200
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert reply.headers["content-type"].split(";")[0] in ("text/css", "text/javascript", "image/svg+xml")
    assert (await browser.get("/console/~/static/nothing.css")).status_code == 404
    assert (await browser.get("/console/~/static/%2E%2E%2Fconsole.py")).status_code == 404


async def test_colours_are_chosen_without_a_script(browser: Browser) -> None:
    assert "data-theme" not in (await browser.get("/console/~/sign-in")).text
    done = await browser.post("/console/~/theme", {"theme": "dark", "next": "/console/~/account"})
    assert done.headers["location"] == "/console/~/account"
    assert 'data-theme="dark"' in (await browser.get("/console/~/sign-in")).text
    await browser.post("/console/~/theme", {"theme": "system"})
    assert "data-theme" not in (await browser.get("/console/~/sign-in")).text


async def test_nobody_else_puts_words_onto_a_page(admin: Browser, hub: Hub) -> None:
    for value in ("x", "eyJ0ZXh0IjoiYSJ9", "eyJ0ZXh0IjoiYSJ9.AAAA", "..."):
        admin.cookies["console-said"] = value
        page = await admin.get("/console/~/account")
        assert page.status_code == 200
        assert 'class="said' not in page.text


XSS = "<script>alert('x')</script>\"'&"


async def test_names_are_shown_as_they_are(admin: Browser, pool: Pool) -> None:
    name = XSS.replace("/", "")
    await add_user(pool, name, "viewer", "correct horse battery", COMMAND_LINE)
    for path in ("/console/~/team", "/console/~/audit"):
        page = (await admin.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page
