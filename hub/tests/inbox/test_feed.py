"""The REST face of the feed: pages, tabs, numbers and marks (wire.md 4.3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from suprsend_hub.actions.merge_users import merge_users
from suprsend_hub.domain.profile import ProfileKey

from hub.tests.api.browser import PERSON
from hub.tests.api.conftest import assert_refused

from .conftest import Feed

NEWS = {"store_id": "news", "query": {"tags": {"or": ["news", "more"]}}}
UNREAD = {"store_id": "unread", "query": {"read": False, "archived": False, "tags": {"or": []}}}
SYSTEM = {"store_id": "system", "query": {"categories": {"or": ["system"]}}}
ARCHIVED = {"store_id": "archived", "query": {"archived": True}}


def ids(results: list[dict[str, Any]]) -> list[str]:
    """Which notifications these are."""
    return [each["n_id"] for each in results]


async def test_an_empty_inbox_has_a_page_and_numbers(feed: Feed) -> None:
    assert await feed.done("GET", "notifications") == {"results": [], "meta": {"total_count": 0, "has_more": False}}
    assert await feed.done("GET", "notifications_count", stores=[NEWS]) == {"badge": 0, "news": 0}
    for path in ("reset_bell_count", "mark_all_read"):
        assert await feed.done("PATCH", path, {}) == {"status": "success"}


async def test_pinned_ones_come_first_then_the_newest_and_no_page_leaves_one_out(feed: Feed) -> None:
    first = await feed.notify(times=3)
    pinned = await feed.notify(times=2, is_pinned=True)
    last = await feed.notify(times=2)
    wanted = [*reversed(pinned), *reversed(last), *reversed(first)]
    found: list[dict[str, Any]] = []
    while True:
        after = [found[-1]["is_pinned"], found[-1]["created_on"]] if found else []
        page = await feed.done("GET", "notifications", page_size="1", search_after=after)
        assert page["meta"]["total_count"] == len(wanted)
        found += page["results"]
        if not page["meta"]["has_more"]:
            break
    assert sorted(ids(found)) == sorted(wanted)
    assert [each["is_pinned"] for each in found] == [True] * 2 + [False] * 5
    # Those of one call may be written in any order, each in a millisecond of its own.
    assert set(ids(found)[:2]) == set(pinned)
    assert set(ids(found)[2:4]) == set(last)
    assert len({each["created_on"] for each in found}) == len(found)


async def test_a_notification_is_read_alone_as_it_stands_in_the_list(feed: Feed) -> None:
    content: dict[str, Any] = {
        "buttons": [{"text": "Go", "url": "https://a.example/", "open_in_new_tab": True}],
        "extra_data": "{}",
    }
    [notification_id] = await feed.notify(importance="high", **content)
    [listed] = await feed.shown()
    assert await feed.done("GET", f"notifications/{notification_id}") == listed
    assert (listed["tags"], listed["n_category"], listed["importance"]) == (["news"], "transactional", "high")
    assert listed["message"]["text"] == "Hello Ada &lt;3"
    assert listed["message"]["actions"] == [{"name": "Go", "url": "https://a.example/", "open_in_new_tab": True}]
    assert_refused(await feed.call("GET", "notifications/nothing"), 404, "no notification")


async def test_each_tab_shows_and_counts_its_own(feed: Feed) -> None:
    [news] = await feed.notify()
    [system] = await feed.notify(category="system", tags=["other"])
    [gone] = await feed.notify(tags=[])
    await feed.done("PATCH", f"notifications/{gone}/archive", {})
    await feed.done("PATCH", f"notifications/{news}/read", {})
    assert ids(await feed.shown()) == [system, news]
    for store, wanted in ((NEWS, [news]), (UNREAD, [system]), (SYSTEM, [system]), (ARCHIVED, [gone])):
        page = await feed.done("GET", "notifications", store=store)
        assert (ids(page["results"]), page["meta"]["total_count"]) == (wanted, len(wanted)), store
    counts = await feed.done("GET", "notifications_count", stores=[NEWS, UNREAD, SYSTEM, ARCHIVED])
    assert counts == {"badge": 2, "news": 0, "unread": 1, "system": 1, "archived": 1}
    # What no tab shows does not ring the bell.
    assert (await feed.done("GET", "notifications_count", stores=[SYSTEM]))["badge"] == 1


async def test_the_bell_counts_what_came_since_it_was_clicked(feed: Feed) -> None:
    await feed.notify(times=2)
    assert (await feed.done("GET", "notifications_count"))["badge"] == 2
    await feed.done("PATCH", "reset_bell_count", {})
    assert (await feed.done("GET", "notifications_count"))["badge"] == 0
    await feed.notify()
    assert (await feed.done("GET", "notifications_count", stores=[UNREAD])) == {"badge": 1, "unread": 3}


async def test_all_are_marked_as_read_and_their_messages_as_seen(feed: Feed) -> None:
    await feed.notify(times=3)
    await feed.done("PATCH", "mark_all_read", {})
    assert all(each["read_on"] and each["seen_on"] for each in await feed.shown())
    assert {each["status"] for each in await feed.scene.messages()} == {"seen"}
    assert (await feed.done("GET", "notifications_count", stores=[UNREAD]))["unread"] == 0


async def test_what_is_expired_is_neither_listed_nor_counted(feed: Feed) -> None:
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    expiry = {"format": "absolute", "value": past, "is_expiry_visible": True}
    [gone] = await feed.notify(is_expiry_enabled=True, expiry=expiry)
    [kept] = await feed.notify(is_expiry_enabled=True, expiry={"format": "relative", "value": "1d2h"})
    await feed.notify(is_expiry_enabled=False, expiry=expiry)
    shown = await feed.shown()
    assert len(shown) == 2
    lifetime = next(each["expiry"] - each["created_on"] for each in shown if each["n_id"] == kept)
    assert abs(lifetime - 26 * 3600 * 1000) < 60_000
    assert await feed.done("GET", "notifications_count", stores=[NEWS]) == {"badge": 2, "news": 2}
    detail = await feed.done("GET", f"notifications/{gone}")
    assert (detail["is_expiry_visible"], detail["expiry"] < detail["created_on"]) == (True, True)


async def test_an_expiry_that_is_no_time_when_it_is_filled_in_is_the_reason_of_the_failure(feed: Feed) -> None:
    await feed.notify(is_expiry_enabled=True, expiry={"format": "relative", "value": "{{first_name}}"})
    [message] = await feed.scene.messages()
    assert (message["status"], message["failure_code"]) == ("trigger_failed", "render_failed")
    assert "expiry.value" in message["failure_reason"]
    assert await feed.shown() == []


@pytest.mark.parametrize(
    ("path", "query", "words"),
    [
        ("notifications", {"store": "{"}, ["store", "not valid JSON"]),
        ("notifications", {"store": {"query": {}}}, ["store.store_id", "required"]),
        ("notifications", {"store": {"store_id": "a", "query": {"read": 1}}}, ["store.query.read"]),
        ("notifications", {"search_after": [1, 2, 3]}, ["search_after"]),
        ("notifications", {"search_after": [True]}, ["search_after"]),
        ("notifications", {"search_after": [False, 10**18]}, ["search_after"]),
        ("notifications", {"page_size": "101"}, ["page_size"]),
        ("notifications_count", {"stores": {}}, ["stores", "array"]),
        ("notifications_count", {"stores": [{"store_id": "status"}]}, ["stores.store_id", "badge"]),
        ("notifications_count", {"stores": [NEWS, NEWS]}, ["stores", "same store_id"]),
        ("notifications_count", {"stores": [NEWS] * 21}, ["stores"]),
        ("notifications_count", {"stores": [{"store_id": "a\x00"}]}, ["stores", "NUL"]),
    ],
)
async def test_a_wrong_question_is_named(feed: Feed, path: str, query: dict[str, Any], words: list[str]) -> None:
    assert_refused(await feed.call("GET", path, **query), 400, *words)


async def test_marks_of_nothing_and_of_the_unknown_are_refused(feed: Feed) -> None:
    [notification_id] = await feed.notify()
    assert_refused(await feed.call("PATCH", f"notifications/{notification_id}/burn", {}), 400, "action", "archive")
    assert_refused(await feed.call("PATCH", "notifications/x/read", {}), 404, "no notification")
    nul = {"notification_ids": ["\x00"]}
    assert_refused(await feed.call("POST", "bulk/notifications/seen", nul), 400, "notification_ids")


async def test_a_merged_person_keeps_order_and_bell(feed: Feed) -> None:
    await feed.notify(times=2)
    await feed.scene.pool.execute("update inbox_notification set distinct_id = 'old'")
    await feed.scene.pool.execute("update inbox set distinct_id = 'old'")
    await feed.notify()
    await feed.done("PATCH", "reset_bell_count", {})
    for person in ("old", PERSON):
        await feed.browser.shop.post("/event/", {"distinct_id": person, "$set": {"a": 1}, "$insert_id": person})
    await merge_users(feed.scene.pool, feed.scene.workspace.id, ProfileKey("old"), ProfileKey(PERSON), feed.scene.now())
    assert len(await feed.shown()) == 3
    assert await feed.scene.pool.fetchval("select count(*) from inbox") == 1
    await feed.notify()
    assert (await feed.done("GET", "notifications_count"))["badge"] == 1
