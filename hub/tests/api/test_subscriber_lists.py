"""`/v1/subscriber_list/` over a real socket: lists, members, drafts, and the events of who comes and goes."""

import asyncio
from typing import Any

import pytest
from suprsend import AsyncSuprsend, SuprsendAPIException
from suprsend_hub.actions.create_workspace import create_workspace

from hub.tests.api.conftest import Shop, assert_refused
from hub.tests.conftest import Reply

ROOT = "/v1/subscriber_list/"


async def call(shop: Shop, method: str, path: str = "", document: Any = None) -> Reply:
    """A call below the root, with the API key."""
    headers = {"Authorization": f"Bearer {shop.made.api_key}"}
    return await shop.api.request(method, ROOT + path, json=document, headers=headers)


async def make(shop: Shop, list_id: str = "beta", **more: Any) -> Any:
    """A list that was just made or changed."""
    reply = await call(shop, "POST", document={"list_id": list_id, **more})
    assert reply.status_code == 201, reply.text
    return reply.json()


async def change(shop: Shop, path: str, *distinct_ids: str) -> int:
    """Add or remove members; how many this made a difference for."""
    reply = await call(shop, "POST", path, {"distinct_ids": distinct_ids})
    assert reply.status_code == 201, reply.text
    assert reply.json()["success"] is True
    return int(reply.json()["affected_count"])


async def members(shop: Shop) -> list[str]:
    """Who is on the only list."""
    rows = await shop.scene.pool.fetch(
        "select distinct_id from list_member m join list_version v on v.id = m.list_version_id"
        " where v.status = 'live' and m.until = 9223372036854775807 order by distinct_id"
    )
    return [row["distinct_id"] for row in rows]


async def events(shop: Shop) -> list[tuple[str, str]]:
    """What was recorded of whom."""
    rows = await shop.scene.pool.fetch("select distinct_id, name from event order by name, distinct_id")
    return [(row["distinct_id"], row["name"]) for row in rows]


def client_of(shop: Shop) -> AsyncSuprsend:
    """Our own client."""
    workspace = shop.made.workspace
    return AsyncSuprsend(workspace.key, workspace.secrets[0], base_url=shop.api.base_url)


async def test_a_new_list_has_every_field_of_the_protocol(shop: Shop) -> None:
    made = await make(shop, "Beta_Users", list_name="Beta", list_description="Who tries it first")
    moments = made.pop("created_at"), made.pop("updated_at")
    assert moments[0] == moments[1]
    assert made == {
        "list_id": "beta_users",
        "list_name": "Beta",
        "list_description": "Who tries it first",
        "list_type": "static_list",
        "subscribers_count": 0,
        "source": "api",
        "is_readonly": False,
        "status": "active",
        "track_user_entry": False,
        "track_user_exit": False,
        "requested_for_delete": False,
        "version_id": None,
        "drafts": None,
    }


async def test_what_the_body_leaves_out_stays(shop: Shop) -> None:
    await make(shop, list_name="Beta", track_user_entry=True)
    changed = await make(shop, "BETA", list_description="New")
    assert (changed["list_name"], changed["list_description"], changed["track_user_entry"]) == ("Beta", "New", True)
    assert (await call(shop, "GET")).json()["meta"]["count"] == 1


async def test_pages_go_through_all_lists(shop: Shop) -> None:
    for number in range(5):
        await make(shop, f"list-{number}")
    page = (await call(shop, "GET", "?limit=2&offset=3")).json()
    assert page["meta"] == {"count": 5, "limit": 2, "offset": 3}
    assert [each["list_id"] for each in page["results"]] == ["list-3", "list-4"]
    assert (await shop.get("/v1/subscriber_list?limit=20&offset=0"))["meta"]["count"] == 5
    assert_refused(await call(shop, "GET", "?limit=1001"), 400, "limit")


