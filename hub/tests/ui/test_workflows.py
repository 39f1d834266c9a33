"""The pages of workflows: looked for, added, read as steps, committed, switched and rolled back."""

import re
from collections.abc import Awaitable, Callable
from html import unescape

import pytest
from suprsend_hub.actions.edit_payload_schema import SchemaChanges, save_schema
from suprsend_hub.actions.edit_workflow import save_workflow
from suprsend_hub.domain.document import Document
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.database import Pool
from suprsend_hub.store.workspaces import Workspace

from hub.tests.actions.scene import Scene
from hub.tests.actions.stored_workflow import trigger
from hub.tests.conftest import Reply
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS, check_whole

HOME = "/console/demo/workflows"
PURCHASE = f"{HOME}/purchase"
SEND = {"node_type": "send_multi_channel", "properties": {"template": "purchase-made"}}
SMART = {
    "node_type": "send_smart_channel_routing",
    "name": "Reminder",
    "properties": {
        "template": "purchase-made",
        "success": "ORDER_OPENED",
        "ttl_value": "90m",
        "mandatory_channels": ["email"],
    },
}
SHAPELESS: tuple[Document, ...] = (
    {},
    {"name": [], "category": {}, "trigger_type": 7, "trigger_events": "x", "payload_schema": 1, "tags": {"a": 1}},
    {"trigger_type": "event", "trigger_events": [None, 1], "tree": [], "description": {"a": []}},
    {"tree": {"nodes": {}}, "payload_schema": {"schema": 1, "version_no": True}},
    {"tree": {"nodes": [None, 1, "x", [], {}, {"node_type": 7}, {"node_type": "delay", "properties": []}]}},
)


def definition(*nodes: Document, **changes: object) -> Document:
    """A definition that can go live in the scene."""
    whole = {"name": "Purchase", "category": "transactional", "trigger_type": "api", "tree": {"nodes": list(nodes)}}
    return whole | changes


async def save(scene: Scene, document: Document, slug: str = "purchase", commit: str | None = "first") -> None:
    """Write a draft, and make it live."""
    await save_workflow(scene.pool, scene.workspace.id, slug, document, scene.now(), commit=commit)


def seen_of(page: str) -> str:
    """The mark of the draft that a page shows."""
    found = re.search(r'name="seen" value="([^"]*)"', page)
    return found[1] if found else ""


async def commit(browser: Browser, message: str = "") -> Reply:
    """Commit the draft as it is."""
    seen = seen_of((await browser.get(f"{PURCHASE}/edit")).text)
    return await browser.post(f"{PURCHASE}/commit", {"seen": seen, "message": message})


@pytest.fixture
async def editor(signed_in: Callable[[Role], Awaitable[Browser]], scene: Scene) -> Browser:
    """An editor of a workspace whose template is live."""
    return await signed_in("editor")


async def test_the_list_tells_what_sets_each_off_and_what_it_does_then(editor: Browser, scene: Scene) -> None:
    await save(scene, definition(SEND))
    await save(scene, definition(SEND, trigger_type="event", trigger_events=["A", "B/C"]), "welcome")
    await save(scene, definition(SEND, name="Later"), "draft", commit=None)
    await save(scene, definition(SMART), commit=None)
    await editor.post(f"{HOME}/welcome/disable")
    await trigger(scene)
    page = (await editor.get(HOME)).text
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)[1:]
    assert [re.findall(r"<code>(.*?)</code>", row) for row in rows] == [["draft"], ["purchase"], ["welcome"]]
    draft, purchase, welcome = rows
    assert all(each in draft for each in ("Later", "pill-waiting", "API"))
    assert "draft differs" not in draft
    assert all(each in purchase for each in ("active", "draft differs", "just now"))
    assert all(each in welcome for each in ("inactive", f"{HOME[:-9]}events/B%2FC", "–"))


