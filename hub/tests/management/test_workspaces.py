"""Workspaces and their keys over the management API (wire.md 6)."""

import msgspec
import pytest
from suprsend_hub.actions.create_workspace import NewWorkspace

from hub.tests.api.conftest import Shop, assert_refused, scene, shop
from hub.tests.management.conftest import Manager

__all__ = ["scene", "shop"]


async def test_the_bridge_gives_the_keys_with_which_clients_sign(manager: Manager, shop: Shop) -> None:
    keys = await manager.done("GET", "ws_key/bridge/")
    workspace = shop.made.workspace
    assert keys == {"key": workspace.key, "secret": workspace.secrets[0]}
    body = msgspec.json.encode({"distinct_id": "u", "event": "ORDERED", "properties": {}})
    headers = shop.sign("POST", "/event/", body, keys["secret"])
    reply = await manager.api.request("POST", "/event/", body=body, headers=headers)
    assert reply.status_code == 202


async def test_workspaces_are_listed_in_pages(manager: Manager, made: NewWorkspace) -> None:
    reply = await manager.api.request("POST", "/v1/workspace/", json={"name": "shop"}, headers=manager.headers)
    assert reply.status_code == 201, reply.text
    listed = (await manager.api.request("GET", "/v1/workspace/?limit=1", headers=manager.headers)).json()
    assert listed["meta"] == {"count": 2, "limit": 1, "offset": 0}
    (first,) = listed["results"]
    assert (first["slug"], first["uid"]) == ("demo", made.workspace.uid)
    assert "secret" not in first
    assert "key" not in first
    rest = (await manager.api.request("GET", "/v1/workspace/?offset=1", headers=manager.headers)).json()
    assert [each["slug"] for each in rest["results"]] == ["shop"]


async def test_a_workspace_just_made_can_be_managed(manager: Manager) -> None:
    await manager.api.request("POST", "/v1/workspace/", json={"name": "shop"}, headers=manager.headers)
    got = (await manager.api.request("GET", "/v1/workspace/shop/", headers=manager.headers)).json()
    assert got["slug"] == "shop"
    keys = (await manager.api.request("GET", "/v1/shop/ws_key/bridge/", headers=manager.headers)).json()
    assert keys.keys() == {"key", "secret"}


@pytest.mark.parametrize("name", ["demo", "", "a b", "x" * 65, "é", None])
async def test_a_name_that_can_not_be_a_workspace_is_refused(manager: Manager, name: object) -> None:
    reply = await manager.api.request("POST", "/v1/workspace/", json={"name": name}, headers=manager.headers)
    assert_refused(reply, 400, "name")


@pytest.mark.parametrize("path", ["/v1/workspace/", "/v1/workspace/demo/", "/v1/demo/ws_key/bridge/"])
async def test_only_a_service_token_opens_them(manager: Manager, key_headers: dict[str, str], path: str) -> None:
    assert_refused(await manager.api.request("GET", path), 401)
    assert_refused(await manager.api.request("GET", path, headers=key_headers), 401)
