"""Schemas, and the events and workflows that name them, over the management API (wire.md 6)."""

import pytest
from suprsend_hub.domain.document import Document
from suprsend_hub.store.database import Pool

from hub.tests.api.conftest import assert_refused
from hub.tests.management.conftest import Manager
from hub.tests.management.test_workflows import definition

ORDER = {"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]}


async def put(manager: Manager, slug: str, schema: Document = ORDER, commit: bool = True) -> Document:
    """A schema."""
    query = f"?commit={str(commit).lower()}&commit_message=why"
    saved: Document = await manager.done("POST", f"schema/{slug}/{query}", {"name": slug, "json_schema": schema})
    return saved


async def test_a_schema_goes_live_by_a_commit_and_its_versions_stay(manager: Manager) -> None:
    assert (await put(manager, "order", commit=False))["status"] == "draft"
    assert_refused(await manager.call("GET", "schema/order/?mode=live"), 404, "order", "no live version")
    committed = await manager.done("PATCH", "schema/order/commit/?commit_message=first")
    assert (committed["status"], committed["version_no"], committed["commit_message"]) == ("live", 1, "first")
    await put(manager, "order", {"title": "Second"})
    assert (await manager.done("GET", "schema/order/?version=1"))["json_schema"] == ORDER
    latest = await manager.done("GET", "schema/order/?version=latest")
    assert (latest["version_no"], latest["json_schema"]["title"]) == (2, "Second")
    assert_refused(await manager.call("GET", "schema/order/?version=9"), 404, "version 9")
    assert_refused(await manager.call("GET", "schema/order/?version=newest"), 400, "version")


async def test_every_reply_has_properties(manager: Manager) -> None:
    saved = await put(manager, "empty", {})
    assert saved["json_schema"] == {"type": "object", "properties": {}}
    assert (await manager.done("GET", "schema/empty/?mode=live"))["json_schema"]["properties"] == {}
    (listed,) = (await manager.done("GET", "schema/?mode=live"))["results"]
    assert listed["json_schema"]["properties"] == {}


async def test_the_same_schema_makes_no_new_version(manager: Manager) -> None:
    await put(manager, "order")
    assert (await put(manager, "order"))["version_no"] == 1
    assert (await manager.done("PATCH", "schema/order/commit/"))["version_no"] == 1
    assert_refused(await manager.call("PATCH", "schema/missing/commit/"), 404, "missing")


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        ({"type": "array"}, "json_schema.type"),
        ({"properties": []}, "json_schema.properties"),
        ({"properties": {"a": 1}}, "json_schema.properties.a"),
        ({"properties": {"a": {"type": "text"}}}, "json_schema.properties.a.type"),
        ({"properties": {"a": {"type": {}}}}, "json_schema.properties.a.type"),
        ({"required": "a"}, "json_schema.required"),
        ({"title": 7}, "json_schema.title"),
        ({"allOf": {}}, "json_schema.allOf"),
        ({"anyOf": [True, 3]}, "json_schema.anyOf[1]"),
        ({"additionalProperties": "no"}, "json_schema.additionalProperties"),
        ({"$defs": {"b": {"items": []}}}, "json_schema.$defs.b.items"),
    ],
)
async def test_what_is_no_schema_is_refused_by_its_keyword(manager: Manager, schema: Document, field: str) -> None:
    reply = await manager.call("POST", "schema/order/", {"json_schema": schema})
    assert_refused(reply, 400, f"{field}: ")
    assert_refused(await manager.call("GET", "schema/order/"), 404)


async def test_events_are_described_and_found(manager: Manager) -> None:
    await put(manager, "order")
    events = [
        {"name": "ORDERED", "description": "Bought", "payload_schema": {"schema": "order", "version_no": 1}},
        {"name": "LEFT"},
    ]
    assert (await manager.done("POST", "bulk/event/", {"events": events}))["status"] == "success"
    listed = await manager.done("GET", "event/?limit=1&offset=1")
    assert listed["meta"] == {"count": 2, "limit": 1, "offset": 1}
    (with_schema,) = (await manager.done("GET", "event/?has_linked_schema=true"))["results"]
    assert with_schema == await manager.done("GET", "event/ORDERED/")
    assert with_schema["payload_schema"] == {"schema": "order", "version_no": 1}
    assert (await manager.done("GET", "event/LEFT/"))["payload_schema"] is None
    assert_refused(await manager.call("GET", "event/OTHER/"), 404, "OTHER")
    await manager.done("POST", "bulk/event/", {"events": [with_schema | {"description": "Paid"}]})
    assert (await manager.done("GET", "event/ORDERED/"))["description"] == "Paid"


