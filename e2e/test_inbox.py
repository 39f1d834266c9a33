"""Inboxes in a real browser: the official ones, unmodified, and our own."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from suprsend_hub.domain.subscriber_id import make_subscriber_id

from e2e.compatibility.hub import a_hub
from e2e.official import browser, node, official_node
from e2e.running import Access

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PROGRAM = Path(__file__).with_name("inbox") / "program.mjs"
TEMPLATE = "inbox-text"
PAGES = ("widget", "react", "react-inbox", "js-inbox")
FIRST = ("react-inbox", "js-inbox")
# What each person does on a page.
DEEDS = ("listed", "seen", "read", "tabs", "archived", "all_read", "other_device")


def publish(hub: Access) -> None:
    """Publish a template whose text is what a trigger says."""
    content = {"header": "Hello", "body": "{{text}}", "tags": ["news"]}
    root = f"/v2/{hub.workspace}/template/{TEMPLATE}/"
    for method, path, document in (
        ("POST", root, {"name": TEMPLATE}),
        ("POST", f"{root}channel/inbox/variant/default/", {"content": content}),
        ("PATCH", f"{root}commit/", None),
    ):
        body = None if document is None else msgspec.json.encode(document)
        answer = hub.manage(method, path, body=body)
        assert answer.status < 300, answer.data


@pytest.fixture(scope="module")
def findings() -> dict[str, Any]:
    """What came of using each page; on a hub of its own, whose clock nobody has put forward past the tokens' ends."""
    with a_hub() as (hub, keys):
        return use_pages(hub, keys)


def use_pages(hub: Access, keys: Mapping[str, Any]) -> dict[str, Any]:
    """Let a person use each page."""
    publish(hub)
    tasks = [
        {
            "page": page,
            "person": f"inbox-{page}",
            "base_url": hub.base_url,
            "workspace_key": hub.workspace_key,
            "api_key": hub.api_key,
            "template": TEMPLATE,
            "is_first": page in FIRST,
            "public_key": keys["secure_public_key"],
            "signing_key": keys["signing_key"],
            "subscriber_id": make_subscriber_id(keys["inbox_secret"], f"inbox-{page}"),
        }
        for page in PAGES
    ]
    home = official_node("inbox")
    done = subprocess.run(
        [node(), str(PROGRAM), str(home), browser()],
        input=msgspec.json.encode(tasks),
        capture_output=True,
        timeout=560,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return {each["page"]: each for line in done.stdout.splitlines() if (each := msgspec.json.decode(line))}


@pytest.mark.parametrize("page", ["widget", "react", "react-inbox"])
@pytest.mark.parametrize("deed", DEEDS)
def test_a_person_uses_an_inbox(findings: dict[str, Any], page: str, deed: str) -> None:
    assert findings[page].get(deed), findings[page]


@pytest.mark.parametrize("deed", ["listed", "read", "archived", "all_read"])
def test_a_page_uses_the_first_client_without_its_looks(findings: dict[str, Any], deed: str) -> None:
    assert findings["js-inbox"].get(deed), findings["js-inbox"]


@pytest.mark.parametrize("page", PAGES)
def test_a_notification_arrives_by_itself_and_soon(findings: dict[str, Any], page: str) -> None:
    found = findings[page]
    assert "fault" not in found, found
    # The first clients wait for a second before they look.
    assert all(each < 5000 for each in found["milliseconds"]), found


@pytest.mark.parametrize("page", ["widget", "react"])
def test_a_token_that_expires_is_renewed_by_the_page(findings: dict[str, Any], page: str) -> None:
    assert findings[page].get("fresh_token"), findings[page]


def test_our_own_inbox_catches_up_shows_text_as_text_and_needs_no_mouse(findings: dict[str, Any]) -> None:
    found = findings["widget"]
    assert found["caught_up"], found
    assert found["text"] == {"bold": "Bold", "links": ["https://example.com/"], "images": 0, "says": True}
    assert found["archived_by_key"] == ["Third", "trap", "panel"], "the next entry, else the one before, else the panel"
    assert (found["focus"], found["keyboard"]) == ("bell", True), "and Escape closes"
    assert "errors" not in found, found
