"""Requests a second for each key, over all API processes on one database: 429 and when to come again."""

from collections.abc import AsyncIterator

import pytest
from pyreqwest.client import ClientBuilder
from suprsend_hub.config import Settings
from suprsend_hub.hub import open_hub
from suprsend_hub.main import run_api
from suprsend_hub.store.api_keys import limit_api_key, list_api_keys
from suprsend_hub.store.public_keys import limit_public_key, list_public_keys
from suprsend_hub.store.workspaces import limit_workspace

from hub.tests.actions.scene import trigger_body
from hub.tests.api.conftest import Shop, assert_refused
from hub.tests.conftest import Api, Reply

# So slow that nothing comes into a purse while a test runs.
ONE_AND_NO_MORE = 0.0001
EVENT = {"event": "SEEN", "distinct_id": "u1"}


@pytest.fixture
async def apis(settings: Settings) -> AsyncIterator[list[Api]]:
    """Two APIs that have nothing in common but the database."""
    limited = settings.model_copy(update={"unsigned_requests_per_second": ONE_AND_NO_MORE})
    async with (
        open_hub(limited) as first_hub,
        open_hub(limited) as second_hub,
        run_api(first_hub) as first,
        run_api(second_hub) as second,
        ClientBuilder().build() as client,
    ):
        yield [Api(client, f"http://127.0.0.1:{server.port}") for server in (first, second)]


async def ask_all(apis: list[Api], path: str, body: object, headers: dict[str, str]) -> list[Reply]:
    """The same call, three times at each API."""
    return [await api.request("POST", path, json=body, headers=headers) for _ in range(3) for api in apis]


def assert_one_was_let_through(replies: list[Reply]) -> None:
    """The first alone; the others are told when to come again."""
    assert replies[0].status_code == 202, replies[0].text
    for reply in replies[1:]:
        assert_refused(reply, 429, "0.0001 requests a second", "try again in")
        assert reply.json()["type"] == "TooManyRequests"
        assert 9_000 < int(reply.headers["retry-after"]) <= 10_000


async def test_an_api_keys_rate_holds_over_all_processes(shop: Shop, apis: list[Api]) -> None:
    workspace_id = shop.made.workspace.id
    async with shop.scene.pool.acquire() as connection:
        [key] = await list_api_keys(connection, workspace_id)
        assert await limit_api_key(connection, workspace_id, key.id, ONE_AND_NO_MORE)
    headers = {"Authorization": f"Bearer {shop.made.api_key}"}
    assert_one_was_let_through(await ask_all(apis, "/event/", EVENT, headers))
    assert (await shop.post("/event/", EVENT)).status_code == 202, "another key has another purse"


async def test_a_public_keys_rate_holds_over_all_processes(shop: Shop, apis: list[Api]) -> None:
    workspace_id = shop.made.workspace.id
    async with shop.scene.pool.acquire() as connection:
        [key] = await list_public_keys(connection, workspace_id)
        assert await limit_public_key(connection, workspace_id, key.id, ONE_AND_NO_MORE)
    assert_one_was_let_through(await ask_all(apis, "/v2/event", EVENT, {"Authorization": key.key}))


async def test_signed_requests_keep_to_the_workspaces_rate_and_wrong_signatures_use_none_of_it(
    shop: Shop, apis: list[Api]
) -> None:
    async with shop.scene.pool.acquire() as connection:
        await limit_workspace(connection, shop.made.workspace.id, ONE_AND_NO_MORE)
    body = b'{"event":"SEEN","distinct_id":"u1"}'
    wrong = shop.sign("POST", "/event/", body, secret="wrong")
    for api in apis:
        assert (await api.request("POST", "/event/", body=body, headers=wrong)).status_code == 401
    right = shop.sign("POST", "/event/", body)
    assert_one_was_let_through([await api.request("POST", "/event/", body=body, headers=right) for api in apis * 3])


async def test_unsigned_reports_have_a_limit_of_their_own(shop: Shop, apis: list[Api]) -> None:
    message, *_ = await shop.scene.go_through(trigger_body())
    report = {"event": "$notification_clicked", "properties": {"id": message["id"]}}
    headers = {"Authorization": f"{shop.made.workspace.key}:"}
    assert_one_was_let_through(await ask_all(apis, "/event/", report, headers))
    assert (await shop.post("/event/", report)).status_code == 202


async def test_the_usual_rate_is_that_of_the_settings(shop: Shop, settings: Settings) -> None:
    usual = settings.model_copy(update={"requests_per_second": ONE_AND_NO_MORE})
    async with open_hub(usual) as hub, run_api(hub) as server, ClientBuilder().build() as client:
        api = Api(client, f"http://127.0.0.1:{server.port}")
        for headers in (
            {"Authorization": f"Bearer {shop.made.api_key}"},
            {"Authorization": shop.made.public_key},
        ):
            assert_one_was_let_through(await ask_all([api], "/v2/event/", EVENT, headers))
        service = {"Authorization": f"ServiceToken {shop.made.service_token}"}
        path = f"/v2/{shop.made.workspace.name}/template/"
        codes = [(await api.request("GET", path, headers=service)).status_code for _ in range(3)]
        assert codes == [200, 429, 429]
