"""`/v1/user/`: users, what tenants know of them, and names that are awkward in a path."""

from typing import Any
from urllib.parse import quote

import pytest

from hub.tests.api.conftest import Shop, assert_refused
from hub.tests.conftest import Reply


async def call(shop: Shop, method: str, path: str, document: object = None) -> Reply:
    """A call with the API key."""
    headers = {"Authorization": f"Bearer {shop.made.api_key}"}
    return await shop.api.request(method, path, json=document, headers=headers)


async def test_a_user_is_made_shown_edited_and_erased(shop: Shop) -> None:
    details = {"$email": ["ada@example.com"], "$sms": "+15005550006", "$timezone": "Europe/Rome", "city": "Turin"}
    made = await call(shop, "POST", "/v1/user/u1/", details)
    assert made.status_code == 201, made.text
    shown = await shop.get("/v1/user/u1/")
    assert shown == made.json()
    assert shown["properties"] == {"city": "Turin", "$timezone": "Europe/Rome"}
    assert shown["$email"] == [{"value": "ada@example.com", "status": "active", "perma_status": "active"}]
    operations = [{"$increment": {"orders": 2}}, {"$remove": {"$sms": "+15005550006"}}, {"$unset": ["city"]}]
    edited = await call(shop, "PATCH", "/v1/user/u1/", {"operations": operations})
    assert edited.status_code == 202
    assert edited.json()["properties"] == {"$timezone": "Europe/Rome", "orders": 2}
    assert "$sms" not in edited.json()
    assert edited.json()["updated_at"] > shown["updated_at"]
    gone = await call(shop, "DELETE", "/v1/user/u1/")
    assert (gone.status_code, gone.body) == (204, b"")
    assert_refused(await call(shop, "GET", "/v1/user/u1/"), 404, "u1")
    assert_refused(await call(shop, "DELETE", "/v1/user/u1/"), 404, "u1")


@pytest.mark.parametrize("name", ["a/b", "a+b", "a b", "ada@example.com", "100%", "%2F", "é/ü", "/", "a//b", "?x=1"])
async def test_any_name_can_stand_in_a_path(shop: Shop, name: str) -> None:
    path = f"/v1/user/{quote(name, safe='')}/"
    assert (await call(shop, "POST", path, {"city": "Turin"})).json()["distinct_id"] == name
    target = path.rstrip("/")
    signed = await shop.api.request("GET", target, headers=shop.sign("GET", target, b""))
    assert signed.json()["distinct_id"] == name
    assert [each["distinct_id"] for each in (await shop.get("/v1/user/"))["results"]] == [name]


async def test_a_plus_sign_in_a_path_is_a_plus_sign(shop: Shop) -> None:
    assert (await call(shop, "POST", "/v1/user/a+b/", {})).json()["distinct_id"] == "a+b"


@pytest.mark.parametrize("name", ["%00", "%FF", "a%2F%00", "%ED%A0%80%2F", "%20", "x" * 256])
async def test_a_name_that_can_not_be_stored_is_refused(shop: Shop, name: str) -> None:
    assert_refused(await call(shop, "POST", f"/v1/user/{name}/", {}), 400, "distinct_id")


async def test_what_is_not_there_is_said_of_any_path(shop: Shop) -> None:
    assert_refused(await call(shop, "GET", "/v1/nothing/a%2Fb%FF/"), 404, "a%2Fb")


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("POST", "u1/", {"$email": ["no"]}, ["$email[0]"]),
        ("POST", "u1/", {"$emial": "a@example.com"}, ["$emial"]),
        ("POST", "u1/", {"distinct_id": "u2"}, ["distinct_id", "u1"]),
        ("POST", "u1/", {"a": "\x00"}, ["a"]),
        ("POST", "u1/", [], ["body"]),
        ("PATCH", "u1/", {"operations": []}, ["operations"]),
        ("PATCH", "u1/", {"operations": [{"$sett": {}}]}, ["operations[0].$sett"]),
        ("POST", "u1/merge/", {"from_user_id": "u1"}, ["from_user_id"]),
        ("POST", "u1/merge/", {"from_user_id": ""}, ["from_user_id"]),
        ("POST", f"u1/tenant/{'x' * 65}/", {}, ["tenant_id"]),
        ("GET", "?after=x", None, ["after"]),
        ("GET", "?limit=0", None, ["limit"]),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_stored(
    shop: Shop, method: str, path: str, body: object, words: list[str]
) -> None:
    before = await shop.stored()
    assert_refused(await call(shop, method, f"/v1/user/{path}", body), 400, *words)
    assert await shop.stored() == before


async def test_pages_of_users_go_on_and_back(shop: Shop) -> None:
    for number in range(5):
        await call(shop, "POST", f"/v1/user/u{number}/", {"$email": f"u{number}@example.com"})
    first = await shop.get("/v1/user/?limit=2")
    second = await shop.get(f"/v1/user/?limit=2&after={first['meta']['after']}")
    back = await shop.get(f"/v1/user/?limit=2&before={second['meta']['before']}")
    assert [ids(each) for each in (first, second, back)] == [["u4", "u3"], ["u2", "u1"], ["u4", "u3"]]
    assert (first["meta"]["has_prev"], first["meta"]["has_next"], back["meta"]["has_prev"]) == (False, True, False)


def ids(page: dict[str, Any]) -> list[str]:
    """Whom a page shows."""
    return [each["distinct_id"] for each in page["results"]]


