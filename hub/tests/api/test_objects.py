"""`/v1/object/`: objects, and who subscribes to them."""

import pytest

from hub.tests.api.conftest import Shop, assert_refused
from hub.tests.api.test_users import call


async def test_an_object_is_made_shown_edited_listed_and_deleted(shop: Shop) -> None:
    path = "/v1/object/team%2Fa/t+1/"
    made = await call(shop, "POST", path, {"$slack": {"incoming_webhook": {"url": "https://example.com/hook"}}, "n": 1})
    assert made.status_code == 201, made.text
    assert (made.json()["object_type"], made.json()["id"]) == ("team/a", "t+1")
    edited = await call(shop, "PATCH", path, {"operations": [{"$add": {"n": 2}}]})
    assert (edited.status_code, edited.json()["properties"]) == (202, {"n": 3})
    listed = await shop.get("/v1/object/team%2Fa/")
    assert listed["results"] == [edited.json()]
    assert (await shop.get("/v1/object/other/"))["results"] == []
    assert (await shop.get("/v1/user/"))["results"] == []
    assert (await call(shop, "DELETE", path)).status_code == 204
    assert_refused(await call(shop, "GET", path), 404, "t+1")


async def test_an_object_and_a_user_of_the_same_name_are_two(shop: Shop) -> None:
    await call(shop, "POST", "/v1/user/x/", {"is": "user"})
    await call(shop, "POST", "/v1/object/team/x/", {"is": "object"})
    assert (await shop.get("/v1/user/x/"))["properties"] == {"is": "user"}
    await call(shop, "DELETE", "/v1/user/x/")
    assert (await shop.get("/v1/object/team/x/"))["properties"] == {"is": "object"}


async def test_several_objects_are_deleted_at_once(shop: Shop) -> None:
    for name in ("t1", "t2"):
        await call(shop, "POST", f"/v1/object/team/{name}/", {})
    assert (await call(shop, "DELETE", "/v1/bulk/object/team/", {"object_ids": ["t1", "t9"]})).status_code == 204
    assert [each["id"] for each in (await shop.get("/v1/object/team/"))["results"]] == ["t2"]


async def test_users_and_objects_subscribe_with_what_is_told_of_them(shop: Shop) -> None:
    path = "/v1/object/team/t1/subscription/"
    recipients = ["u1", {"distinct_id": "u2", "$email": "u2@example.com"}, {"object_type": "role", "id": "r1"}]
    body = {"recipients": recipients, "properties": {"role": "owner"}, "parent_object_properties": {"name": "T"}}
    made = await call(shop, "POST", path, body)
    assert made.status_code == 201, made.text
    assert (await shop.get("/v1/object/team/t1/"))["properties"] == {"name": "T"}
    assert (await shop.get("/v1/user/u2/"))["$email"][0]["value"] == "u2@example.com"
    page = await shop.get(f"{path}?limit=2")
    rest = await shop.get(f"{path}?limit=2&after={page['meta']['after']}")
    found = [*page["results"], *rest["results"]]
    assert {name for each in found for name in ("user", "object") if name in each} == {"user", "object"}
    assert {(each.get("user") or each["object"]).get("distinct_id") for each in found} == {"u1", "u2", None}
    assert all(each["properties"] == {"role": "owner"} for each in found)
    await call(shop, "POST", path, {"recipients": ["u1"], "properties": {"since": 2020}})
    [again] = (await shop.get("/v1/user/u1/subscribed_to/object/"))["results"]
    assert (again["object"]["id"], again["properties"]) == ("t1", {"role": "owner", "since": 2020})
    assert len((await shop.get("/v1/object/role/r1/subscribed_to/object/"))["results"]) == 1
    ended = await call(shop, "DELETE", path, {"recipients": ["u1", "nobody", {"object_type": "role", "id": "r1"}]})
    assert ended.status_code == 204, ended.text
    assert [each["user"]["distinct_id"] for each in (await shop.get(path))["results"]] == ["u2"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"recipients": []}, ["recipients"]),
        ({"recipients": [f"u{n}" for n in range(101)]}, ["recipients"]),
        ({"recipients": ["u1", ""]}, ["recipients[1]"]),
        ({"recipients": [{"distinct_id": "u1", "$email": "no"}]}, ["recipients[0].$email"]),
        ({"recipients": [{"object_type": "team"}]}, ["recipients[0].id"]),
        ({"recipients": ["u1", "u1"]}, ["recipients[1]"]),
        ({"recipients": [{"object_type": "team", "id": "t1"}]}, ["recipients", "itself"]),
        ({"recipients": ["u1"], "parent_object_properties": {"$x": 1}}, ["parent_object_properties.$x"]),
        ({}, ["recipients"]),
    ],
)
async def test_a_wrong_subscription_is_named_and_nothing_is_stored(shop: Shop, body: object, words: list[str]) -> None:
    before = await shop.stored()
    assert_refused(await call(shop, "POST", "/v1/object/team/t1/subscription/", body), 400, *words)
    assert await shop.stored() == before
