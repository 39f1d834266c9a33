"""The management API of categories, and what tenants say of them (wire.md 3.7, 6)."""

from datetime import datetime
from typing import Any

import pytest
from suprsend_hub.actions.create_workspace import NewWorkspace

from hub.tests.conftest import Api, Reply

from .conftest import assert_refused
from .test_preferences import TREE

ROOTS = ["system", "transactional", "promotional"]
PATH = "/v1/demo/preference_category/"


@pytest.fixture
def headers(service_headers: dict[str, str]) -> dict[str, str]:
    """What opens the management API."""
    return service_headers


async def read(api: Api, path: str, headers: dict[str, str]) -> Any:
    reply = await api.request("GET", path, headers=headers)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def push(api: Api, headers: dict[str, str], tree: object = TREE, query: str = "") -> Reply:
    return await api.request("POST", f"{PATH}{query}", json=tree, headers=headers)


def names(tree: Any) -> list[str]:
    return [
        category["category"]
        for root in tree["root_categories"]
        for section in root["sections"]
        for category in section["categories"]
    ]


async def test_before_anything_is_said_each_root_is_a_category(api: Api, headers: dict[str, str]) -> None:
    for mode in ("draft", "live"):
        tree = await read(api, f"{PATH}?mode={mode}", headers)
        assert [each["root_category"] for each in tree["root_categories"]] == ROOTS
        assert names(tree) == ROOTS
        assert tree["version_no"] is None
        assert datetime.fromisoformat(tree["committed_at"])
    assert_refused(await api.request("PATCH", f"{PATH}commit/", headers=headers), 404, "nothing to commit")


async def test_a_draft_becomes_live_by_a_commit_and_only_once(api: Api, headers: dict[str, str]) -> None:
    drafted = (await push(api, headers)).json()
    assert (drafted["status"], drafted["validation_result"]) == ("draft", {"is_valid": True, "errors": []})
    assert names(await read(api, f"{PATH}?mode=live", headers)) == ROOTS
    for _ in range(2):
        reply = await api.request("PATCH", f"{PATH}commit/?commit_message=bills", headers=headers)
        assert (reply.status_code, reply.json()["version_no"]) == (200, 1)
    live = await read(api, f"{PATH}?mode=live", headers)
    assert names(live) == ["invoices", "newsletter"]
    assert (live["status"], live["commit_message"]) == ("active", "bills")
    assert live["hash"] == drafted["hash"]
    again = (await push(api, headers, live, "?commit=true")).json()
    assert (again["version_no"], again["hash"]) == (1, live["hash"])


async def test_what_was_pulled_can_be_pushed(api: Api, headers: dict[str, str]) -> None:
    await push(api, headers, query="?commit=true")
    pulled = await read(api, PATH, headers)
    pulled["root_categories"][2]["sections"][0]["categories"][0]["is_commercial"] = False
    changed = (await push(api, headers, pulled, "?commit=true")).json()
    assert changed["version_no"] == 2
    assert changed["root_categories"][2]["sections"][0]["categories"][0]["is_commercial"] is False


async def test_a_tree_that_can_not_be_meant_is_named_and_not_kept(api: Api, headers: dict[str, str]) -> None:
    wrong = {"root_categories": [{"root_category": "system", "sections": [{"categories": [{"name": "x"}]}]}]}
    reply = await push(api, headers, wrong)
    assert_refused(reply, 400, "root_categories[0].sections[0].categories[0].category", "required")
    nul = {"root_categories": [{"root_category": "system", "sections": [{"name": "\u0000"}]}]}
    assert_refused(await push(api, headers, nul), 400, "NUL")
    assert names(await read(api, PATH, headers)) == ROOTS