async def test_tokens_are_shortened_and_documents_stay_documents(shop: Shop) -> None:
    secret = "xoxb-0123456789-secret"
    slack = {"access_token": secret, "channel_id": "C0123456789ABC"}
    webpush = {"endpoint": "https://push.example.com/very-long", "keys": {"auth": "a" * 22, "p256dh": "b" * 87}}
    details = {"$slack": slack, "$androidpush": "token-0123456789", "$webpush": webpush}
    shown = (await call(shop, "POST", "/v1/user/u1/", details)).json()
    assert shown["$slack"][0]["value"] == {"access_token": "xoxb-0…cret", "channel_id": "C0123456789ABC"}
    assert shown["$androidpush"][0] | {"value": "token-…6789", "id_provider": "fcm"} == shown["$androidpush"][0]
    assert shown["$webpush"][0]["value"]["keys"] == {"auth": "aaaaaa…aaaa", "p256dh": "bbbbbb…bbbb"}


async def test_an_address_that_bounced_is_shown_to_be_disabled(shop: Shop) -> None:
    await call(shop, "POST", "/v1/user/u1/", {"$email": ["Dead@example.com", "left@example.com", "a@example.com"]})
    for address, cause in (("dead@example.com", "hard_bounce"), ("left@example.com", "complaint")):
        await shop.scene.pool.execute(
            "insert into suppression (workspace_id, channel, provider, address, cause, reason, since, digest)"
            " values ($1, 'email', '', $2, $3, '', now(), encode(sha256(convert_to($2, 'UTF8')), 'hex'))",
            shop.made.workspace.id,
            address,
            cause,
        )
    shown = (await shop.get("/v1/user/u1/"))["$email"]
    assert [(each["status"], each["perma_status"]) for each in shown] == [
        ("inactive", "disabled"),
        ("inactive", "active"),
        ("active", "active"),
    ]


async def test_what_a_tenant_knows_stands_beside_what_all_know(shop: Shop) -> None:
    await call(shop, "POST", "/v1/user/u1/", {"city": "Rome"})
    path = "/v1/user/u1/tenant/acme%2F1/"
    made = await call(shop, "POST", path, {"city": "Turin", "$email": "acme@example.com"})
    assert (made.status_code, made.json()["tenant_id"]) == (201, "acme/1")
    edited = await call(shop, "PATCH", path, {"operations": [{"$set": {"plan": "free"}}]})
    assert (edited.status_code, edited.json()["properties"]) == (202, {"city": "Turin", "plan": "free"})
    assert (await shop.get("/v1/user/u1/"))["properties"] == {"city": "Rome"}
    tenants = await shop.get("/v1/user/u1/associated_tenant/")
    assert [each["tenant_id"] for each in tenants["results"]] == ["acme/1"]
    assert ids(await shop.get("/v1/user/")) == ["u1"]
    assert (await call(shop, "DELETE", path)).status_code == 204
    assert_refused(await call(shop, "DELETE", path), 404, "acme/1")
    assert_refused(await call(shop, "GET", path), 404, "acme/1")


async def test_merging_keeps_what_the_target_says_and_adds_the_rest(shop: Shop) -> None:
    await call(shop, "POST", "/v1/user/old/", {"$email": "old@example.com", "city": "Rome", "age": 3})
    await call(shop, "POST", "/v1/user/old/tenant/acme/", {"plan": "free"})
    await call(shop, "POST", "/v1/object/team/t1/subscription/", {"recipients": ["old"]})
    await call(shop, "POST", "/v1/user/new/", {"$email": "new@example.com", "city": "Turin"})
    users = [{"distinct_id": "old"}]
    await shop.trigger(users=users)
    await shop.scene.plan_all()
    merged = await call(shop, "POST", "/v1/user/new/merge/", {"from_user_id": "old"})
    assert merged.status_code == 201, merged.text
    assert merged.json()["properties"] == {"city": "Turin", "age": 3}
    assert [each["value"] for each in merged.json()["$email"]] == ["new@example.com", "old@example.com"]
    assert (await shop.get("/v1/user/new/tenant/acme/"))["properties"] == {"plan": "free"}
    assert len((await shop.get("/v1/user/new/subscribed_to/object/"))["results"]) == 1
    assert_refused(await call(shop, "GET", "/v1/user/old/"), 404, "old")
    await shop.scene.send_all()
    assert len((await shop.get("/v1/message/?recipient_id=new"))["results"]) == 2
    assert len((await shop.get("/v1/feed/notifications?distinct_id=new"))["results"]) == 1
    assert_refused(await call(shop, "POST", "/v1/user/new/merge/", {"from_user_id": "old"}), 404, "old")


async def test_several_users_are_erased_at_once(shop: Shop) -> None:
    for name in ("u1", "u2", "u3"):
        await call(shop, "POST", f"/v1/user/{name}/", {})
    reply = await call(shop, "DELETE", "/v1/bulk/user/", {"distinct_ids": ["u1", "u3", "nobody"]})
    assert reply.status_code == 204, reply.text
    assert ids(await shop.get("/v1/user/")) == ["u2"]


async def test_nobody_is_on_a_list(shop: Shop) -> None:
    await call(shop, "POST", "/v1/user/u1/", {})
    assert (await shop.get("/v1/user/u1/subscribed_to/list/"))["results"] == []
    await shop.scene.fill_list("beta", "u1", "u2")
    await shop.scene.fill_list("gamma", "u1")
    await shop.scene.fill_list("delta", "u2")
    page = await shop.get("/v1/user/u1/subscribed_to/list/?limit=1")
    assert [each["list_id"] for each in page["results"]] == ["gamma"]
    page = await shop.get(f"/v1/user/u1/subscribed_to/list/?after={page['meta']['after']}")
    assert [(each["list_id"], each["subscribers_count"]) for each in page["results"]] == [("beta", 2)]


async def test_another_workspace_sees_nothing(shop: Shop) -> None:
    await call(shop, "POST", "/v1/user/u1/", {})
    assert_refused(await shop.api.request("GET", "/v1/user/u1/"), 401, "not authenticated")
