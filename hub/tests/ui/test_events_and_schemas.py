"""The pages of events and of schemas: what they say, and who names them."""

import re
from collections.abc import Awaitable, Callable
from html import unescape

import pytest
from suprsend_hub.actions.edit_payload_schema import SchemaChanges, describe_events, save_schema
from suprsend_hub.domain.payload_schema import PayloadSchema
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.event_definitions import NewDefinition

from hub.tests.actions.scene import Scene
from hub.tests.ui.browser import Browser
from hub.tests.ui.test_pages import XSS, check_whole
from hub.tests.ui.test_workflows import SEND, definition, save

EVENTS, SCHEMAS = "/console/demo/events", "/console/demo/schemas"


async def describe(scene: Scene, name: str, link: PayloadSchema | None = None, description: str = "") -> None:
    """An event with what is said of it."""
    definitions = [NewDefinition(name, description, link)]
    await describe_events(scene.pool, scene.workspace.id, definitions, scene.now())


async def write(scene: Scene, name: str = "amount", commit: str | None = "first") -> None:
    """A schema of an object with one property."""
    document = {"type": "object", "properties": {name: {"type": "number"}}}
    changes = SchemaChanges(document, "Order", "What an order carries")
    await save_schema(scene.pool, scene.workspace.id, "order", changes, scene.now(), commit=commit)


@pytest.fixture
async def viewer(signed_in: Callable[[Role], Awaitable[Browser]], scene: Scene) -> Browser:
    """A viewer of a workspace whose template is live."""
    return await signed_in("viewer")


async def test_an_event_tells_what_it_carries_and_what_it_sets_off(viewer: Browser, scene: Scene) -> None:
    await write(scene)
    await describe(scene, "ORDER/PLACED", PayloadSchema("order", 1), "Somebody bought")
    await save(scene, definition(SEND, trigger_type="event", trigger_events=["ORDER/PLACED", "OTHER"]))
    page = (await viewer.get(EVENTS)).text
    for told in ("ORDER%2FPLACED", "OTHER", "Somebody bought", "schemas/order?version=1", "workflows/purchase"):
        assert told in page
    page = unescape((await viewer.get(f"{EVENTS}/ORDER%2FPLACED")).text)
    for told in ("Somebody bought", '"amount": {', "workflows/purchase", "version 1"):
        assert told in page
    other = (await viewer.get(f"{EVENTS}/OTHER")).text
    assert "What it carries" not in other
    assert (await viewer.get(f"{EVENTS}/nothing")).status_code == 404


async def test_an_event_whose_schema_was_never_committed_says_so(viewer: Browser, scene: Scene) -> None:
    await write(scene, commit=None)
    await describe(scene, "ORDERED", PayloadSchema("order"))
    assert "Its schema has no such version" in (await viewer.get(f"{EVENTS}/ORDERED")).text


async def test_a_schema_has_its_draft_its_versions_and_who_names_it(viewer: Browser, scene: Scene) -> None:
    await write(scene)
    await write(scene, "total", "second")
    await write(scene, "sum", None)
    await describe(scene, "ORDERED", PayloadSchema("order"))
    await save(scene, definition(SEND, payload_schema={"schema": "order", "version_no": 1}))
    await save(scene, definition(SEND, payload_schema={"schema": "order"}), "drafted", commit=None)
    page = (await viewer.get(SCHEMAS)).text
    assert all(each in page for each in ("live, version 2", "draft differs", "What an order carries"))
    draft = unescape((await viewer.get(f"{SCHEMAS}/order")).text)
    assert '"sum": {' in draft
    assert all(each in draft for each in ("first", "second", "version 2 is live"))
    rows = re.findall(r"<tr>(.*?)</tr>", draft.split("Who names it")[-1], re.DOTALL)[1:]
    assert [re.sub(r"<[^>]+>", " ", row).split() for row in rows] == [
        ["purchase", "workflow", "1"],
        ["ORDERED", "event", "latest"],
    ]
    assert 'href="/console/demo/events/ORDERED"' in draft
    assert '"amount": {' in unescape((await viewer.get(f"{SCHEMAS}/order?version=1")).text)
    assert (await viewer.get(f"{SCHEMAS}/order?version=9")).status_code == 404
    assert (await viewer.get(f"{SCHEMAS}/nothing")).status_code == 404


@pytest.mark.parametrize("kind", ["events", "schemas"])
async def test_the_lists_lead_on_from_their_beginning(viewer: Browser, scene: Scene, kind: str) -> None:
    statements = {
        "events": "insert into event_definition (workspace_id, name) select $1, 'E&' || lpad(n::text, 3, '0')",
        "schemas": "insert into payload_schema (workspace_id, slug, name, draft, draft_hash)"
        " select $1, 's-' || lpad(n::text, 3, '0'), 's', '{}', ''",
    }
    await scene.pool.execute(f"{statements[kind]} from generate_series(1, 60) n", scene.workspace.id)
    first = (await viewer.get(f"/console/demo/{kind}")).text
    way_on = re.search(r'href="([^"]+)" rel="next"', first)
    assert way_on
    assert "050" in first
    assert "051" not in first
    second = (await viewer.get(f"/console/demo/{kind}{unescape(way_on[1])}")).text
    assert "051" in second
    assert "050<" not in second
    assert "First" in second


async def test_names_are_shown_as_they_are(viewer: Browser, scene: Scene) -> None:
    await write(scene, XSS)
    await describe(scene, XSS, PayloadSchema("order"), XSS)
    address = re.search(rf'href="({EVENTS}/[^"]+)"', (await viewer.get(EVENTS)).text)
    assert address
    for path in (EVENTS, unescape(address[1]), SCHEMAS, f"{SCHEMAS}/order"):
        reply = await viewer.get(path)
        assert reply.status_code == 200
        assert "<script>alert" not in reply.text
        check_whole(reply.text)


async def test_a_workspace_without_any_says_how_they_come(viewer: Browser) -> None:
    assert "No events yet" in (await viewer.get(EVENTS)).text
    assert "No schemas yet" in (await viewer.get(SCHEMAS)).text
    assert "Back to the first" in (await viewer.get(f"{EVENTS}?after=z")).text