async def test_affected_is_who_was_really_added_or_removed(shop: Shop) -> None:
    await make(shop)
    assert await change(shop, "beta/subscriber/add/", "u1", "u2", "u1", " u2 ") == 2
    assert await change(shop, "beta/subscriber/add", "u2", "u3") == 1
    assert await change(shop, "BETA/subscriber/remove/", "u1", "u9") == 1
    assert await change(shop, "beta/subscriber/add/", "u1") == 1
    assert await change(shop, "beta/subscriber/add/") == 0
    assert await members(shop) == ["u1", "u2", "u3"]
    assert (await call(shop, "GET", "beta/")).json()["subscribers_count"] == 3


async def test_thousands_come_and_go_in_one_call(shop: Shop) -> None:
    await make(shop)
    everybody = [f"user-{number}" for number in range(20_000)]
    assert await change(shop, "beta/subscriber/add/", *everybody) == 20_000
    assert await change(shop, "beta/subscriber/remove/", *everybody[5_000:]) == 15_000
    assert (await call(shop, "GET", "beta/")).json()["subscribers_count"] == 5_000


async def test_calls_at_the_same_time_count_everyone_once(shop: Shop) -> None:
    await make(shop)
    path = "beta/subscriber/add/"
    counts = await asyncio.gather(
        *(change(shop, path, *(f"u{n}" for n in range(s, s + 50))) for s in range(0, 200, 10))
    )
    assert sum(counts) == len(await members(shop)) == 240
    assert (await call(shop, "GET", "beta/")).json()["subscribers_count"] == 240


async def test_coming_and_going_is_told_where_the_list_wants_it(shop: Shop) -> None:
    await make(shop, "quiet")
    await make(shop, track_user_entry=True, track_user_exit=True)
    for list_id in ("quiet", "beta"):
        await change(shop, f"{list_id}/subscriber/add/", "u1", "u2")
        await change(shop, f"{list_id}/subscriber/add/", "u2")
        await change(shop, f"{list_id}/subscriber/remove/", "u1", "u7")
    assert await events(shop) == [
        ("u1", "$USER_ENTERED_LIST - beta"),
        ("u2", "$USER_ENTERED_LIST - beta"),
        ("u1", "$USER_EXITED_LIST - beta"),
    ]


async def test_a_sync_replaces_all_members_at_once(shop: Shop) -> None:
    await make(shop, track_user_entry=True, track_user_exit=True)
    await change(shop, "beta/subscriber/add/", "u1", "u2")
    await shop.scene.pool.execute("delete from event")
    draft = (await call(shop, "POST", "beta/start_sync/", {})).json()
    version = f"beta/version/{draft['version_id']}/"
    assert (draft["status"], draft["subscribers_count"], draft["drafts"]) == ("draft", 0, None)
    assert await change(shop, f"{version}subscriber/add/", "u2", "u3", "u4") == 3
    assert await change(shop, f"{version}subscriber/remove/", "u4", "u5") == 1
    assert (await call(shop, "GET", version)).json()["subscribers_count"] == 2
    (listed,) = (await call(shop, "GET", "beta/")).json()["drafts"]
    assert (listed["version_id"], listed["subscribers_count"]) == (draft["version_id"], 2)
    assert (await members(shop), await events(shop)) == (["u1", "u2"], [])

    for _ in range(2):
        done = await call(shop, "PATCH", f"{version}finish_sync/", {})
        assert done.status_code == 200
        assert (done.json()["status"], done.json()["subscribers_count"]) == ("active", 2)
        assert (done.json()["version_id"], done.json()["drafts"]) == (None, None)
    assert await members(shop) == ["u2", "u3"]
    assert await events(shop) == [("u3", "$USER_ENTERED_LIST - beta"), ("u1", "$USER_EXITED_LIST - beta")]
    assert (await call(shop, "GET", version)).json()["status"] == "active"
    assert_refused(await call(shop, "POST", f"{version}subscriber/add/", {"distinct_ids": ["u9"]}), 409, "live already")


