"""Browsers: a public key, and a token that says who sits before it (wire.md 2.3, 4.1)."""

from datetime import timedelta
from typing import Any

import pytest
from suprsend_hub.actions.create_workspace import create_workspace
from suprsend_hub.actions.make_keys import create_signing_key, roll_signing_keys
from suprsend_hub.store.database import transact
from suprsend_hub.store.public_keys import list_public_keys, secure_public_key

from hub.tests.actions.scene import trigger_body
from hub.tests.api.browser import PERSON, Browser, open_browser
from hub.tests.api.conftest import Shop, assert_refused

IDENTIFY = {"event": "$identify", "$insert_id": "i1", "properties": {"$identified_id": PERSON}}
TRACK = {"event": "SEEN", "distinct_id": PERSON, "properties": {"a": 1}, "$insert_id": "i2"}
EDIT = {"distinct_id": PERSON, "$set": {"city": "Turin"}, "$insert_id": "i3"}


@pytest.fixture
async def browser(shop: Shop) -> Browser:
    """A browser with an ordinary public key."""
    return await open_browser(shop, is_secure=False)


@pytest.fixture
async def secure(shop: Shop) -> Browser:
    """A browser with a public key in secure mode."""
    return await open_browser(shop, is_secure=True)


async def a_message(shop: Shop) -> str:
    """The id of a message that was sent."""
    message, *_ = await shop.scene.go_through(trigger_body())
    return str(message["id"])


@pytest.mark.parametrize("record", [IDENTIFY, TRACK, EDIT])
async def test_a_person_may_speak_for_itself_and_for_nobody_else(secure: Browser, record: dict[str, Any]) -> None:
    reply = await secure.signed_in().event(**record)
    assert (reply.status_code, set(reply.json())) == (202, {"status", "message_id"}), reply.text
    assert reply.json()["status"] == "success"
    before = await secure.shop.stored()
    assert_refused(await secure.signed_in("user-2").event(**record), 403, "another person")
    assert_refused(await secure.event(**record), 401, "needs a user token")
    assert await secure.shop.stored() == before


@pytest.mark.parametrize("record", [IDENTIFY, TRACK, EDIT])
async def test_without_secure_mode_the_public_key_is_enough_but_a_token_must_be_right(
    browser: Browser, record: dict[str, Any]
) -> None:
    assert (await browser.event(**record)).status_code == 202
    assert (await browser.signed_in().event(**record)).status_code == 202
    assert_refused(await browser.signed_in("user-2").event(**record), 403, "another person")
    assert_refused(await browser.signed_in(exp=1).event(**record), 401, "expired at 1970-01-01")


async def test_what_browsers_say_is_stored(browser: Browser) -> None:
    replies = [(await browser.event(**record)).json()["message_id"] for record in (IDENTIFY, TRACK, EDIT)]
    rows = await browser.shop.scene.pool.fetch("select id, name, distinct_id from event")
    assert {tuple(row) for row in rows} == {(replies[0], "$identify", PERSON), (replies[1], "SEEN", PERSON)}
    [profile] = await browser.shop.scene.pool.fetch("select distinct_id, properties::text from profile")
    assert tuple(profile) == (PERSON, '{"city":"Turin"}')