@pytest.mark.parametrize(
    ("name", "written"),
    [("ORDERED", "ORDERED"), ("a b+c", "a%20b+c"), ("order/paid", "order/paid"), ("order/paid", "order%2Fpaid")],
)
async def test_an_event_is_found_by_any_name(manager: Manager, name: str, written: str) -> None:
    await manager.done("POST", "bulk/event/", {"events": [{"name": name}]})
    for path in (f"event/{written}/", f"event/{written}"):
        assert (await manager.done("GET", path))["name"] == name


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([{"name": ""}], ["events[0].name"]),
        ([{"name": "A"}, {"name": "A"}], ["events[1].name", "twice"]),
        ([{"name": "A"}, {"name": "B", "payload_schema": {"schema": "nowhere"}}], ["events[1].payload_schema"]),
        ([{"name": "A", "payload_schema": {"schema": "order", "version_no": 7}}], ["events[0]", "version 7"]),
        ([{"name": "A", "payload_schema": {"schema": "order", "version": 7}}], ["events[0].payload_schema.version"]),
    ],
)
async def test_faulty_events_are_named_and_none_is_kept(
    manager: Manager, events: list[Document], words: list[str]
) -> None:
    await put(manager, "order")
    assert_refused(await manager.call("POST", "bulk/event/", {"events": events}), 400, *words)
    assert (await manager.done("GET", "event/"))["results"] == []


async def test_schemas_know_the_workflows_and_events_that_name_them(manager: Manager) -> None:
    await manager.make_template()
    await put(manager, "order")
    await put(manager, "unused")
    linked = definition(
        trigger_type="event", trigger_events=["ORDERED"], payload_schema={"schema": "order", "version_no": 1}
    )
    await manager.done("POST", "workflow/ordered/?commit=true", linked)
    await manager.done("POST", "workflow/drafted/", definition(payload_schema={"schema": "order"}))
    await manager.done("POST", "workflow/odd/", definition(payload_schema="order"))
    events = [{"name": "PAID", "payload_schema": {"schema": "order"}}]
    await manager.done("POST", "bulk/event/", {"events": events})
    assert (await manager.done("GET", "event/ORDERED/"))["workflows"] == ["ordered"]
    assert await links(manager, "live") == [(None, [], ["PAID"]), (1, ["ordered"], [])]
    assert await links(manager, "draft") == [(None, ["drafted"], ["PAID"]), (1, ["ordered"], [])]
    beyond = await manager.done("GET", "schema/all/linked/?offset=2")
    assert (beyond["meta"]["count"], beyond["results"]) == (2, [])


async def links(manager: Manager, mode: str) -> list[tuple[int | None, list[str], list[str]]]:
    """Which version of the schema is named by which workflows and events."""
    listed = (await manager.done("GET", f"schema/all/linked/?mode={mode}"))["results"]
    assert {each["slug"] for each in listed} == {"order"}
    assert all(each["json_schema"] == ORDER for each in listed)
    return [(each["version_no"], each["linked_workflows"], each["linked_events"]) for each in listed]


async def test_a_workflow_goes_live_only_with_a_schema_that_is_live(manager: Manager) -> None:
    await manager.make_template()
    await put(manager, "order", commit=False)
    linked = definition(payload_schema={"schema": "order"})
    saved = await manager.done("POST", "workflow/welcome/?commit=true", linked)
    assert saved["validation_result"]["errors"] == [
        "payload_schema: schema 'order' has no live version yet; commit it first"
    ]
    await manager.done("PATCH", "schema/order/commit/")
    assert (await manager.done("PATCH", "workflow/welcome/commit/"))["status"] == "active"


async def test_a_draft_of_an_older_hub_that_is_no_schema_can_not_go_live(manager: Manager, pool: Pool) -> None:
    await put(manager, "order", commit=False)
    async with pool.acquire() as connection:
        await connection.execute('update payload_schema set draft = \'{"properties": {"a": {"pattern": "(("}}}\'')
    assert_refused(await manager.call("PATCH", "schema/order/commit/"), 400, "json_schema.properties.a.pattern: ")


async def test_a_workflow_can_not_name_a_schema_that_is_not_there(manager: Manager) -> None:
    await manager.make_template()
    linked = definition(payload_schema={"schema": "nowhere", "version_no": 2})
    saved = await manager.done("POST", "workflow/welcome/?commit=true", linked)
    assert saved["validation_result"]["errors"] == [
        "payload_schema: there is no schema 'nowhere' with a version 2 in this workspace"
    ]
