"""`GET /v1/message/` and the feed: what became of what was triggered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from suprsend_hub.domain.outcome import Deferred
from suprsend_hub.jobs.upkeep import forget_contents

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
        ("tenant_id=default", 20),
        ("status[]=read", 0),
        ("status=unread", 10),
        ("status=archived", 0),
        ("status=unread&status=delivered", 10),
        ("status=triggered", 20),
        ("status=delivery_failed", 0),
        ("status=trigger_blocked", 0),
        ("is_campaign=True", 0),
        ("is_campaign=false", 20),
        ("object_type=teams&object_id=1", 0),
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
        ("created_at_lte=0001-01-01T00:00:00Z", ["created_at_lte"]),
        ("created_at_gte=2026-01-02T00:00:00Z&created_at_lte=2026-01-01T00:00:00Z", ["created_at_lte"]),
        ("object_type=teams", ["object_id"]),
        ("object_id=1", ["object_type"]),
        ("is_campaign=perhaps", ["is_campaign"]),
        ("include_content=perhaps", ["include_content"]),
        ("limit=1001", ["limit"]),
        ("idempotency_key=%00", ["idempotency_key"]),
    ],
)
async def test_a_wrong_filter_is_named(shop: Shop, query: str, words: list[str]) -> None:
    headers = {"Authorization": f"Bearer {shop.made.api_key}"}
    assert_refused(await shop.api.request("GET", f"/v1/message/?{query}", headers=headers), 400, *words)


async def test_a_message_tells_where_it_went_and_why(sent: Shop) -> None:
    [email] = await listed(sent, "idempotency_key=key-0&channel=email")
    assert email["channel_identity"]["value"] == "u0@example.com"
    assert email["recipient"] == {"$type": "user", "distinct_id": "u0", "object_type": None, "id": None}
    assert (email["status"], email["failure_code"], email["attempts"]) == ("sent_by_vendor", None, 1)
    assert email["vendor"]["name"] == "smtp"
    assert email["vendor"]["message_id"]
    assert email["template"]["slug"] == "purchase-made"


async def test_a_person_reads_only_his_own_inbox(sent: Shop) -> None:
    feed = await sent.get("/v1/feed/notifications?distinct_id=u0&page_size=3")
    assert feed["meta"] == {"total_count": 5, "has_more": True}
    assert {each["message"]["text"] for each in feed["results"]} == {"Hello Ada &lt;3"}
    assert (await sent.get("/v1/feed/notifications?distinct_id=nobody"))["results"] == []


async def marked(shop: Shop, *marks: tuple[str, str]) -> list[dict[str, Any]]:
    """What is answered to marks."""
    reply = await patch(shop, {"messages": [{"message_id": each, "action": action} for each, action in marks]})
    assert reply.status_code == 202, reply.text
    records: list[dict[str, Any]] = reply.json()["records"]
    return records


async def patch(shop: Shop, document: object) -> Any:
    """A signed PATCH, as the official clients send it."""
    body = msgspec.json.encode(document)
    target = "/v1/bulk/message"
    return await shop.api.request("PATCH", target, body=body, headers=shop.sign("PATCH", target, body))


async def test_marks_count_as_if_people_had_done_it(sent: Shop) -> None:
    [email] = await listed(sent, "idempotency_key=key-0&channel=email")
    inbox = [each["message_id"] for each in await listed(sent, "channel=inbox&limit=10")]
    endpoint = await sent.scene.add_webhook()
    actions = ["seen", "clicked", "read", "archived"]
    records = await marked(sent, (email["message_id"], "clicked"), *zip(inbox, actions, strict=False))
    assert [each["status_code"] for each in records] == [202] * 5
    assert [each["error"] for each in records] == [None] * 5
    assert [each["message_id"] for each in await listed(sent, "status=read")] == inbox[1:3]
    assert [each["message_id"] for each in await listed(sent, "status=archived")] == inbox[3:4]
    assert [each["message_id"] for each in await listed(sent, "status=clicked&limit=20")] == [
        inbox[1],
        email["message_id"],
    ]
    told = {(each["endpoint_id"], each["message_id"], each["status"]) for each in await sent.scene.deliveries()}
    assert (endpoint, email["message_id"], "clicked") in told
    assert (endpoint, inbox[2], "seen") in told


async def test_reading_and_archiving_can_be_taken_back(sent: Shop) -> None:
    [inbox] = await listed(sent, "idempotency_key=key-0&channel=inbox")
    for action in ("read", "archived", "unread", "unarchived"):
        await marked(sent, (inbox["message_id"], action))
    [after] = await listed(sent, f"message_id={inbox['message_id']}")
    assert (after["is_read"], after["is_archived"], after["status"]) == (False, False, "seen")
    assert after["unread_at"] is not None
    assert after["unarchived_at"] is not None
    assert (after["read_at"], after["archived_at"]) == (None, None)


async def test_what_can_not_be_marked_says_why_and_holds_up_nothing(sent: Shop) -> None:
    [email] = await listed(sent, "idempotency_key=key-0&channel=email")
    [other] = await listed(sent, "idempotency_key=key-1&channel=email")
    [inbox] = await listed(sent, "idempotency_key=key-1&channel=inbox")
    await sent.scene.pool.execute("update message set status = 'delivery_failure' where id = $1", other["message_id"])
    records = await marked(
        sent,
        ("gone", "seen"),
        (email["message_id"], "read"),
        (other["message_id"], "seen"),
        (inbox["message_id"], "seen"),
    )
    assert [(each["status_code"], (each["error"] or {}).get("type")) for each in records] == [
        (404, "not_found"),
        (422, "action_not_supported"),
        (422, "status_blocked"),
        (202, None),
    ]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, ["messages", "required"]),
        ({"messages": []}, ["messages"]),
        ({"messages": [{"message_id": "a", "action": "seen"}] * 1001}, ["messages"]),
        ({"messages": [{"message_id": "a", "action": "seen"}, {"message_id": "a", "action": "read"}]}, ["messages[1]"]),
        ({"messages": [{"message_id": "a", "action": "eaten"}]}, ["messages[0].action"]),
        ({"messages": [{"message_id": "a\x00", "action": "seen"}]}, ["messages[0].message_id"]),
        ({"messages": [{"action": "seen"}]}, ["messages[0].message_id"]),
    ],
)
async def test_wrong_marks_are_named(shop: Shop, document: object, words: list[str]) -> None:
    assert_refused(await patch(shop, document), 400, *words)


async def test_content_is_shown_as_the_person_saw_it_although_the_profile_changed(shop: Shop) -> None:
    user = {"distinct_id": "u1", "city": "Turin", "$androidpush": ["token-of-this-phone"]}
    await shop.scene.go_through(trigger_body(users=[user]))
    await shop.scene.pool.execute("update profile set properties = '{}'")
    found = {each["channel"]: each for each in await listed(shop, "include_content=true")}
    assert found["androidpush"]["content"]["body"] == "Hello Ada <3 in Turin"
    assert found["inbox"]["content"]["body"] == "Hello Ada &lt;3"
    assert "content" not in (await listed(shop, "limit=1"))[0]
    await forget_contents(shop.scene.pool, datetime.now(UTC) + timedelta(minutes=1))
    found = {each["channel"]: each for each in await listed(shop, "include_content=1")}
    assert found["androidpush"]["content"] is None


async def test_messages_of_broadcasts_are_told_apart(shop: Shop) -> None:
    await shop.scene.go_through(trigger_body())
    await shop.scene.fill_list("beta", "u1", "u2")
    await shop.scene.broadcast()
    await shop.scene.expand_all()
    found = await listed(shop, "is_campaign=true")
    assert {each["recipient"]["distinct_id"] for each in found} == {"u1", "u2"}
    assert {each["is_campaign"] for each in found} == {True}
    assert len(await listed(shop, "limit=100")) > len(found)


async def test_messages_to_an_object_are_found_by_it(shop: Shop) -> None:
    await shop.scene.go_through(trigger_body())
    [run_id] = [each["id"] for each in await shop.scene.pool.fetch("select id from run")]
    await shop.scene.pool.execute(
        "with team as (insert into profile (workspace_id, distinct_id, object_type, created_at, updated_at)"
        " values ($1, 'red', 'team', now(), now()) returning id)"
        " update run set distinct_id = null, profile_id = (select id from team) where id = $2",
        shop.scene.workspace.id,
        run_id,
    )
    found = await listed(shop, "object_type=team&object_id=red")
    assert {each["execution_id"] for each in found} == {run_id}
    assert found[0]["recipient"] == {"$type": "object", "distinct_id": None, "object_type": "team", "id": "red"}
    assert await listed(shop, "object_type=team&object_id=blue") == []


async def test_why_tells_each_try_of_a_message(shop: Shop) -> None:
    shop.scene.recorder.answers["ada@example.com"] = lambda: Deferred("vendor_busy", "421 later")
    await shop.scene.go_through(trigger_body(**{"$idempotency_key": "once"}))
    del shop.scene.recorder.answers["ada@example.com"]
    [email] = await listed(shop, "channel=email")
    path = f"/v1/message/{email['message_id']}/why/"
    waiting = await shop.get(path)
    assert (waiting["rule"], waiting["next"]["why"]) == ("retry", "retry")
    assert waiting["sentence"].startswith("Try 1 came to nothing (vendor_busy: 421 later); it is tried again at")
    await shop.scene.send_all(1)
    why = await shop.get(path)
    assert [each["outcome"] for each in why["tries"]] == ["deferred", "accepted"]
    assert why["request"]["idempotency_key"] == "once"
    assert {each["channel"] for each in why["run"]["deliveries"][0]["channels"] if each["used"]} == {"email", "inbox"}


async def test_why_explains_a_request_that_led_to_nothing(shop: Shop) -> None:
    await shop.scene.commit_template("empty", {"sms": {"body": "x"}})
    body = trigger_body(template="empty", users=[{"distinct_id": "u9"}])
    await shop.scene.accept(body)
    [request_id] = [row["id"] for row in await shop.scene.pool.fetch("select id from request")]
    waiting = await shop.get(f"/v1/request/{request_id}/why/")
    assert "waits for a worker" in waiting["request"]["sentence"]
    await shop.scene.plan_all()
    [run] = (await shop.get(f"/v1/request/{request_id}/why/"))["runs"]
    [sms] = [each for each in run["deliveries"][0]["channels"] if each["channel"] == "sms"]
    assert (sms["used"], sms["rule"]) == (False, "no_identity")
    [message] = run["messages"]
    why = await shop.get(f"/v1/message/{message['message_id']}/why")
    assert why["sentence"] == "It was not sent: the user has no address on this channel."


@pytest.mark.parametrize("path", ["/v1/message/none/why/", "/v1/request/none/why/"])
async def test_why_of_nothing_is_not_found(shop: Shop, path: str) -> None:
    headers = {"Authorization": f"Bearer {shop.made.api_key}"}
    assert_refused(await shop.api.request("GET", path, headers=headers), 404, "none")