async def test_who_is_identified_gets_a_profile_and_an_anonymous_id_of_a_browser_is_not_kept(browser: Browser) -> None:
    record = {**IDENTIFY, "properties": {"$identified_id": PERSON, "$anon_id": "somebody"}}
    assert (await browser.event(**record)).status_code == 202
    assert await browser.shop.scene.pool.fetchval("select distinct_id from profile") == PERSON
    assert await browser.shop.scene.pool.fetchval("select properties::text from event") == '{"$identified_id":"user-1"}'
    assert (await browser.shop.post("/event/", {**record, "$insert_id": "other"})).status_code == 202
    assert await browser.shop.scene.pool.fetchval("select count(*) from event where properties::text like '%anon%'")


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"event": "$identify"}, ["properties.$identified_id", "required"]),
        ({"event": "$identify", "properties": {"$identified_id": 7}}, ["properties.$identified_id"]),
        ({"event": "$app_launched"}, ["distinct_id", "required"]),
        ({"event": "SEEN"}, ["distinct_id"]),
        ({"event": "$notification_clicked", "properties": {}}, ["properties.id"]),
        ({"event": "$notification_clicked", "properties": {"id": 7}}, ["properties.id"]),
        ({"event": "SEEN", "distinct_id": PERSON, "env": "other"}, ["env"]),
        ({"$set": {"a": 1}}, ["distinct_id"]),
    ],
)
async def test_a_wrong_record_is_named(browser: Browser, record: dict[str, Any], words: list[str]) -> None:
    assert_refused(await browser.event(**record), 400, *words)


async def test_one_record_is_taken_at_a_time(browser: Browser) -> None:
    assert_refused(await browser.call("POST", "/v2/event", [TRACK]), 400, "/v2/bulk/event/")


async def test_the_identified_person_is_the_one_that_the_token_must_be_for(secure: Browser) -> None:
    record = {"event": "$identify", "distinct_id": PERSON, "properties": {"$identified_id": "user-2"}}
    assert_refused(await secure.signed_in().event(**record), 403, "another person")


@pytest.mark.parametrize("event", ["$notification_delivered", "$notification_clicked", "$notification_dismiss"])
async def test_service_workers_report_with_the_public_key_alone(secure: Browser, event: str) -> None:
    message_id = await a_message(secure.shop)
    properties = {"id": message_id, "label_id": "", "more": "x"}
    record = {"event": event, "$time": 1_709_209_845_500, "distinct_id": "u9", "properties": properties}
    assert (await secure.event(**record)).status_code == 202
    status = await secure.shop.scene.pool.fetchval("select status from message where id = $1", message_id)
    assert status in ("delivered", "clicked", "dismissed")
    [kept] = await secure.shop.scene.pool.fetch("select distinct_id, properties::text from event")
    assert tuple(kept) == (None, f'{{"id":"{message_id}","label_id":""}}')


async def test_a_report_of_no_message_is_refused(secure: Browser) -> None:
    record = {"event": "$notification_clicked", "properties": {"id": "01KZZZZZZZZZZZZZZZZZZZZZZZ"}}
    before = await secure.shop.stored()
    assert_refused(await secure.event(**record), 404, "no message")
    assert await secure.shop.stored() == before


async def test_tokens_of_foreign_and_ended_keys_are_refused(secure: Browser, vault: Any) -> None:
    pool = secure.shop.scene.pool
    other = await create_workspace(pool, vault, "bakery")
    foreign = (await create_signing_key(pool, other.workspace.id)).private_key_pem
    stranger = Browser(secure.shop, secure.public_key, foreign)
    assert_refused(await stranger.signed_in().event(**TRACK), 401, "no signing key")
    rolled = await roll_signing_keys(pool, secure.shop.made.workspace.id, secure.shop.scene.now() + timedelta(hours=1))
    fresh = await open_browser(secure.shop, is_secure=True)
    for key in (secure.private_key_pem, rolled.private_key_pem):
        assert (await Browser(secure.shop, fresh.public_key, key).signed_in().event(**TRACK)).status_code == 202
    await pool.execute("update signing_key set expiry_at = now() where status = 'rolled'")
    last = await open_browser(secure.shop, is_secure=True)
    ended = Browser(secure.shop, last.public_key, secure.private_key_pem)
    assert_refused(await ended.signed_in().event(**TRACK), 401, "no signing key")


async def test_secure_mode_can_be_turned_on(browser: Browser) -> None:
    pool, workspace_id = browser.shop.scene.pool, browser.shop.made.workspace.id
    async with pool.acquire() as connection:
        key = (await list_public_keys(connection, workspace_id))[-1]
    await transact(pool, lambda connection: secure_public_key(connection, workspace_id, key.id, is_secure=True))
    assert_refused(await browser.event(**TRACK), 401, "needs a user token")


