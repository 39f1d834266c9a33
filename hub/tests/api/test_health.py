"""What machines ask, and what everybody is told who asks for something that isn't there."""

import asyncpg
import pytest

from hub.tests.api.conftest import Shop, assert_refused
from hub.tests.conftest import Api


async def test_a_healthy_process_says_so(shop: Shop) -> None:
    await shop.trigger()
    for path in ("/healthz", "/readyz"):
        assert (await shop.api.request("GET", path)).status_code == 200
    metrics = (await shop.api.request("GET", "/metrics")).text
    assert 'suprsend_hub_jobs{kind="plan.transactional",status="queued"} 1' in metrics
    assert (await shop.api.request("GET", "/openapi.json")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/nowhere", "/v1/", "/dev/outbox/", "/openapi.yaml", "/%00", "/é"])
async def test_an_unknown_path_gets_the_error_body(api: Api, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        assert_refused(await api.request(method, path), 404, method)


async def test_a_wrong_method_gets_the_error_body(api: Api) -> None:
    assert_refused(await api.request("DELETE", "/event/"), 405, "DELETE")


async def test_browsers_may_call(api: Api) -> None:
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    headers["Access-Control-Request-Headers"] = "authorization,content-type,x-amz-date"
    reply = await api.request("OPTIONS", "/event/", headers=headers)
    assert reply.status_code in (200, 204)
    assert reply.headers["access-control-allow-origin"] == "*"


async def test_without_its_database_the_api_says_that_nothing_was_stored(shop: Shop, database_server: str) -> None:
    event = {"event": "SEEN", "distinct_id": "u1"}
    assert (await shop.post("/event/", event)).status_code == 202
    await cut_off(database_server, await shop.scene.pool.fetchval("select current_database()"))
    for _ in range(3):
        reply = await shop.post("/event/", event)
        assert_refused(reply, 503, "database", "nothing was stored")
        assert reply.headers["retry-after"] == "1"
    assert_refused(await shop.api.request("GET", "/readyz"), 503)
    assert (await shop.api.request("GET", "/healthz")).status_code == 200


async def cut_off(database_server: str, name: str) -> None:
    """What a client sees while PostgreSQL is away: connections end, and new ones are refused."""
    connection = await asyncpg.connect(database_server % "postgres")
    await connection.execute(f"alter database {name} with allow_connections false")
    await connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
    await connection.close()
