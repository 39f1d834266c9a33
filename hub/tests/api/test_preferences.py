"""People's preferences over HTTP: what a server and a preference centre read and write (wire.md 3.11, 4.2, 4.7)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from suprsend_hub.actions.create_workspace import NewWorkspace

from hub.tests.conftest import Api, Reply

from .browser import PERSON, open_browser
from .conftest import Shop, assert_refused

TREE = {
    "root_categories": [
        {
            "root_category": "transactional",
            "sections": [
                {
                    "name": "Bills",
                    "description": "Of money",
                    "tags": ["money"],
                    "categories": [
                        {
                            "category": "invoices",
                            "name": "Invoices",
                            "description": "What you owe",
                            "default_preference": "cant_unsubscribe",
                            "default_mandatory_channels": ["email"],
                            "default_opt_in_channels": ["inbox"],
                            "tags": ["owner"],
                        }
                    ],
                }
            ],
        },
        {
            "root_category": "promotional",
            "sections": [{"categories": [{"category": "newsletter", "name": "Newsletter", "tags": ["news"]}]}],
        },
    ]
}


@dataclass(frozen=True, slots=True)
class Centre:
    """A preference centre of a workspace with a tree of its own."""

    api: Api
    headers: dict[str, str]

    async def call(self, method: str, path: str, document: object = None) -> Reply:
        """A call with the workspace's API key."""
        return await self.api.request(method, path, json=document, headers=self.headers)

    async def read(self, path: str) -> Any:
        """The JSON at a path."""
        reply = await self.call("GET", path)
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def write(self, path: str, document: object, method: str = "PATCH") -> Any:
        """What a change leads to."""
        reply = await self.call(method, path, document)
        assert reply.status_code == 202, reply.text
        return reply.json()


@pytest.fixture
async def centre(shop: Shop, key_headers: dict[str, str], service_headers: dict[str, str]) -> Centre:
    """A preference centre; the workspace has vendors for email and Android push."""
    path = "/v1/demo/preference_category/?commit=true&commit_message=first"
    reply = await shop.api.request("POST", path, json=TREE, headers=service_headers)
    assert reply.status_code == 200, reply.text
    return Centre(shop.api, key_headers)


async def test_the_whole_is_sections_of_categories_and_channels(centre: Centre) -> None:
    whole = await centre.read("/v1/user/u1/preference/?show_opt_out_channels=true")
    assert [each["name"] for each in whole["sections"]] == ["Bills", None]
    assert whole["sections"][0]["subcategories"] == [
        {
            "name": "Invoices",
            "category": "invoices",
            "description": "What you owe",
            "original_preference": "opt_in",
            "preference": "opt_in",
            "is_editable": False,
            "channels": [
                {"channel": "androidpush", "preference": "opt_out", "is_editable": True},
                {"channel": "email", "preference": "opt_in", "is_editable": False},
                {"channel": "inbox", "preference": "opt_in", "is_editable": True},
            ],
            "tags": ["owner"],
            "effective_tags": ["owner", "money"],
        }
    ]
    assert whole["channel_preferences"] == [
        {"channel": channel, "is_restricted": False} for channel in ("androidpush", "email", "inbox")
    ]
    assert await centre.read("/v2/subscriber/u1/full_preference/?show_opt_out_channels=true") == whole
    assert await centre.read("/v2/subscriber/u1/full_preference?show_opt_out_channels=true") == whole


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/v1/user/u1/preference/category/newsletter/", "PATCH"),
        ("/v2/subscriber/u1/category/newsletter", "PATCH"),
        ("/v1/subscriber/u1/category/newsletter", "POST"),
    ],
)
async def test_a_choice_answers_with_the_whole_category(centre: Centre, path: str, method: str) -> None:
    wanted = {"preference": "opt_in", "opt_out_channels": ["email"]}
    changed = await centre.write(f"{path}?show_opt_out_channels=true", wanted, method)
    assert {each["channel"]: each["preference"] for each in changed["channels"]} == {
        "androidpush": "opt_in",
        "email": "opt_out",
        "inbox": "opt_in",
    }
    assert changed == await centre.read("/v2/subscriber/u1/category/newsletter/?show_opt_out_channels=true")
    off = await centre.write(path, {"preference": "opt_out", "opt_out_channels": None}, method)
    assert (off["preference"], off["original_preference"], off["channels"]) == ("opt_out", "opt_in", [])
    on = await centre.write(f"{path}?show_opt_out_channels=true", {"preference": "opt_in"}, method)
    assert {each["preference"] for each in on["channels"]} == {"opt_in"}