async def test_a_large_sync_tells_of_everyone_who_came_and_went(shop: Shop) -> None:
    await make(shop, track_user_entry=True, track_user_exit=True)
    await change(shop, "beta/subscriber/add/", *(f"user-{number}" for number in range(12_000)))
    await shop.scene.pool.execute("delete from event")
    version_id = (await call(shop, "POST", "beta/start_sync/", {})).json()["version_id"]
    path = f"beta/version/{version_id}/"
    await change(shop, f"{path}subscriber/add/", *(f"user-{number}" for number in range(11_000, 22_000)))
    assert (await call(shop, "PATCH", f"{path}finish_sync/", {})).json()["subscribers_count"] == 11_000
    rows = await shop.scene.pool.fetch("select name, count(distinct distinct_id) from event group by name")
    assert {row["name"]: row["count"] for row in rows} == {
        "$USER_ENTERED_LIST - beta": 10_000,
        "$USER_EXITED_LIST - beta": 11_000,
    }


async def test_a_draft_is_deleted_in_both_ways(shop: Shop) -> None:
    await make(shop)
    drafts = [(await call(shop, "POST", "beta/start_sync/", {})).json()["version_id"] for _ in range(2)]
    first = await call(shop, "PATCH", f"beta/version/{drafts[0]}/delete/", {})
    assert (first.status_code, first.json()) == (200, {"success": True})
    second = await call(shop, "DELETE", f"beta/version/{drafts[1]}/")
    assert (second.status_code, second.body) == (204, b"")
    for each in drafts:
        assert_refused(await call(shop, "PATCH", f"beta/version/{each}/finish_sync/", {}), 404, each)


async def test_drafts_do_not_pile_up(shop: Shop) -> None:
    await make(shop)
    for _ in range(20):
        assert (await call(shop, "POST", "beta/start_sync/", {})).status_code == 201
    assert_refused(await call(shop, "POST", "beta/start_sync/", {}), 409, "20 drafts")


async def test_a_list_is_deleted_in_both_ways_and_its_id_is_free_again(shop: Shop) -> None:
    await make(shop)
    await change(shop, "beta/subscriber/add/", "u1")
    first = await call(shop, "PATCH", "beta/delete/", {})
    assert (first.status_code, first.json()) == (200, {"success": True})
    assert_refused(await call(shop, "GET", "beta/"), 404, "beta")
    assert (await make(shop))["subscribers_count"] == 0
    second = await call(shop, "DELETE", "beta/")
    assert (second.status_code, second.body) == (204, b"")
    assert_refused(await call(shop, "DELETE", "beta/"), 404, "beta")


async def test_a_query_is_kept_but_nobody_can_be_a_member(shop: Shop) -> None:
    made = await make(shop, list_type="query_based", query={"property": "city", "value": "Turin"})
    assert made["list_type"] == "query_based"
    assert "Turin" in await shop.scene.pool.fetchval("select query from subscriber_list")
    refused = await call(shop, "POST", "beta/subscriber/add/", {"distinct_ids": ["u1"]})
    assert_refused(refused, 400, "list_id", "query_based")
    assert_refused(await call(shop, "POST", "beta/start_sync/", {}), 400, "list_id", "query_based")
    assert_refused(await call(shop, "POST", document={"list_id": "beta", "list_type": "static_list"}), 400, "list_type")


