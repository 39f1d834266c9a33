"""The management API of workflows: drafts, commits, and what keeps a draft from going live (wire.md 6)."""

import asyncio

import pytest
from suprsend_hub.domain.document import Document

from hub.tests.api.conftest import assert_refused
from hub.tests.management.conftest import Manager


def definition(template: str = "welcome", **changes: object) -> Document:
    """A definition that is right where its template is live."""
    nodes = [{"node_type": "send_inbox", "properties": {"template": template}}]
    return {"name": "Welcome", "category": "system", "trigger_type": "api", "tree": {"nodes": nodes}} | changes


async def test_a_draft_goes_live_by_a_commit(manager: Manager) -> None:
    await manager.make_template()
    saved = await manager.done("POST", "workflow/welcome/", definition())
    assert (saved["status"], saved["version_no"]) == ("draft", None)
    assert saved["validation_result"] == {"is_valid": True, "errors": []}
    assert_refused(await manager.call("GET", "workflow/welcome/?mode=live"), 404, "welcome", "commit it first")
    committed = await manager.done("PATCH", "workflow/welcome/commit/?commit_message=first")
    assert (committed["status"], committed["version_no"], committed["commit_message"]) == ("active", 1, "first")
    live = await manager.done("GET", "workflow/welcome/?mode=live")
    assert live["tree"] == definition()["tree"]
    assert live["hash"] == committed["hash"]


async def test_a_push_with_commit_is_both_at_once(manager: Manager) -> None:
    await manager.make_template()
    saved = await manager.done("POST", "workflow/welcome/?commit=true&commit_message=both", definition())
    assert (saved["version_no"], saved["commit_message"]) == (1, "both")


async def test_an_edit_is_not_live_until_it_is_committed(manager: Manager) -> None:
    await manager.make_template()
    await manager.done("POST", "workflow/welcome/?commit=true", definition())
    await manager.done("POST", "workflow/welcome/?commit=false", definition(name="New"))
    assert (await manager.done("GET", "workflow/welcome/?mode=live"))["name"] == "Welcome"
    assert (await manager.done("GET", "workflow/welcome/?mode=draft"))["name"] == "New"
    await manager.done("PATCH", "workflow/welcome/commit/")
    assert (await manager.done("GET", "workflow/welcome/?mode=live"))["name"] == "New"


async def test_what_was_pulled_can_be_pushed_and_makes_no_new_version(manager: Manager) -> None:
    await manager.make_template()
    await manager.done("POST", "workflow/welcome/?commit=true", definition(description="x", tags=["a"]))
    (pulled,) = (await manager.done("GET", "workflow/?mode=live"))["results"]
    pushed = await manager.done("POST", "workflow/welcome/?commit=true", pulled)
    assert pushed["validation_result"]["is_valid"]
    assert (pushed["version_no"], pushed["hash"]) == (1, pulled["hash"])


async def test_committing_at_the_same_time_is_committing_once(manager: Manager) -> None:
    await manager.make_template()
    await manager.done("POST", "workflow/welcome/", definition())
    committed = await asyncio.gather(*(manager.done("PATCH", "workflow/welcome/commit/") for _ in range(5)))
    assert {each["version_no"] for each in committed} == {1}


async def test_a_faulty_draft_is_kept_and_stays_a_draft(manager: Manager) -> None:
    await manager.make_template()
    nodes = [
        {"node_type": "batch", "properties": {"mode": "accumulate_all"}},
        {"node_type": "send_email", "properties": {"template": "nowhere", "colour": "red"}},
    ]
    saved = await manager.done("POST", "workflow/welcome/?commit=true", definition(tree={"nodes": nodes}))
    assert saved["status"] == "draft"
    assert saved["validation_result"] == {
        "is_valid": False,
        "errors": [
            "tree.nodes[0].node_type: batch is not supported yet; it can be kept in a draft only",
            "tree.nodes[1].properties.colour: is not a field that is known here",
        ],
    }
    assert_refused(await manager.call("PATCH", "workflow/welcome/commit/"), 400, "tree.nodes[0]", "batch")
    assert (await manager.done("GET", "workflow/welcome/"))["tree"]["nodes"] == nodes