async def test_channels_are_restricted_one_by_one(centre: Centre) -> None:
    for restricted in (True, False):
        wanted = {"channel_preferences": [{"channel": "sms", "is_restricted": restricted}]}
        changed = await centre.write("/v1/user/u1/preference/channel_preference/", wanted)
        assert ({"channel": "sms", "is_restricted": True} in changed["channel_preferences"]) is restricted
        assert changed == await centre.read("/v2/subscriber/u1/channel_preference")


async def test_categories_come_in_pages_and_by_tags_and_language(
    centre: Centre, service_headers: dict[str, str]
) -> None:
    first = await centre.read("/v1/user/u1/preference/category/?limit=1")
    assert first["meta"] == {"count": 2, "limit": 1, "offset": 0}
    second = await centre.read("/v2/subscriber/u1/category/?limit=1&offset=1")
    assert [each["category"] for each in first["results"] + second["results"]] == ["invoices", "newsletter"]
    for tags, expected in (("money", ["invoices"]), ('{"not":"money"}', ["newsletter"]), ("nothing", [])):
        found = await centre.read(f"/v1/user/u1/preference/category/?tags={quote(tags)}")
        assert [each["category"] for each in found["results"]] == expected
        whole = await centre.read(f"/v2/subscriber/u1/full_preference/?tags={quote(tags)}")
        assert [one["category"] for each in whole["sections"] for one in each["subcategories"]] == expected
    path = "/v1/demo/preference_category/translation/content/de"
    words = {"categories": {"invoices": {"name": "Rechnungen"}}, "sections": {"bills": {"name": "Geld"}}}
    assert (await centre.api.request("POST", path, json=words, headers=service_headers)).status_code == 200
    whole = await centre.read("/v1/user/u1/preference/?locale=de-AT")
    assert whole["sections"][0]["name"] == "Geld"
    one = await centre.read("/v2/subscriber/u1/category/invoices/?locale=de-AT")
    assert (one["name"], one["description"]) == ("Rechnungen", "What you owe")


async def test_each_tenant_is_asked_and_told_for_itself(centre: Centre) -> None:
    await centre.write("/v1/user/u1/preference/category/newsletter/?tenant_id=acme", {"preference": "opt_out"})
    assert (await centre.read("/v1/user/u1/preference/category/newsletter/"))["preference"] == "opt_in"
    acme = await centre.read("/v1/user/u1/preference/category/newsletter/?tenant_id=acme")
    assert acme["preference"] == "opt_out"


async def test_what_a_tenant_hides_or_blocks_is_not_shown(centre: Centre) -> None:
    await centre.write("/v1/tenant/acme/preference/category/invoices/", {"blocked_channels": ["inbox"]})
    shown = await centre.read("/v1/user/u1/preference/category/invoices/?tenant_id=acme")
    assert [each["channel"] for each in shown["channels"]] == ["androidpush", "email"]
    for change in ({"visible_to_subscriber": False}, {"visible_to_subscriber": True, "enabled_for_tenant": False}):
        await centre.write("/v1/tenant/acme/preference/category/invoices/", change)
        whole = await centre.read("/v1/user/u1/preference/?tenant_id=acme")
        assert [each["name"] for each in whole["sections"]] == [None]
        path = "/v2/subscriber/u1/category/invoices/?tenant_id=acme"
        assert_refused(await centre.call("GET", path), 404, "invoices")
        assert_refused(await centre.call("PATCH", path, {"preference": "opt_in"}), 404, "invoices")


