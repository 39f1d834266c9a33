"""Payloads are held against the schemas of workflows and events, in the transaction that takes them."""

from typing import Any

import msgspec
from suprsend_hub.actions.accept import Receipt
from suprsend_hub.actions.edit_payload_schema import SchemaChanges, describe_events, save_schema
from suprsend_hub.actions.erase import erase
from suprsend_hub.actions.explain import explain
from suprsend_hub.actions.export_user import export_user
from suprsend_hub.actions.merge_users import merge_users
from suprsend_hub.actions.record import Batch, record
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.event import read_record
from suprsend_hub.domain.fault import SchemaMismatch
from suprsend_hub.domain.payload_schema import PayloadSchema
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.store.event_definitions import NewDefinition

from .scene import Scene
from .stored_workflow import SEND, commit_workflow, trigger

TOTAL = {"properties": {"total": {"type": "number"}}, "required": ["total"]}
NOTHING_ASKED: Document = {"properties": {}}


async def commit_schema(scene: Scene, json_schema: Document, *, slug: str = "order", commit: str | None = "") -> None:
    """A schema, live unless `commit` is None."""
    await save_schema(scene.pool, scene.workspace.id, slug, SchemaChanges(json_schema), scene.now(), commit=commit)


async def describe(scene: Scene, name: str, schema: PayloadSchema | None) -> None:
    """An event that follows a schema, or none any more."""
    await describe_events(scene.pool, scene.workspace.id, [NewDefinition(name, "", schema)], scene.now())


async def track(scene: Scene, *events: Document) -> list[str | SchemaMismatch]:
    """What became of each event of one call."""
    whole = [{"event": "ORDERED", "distinct_id": "u1", **each} for each in events]
    records = tuple(read_record(msgspec.json.encode(each)) for each in whole)
    (results,) = await record(scene.pool, [Batch(scene.workspace.id, records)], scene.now())
    return list(results)


async def refusals(scene: Scene, *payloads: Document) -> list[str | None]:
    """What the workflow's schema has against each."""
    results = [await trigger(scene, data=each) for each in payloads]
    return [None if isinstance(each, Receipt) else each.message for each in results]


async def test_the_live_version_counts_where_none_is_named(scene: Scene) -> None:
    await commit_schema(scene, NOTHING_ASKED)
    await commit_workflow(scene, SEND, schema={"schema": "order"})
    assert await refusals(scene, {}) == [None]
    await commit_schema(scene, TOTAL, commit=None)
    assert await refusals(scene, {}) == [None]
    await commit_schema(scene, TOTAL)
    assert await refusals(scene, {}, {"total": 3}) == ["data.total: is required", None]
    assert await scene.pool.fetchval("select count(*) from request") == 3


async def test_the_version_that_is_named_counts_whatever_is_live(scene: Scene) -> None:
    await commit_schema(scene, TOTAL)
    await commit_schema(scene, NOTHING_ASKED)
    await commit_workflow(scene, SEND, schema={"schema": "order", "version_no": 1})
    assert await refusals(scene, {"total": "x"}) == ["data.total: 'x' is not of type \"number\""]
    await commit_workflow(scene, SEND, schema={"schema": "order", "version_no": 2})
    assert await refusals(scene, {"total": "x"}) == [None]


async def test_a_version_that_an_older_hub_kept_and_that_can_not_be_applied_is_left_aside(scene: Scene) -> None:
    await commit_schema(scene, TOTAL)
    await scene.pool.execute('update payload_schema_version set json_schema = \'{"$ref": "http://127.0.0.1:9/"}\'')
    await commit_workflow(scene, SEND, schema={"schema": "order"})
    assert await refusals(scene, {}) == [None]


async def test_an_event_is_held_against_its_schema_and_the_others_are_kept(scene: Scene) -> None:
    await commit_schema(scene, TOTAL)
    await describe(scene, "ORDERED", PayloadSchema("order"))
    first, second, third = await track(
        scene,
        {"properties": {"total": 1, "$ss_sdk_version": "x"}},
        {"properties": {"total": "much"}},
        {"event": "LEFT"},
    )
    assert isinstance(first, str)
    assert isinstance(third, str)
    assert isinstance(second, SchemaMismatch)
    assert second.message == "properties.total: 'much' is not of type \"number\""
    assert {row["id"] for row in await scene.pool.fetch("select id from event")} == {first, third}
    await describe(scene, "ORDERED", None)
    assert all(isinstance(each, str) for each in await track(scene, {"properties": {}}))