async def test_workflows_are_found_by_how_their_slugs_begin_and_the_list_leads_through_all(
    editor: Browser, pool: Pool, workspace: Workspace
) -> None:
    await pool.execute(
        "insert into workflow (workspace_id, slug, draft, draft_hash)"
        " select $1, 'a-' || lpad(n::text, 3, '0'), '{}', '' from generate_series(1, 60) n",
        workspace.id,
    )
    # The order of slugs is that of their bytes, whatever language the database speaks.
    await pool.execute(
        "insert into workflow (workspace_id, slug, draft, draft_hash) select $1, slug, '{}', ''"
        " from unnest(array['a_b', 'a', 'ab', 'b']) as slug",
        workspace.id,
    )
    first = (await editor.get(f"{HOME}?slug=A")).text
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older
    second = (await editor.get(HOME + unescape(older[1]))).text
    assert re.findall(r"<code>([^<]+)</code>", first)[:2] == ["a", "a-001"]
    assert re.findall(r"<code>([^<]+)</code>", second)[-3:] == ["a-060", "a_b", "ab"]
    newer = re.search(r'href="([^"]+)" rel="prev"', second)
    assert newer
    assert (await editor.get(HOME + unescape(newer[1]))).text.count("<code>") == 50
    assert re.findall(r"<code>([^<]+)</code>", (await editor.get(f"{HOME}?slug=b")).text) == ["b"]
    assert "No workflow begins so" in (await editor.get(f"{HOME}?slug=~%25_")).text


async def test_a_new_workflow_has_a_draft_that_can_go_live(editor: Browser, pool: Pool) -> None:
    form = {"slug": "purchase", "name": "Purchase", "category": "transactional", "template": "purchase-made"}
    added = await editor.post(HOME, {**form, "trigger": "event", "events": "BOUGHT, SOLD"})
    assert added.headers["location"] == PURCHASE
    page = (await editor.get(PURCHASE)).text
    assert "Commit: make the draft live" in page
    assert f'href="{HOME[:-9]}events/SOLD"' in page
    await commit(editor, "First words")
    page = (await editor.get(PURCHASE)).text
    assert "Version 1 is live." in page
    assert "First words" in page
    assert "the draft says what is live" in page
    again = await editor.post(HOME, form)
    assert (again.status_code, "is a workflow already" in again.text) == (400, True)
    noted = [row["action"] for row in await pool.fetch("select action from audit_entry order by id")]
    assert noted[-2:] == ["added workflow", "committed workflow"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "No Slug"}, "slug"),
        ({"name": ""}, "name"),
        ({"category": "No Category"}, "category"),
        ({"template": "nowhere"}, "template"),
        ({"template": ""}, "template"),
        ({"trigger": "event"}, "events"),
        ({"trigger": "event", "events": "x" * 300}, "events"),
    ],
)
async def test_what_is_wrong_with_a_new_workflow_stands_beside_its_field(
    editor: Browser, pool: Pool, changes: dict[str, str], field: str
) -> None:
    form = {"slug": "purchase", "name": XSS, "category": "transactional", "template": "purchase-made"}
    refused = await editor.post(HOME, {**form, **changes})
    assert refused.status_code == 400
    assert f'aria-describedby="{field}-problem"' in refused.text
    assert ("is required" in refused.text) == ("" in changes.values())
    assert "<script>alert" not in refused.text
    assert await pool.fetchval("select count(*) from workflow") == 0


async def test_a_workflow_is_told_in_steps(editor: Browser, scene: Scene) -> None:
    await save_schema(scene.pool, scene.workspace.id, "bought", SchemaChanges({}), scene.now(), commit="")
    delay = {"node_type": "delay", "properties": {"value": "1d12h"}}
    await save(scene, definition(SEND, delay, SMART, payload_schema={"schema": "bought"}))
    page = (await editor.get(f"{PURCHASE}?side=live")).text
    check_whole(page)
    for told in (
        "When your app triggers <code>purchase</code>",
        f'href="{HOME[:-9]}schemas/bought"',
        "Send on several channels at once",
        f'href="{HOME[:-9]}templates/purchase-made"',
        "Wait 1 day 12 hours",
        "Reminder",
        "the event ORDER_OPENED",
        "1 hour 30 minutes",
    ):
        assert told in page
    smart = page.split("Reminder")[1]
    at_once, ladder = re.findall(r'<p class="channels">(.*?)</p>', smart, re.DOTALL)[:2]
    assert "email" in at_once
    assert "inbox" in at_once
    assert "androidpush" in ladder


async def test_what_cannot_be_told_is_shown_as_it_is_written_with_what_is_wrong_beside_it(
    editor: Browser, scene: Scene
) -> None:
    batch = {"node_type": "batch", "properties": {"mode": "accumulate_all"}}
    nowhere = {"node_type": "send_email", "properties": {"template": "nowhere"}}
    conditions = [{"variable": "plan", "op": "==", "value": "pro"}]
    await save(scene, definition(batch, nowhere, conditions=conditions), commit=None)
    page = unescape((await editor.get(PURCHASE)).text)
    assert '"mode": "accumulate_all"' in page
    assert '"variable": "plan"' in page
    assert "tree.nodes[0].node_type: batch is not supported yet" in page
    assert "<strong>conditions</strong>: trigger conditions" in page
    assert "Commit: make the draft live" not in page