@pytest.mark.parametrize(
    ("method", "path", "document", "status", "words"),
    [
        ("POST", "", {}, 400, ["list_id"]),
        ("POST", "", {"list_id": "no spaces"}, 400, ["list_id", "letters"]),
        ("POST", "", {"list_id": "x" * 65}, 400, ["list_id", "64"]),
        ("POST", "", {"list_id": "new", "list_name": 7}, 400, ["list_name"]),
        ("POST", "", {"list_id": "new", "list_name": "a\x00b"}, 400, ["list_name", "NUL"]),
        ("POST", "", {"list_id": "new", "list_type": "magic"}, 400, ["list_type"]),
        ("POST", "", {"list_id": "new", "track_user_entry": "yes"}, 400, ["track_user_entry"]),
        ("POST", "beta/subscriber/add/", {}, 400, ["distinct_ids"]),
        ("POST", "beta/subscriber/add/", {"distinct_ids": "u1"}, 400, ["distinct_ids"]),
        ("POST", "beta/subscriber/add/", {"distinct_ids": ["u1", " "]}, 400, ["distinct_ids[1]"]),
        ("POST", "beta/subscriber/add/", {"distinct_ids": ["u1", 7]}, 400, ["distinct_ids[1]"]),
        ("POST", "beta/subscriber/add/", {"distinct_ids": ["u\x001"]}, 400, ["distinct_ids[0]", "NUL"]),
        ("POST", "beta/subscriber/remove/", {"distinct_ids": ["x" * 256]}, 400, ["distinct_ids[0]", "255"]),
        ("POST", "beta/subscriber/add/", {"distinct_ids": ["u"] * 100_001}, 400, ["distinct_ids", "100000"]),
        ("POST", "gone/subscriber/add/", {"distinct_ids": ["u1"]}, 404, ["gone"]),
        ("GET", "gone/", None, 404, ["gone"]),
        ("GET", "%00/", None, 400, ["list_id"]),
        ("GET", "%FF/", None, 400, ["list_id"]),
        ("GET", "beta/version/none/", None, 400, ["version_id"]),
        ("GET", f"beta/version/{'0' * 26}/", None, 404, ["0" * 26]),
        ("PATCH", f"beta/version/{'0' * 26}/finish_sync/", {}, 404, ["0" * 26]),
        ("PATCH", "beta/", {}, 405, ["PATCH"]),
    ],
)
async def test_what_is_wrong_is_named_and_changes_nothing(
    shop: Shop, method: str, path: str, document: Any, status: int, words: list[str]
) -> None:
    before = await make(shop)
    assert_refused(await call(shop, method, path, document), status, *words)
    assert (await call(shop, "GET")).json()["results"] == [before]
    assert await members(shop) == []


async def test_one_workspace_sees_nothing_of_another(shop: Shop) -> None:
    await make(shop)
    other = await create_workspace(shop.scene.pool, shop.scene.vault, "other")
    headers = {"Authorization": f"Bearer {other.api_key}"}
    assert_refused(await shop.api.request("GET", f"{ROOT}beta/", headers=headers), 404, "beta")
    reply = await shop.api.request("POST", ROOT, json={"list_id": "beta"}, headers=headers)
    assert reply.json()["subscribers_count"] == 0
    listed = await shop.api.request("GET", ROOT, headers=headers)
    assert listed.json()["meta"]["count"] == 1


async def test_our_client_reaches_every_route(shop: Shop) -> None:
    async with client_of(shop) as client:
        lists = client.subscriber_lists
        assert (await lists.create({"list_id": "news", "list_name": "News"}))["list_name"] == "News"
        assert await lists.add("news", ["u1", "u2"]) == {"success": True, "affected_count": 2}
        assert await lists.remove("news", ["u2"]) == {"success": True, "affected_count": 1}
        assert (await lists.get("news"))["subscribers_count"] == 1
        assert (await lists.get_all())["meta"]["count"] == 1
        version_id = (await lists.start_sync("news"))["version_id"]
        assert (await lists.add_to_version("news", version_id, ["u3", "u4"]))["affected_count"] == 2
        assert (await lists.remove_from_version("news", version_id, ["u4"]))["affected_count"] == 1
        assert (await lists.get_version("news", version_id))["subscribers_count"] == 1
        assert (await lists.finish_sync("news", version_id))["status"] == "active"
        dropped = (await lists.start_sync("news"))["version_id"]
        assert await lists.delete_version("news", dropped) == {"success": True}
        assert await members(shop) == ["u3"]
        assert await lists.delete("news") == {"success": True}
        with pytest.raises(SuprsendAPIException, match="news"):
            await lists.get("news")