async def test_what_was_refused_may_come_again_with_the_same_key(scene: Scene) -> None:
    await commit_schema(scene, TOTAL)
    await describe(scene, "ORDERED", PayloadSchema("order", 1))
    for properties, kept in (({}, 0), ({"total": 1}, 1), ({"total": 2}, 1)):
        await track(scene, {"properties": properties, "$insert_id": "i1"})
        assert await scene.pool.fetchval("select count(*) from event") == kept


async def test_a_workflow_that_an_event_does_not_fit_is_not_begun_and_says_why(scene: Scene) -> None:
    await commit_schema(scene, TOTAL)
    await commit_workflow(scene, SEND, events=("ORDERED",), schema={"schema": "order"})
    results = await track(scene, {"properties": {"total": "much"}}, {"properties": {"total": 1}})
    assert all(isinstance(each, str) for each in results)
    assert await scene.pool.fetchval("select count(*) from event") == 2
    states = await scene.pool.fetch("select state, failure_code from request order by state")
    assert [tuple(each) for each in states] == [("accepted", None), ("failed", "schema_mismatch")]
    assert len(await scene.jobs()) == 1
    explained = await why_failed(scene)
    assert explained["request"]["failure_reason"] == "properties.total: 'much' is not of type \"number\""
    assert "was not begun: what the event carries is not what" in explained["request"]["sentence"]
    assert explained["runs"] == []


async def test_a_file_that_can_not_be_read_fails_its_workflow_and_no_other_call(scene: Scene) -> None:
    await commit_workflow(scene, SEND, events=("ORDERED",))
    odd, good = (
        Batch(scene.workspace.id, (read_record(msgspec.json.encode({"event": "ORDERED", "distinct_id": "u1"} | each)),))
        for each in ({"properties": {"$attachments": "x"}}, {})
    )
    assert len(await record(scene.pool, [odd, good], scene.now())) == 2
    assert await scene.pool.fetchval("select count(*) from request where state = 'accepted'") == 1
    request = (await why_failed(scene))["request"]
    assert request["failure_code"] == "attachment"
    assert request["failure_reason"].startswith("properties.$attachments: ")


async def test_whoever_is_erased_leaves_nothing_in_what_was_not_begun(scene: Scene) -> None:
    await commit_schema(scene, TOTAL)
    await commit_workflow(scene, SEND, events=("ORDERED",), schema={"schema": "order"})
    await track(scene, {"properties": {"total": "secret words"}})
    assert await erase(scene.pool, scene.workspace.id, ProfileKey("u1"), scene.now())
    left = str([tuple(row) for row in await scene.pool.fetch("select * from request")])
    assert "secret words" not in left
    assert "u1" not in left
    assert (await why_failed(scene))["request"]["failure_reason"] is None


async def test_what_was_not_begun_is_exported_and_goes_with_its_person(scene: Scene) -> None:
    await commit_schema(scene, TOTAL)
    await commit_workflow(scene, SEND, events=("ORDERED",), schema={"schema": "order"})
    await track(scene, {"event": "$identify"}, {"properties": {"total": "much"}})
    text = "".join([part async for part in export_user(scene.pool, scene.workspace.id, "u1")])
    [request] = msgspec.json.decode(text)["requests"]
    assert request["body"]["data"] == {"total": "much"}
    await merge_users(scene.pool, scene.workspace.id, ProfileKey("u1"), ProfileKey("u2"), scene.now())
    [row] = await scene.pool.fetch("select actor_id, body from request")
    assert (row["actor_id"], msgspec.json.decode(row["body"])["recipients"]) == ("u2", ["u2"])


async def why_failed(scene: Scene) -> dict[str, Any]:
    """The explanation of the request that failed."""
    found = await explain(
        scene.pool, await scene.pool.fetchval("select id from request where state = 'failed'"), scene.now()
    )
    assert found is not None
    return found
