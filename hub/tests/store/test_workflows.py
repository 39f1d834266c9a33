"""What triggers and events find of workflows."""

from typing import Any

from suprsend_hub.actions.edit_workflow import (
    commit_workflow,
    remove_workflow,
    save_workflow,
    switch_workflow,
)
from suprsend_hub.domain.document import Document
from suprsend_hub.store.workflows import find_event_uses, find_live_workflows, read_workflow_versions

from hub.tests.actions.scene import Scene

TEMPLATE = "purchase-made"


def definition(template: str = TEMPLATE, **changes: Any) -> Document:
    """A definition that sends a template."""
    nodes = [{"node_type": "send_email", "properties": {"template": template}}]
    return {"name": "Welcome", "category": "system", "trigger_type": "api", "tree": {"nodes": nodes}} | changes


async def put(scene: Scene, slug: str, **changes: Any) -> None:
    """A live workflow."""
    document = definition(**changes)
    saved = await save_workflow(scene.pool, scene.workspace.id, slug, document, scene.now(), commit="first")
    assert not saved.faults


async def events(scene: Scene, *names: str) -> dict[str, list[str]]:
    """The slugs that each event sets off."""
    async with scene.pool.acquire() as connection:
        found = await find_event_uses(connection, scene.workspace.id, names)
    return {name: [each.slug for each in use.workflows] for name, use in found.items()}


async def test_a_trigger_finds_the_live_version_and_reads_its_nodes(scene: Scene) -> None:
    await put(scene, "welcome")
    await save_workflow(scene.pool, scene.workspace.id, "drafted", definition(), scene.now())
    async with scene.pool.acquire() as connection:
        found = await find_live_workflows(connection, scene.workspace.id, ["welcome", "drafted", "missing"])
        assert found.keys() == {"welcome", "drafted"}
        assert found["drafted"] is None
        live = found["welcome"]
        assert live is not None
        assert (live.name, live.category, live.is_enabled) == ("Welcome", "system", True)
        versions = await read_workflow_versions(connection, [live.version_id, 0])
    version = versions.pop(live.version_id)
    assert versions == {}
    assert (version.slug, version.version_no) == ("welcome", 1)
    assert [send.template for send in version.workflow.sends] == [TEMPLATE]


async def test_what_was_pinned_stays_when_the_workflow_changes_or_goes(scene: Scene) -> None:
    await put(scene, "welcome")
    async with scene.pool.acquire() as connection:
        pinned = (await find_live_workflows(connection, scene.workspace.id, ["welcome"]))["welcome"]
    assert pinned is not None
    await put(scene, "welcome", name="Other")
    await remove_workflow(scene.pool, scene.workspace.id, "welcome", scene.now())
    async with scene.pool.acquire() as connection:
        assert await find_live_workflows(connection, scene.workspace.id, ["welcome"]) == {}
        versions = await read_workflow_versions(connection, [pinned.version_id])
    assert versions[pinned.version_id].workflow.name == "Welcome"


async def test_an_event_sets_off_the_enabled_live_workflows_that_name_it(scene: Scene) -> None:
    await put(scene, "b", trigger_type="event", trigger_events=["ORDERED", "PAID"])
    await put(scene, "a", trigger_type="event", trigger_events=["ORDERED"])
    await put(scene, "c", trigger_events=["ORDERED"])
    assert await events(scene, "ORDERED", "PAID", "LEFT") == {"ORDERED": ["a", "b"], "PAID": ["b"]}
    await switch_workflow(scene.pool, scene.workspace.id, "b", scene.now(), is_enabled=False)
    assert await events(scene, "ORDERED", "PAID") == {"ORDERED": ["a"]}
    await switch_workflow(scene.pool, scene.workspace.id, "b", scene.now(), is_enabled=True)
    await put(scene, "a", trigger_type="event", trigger_events=["LEFT"])
    assert await events(scene, "ORDERED", "LEFT") == {"ORDERED": ["b"], "LEFT": ["a"]}
    await remove_workflow(scene.pool, scene.workspace.id, "a", scene.now())
    assert await events(scene, "LEFT") == {}


async def test_events_wait_for_the_commit(scene: Scene) -> None:
    await put(scene, "a", trigger_type="event", trigger_events=["ORDERED"])
    draft = definition(trigger_type="event", trigger_events=["PAID"])
    await save_workflow(scene.pool, scene.workspace.id, "a", draft, scene.now())
    assert await events(scene, "ORDERED", "PAID") == {"ORDERED": ["a"]}
    await commit_workflow(scene.pool, scene.workspace.id, "a", "", scene.now())
    assert await events(scene, "ORDERED", "PAID") == {"PAID": ["a"]}


async def test_a_template_that_is_not_live_keeps_a_workflow_from_it(scene: Scene) -> None:
    saved = await save_workflow(
        scene.pool, scene.workspace.id, "welcome", definition("nowhere"), scene.now(), commit=""
    )
    assert saved.stored.live_version_id is None
    (fault,) = saved.faults
    assert fault.field == "tree.nodes[0].template"
    assert "'nowhere' does not exist" in fault.problem