async def test_words_are_kept_for_each_language(api: Api, headers: dict[str, str]) -> None:
    await push(api, headers, query="?commit=true")
    at = f"{PATH}translation/"
    assert await read(api, f"{at}locale", headers) == {"results": [{"locale": "en"}]}
    english = await read(api, f"{at}content/en", headers)
    assert english["sections"]["bills"] == {"name": "Bills", "description": "Of money"}
    assert_refused(await api.request("GET", f"{at}content/es_ar", headers=headers), 404, "es-AR")
    words = {"sections": {}, "categories": {"newsletter": {"name": "Boletín", "description": None}}}
    reply = await api.request("POST", f"{at}content/es_ar", json=words, headers=headers)
    assert (reply.status_code, reply.json()) == (200, words)
    assert await read(api, f"{at}locale/", headers) == {"results": [{"locale": "en"}, {"locale": "es-AR"}]}
    assert await read(api, f"{at}content/es-AR/", headers) == words
    assert_refused(await api.request("POST", f"{at}content/x!", json=words, headers=headers), 400, "locale")


async def test_only_a_service_token_changes_categories(api: Api, key_headers: dict[str, str]) -> None:
    assert_refused(await push(api, key_headers), 401, "ServiceToken")


async def test_a_tenant_says_otherwise_and_takes_it_back(
    api: Api, headers: dict[str, str], key_headers: dict[str, str], made: NewWorkspace
) -> None:
    await push(api, headers, query="?commit=true")
    one = "/v1/tenant/acme/preference/category/invoices/"
    before = await read(api, one, key_headers)
    assert before == {
        "name": "Invoices",
        "category": "invoices",
        "description": "What you owe",
        "root_category": "transactional",
        "default_preference": "cant_unsubscribe",
        "default_mandatory_channels": ["email"],
        "default_opt_in_channels": ["inbox"],
        "enabled_for_tenant": True,
        "visible_to_subscriber": True,
        "preference": None,
        "mandatory_channels": None,
        "opt_in_channels": None,
        "blocked_channels": [],
        "digest_schedule": None,
        "properties": None,
        "tags": ["owner"],
        "effective_tags": ["owner", "money"],
        "updated_at": None,
    }

    async def change(**body: object) -> Any:
        reply = await api.request("PATCH", one, json=body, headers=key_headers)
        assert reply.status_code == 202, reply.text
        return reply.json()

    changed = await change(mandatory_channels=["sms", "email"], blocked_channels=["inbox"], preference="opt_in")
    # What the Go client sends for lists that nobody set takes nothing back.
    changed = await change(visible_to_subscriber=False, mandatory_channels=None, blocked_channels=None)
    assert (changed["mandatory_channels"], changed["blocked_channels"]) == (["email", "sms"], ["inbox"])
    assert (changed["visible_to_subscriber"], changed["preference"]) == (False, "opt_in")
    changed = await change(mandatory_channels=[], blocked_channels=[])
    assert (changed["mandatory_channels"], changed["blocked_channels"]) == (None, [])
    assert changed == await read(api, one, key_headers)


async def test_a_tenants_list_leaves_out_what_is_disabled(
    api: Api, headers: dict[str, str], key_headers: dict[str, str], made: NewWorkspace
) -> None:
    await push(api, headers, query="?commit=true")
    old = "/v1/tenant/acme/category/newsletter/"
    reply = await api.request("PATCH", old, json={"enabled_for_tenant": False}, headers=key_headers)
    assert reply.status_code == 202
    for path in ("/v1/tenant/acme/preference/category/", "/v1/tenant/acme/category/"):
        listed = await read(api, path, key_headers)
        assert [each["category"] for each in listed["results"]] == ["invoices"]
        listed = await read(api, f"{path}?include_disabled=true&limit=1&offset=1", key_headers)
        assert listed["meta"] == {"count": 2, "limit": 1, "offset": 1}
        assert [each["category"] for each in listed["results"]] == ["newsletter"]
        assert (await read(api, f"{path}?tags=news", key_headers))["results"] == []
    tree = await read(api, "/v1/tenant/acme/preference/", key_headers)
    assert names(tree) == ["invoices"]
    assert_refused(
        await api.request("PATCH", "/v1/tenant/acme/category/nothing/", json={}, headers=key_headers), 404, "nothing"
    )