async def test_a_commit_of_a_faulty_draft_shows_each_fault_and_nothing_goes_live(
    editor: Browser, scene: Scene, pool: Pool
) -> None:
    wait = {"node_type": "delay", "properties": {"value": "soon"}}
    colourful = {"node_type": "send_email", "properties": {"template": "purchase-made", "colour": "red"}}
    await save(scene, definition(wait, colourful, trigger_type="event"), commit=None)
    refused = await commit(editor)
    assert refused.status_code == 400
    assert "Nothing went live" in refused.text
    for place in ("trigger_events", "tree.nodes[0].properties.value", "tree.nodes[1].properties.colour"):
        assert place in refused.text
    assert await pool.fetchval("select count(*) from workflow_version") == 0
    assert await pool.fetchval("select count(*) from audit_entry where action = 'committed workflow'") == 0


async def test_a_commit_of_another_draft_than_the_one_that_was_looked_at_is_refused(
    editor: Browser, scene: Scene, pool: Pool
) -> None:
    await save(scene, definition(SEND), commit=None)
    seen = seen_of((await editor.get(PURCHASE)).text)
    await save(scene, definition(SMART), commit=None)
    for deed in ("commit", "discard"):
        await editor.post(f"{PURCHASE}/{deed}", {"seen": seen})
        assert "somebody else changed the draft" in (await editor.get(PURCHASE)).text
    assert await pool.fetchval("select count(*) from workflow_version") == 0


async def test_a_draft_is_discarded_for_what_is_live(editor: Browser, scene: Scene, pool: Pool) -> None:
    await save(scene, definition(SEND))
    await save(scene, definition(SMART), commit=None)
    page = (await editor.get(PURCHASE)).text
    assert re.search(r"diff-added.*ORDER_OPENED", page)
    await editor.post(f"{PURCHASE}/discard", {"seen": seen_of(page)})
    assert "the draft says what is live" in (await editor.get(PURCHASE)).text
    assert await pool.fetchval("select count(*) from audit_entry where action = 'discarded draft of workflow'") == 1


async def test_a_workflow_is_disabled_and_enabled_again(editor: Browser, scene: Scene, pool: Pool) -> None:
    await save(scene, definition(SEND))
    assert "Run it" in (await editor.get(PURCHASE)).text
    await editor.post(f"{PURCHASE}/disable")
    page = (await editor.get(PURCHASE)).text
    assert "nothing new begins" in page
    assert "Run it" not in page
    assert not await pool.fetchval("select is_enabled from workflow")
    await editor.post(f"{PURCHASE}/enable")
    assert await pool.fetchval("select is_enabled from workflow")
    noted = [row["action"] for row in await pool.fetch("select action from audit_entry order by id")]
    assert noted[-2:] == ["disabled workflow", "enabled workflow"]
    assert (await editor.post(f"{HOME}/nothing/disable")).status_code == 404


async def test_a_rollback_makes_a_new_version_and_leaves_the_draft(editor: Browser, scene: Scene, pool: Pool) -> None:
    await save(scene, definition(SEND))
    await save(scene, definition(SMART), commit="second")
    page = (await editor.get(f"{PURCHASE}/versions")).text
    assert "second" in page
    one = (await editor.get(f"{PURCHASE}/versions/1")).text
    assert "Send on several channels at once" in one
    assert re.search(r"diff-added.*ORDER_OPENED", one)
    await editor.post(f"{PURCHASE}/versions/1/restore")
    page = (await editor.get(f"{PURCHASE}/versions")).text
    assert "Version 3 is live; it says what version 1 said." in page
    assert "Back to version 1" in page
    versions = await pool.fetch("select definition::text as said from workflow_version order by version_no")
    assert versions[0]["said"] == versions[2]["said"] != versions[1]["said"]
    assert "ORDER_OPENED" in (await editor.get(f"{PURCHASE}/edit")).text
    await editor.post(f"{PURCHASE}/versions/3/restore")
    assert "says what is live already" in (await editor.get(f"{PURCHASE}/versions")).text
    for number in (9, "9" * 11, "9" * 20):
        assert (await editor.get(f"{PURCHASE}/versions/{number}")).status_code == 404
        assert (await editor.post(f"{PURCHASE}/versions/{number}/restore")).status_code == 404
    assert (await editor.get(f"{PURCHASE}/versions?after={'9' * 18}")).status_code == 200
    assert await pool.fetchval("select count(*) from audit_entry where action = 'rolled back workflow'") == 1


