"""The editor of a workflow's draft, in a browser with scripts and in one without."""

from collections.abc import Awaitable, Callable
from html import unescape

import msgspec
import pytest
from playwright.async_api import Page
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.database import Pool

from hub.tests.actions.scene import Scene
from hub.tests.conftest import Reply
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_workflows import PURCHASE, SEND, SMART, definition, save, seen_of

EDIT = f"{PURCHASE}/edit"
DRAFT = "select draft::text from workflow"


@pytest.fixture
async def editor(signed_in: Callable[[Role], Awaitable[Browser]], scene: Scene) -> Browser:
    """An editor of a workspace that has a draft of a workflow."""
    await save(scene, definition(SEND), commit=None)
    return await signed_in("editor")


async def type_in(editor: Browser, text: object, seen: str | None = None, deed: str = "edit") -> Reply:
    """The answer to the editor's form with this text."""
    typed = text if isinstance(text, str) else msgspec.json.encode(text).decode()
    mark = seen_of((await editor.get(EDIT)).text) if seen is None else seen
    return await editor.post(f"{PURCHASE}/{deed}", {"definition": typed, "seen": mark})


async def test_what_was_typed_becomes_the_draft_without_what_replies_add(editor: Browser, pool: Pool) -> None:
    typed = definition(SEND, SMART)
    saved = await type_in(editor, {**typed, "slug": "another", "status": "active", "hash": "x"})
    assert saved.headers["location"] == EDIT
    assert msgspec.json.decode(await pool.fetchval(DRAFT)) == typed
    page = (await editor.get(EDIT)).text
    assert "It runs once it is committed." in page
    assert "Nothing is wrong with it." in page
    assert "ORDER_OPENED" in page
    assert await pool.fetchval("select count(*) from audit_entry where action = 'changed draft of workflow'") == 1


async def test_saving_what_nobody_touched_changes_nothing(editor: Browser, pool: Pool) -> None:
    before = await pool.fetchval(DRAFT)
    page = (await editor.get(EDIT)).text
    text = unescape(page.split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0])
    assert (await type_in(editor, text.replace("\n", "\r\n"), seen_of(page))).status_code == 303
    assert await pool.fetchval(DRAFT) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n  "name": "a",\n  "tree": <b>\n}', "in line 3: '\"tree\": <b>'"),
        ("{", "is not valid JSON"),
        ("[1]", "definition"),
        ("", "is not valid JSON"),
        ('{"name": "\\u0000"}', "NUL"),
        ('{"a":' * 150 + "1" + "}" * 150, "nested too deeply"),
    ],
)
async def test_what_is_no_definition_is_kept_as_it_was_typed_and_saves_nothing(
    editor: Browser, pool: Pool, text: str, said: str
) -> None:
    before = await pool.fetchval(DRAFT)
    refused = await type_in(editor, text)
    assert refused.status_code == 400
    assert "Nothing was saved." in refused.text
    assert said in unescape(refused.text)
    assert f">{text}</textarea>" in unescape(refused.text)
    assert "<b>" not in refused.text
    assert await pool.fetchval(DRAFT) == before


async def test_a_faulty_draft_is_saved_with_each_fault_and_its_place(editor: Browser) -> None:
    nowhere = {"node_type": "send_email", "properties": {"template": "nowhere"}}
    wait = {"node_type": "delay", "properties": {"value": "soon"}}
    await type_in(editor, definition(wait, nowhere, trigger_type="event", shade="red"))
    page = (await editor.get(EDIT)).text
    assert "1 fault keeps it from going live." in page
    assert "<strong>shade</strong>" in page
    await type_in(editor, definition(wait, nowhere, trigger_type="event"))
    page = unescape((await editor.get(EDIT)).text)
    assert "2 faults keep it from going live." in page
    assert "<strong>trigger_events</strong>" in page
    assert "tree.nodes[0].properties.value: 'soon' is not a duration" in page
    await type_in(editor, definition(nowhere))
    assert "template 'nowhere' does not exist" in unescape((await editor.get(EDIT)).text)


async def test_a_check_tells_of_what_was_typed_and_keeps_nothing(editor: Browser, pool: Pool) -> None:
    before = await pool.fetchval(DRAFT)
    typed = definition({"node_type": "batch"})
    whole = await type_in(editor, typed, deed="check")
    assert "tree.nodes[0].node_type" in whole.text
    assert "<html" in whole.text
    fields = {"definition": msgspec.json.encode(typed).decode()}
    part = await editor.post(f"{PURCHASE}/check", fields, HX_Request="true")
    assert "tree.nodes[0].node_type" in part.text
    assert "<html" not in part.text
    assert await pool.fetchval(DRAFT) == before


async def test_whoever_saves_over_somebody_else_is_told_and_saves_nothing(editor: Browser, pool: Pool) -> None:
    seen = seen_of((await editor.get(EDIT)).text)
    await type_in(editor, definition(SEND, name="Theirs"), seen)
    refused = await type_in(editor, definition(SEND, name="Mine"), seen)
    assert refused.status_code == 409
    assert "somebody else changed the draft" in refused.text
    lines = {line.split("<code>")[1] for line in unescape(refused.text).split("\n") if "diff-line" in line}
    assert {'  "name": "Theirs",</code></div>', '  "name": "Mine",</code></div>'} <= lines
    assert "Theirs" in await pool.fetchval(DRAFT)
    assert (await type_in(editor, definition(SEND, name="Mine"), seen_of(refused.text))).status_code == 303
    assert "Mine" in await pool.fetchval(DRAFT)


async def test_what_is_wrong_shows_while_it_is_typed(page: Page, scene: Scene) -> None:
    await save(scene, definition(SEND), commit=None)
    await page.goto(EDIT)
    await page.wait_for_selector("text=Nothing is wrong with it.")
    assert await page.locator(".code-handlebars").first.text_content() == '"name"'
    await page.evaluate("window.loadedOnce = true")
    await page.fill("#definition", '{\n"name": <img src=x onerror=alert(1)>}')
    await page.wait_for_selector("#preview :text('in line 2')")
    await page.fill("#definition", msgspec.json.encode(definition(SEND, {"node_type": "batch"})).decode())
    await page.wait_for_selector("#preview :text('tree.nodes[1].node_type')")
    await page.fill("#definition", msgspec.json.encode(definition(SMART)).decode())
    await page.wait_for_selector("#preview :text('1 hour 30 minutes')")
    assert await page.evaluate("window.loadedOnce") is True
    await page.click("text=Save the draft >> nth=0")
    await page.wait_for_selector("text=The draft was saved.")