async def test_many_users_choose_at_once_and_are_reset_at_once(centre: Centre) -> None:
    body = {
        "distinct_ids": ["u1", "u2", "u1"],
        "channel_preferences": [{"channel": "email", "is_restricted": True}],
        "categories": [{"category": "newsletter", "preference": "opt_out", "opt_out_channels": ["inbox"]}],
    }
    assert await centre.write("/v1/bulk/user/preference/", body) == {"success": True}
    for user in ("u1", "u2"):
        whole = await centre.read(f"/v1/user/{user}/preference/")
        assert whole["sections"][1]["subcategories"][0]["preference"] == "opt_out"
        assert {"channel": "email", "is_restricted": True} in whole["channel_preferences"]
    reset = {"distinct_ids": ["u1", "nobody"], "reset_channel_preferences": False, "reset_categories": True}
    assert await centre.write("/v1/bulk/user/preference/reset/", reset) == {"success": True}
    for user, expected in (("u1", "opt_in"), ("u2", "opt_out")):
        assert (await centre.read(f"/v1/user/{user}/preference/category/newsletter/"))["preference"] == expected
    assert (await centre.read("/v1/user/u1/preference/channel_preference/"))["channel_preferences"][1] == {
        "channel": "email",
        "is_restricted": True,
    }


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("category/newsletter/", {}, ["preference", "required"]),
        ("category/newsletter/", {"preference": "maybe"}, ["preference"]),
        ("category/newsletter/", {"preference": "opt_in", "opt_out_channels": ["pigeon"]}, ["opt_out_channels[0]"]),
        ("category/newsletter/?tags=%7B", {"preference": "opt_in"}, ["tags"]),
        ("category/newsletter/?show_opt_out_channels=7", {"preference": "opt_in"}, ["show_opt_out_channels"]),
        ("category/newsletter/?tenant_id=" + "t" * 65, {"preference": "opt_in"}, ["tenant_id"]),
        ("category/newsletter/?tenant_id=%00", {"preference": "opt_in"}, ["tenant_id", "NUL"]),
        ("category/invoices/", {"preference": "opt_out"}, ["preference", "nobody can opt out"]),
        ("category/invoices/", {"preference": "opt_in", "opt_out_channels": ["email"]}, ["opt_out_channels[0]"]),
        ("channel_preference/", {"channel_preferences": [{"channel": "sms"}]}, ["channel_preferences[0]"]),
    ],
)
async def test_what_can_not_be_meant_is_refused_and_changes_nothing(
    centre: Centre, shop: Shop, path: str, body: object, words: list[str]
) -> None:
    assert_refused(await centre.call("PATCH", f"/v1/user/u1/preference/{path}", body), 400, *words)
    assert await shop.scene.pool.fetchval("select count(*) from category_preference") == 0
    assert (await shop.stored())["profile"] == 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"distinct_ids": []}, ["distinct_ids"]),
        ({"distinct_ids": ["u1", " "]}, ["distinct_ids[1]"]),
        (
            {"distinct_ids": ["u1"], "categories": [{"category": "nothing", "preference": "opt_in"}]},
            ["categories[0].category"],
        ),
        (
            {"distinct_ids": ["u1"], "categories": [{"category": "invoices", "preference": "opt_out"}]},
            ["categories[0].preference"],
        ),
        (
            {"distinct_ids": ["u1"], "categories": [{"category": "newsletter", "preference": "opt_in"}] * 2},
            ["categories[1].category", "twice"],
        ),
    ],
)
async def test_a_bulk_change_is_refused_whole(centre: Centre, shop: Shop, body: object, words: list[str]) -> None:
    assert_refused(await centre.call("PATCH", "/v1/bulk/user/preference/", body), 400, *words)
    assert (await shop.stored())["profile"] == 0


@pytest.mark.parametrize("distinct_id", ["a b", "team/7", "ü+%", "a/b/category", "category"])
async def test_every_distinct_id_can_be_named_in_a_path(centre: Centre, shop: Shop, distinct_id: str) -> None:
    path = f"/v1/user/{quote(distinct_id, safe='')}/preference/category/newsletter/"
    await centre.write(path, {"preference": "opt_out"})
    assert await shop.scene.pool.fetchval("select distinct_id from profile") == distinct_id
    # As the browser client writes it: slashes stay as they are.
    plain = f"/v2/subscriber/{quote(distinct_id, safe='/')}"
    assert (await centre.read(f"{plain}/category/newsletter"))["preference"] == "opt_out"
    assert (await centre.read(f"{plain}/full_preference"))["sections"][1]["subcategories"][0]["preference"] == "opt_out"
    assert len((await centre.read(f"{plain}/category/?limit=5"))["results"]) == 2


