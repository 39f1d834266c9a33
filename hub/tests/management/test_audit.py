"""Whatever a service token changes is in the audit log, under the token's name."""

from typing import Any

from suprsend_hub.store.database import Pool

from hub.tests.actions.scene import Scene
from hub.tests.api.conftest import scene
from hub.tests.management.conftest import INBOX, Manager
from hub.tests.management.test_workflows import definition

__all__ = ["scene"]

TEMPLATE = "v2/{workspace}/template/{slug}"
VARIANT = f"{TEMPLATE}/channel/{{channel}}/variant/{{variant_id}}"
WORKFLOW = "v1/{workspace}/workflow/{slug}"
SCHEMA = "v1/{workspace}/schema/{slug}"
CATEGORIES = "v1/{workspace}/preference_category"
FILE = "v1/{workspace}/translation/content/{filename}"
NAMES = {"workspace": "demo", "slug": "thing", "channel": "inbox", "variant_id": "default", "filename": "en.json"}
COMMIT = "?commit=true&commit_message=why"

READING = {("POST", f"{TEMPLATE}/pre_commit_validate"), ("POST", f"{TEMPLATE}/preview")}

# What is sent to each other route, one after another, and what the log then says.
CHANGING: tuple[tuple[str, str, str, Any, list[str]], ...] = (
    ("POST", "v1/workspace", "", {"name": "bakery"}, ["made workspace"]),
    ("POST", TEMPLATE, "", {"name": "Thing"}, ["added template"]),
    ("POST", TEMPLATE, "", {"name": "Thing"}, ["changed template"]),
    ("POST", VARIANT, "", {"content": INBOX}, ["added variant"]),
    ("POST", VARIANT, "", {"content": INBOX}, ["changed variant"]),
    ("POST", f"{TEMPLATE}/variant/order", "", {"channels": []}, ["reordered variants"]),
    ("PATCH", f"{TEMPLATE}/mock_data", "", {"data": {}}, ["changed sample data"]),
    ("PATCH", f"{TEMPLATE}/commit", "", {}, ["committed template"]),
    ("PATCH", f"{TEMPLATE}/commit", "", {}, []),
    ("POST", WORKFLOW, "", definition("thing"), ["added workflow"]),
    ("PATCH", f"{WORKFLOW}/commit", "", None, ["committed workflow"]),
    ("PATCH", f"{WORKFLOW}/commit", "", None, []),
    ("POST", WORKFLOW, COMMIT, definition("thing"), ["changed draft of workflow"]),
    ("POST", WORKFLOW, COMMIT, definition("thing", name="B"), ["changed draft of workflow", "committed workflow"]),
    ("PATCH", f"{WORKFLOW}/enable", "", {"is_enabled": False}, ["disabled workflow"]),
    ("PATCH", f"{WORKFLOW}/enable", "", {"is_enabled": True}, ["enabled workflow"]),
    ("DELETE", WORKFLOW, "", None, ["removed workflow"]),
    ("DELETE", VARIANT, "", None, ["removed variant"]),
    ("DELETE", TEMPLATE, "", None, ["removed template"]),
    ("POST", SCHEMA, "", {"json_schema": {}}, ["added schema"]),
    ("PATCH", f"{SCHEMA}/commit", "", None, ["committed schema"]),
    ("POST", SCHEMA, COMMIT, {"json_schema": {}}, ["changed draft of schema"]),
    ("POST", SCHEMA, COMMIT, {"json_schema": {"title": "B"}}, ["changed draft of schema", "committed schema"]),
    ("POST", "v1/{workspace}/bulk/event", "", {"events": [{"name": "BOUGHT"}]}, ["described events"]),
    ("POST", CATEGORIES, "", {"root_categories": []}, ["changed draft of categories"]),
    ("PATCH", f"{CATEGORIES}/commit", "", None, ["committed categories"]),
    ("PATCH", f"{CATEGORIES}/commit", "", None, []),
    ("POST", f"{CATEGORIES}/translation/content/{{locale}}", "", {}, ["translated categories"]),
    ("POST", FILE, "", {"content": {"a": "b"}}, ["added translation"]),
    ("POST", FILE, "", {"content": {"a": "c"}}, ["changed draft of translation"]),
    ("PATCH", "v1/{workspace}/translation/commit", "", None, ["committed translations"]),
    ("DELETE", FILE, "", None, ["removed translation"]),
)


async def entries_after(pool: Pool, before: int) -> list[tuple[str, ...]]:
    """What was done, by what kind of actor, by whom and in which workspace."""
    rows = await pool.fetch(
        "select a.action, a.user_kind, a.user_name, w.name from audit_entry a join workspace w on w.id = workspace_id"
        " where a.id > $1 order by a.id",
        before,
    )
    return [tuple(row) for row in rows]


async def test_every_route_for_service_tokens_either_reads_or_is_known_to_change_something(manager: Manager) -> None:
    described = (await manager.api.request("GET", "/openapi.json")).json()["paths"]
    managing = {
        (method.upper(), path.removeprefix("/"))
        for path, methods in described.items()
        for method in methods
        if path.startswith(("/v1/{workspace}/", "/v2/{workspace}/", "/v1/workspace")) and method != "get"
    }
    assert managing == READING | {("POST", f"{TEMPLATE}/test")} | {(method, path) for method, path, *_ in CHANGING}


async def test_every_change_with_a_service_token_is_noted_under_its_name(manager: Manager, pool: Pool) -> None:
    whose = ("service token", "made with workspace demo")
    for method, path, query, document, actions in CHANGING:
        before = await pool.fetchval("select max(id) from audit_entry")
        target = f"/{path.format(**NAMES, locale='de')}/{query}"
        reply = await manager.api.request(method, target, json=document, headers=manager.headers)
        assert reply.status_code < 300, (path, reply.text)
        where = "bakery" if path == "v1/workspace" else "demo"
        assert await entries_after(pool, before) == [(each, *whose, where) for each in actions], path


async def test_a_message_that_tries_a_template_is_noted(manager: Manager, scene: Scene) -> None:
    before = await scene.pool.fetchval("select max(id) from audit_entry")
    sent = {"channel": "email", "address": "ada@example.com"}
    await manager.done("POST", "template/purchase-made/test/?mode=live", sent, version="v2")
    assert [each[0] for each in await entries_after(scene.pool, before)] == ["sent test"]


async def test_what_is_refused_is_not_noted(manager: Manager, pool: Pool) -> None:
    before = await pool.fetchval("select max(id) from audit_entry")
    for method, path in (
        ("DELETE", "workflow/x/"),
        ("PATCH", "schema/x/commit/"),
        ("DELETE", "translation/content/x/"),
    ):
        assert (await manager.call(method, path)).status_code >= 400
    assert await entries_after(pool, before) == []