async def test_a_version_that_could_not_go_live_today_is_not_gone_back_to(editor: Browser, scene: Scene) -> None:
    await scene.commit_template("other")
    await save(scene, definition({"node_type": "send_email", "properties": {"template": "other"}}))
    await save(scene, definition(SEND), commit="second")
    await scene.pool.execute("update template set deleted_at = now() where slug = 'other'")
    await editor.post(f"{PURCHASE}/versions/1/restore")
    assert "Nothing was changed" in (await editor.get(f"{PURCHASE}/versions")).text
    assert "version 2" in (await editor.get(PURCHASE)).text


async def test_the_page_has_examples_of_the_call_and_the_latest_requests(editor: Browser, scene: Scene) -> None:
    await scene.pool.execute("""update template set mock_data = '{"first_name": "Ada"}'""")
    await save(scene, definition(SEND))
    await trigger(scene)
    page = unescape((await editor.get(PURCHASE)).text)
    assert f"curl {editor.api.base_url}/trigger/" in page
    assert '"first_name": "Ada"' in page
    assert "client.workflows.trigger(WorkflowTriggerRequest({'workflow': 'purchase'" in page
    assert repr(scene.workspace.key) in page
    assert not [secret for secret in scene.workspace.secrets if secret in page]
    request_id = await scene.pool.fetchval("select id from request")
    assert f"/requests/{request_id}" in page
    assert "/requests?workflow=purchase" in page
    for path in (f"requests/{request_id}", "requests?workflow=purchase"):
        assert (await editor.get(f"/console/demo/{path}")).status_code == 200
    assert f'href="{PURCHASE}"' in (await editor.get(f"/console/demo/requests/{request_id}")).text
    await scene.plan_all()
    run_id = await scene.pool.fetchval("select id from run")
    assert f'href="{PURCHASE}"' in (await editor.get(f"/console/demo/runs/{run_id}")).text
    await save(scene, definition(SEND, trigger_type="event", trigger_events=["A'B"]))
    page = unescape((await editor.get(PURCHASE)).text)
    assert f"curl {editor.api.base_url}/v2/event/" in page
    assert """client.track_event(Event('user-1', "A'B", {'first_name': 'Ada'}))""" in page


async def test_nothing_of_a_hostile_definition_runs(editor: Browser, scene: Scene) -> None:
    hostile = {"node_type": "send_email", "name": XSS[:60], "description": XSS, "properties": {"template": XSS}}
    document = definition(
        {**SEND, "name": XSS[:60], "description": XSS},
        hostile,
        {"node_type": XSS, XSS: XSS},
        name=XSS,
        description=XSS,
        category=XSS,
        tags=[XSS],
        trigger_type="event",
        trigger_events=[XSS],
        payload_schema={"schema": XSS},
        conditions=XSS,
    )
    await save(scene, document, commit=None)
    for path in (
        HOME,
        PURCHASE,
        f"{PURCHASE}?side=live",
        f"{PURCHASE}/edit",
        f"{PURCHASE}/versions",
        f"{PURCHASE}/run",
    ):
        page = (await editor.get(path)).text
        assert "<script>alert" not in page
        check_whole(page)


@pytest.mark.parametrize("document", SHAPELESS)
async def test_whatever_stands_in_a_draft_has_a_page(editor: Browser, scene: Scene, document: Document) -> None:
    await save(scene, document, commit=None)
    for path in (HOME, PURCHASE, f"{PURCHASE}/edit", f"{PURCHASE}/versions", f"{PURCHASE}/run"):
        reply = await editor.get(path)
        assert reply.status_code == 200
        check_whole(reply.text)


async def test_a_viewer_reads_and_changes_nothing(
    signed_in: Callable[[Role], Awaitable[Browser]], scene: Scene
) -> None:
    await save(scene, definition(SEND))
    await save(scene, definition(SMART), commit=None)
    viewer = await signed_in("viewer")
    page = (await viewer.get(PURCHASE)).text
    for button in ("Commit: make", "Discard", "Disable", "Run it"):
        assert button not in page
    assert "Add a workflow" not in (await viewer.get(HOME)).text
    edit = (await viewer.get(f"{PURCHASE}/edit")).text
    assert '<fieldset class="plain" disabled>' in edit
    assert "Save the draft" not in edit
    assert "Roll back" not in (await viewer.get(f"{PURCHASE}/versions")).text