async def test_the_inbox_is_open_to_its_person_in_its_tenant(secure: Browser) -> None:
    feed = "/v1/feed/notifications?distinct_id={}&tenant_id={}"
    mine, acme = secure.signed_in(), secure.signed_in(scope={"tenant_id": "acme"})
    assert (await mine.call("GET", "/v1/feed/notifications?distinct_id=user-1")).json()["results"] == []
    assert (await mine.call("GET", feed.format(PERSON, "default"))).status_code == 200
    assert (await acme.call("GET", feed.format(PERSON, "acme"))).status_code == 200
    assert_refused(await mine.call("GET", feed.format("user-2", "default")), 403, "another person")
    assert_refused(await mine.call("GET", feed.format(PERSON, "acme")), 403, "scope is tenant 'default'")
    assert_refused(await acme.call("GET", feed.format(PERSON, "default")), 403, "scope is tenant 'acme'")
    assert_refused(await secure.call("GET", feed.format(PERSON, "default")), 401, "needs a user token")


async def test_a_notification_is_marked_only_in_its_tenant(shop: Shop, secure: Browser) -> None:
    users = [{"distinct_id": PERSON, "$channels": ["inbox"]}]
    [message] = await shop.scene.go_through(trigger_body(users=users, tenant_id="acme"))
    path = f"/v1/feed/notifications/{message['id']}/interacted?distinct_id={PERSON}"
    mine, acme = secure.signed_in(), secure.signed_in(scope={"tenant_id": "acme"})
    assert_refused(await mine.call("PATCH", path, {}), 404, "no notification")
    assert_refused(await mine.call("PATCH", f"{path}&tenant_id=acme", {}), 403, "scope")
    seen = {"notification_ids": [message["id"]]}
    assert (await mine.call("POST", f"/v1/feed/bulk/notifications/seen?distinct_id={PERSON}", seen)).status_code == 200
    assert await shop.scene.pool.fetchval("select seen_at from inbox_notification") is None
    assert (await acme.call("PATCH", f"{path}&tenant_id=acme", {})).status_code == 200
    assert await shop.scene.pool.fetchval("select interacted_at from inbox_notification") is not None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v2/event"),
        ("POST", "/v2/event/"),
        ("POST", "/event/"),
        ("GET", "/v1/feed/notifications"),
        ("PATCH", "/v1/feed/notifications/01K/seen"),
        ("POST", "/v1/feed/bulk/notifications/seen"),
    ],
)
async def test_browsers_of_any_site_may_ask_first_and_read_every_answer(
    browser: Browser, method: str, path: str
) -> None:
    asked = "authorization, content-type, x-ss-signature, x-amz-date"
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": method}
    reply = await browser.shop.api.request(
        "OPTIONS", path, headers={**headers, "Access-Control-Request-Headers": asked}
    )
    assert reply.status_code == 204, reply.text
    assert reply.headers["access-control-allow-origin"] == "*"
    assert method in reply.headers["access-control-allow-methods"]
    allowed = reply.headers["access-control-allow-headers"].lower()
    assert all(name.strip() in allowed for name in asked.split(","))
    for authorization in (browser.public_key, "unknown"):
        sent = {"Origin": "https://shop.example", "Authorization": authorization}
        answer = await browser.shop.api.request(method, path, json={}, headers=sent)
        assert answer.headers["access-control-allow-origin"] == "*", answer.text
        assert answer.headers["content-type"].startswith("application/json")
        assert "retry-after" in answer.headers["access-control-expose-headers"].lower()


async def test_both_forms_of_a_path_are_served_without_a_redirect(browser: Browser) -> None:
    for path in ("/v2/event", "/v2/event/"):
        reply = await browser.call("POST", path, {"event": "SEEN", "distinct_id": PERSON})
        assert reply.status_code == 202