async def test_a_template_must_be_live_before_the_workflow(manager: Manager) -> None:
    await manager.done("POST", "workflow/welcome/", definition())
    assert_refused(await manager.call("PATCH", "workflow/welcome/commit/"), 400, "tree.nodes[0]", "does not exist")
    await manager.done("POST", "template/welcome/", {"name": "welcome"}, version="v2")
    assert_refused(await manager.call("PATCH", "workflow/welcome/commit/"), 400, "no live version yet")
    await manager.make_template()
    await manager.done("PATCH", "workflow/welcome/commit/")


async def test_a_workflow_is_disabled_and_enabled(manager: Manager) -> None:
    await manager.make_template()
    await manager.done("POST", "workflow/welcome/?commit=true", definition())
    off = await manager.done("PATCH", "workflow/welcome/enable/", {"is_enabled": False})
    assert (off["is_enabled"], off["status"]) == (False, "inactive")
    on = await manager.done("POST", "workflow/welcome/", definition(is_enabled=True))
    assert (on["is_enabled"], on["status"]) == (True, "active")
    assert_refused(await manager.call("PATCH", "workflow/welcome/enable/", {}), 400, "is_enabled")
    assert_refused(await manager.call("PATCH", "workflow/missing/enable/", {"is_enabled": True}), 404, "missing")


async def test_a_deleted_workflow_is_gone_and_its_slug_is_free(manager: Manager) -> None:
    await manager.make_template()
    await manager.done("POST", "workflow/welcome/?commit=true", definition())
    assert (await manager.call("DELETE", "workflow/welcome/")).status_code == 204
    assert_refused(await manager.call("GET", "workflow/welcome/"), 404, "welcome")
    assert_refused(await manager.call("DELETE", "workflow/welcome/"), 404, "welcome")
    assert (await manager.done("POST", "workflow/welcome/", definition()))["status"] == "draft"


async def test_workflows_are_listed_by_slug_in_pages(manager: Manager) -> None:
    await manager.make_template()
    for slug in ("c", "a", "b"):
        await manager.done("POST", f"workflow/{slug}/?commit={'false' if slug == 'b' else 'true'}", definition())
    first = await manager.done("GET", "workflow/?limit=2")
    assert first["meta"] == {"count": 3, "limit": 2, "offset": 0}
    assert [each["slug"] for each in first["results"]] == ["a", "b"]
    assert [each["slug"] for each in (await manager.done("GET", "workflow/?limit=2&offset=2"))["results"]] == ["c"]
    live = await manager.done("GET", "workflow/?mode=live")
    assert [each["slug"] for each in live["results"]] == ["a", "c"]


@pytest.mark.parametrize(
    ("path", "document", "words"),
    [
        ("workflow/Not%20A%20Slug/", definition(), ["slug"]),
        ("workflow/welcome/", ["a"], ["body"]),
        ("workflow/welcome/", definition(is_enabled="yes"), ["is_enabled"]),
        ("workflow/welcome/", definition(name="\u0000"), ["name", "NUL"]),
        ("workflow/welcome/?commit=perhaps", definition(), ["commit"]),
    ],
)
async def test_what_can_not_be_kept_is_refused(manager: Manager, path: str, document: object, words: list[str]) -> None:
    assert_refused(await manager.call("POST", path, document), 400, *words)
    assert (await manager.done("GET", "workflow/"))["results"] == []


async def test_what_is_nested_too_deeply_is_refused(manager: Manager) -> None:
    deep: object = "leaf"
    for _ in range(100):
        deep = {"a": deep}
    assert_refused(await manager.call("POST", "workflow/welcome/", definition(tree=deep)), 400, "nested too deeply")


async def test_only_a_service_token_opens_workflows(manager: Manager, key_headers: dict[str, str]) -> None:
    assert_refused(await manager.api.request("GET", "/v1/demo/workflow/"), 401)
    assert_refused(await manager.api.request("GET", "/v1/demo/workflow/", headers=key_headers), 401)
    assert_refused(await manager.api.request("GET", "/v1/other/workflow/", headers=manager.headers), 404, "other")
