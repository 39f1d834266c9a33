"""What the first inbox clients ask and mark (wire.md 4.5)."""

from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from suprsend_hub.domain.subscriber_id import make_subscriber_id

from hub.tests.api.browser import PERSON
from hub.tests.api.conftest import assert_refused
from hub.tests.conftest import Reply

from .conftest import Feed

NEWS = {"store_id": "news", "query": {"tags": {"or": ["news"]}, "read": False}}
LATER = 4_000_000_000_000


async def call(feed: Feed, method: str, path: str, **said: Any) -> Reply:
    """Any call of js-inbox: what it says is in the query where it asks, in the body where it marks."""
    made = feed.browser.shop.made
    assert made.workspace.inbox_secret is not None
    subscriber_id = make_subscriber_id(made.workspace.inbox_secret, PERSON)
    whole = {"distinct_id": PERSON, "subscriber_id": subscriber_id} | said
    headers = {"Authorization": f"{made.workspace.key}:0d0ddb1c-1d4c-4e6f-8b3e-9f8f5f5b0a11"}
    if method == "POST":
        return await feed.browser.shop.api.request("POST", path, json=whole, headers=headers)
    texts = {key: each if isinstance(each, str) else msgspec.json.encode(each).decode() for key, each in whole.items()}
    return await feed.browser.shop.api.request("GET", f"{path}?{urlencode(texts)}", headers=headers)


async def done(feed: Feed, method: str, path: str, **said: Any) -> Any:
    """The JSON of a call that must succeed."""
    reply = await call(feed, method, path, **said)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def test_pages_have_numbers_and_leave_nothing_out(feed: Feed) -> None:
    assert await done(feed, "GET", "/notifications/", before=LATER) == {
        "results": [],
        "meta": {"current_page": 1, "total_pages": 0},
    }
    pinned = await feed.notify(is_pinned=True)
    others = await feed.notify(times=3)
    found: list[str] = []
    for number in (1, 2):
        page = await done(feed, "GET", "/notifications/", page_no=number, page_size=3, before=LATER)
        assert page["meta"] == {"current_page": number, "total_pages": 2}
        found += [each["n_id"] for each in page["results"]]
    assert (found[:1], sorted(found[1:])) == (pinned, sorted(others))
    assert (await done(feed, "GET", "/notifications/", before=1000))["results"] == []


async def test_seen_is_their_word_for_read(feed: Feed) -> None:
    [one] = await feed.notify()
    await feed.done("POST", "bulk/notifications/seen", {"notification_ids": [one]})
    [shown] = (await done(feed, "GET", "/notifications/", before=LATER, store=NEWS))["results"]
    assert (shown["n_id"], shown["seen_on"]) == (one, None)
    await done(feed, "POST", f"/notification/{one}/action", action="read")
    detail = await done(feed, "GET", f"/notification/{one}/")
    assert detail["data"]["seen_on"] is not None
    assert (await done(feed, "GET", "/notifications/", before=LATER, store=NEWS))["results"] == []
    await done(feed, "POST", f"/notification/{one}/action", action="unread")
    assert (await done(feed, "GET", f"/notification/{one}/"))["data"]["seen_on"] is None
    await done(feed, "POST", f"/notification/{one}/action", action="archive")
    assert (await done(feed, "GET", "/notifications/", before=LATER))["results"] == []


async def test_the_bell_and_the_tabs_are_counted(feed: Feed) -> None:
    await feed.notify(times=2)
    assert await done(feed, "GET", "/notification_count/", stores=[NEWS]) == {"ss_bell_count": 2, "news": 2}
    await done(feed, "POST", "/bell-clicked/", time=1, tenant_id="default")
    assert await done(feed, "GET", "/notification_count/", stores=[NEWS]) == {"ss_bell_count": 0, "news": 2}
    await done(feed, "POST", "/mark-all-read/", time=1, tenant_id=None)
    assert await done(feed, "GET", "/notification_count/", stores=[NEWS]) == {"ss_bell_count": 0, "news": 0}


async def test_a_mark_need_not_say_in_which_tenant_it_is(feed: Feed) -> None:
    [one] = await Feed(feed.browser, "acme").notify()
    await done(feed, "POST", f"/notification/{one}/action", action="read")
    assert (await done(feed, "GET", f"/notification/{one}/", tenant_id="acme"))["data"]["seen_on"] is not None
    assert_refused(await call(feed, "GET", f"/notification/{one}/"), 404, "no notification")


@pytest.mark.parametrize(
    ("method", "path", "said", "status", "words"),
    [
        ("GET", "/notifications/", {"before": 10**18}, 400, ["before"]),
        ("GET", "/notifications/", {"page_size": 51}, 400, ["page_size"]),
        ("GET", "/notifications/", {"page_no": 0}, 400, ["page_no"]),
        ("GET", "/notifications/", {"subscriber_id": "x"}, 401, ["subscriber_id"]),
        ("GET", "/notifications/", {"distinct_id": "user-2"}, 401, ["subscriber_id"]),
        ("GET", "/notification/x/", {}, 404, ["no notification"]),
        ("POST", "/notification/x/action", {"action": "read"}, 404, ["no notification"]),
        ("POST", "/notification/x/action", {"action": "burn"}, 400, ["action"]),
        ("POST", "/notification/x/action", {"action": "read", "subscriber_id": "x"}, 401, ["subscriber_id"]),
        ("POST", "/bell-clicked/", {"tenant_id": "\x00"}, 400, ["NUL"]),
        ("POST", "/mark-all-read/", {"tenant_id": 7}, 400, ["tenant_id"]),
    ],
)
async def test_what_is_wrong_is_named(
    feed: Feed, method: str, path: str, said: dict[str, Any], status: int, words: list[str]
) -> None:
    assert_refused(await call(feed, method, path, **said), status, *words)
