"""`/v1/tenant/` and `/v1/brand/`: the same rows by two names."""

import asyncio
from typing import Any

import pytest

from hub.tests.api.conftest import Shop, assert_refused
from hub.tests.conftest import Reply

FIELDS = {
    "logo",
    "timezone",
    "blocked_channels",
    "embedded_preference_url",
    "hosted_preference_domain",
    "primary_color",
    "secondary_color",
    "tertiary_color",
    "social_links",
    "properties",
    "updated_at",
}


async def call(shop: Shop, method: str, target: str) -> Reply:
    """A signed call without a body."""
    return await shop.api.request(method, target, headers=shop.sign(method, target, b""))


async def add(shop: Shop, tenant_id: str, **said: Any) -> Any:
    """Add or change a tenant; the reply's JSON."""
    reply = await shop.post(f"/v1/tenant/{tenant_id}/", {"tenant_name": tenant_id.upper(), **said})
    assert reply.status_code == 201, reply.text
    return reply.json()


async def test_a_tenant_is_added_changed_read_and_deleted(shop: Shop) -> None:
    added = await add(shop, "acme", primary_color="#ff8800", social_links={"website": "https://a.example"})
    assert set(added) == {"tenant_id", "tenant_name", *FIELDS}
    assert (added["tenant_id"], added["tenant_name"], added["logo"]) == ("acme", "ACME", None)
    reply = await shop.post("/v1/tenant/acme/", {"properties": {"a": 1}, "blocked_channels": ["sms"]})
    assert reply.status_code == 201
    changed = reply.json()
    assert changed.pop("updated_at") > added.pop("updated_at")
    assert changed == added | {"properties": {"a": 1}, "blocked_channels": ["sms"]}
    read = await shop.get("/v1/tenant/acme/")
    assert {**changed, "updated_at": read["updated_at"]} == read
    assert (await call(shop, "DELETE", "/v1/tenant/acme/")).status_code == 204
    assert_refused(await call(shop, "GET", "/v1/tenant/acme/"), 404, "acme")
    assert_refused(await call(shop, "DELETE", "/v1/tenant/acme/"), 404, "acme")


async def test_what_was_read_can_be_sent_back_as_it_is(shop: Shop) -> None:
    added = await add(shop, "acme", social_links={"twitter": "https://x.com/a"}, timezone="Europe/Rome")
    again = (await shop.post("/v1/tenant/acme/", added)).json()
    assert again | {"updated_at": added["updated_at"]} == added


async def test_a_brand_is_a_tenant_by_its_old_name(shop: Shop) -> None:
    reply = await shop.post("/v1/brand/acme/", {"brand_name": "Acme", "logo": "https://a.example/logo.png"})
    assert reply.status_code == 201
    brand = reply.json()
    assert set(brand) == {"brand_id", "brand_name", *FIELDS}
    tenant = await shop.get("/v1/tenant/acme/")
    assert tenant == {
        "tenant_id": brand.pop("brand_id"),
        "tenant_name": brand.pop("brand_name"),
        **brand,
        "updated_at": tenant["updated_at"],
    }
    assert (await shop.get("/v1/brand/acme/"))["brand_name"] == "Acme"
    assert [each["brand_id"] for each in (await shop.get("/v1/brand/"))["results"]] == ["default", "acme"]


async def test_the_default_tenant_is_always_there(shop: Shop) -> None:
    default = await shop.get("/v1/tenant/default/")
    assert (default["tenant_id"], default["tenant_name"], default["updated_at"]) == ("default", "", None)
    assert (await shop.get("/v1/tenant/"))["results"] == [default]
    assert_refused(await call(shop, "DELETE", "/v1/tenant/default/"), 400, "tenant_id")
    changed = await shop.post("/v1/tenant/default/", {"primary_color": "#000"})
    assert changed.status_code == 201
    page = await shop.get("/v1/tenant/")
    assert (page["meta"]["count"], page["results"][0]["primary_color"]) == (1, "#000")


async def test_pages_go_through_all_tenants(shop: Shop) -> None:
    for number in range(5):
        await add(shop, f"t{number}")
    await call(shop, "DELETE", "/v1/tenant/t3/")
    await add(shop, "t0")
    seen: list[str] = []
    for offset in range(0, 8, 2):
        page = await shop.get(f"/v1/tenant/?limit=2&offset={offset}")
        assert page["meta"] == {"count": 5, "limit": 2, "offset": offset}
        seen += [each["tenant_id"] for each in page["results"]]
    assert seen == ["default", "t0", "t1", "t2", "t4"]
    assert (await shop.get("/v1/tenant/"))["meta"]["limit"] == 20


async def test_a_tenant_that_many_add_at_once_is_counted_once(shop: Shop) -> None:
    bodies = [{"properties": {f"p{number}": number}} for number in range(10)]
    added = await asyncio.gather(*(add(shop, "acme", **body) for body in bodies))
    assert len(added) == 10
    assert (await shop.get("/v1/tenant/"))["meta"]["count"] == 2
    assert (await shop.get("/v1/tenant/acme/"))["properties"] == {f"p{number}": number for number in range(10)}


async def test_a_new_tenant_needs_a_name_and_is_not_left_half_made(shop: Shop) -> None:
    assert_refused(await shop.post("/v1/tenant/acme/", {}), 400, "tenant_name")
    assert (await call(shop, "GET", "/v1/tenant/acme/")).status_code == 404
    assert (await shop.get("/v1/tenant/"))["meta"]["count"] == 1


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"tenant_name": "<b>Acme</b>"}, "tenant_name"),
        ({"tenant_name": 7}, "tenant_name"),
        ({"tenant_name": "Acme", "blocked_channels": ["email", "pigeon"]}, "blocked_channels"),
        ({"tenant_name": "Acme", "social_links": {"website": 1}}, "social_links.website"),
        ({"tenant_name": "Acme", "properties": {"a": "\x00"}}, "properties.a"),
        ({"tenant_name": "Acme", "properties": []}, "properties"),
        (b"[]", "body"),
        (b"", "body"),
        (b'{"tenant_name": "\xff"}', "body"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_stored(shop: Shop, body: object, word: str) -> None:
    assert_refused(await shop.post("/v1/tenant/acme/", body), 400, word)
    assert (await call(shop, "GET", "/v1/tenant/acme/")).status_code == 404


@pytest.mark.parametrize("tenant_id", ["a%00b", "a+b", "a%20b", "%FF", "t" * 65, ".hidden"])
@pytest.mark.parametrize("noun", ["tenant", "brand"])
async def test_an_id_that_can_not_be_one_is_refused(shop: Shop, noun: str, tenant_id: str) -> None:
    target = f"/v1/{noun}/{tenant_id}/"
    for reply in (await call(shop, "GET", target), await shop.post(target, {"tenant_name": "Acme"})):
        assert_refused(reply, 400, f"{noun}_id")


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "offset=-1", "limit=many"])
async def test_a_wrong_page_is_refused(shop: Shop, query: str) -> None:
    assert_refused(await call(shop, "GET", f"/v1/tenant/?{query}"), 400, query.partition("=")[0])


async def test_both_forms_of_a_path_are_served(shop: Shop) -> None:
    await add(shop, "acme")
    for target in ("/v1/tenant/acme", "/v1/brand/acme", "/v1/tenant?limit=20&offset=0"):
        assert (await call(shop, "GET", target)).status_code == 200


async def test_tenants_are_for_those_with_credentials(shop: Shop) -> None:
    for method in ("GET", "POST", "DELETE"):
        assert_refused(await shop.api.request(method, "/v1/tenant/acme/", json={}), 401)
