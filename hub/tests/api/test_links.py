"""The links in mails: they tell what happened, lead only where they were made to, and end a category."""

import re
from typing import Any
from urllib.parse import quote, unquote

import pytest
from suprsend_hub.actions.links import LinkMaker, LinkTarget
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.store.workspaces import Tracking, set_tracking

from hub.tests.actions.scene import trigger_body

from .conftest import Shop, assert_refused

MAIL: dict[Channel, Document] = {
    "email": {"subject": "s", "body": {"type": "raw", "raw": {"html": "<a href='https://shop.example/{{x}}'>y</a>"}}}
}


@pytest.fixture
async def mailed(shop: Shop) -> Shop:
    """A shop of whose mails one was sent, of a commercial category."""
    shop.scene.public_url = "https://hub.example.com"
    await shop.scene.commit_template("mail", MAIL)
    await send_mail(shop)
    return shop


async def send_mail(shop: Shop, category: str = "promotional") -> dict[str, Any]:
    users = [{"distinct_id": "u1", "$email": ["ada@example.com"]}]
    body = trigger_body(template="mail", users=users, data={"x": "?a=1&b=ü"}, notification_category=category)
    *_, message = await shop.scene.go_through(body)
    return message


def html_of(shop: Shop) -> str:
    _, message = shop.scene.recorder.sent[-1]
    return str(message.content["body"]["raw"]["html"])


def find(pattern: str, html: str) -> str:
    found = re.search(pattern, html)
    assert found, html
    return found[1].replace("&amp;", "&").removeprefix("https://hub.example.com")


async def status(shop: Shop) -> str:
    return str((await shop.scene.messages())[-1]["status"])


async def test_the_picture_tells_that_a_mail_was_seen(mailed: Shop) -> None:
    path = find(r'<img src="([^"]+)"', html_of(mailed))
    reply = await mailed.api.request("GET", path)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/gif")
    assert "no-store" in reply.headers["cache-control"]
    assert await status(mailed) == "seen"


async def test_a_picture_with_a_token_that_is_not_ours_is_shown_and_tells_nothing(mailed: Shop) -> None:
    for token in ("x", "1.01ABC.xxxx", "1..", "%00.%00.%00", "9" * 400):
        reply = await mailed.api.request("GET", f"/v1/open/{token}/")
        assert reply.status_code == 200
    assert await status(mailed) == "sent_by_vendor"


async def test_a_click_is_told_and_leads_on(mailed: Shop) -> None:
    path = find(r'href="([^"]+)"', html_of(mailed))
    reply = await mailed.api.request("GET", path)
    assert reply.status_code == 302
    assert unquote(reply.headers["location"]) == "https://shop.example/?a=1&b=ü"
    assert await status(mailed) == "clicked"


async def test_a_click_link_leads_nowhere_else(mailed: Shop) -> None:
    path = find(r'href="([^"]+)"', html_of(mailed)).partition("?")[0]
    for url in ("https://evil.example/", "javascript:alert(1)", "//evil.example", ""):
        assert_refused(await mailed.api.request("GET", f"{path}?url={quote(url, safe='')}"), 404, "changed")
    picture = find(r'<img src="/?([^"]+)"', html_of(mailed)).replace("/open/", "/click/")
    assert_refused(await mailed.api.request("GET", f"{picture}?url=https://evil.example"), 404)
    assert await status(mailed) == "sent_by_vendor"


async def test_a_link_ends_a_category_only_by_post_and_can_begin_it_again(mailed: Shop) -> None:
    _, message = mailed.scene.recorder.sent[-1]
    path = message.unsubscribe_url.removeprefix("https://hub.example.com")
    page = await mailed.api.request("GET", path)
    assert page.status_code == 200
    assert "ada@example.com" in page.text
    assert '<button class="main">Unsubscribe</button>' in page.text
    assert (await send_mail(mailed))["status"] == "sent_by_vendor"
    for _ in range(2):
        reply = await mailed.api.request("POST", path, body=b"List-Unsubscribe=One-Click")
        assert (reply.status_code, "no longer" in reply.text) == (200, True)
    left = await send_mail(mailed)
    assert (left["status"], left["failure_code"]) == ("not_to_be_triggered", "unsubscribed")
    assert (await send_mail(mailed, "system"))["status"] == "sent_by_vendor"
    assert "<button>Subscribe again</button>" in (await mailed.api.request("GET", path)).text
    await mailed.api.request("POST", path, body=b"again=1")
    assert (await send_mail(mailed))["status"] == "sent_by_vendor"


async def test_who_unsubscribes_by_a_link_opted_out_in_every_preference_centre_too(mailed: Shop) -> None:
    _, message = mailed.scene.recorder.sent[-1]
    path = message.unsubscribe_url.removeprefix("https://hub.example.com")
    shown = "/v2/subscriber/u1/category/promotional"
    await mailed.api.request("POST", path, body=b"List-Unsubscribe=One-Click")
    assert (await mailed.get(shown))["preference"] == "opt_out"
    await mailed.api.request("POST", path, body=b"again=1")
    assert (await mailed.get(shown))["preference"] == "opt_in"
    await mailed.api.request("POST", path, body=b"List-Unsubscribe=One-Click")
    # The other way round: who opts in there gets mails again.
    headers = {"Authorization": f"Bearer {mailed.made.api_key}"}
    reply = await mailed.api.request("PATCH", shown, json={"preference": "opt_in"}, headers=headers)
    assert reply.status_code == 202
    assert (await send_mail(mailed))["status"] == "sent_by_vendor"


async def test_only_commercial_mails_can_be_unsubscribed_from(mailed: Shop) -> None:
    for category, expected in (("promotional", True), ("transactional", False), ("system", False)):
        await send_mail(mailed, category)
        assert bool(mailed.scene.recorder.sent[-1][1].unsubscribe_url) is expected


async def test_a_workspace_can_switch_opens_and_clicks_off(mailed: Shop) -> None:
    async with mailed.scene.pool.acquire() as connection:
        await set_tracking(connection, mailed.scene.workspace.id, Tracking(opens=False, clicks=True))
    await send_mail(mailed)
    assert "/v1/open/" not in html_of(mailed)
    assert "/v1/click/" in html_of(mailed)
    async with mailed.scene.pool.acquire() as connection:
        await set_tracking(connection, mailed.scene.workspace.id, Tracking(opens=False, clicks=False))
    await send_mail(mailed)
    assert html_of(mailed) == "<a href='https://shop.example/?a&#x3D;1&amp;b&#x3D;ü'>y</a>"


async def test_a_hub_that_nobody_reaches_from_outside_puts_no_links_into_mails(shop: Shop) -> None:
    await shop.scene.commit_template("mail", MAIL)
    await send_mail(shop)
    _, message = shop.scene.recorder.sent[-1]
    assert "v1/" not in html_of(shop) + message.unsubscribe_url


async def test_a_link_of_a_message_that_is_no_more_says_so(shop: Shop) -> None:
    links = LinkMaker(shop.scene.vault, "https://hub.example.com")
    path = links.unsubscribe(LinkTarget(shop.scene.workspace.id, "gone")).removeprefix("https://hub.example.com")
    for method in ("GET", "POST"):
        reply = await shop.api.request(method, path)
        assert (reply.status_code, "is no more" in reply.text) == (404, True)
