"""`GET /v1/message/` and the feed: what became of what was triggered."""

from typing import Any

import pytest

from hub.tests.actions.scene import trigger_body
from hub.tests.api.conftest import Shop, assert_refused


@pytest.fixture
async def sent(shop: Shop) -> Shop:
    """A workspace that has sent ten triggers, two messages each."""
    for number in range(10):
        user = {"distinct_id": f"u{number % 2}", "$email": [f"u{number % 2}@example.com"]}
        await shop.scene.accept(trigger_body(users=[user], **{"$idempotency_key": f"key-{number}"}))
    await shop.scene.plan_all()
    await shop.scene.send_all()
    return shop


async def listed(shop: Shop, query: str) -> list[dict[str, Any]]:
    """The messages of a query."""
    found: list[dict[str, Any]] = (await shop.get(f"/v1/message/?{query}"))["results"]
    return found


async def test_pages_go_through_everything_and_back(sent: Shop) -> None:
    seen: list[str] = []
    after = ""
    while True:
        page = await sent.get(f"/v1/message/?limit=6{after}")
        seen += [each["message_id"] for each in page["results"]]
        assert page["meta"]["count"] == len(page["results"])
        if not page["meta"]["has_next"]:
            break
        after = f"&after={page['meta']['after']}"
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 20
    back = await sent.get(f"/v1/message/?limit=6&before={seen[12]}")
    assert [each["message_id"] for each in back["results"]] == seen[6:12]
    assert (back["meta"]["has_prev"], back["meta"]["has_next"]) == (True, True)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("recipient_id=u0", 10),
        ("recipient_id[]=u0&recipient_id[]=u1", 20),
        ("recipient_id=nobody", 0),
        ("status=sent_by_vendor", 20),
        ("status[]=delivered&status[]=clicked", 0),
        ("channel=inbox", 10),
        ("channel=email&recipient_id=u1", 5),
        ("idempotency_key=key-3", 2),
        ("idempotency_key=none", 0),
        ("category=transactional", 20),
        ("workflow_slug=Purchase%20Workflow", 20),
        ("tenant_id=acme", 0),
        ("created_at_gte=2020-01-01T00:00:00Z", 20),
        ("created_at_lte=2020-01-01T00:00:00Z", 0),
    ],
)
async def test_messages_are_narrowed(sent: Shop, query: str, count: int) -> None:
    assert len(await listed(sent, f"limit=100&{query}")) == count


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("limit=0", ["limit"]),
        ("limit=many", ["limit"]),
        ("status=lost", ["status", "lost"]),
        ("created_at_gte=yesterday", ["created_at_gte"]),
        ("idempotency_key=%00", ["idempotency_key"]),
    ],
)
async def test_a_wrong_filter_is_named(shop: Shop, query: str, words: list[str]) -> None:
    headers = {"Authorization": f"Bearer {shop.made.api_key}"}
    assert_refused(await shop.api.request("GET", f"/v1/message/?{query}", headers=headers), 400, *words)


async def test_a_message_tells_where_it_went_and_why(sent: Shop) -> None:
    [email] = await listed(sent, "idempotency_key=key-0&channel=email")
    assert email["channel_identity"]["value"] == "u0@example.com"
    assert email["recipient"] == {"$type": "user", "distinct_id": "u0"}
    assert (email["status"], email["failure_code"], email["attempts"]) == ("sent_by_vendor", None, 1)
    assert email["vendor"]["name"] == "smtp"
    assert email["vendor"]["message_id"]
    assert email["template"]["slug"] == "purchase-made"


async def test_a_person_reads_only_his_own_inbox(sent: Shop) -> None:
    feed = await sent.get("/v1/feed/notifications?distinct_id=u0&page_size=3")
    assert feed["meta"] == {"total_count": 5, "has_more": True}
    assert {each["message"]["text"] for each in feed["results"]} == {"Hello Ada &lt;3"}
    assert (await sent.get("/v1/feed/notifications?distinct_id=nobody"))["results"] == []