async def test_a_path_that_leads_nowhere_is_told_as_it_was_meant(centre: Centre) -> None:
    assert_refused(await centre.call("GET", "/v1/user/team%2F7/nothing/"), 404, "/v1/user/team%2F7/nothing")
    for distinct_id in ("%ff", "%ed%b0%af", "%00"):
        assert_refused(await centre.call("GET", f"/v1/user/{distinct_id}/nothing/"), 404)
        assert_refused(await centre.call("GET", f"/v1/user/{distinct_id}/preference/"), 400)


async def test_nobody_reads_or_writes_without_credentials(centre: Centre) -> None:
    for method, path in (
        ("GET", "/v1/user/u1/preference/"),
        ("PATCH", "/v2/subscriber/u1/category/newsletter"),
        ("PATCH", "/v1/bulk/user/preference/"),
        ("GET", "/v1/tenant/acme/preference/"),
    ):
        assert_refused(await centre.api.request(method, path), 401)


async def test_a_browser_sees_and_says_what_its_person_wants_and_nobody_else_s(centre: Centre, shop: Shop) -> None:
    secure = await open_browser(shop, is_secure=True)
    mine, path = secure.signed_in(), f"/v2/subscriber/{PERSON}"
    for method, part, body in (
        ("PATCH", "category/newsletter", {"preference": "opt_out", "opt_out_channels": None}),
        ("PATCH", "channel_preference", {"channel_preferences": [{"channel": "email", "is_restricted": True}]}),
        ("GET", "full_preference?tenant_id=acme", None),
        ("GET", "category", None),
        ("GET", "category/newsletter", None),
        ("GET", "channel_preference", None),
    ):
        reply = await mine.call(method, f"{path}/{part}", body)
        assert reply.status_code == (200 if method == "GET" else 202), reply.text
        other = secure.signed_in("user-2")
        assert_refused(await other.call(method, f"{path}/{part}", body), 403, "another person")
        assert_refused(await secure.call(method, f"{path}/{part}", body), 401, "needs a user token")
    assert (await centre.read(f"/v1/user/{PERSON}/preference/category/newsletter/"))["preference"] == "opt_out"


async def test_a_slash_in_a_browser_s_path_names_nobody_else(shop: Shop) -> None:
    mine = (await open_browser(shop, is_secure=True)).signed_in("a")
    for path in ("a/b/full_preference", "a%2Fb/full_preference", "a/category/b/full_preference"):
        assert_refused(await mine.call("GET", f"/v2/subscriber/{path}"), 403, "another person")
    assert (await mine.call("GET", "/v2/subscriber/a/full_preference")).status_code == 200


async def test_an_object_has_preferences_of_its_own(centre: Centre, shop: Shop) -> None:
    base = "/v1/object/team%2Fs/red%20one/preference"
    assert await centre.read(f"{base}/") == await centre.read("/v1/user/nobody/preference/")
    await centre.write(f"{base}/category/newsletter/", {"preference": "opt_out"})
    await centre.write(
        f"{base}/channel_preference/", {"channel_preferences": [{"channel": "email", "is_restricted": True}]}
    )
    assert (await centre.read(f"{base}/category/newsletter"))["preference"] == "opt_out"
    assert {"channel": "email", "is_restricted": True} in (await centre.read(f"{base}/"))["channel_preferences"]
    assert [each["category"] for each in (await centre.read(f"{base}/category/"))["results"]] == [
        "invoices",
        "newsletter",
    ]
    row = await shop.scene.pool.fetchrow("select object_type, distinct_id from profile")
    assert tuple(row or ()) == ("team/s", "red one")


async def test_a_channel_that_a_tenant_blocks_altogether_is_not_offered(centre: Centre) -> None:
    reply = await centre.call("POST", "/v1/tenant/acme/", {"tenant_name": "Acme", "blocked_channels": ["email"]})
    assert reply.status_code == 201
    shown = await centre.read("/v1/user/u1/preference/channel_preference/?tenant_id=acme")
    assert [each["channel"] for each in shown["channel_preferences"]] == ["androidpush", "inbox"]


async def test_a_workspace_without_a_tree_has_its_roots(shop: Shop, made: NewWorkspace) -> None:
    whole = await shop.get("/v2/subscriber/u1/full_preference?show_opt_out_channels=true")
    shown = [one for each in whole["sections"] for one in each["subcategories"]]
    assert [(each["category"], each["is_editable"]) for each in shown] == [
        ("system", False),
        ("transactional", False),
        ("promotional", True),
    ]
