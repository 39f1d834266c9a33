"""Recording: events kept once, profile edits in order and in effect at once."""

import asyncio
from typing import Any

import msgspec
from suprsend_hub.actions.record import Batch, record
from suprsend_hub.domain.event import read_record
from suprsend_hub.domain.profile import ProfileKey
from suprsend_hub.store.profiles import read_profiles

from .scene import Scene


async def send(scene: Scene, *documents: dict[str, Any]) -> list[Any]:
    """Record documents; what their caller is told of each."""
    records = tuple(read_record(msgspec.json.encode(each)) for each in documents)
    (told,) = await record(scene.pool, [Batch(scene.workspace.id, records)], scene.now())
    return list(told)


def edit(*operations: dict[str, Any], insert_id: str | None = None, distinct_id: str = "u1") -> dict[str, Any]:
    return {"distinct_id": distinct_id, "$insert_id": insert_id, "$user_operations": list(operations)}


async def test_an_event_is_stored_once_for_its_insert_id(scene: Scene) -> None:
    event = {"event": "Product Viewed", "distinct_id": "u1", "properties": {"a": 1}, "$insert_id": "i1"}
    await send(scene, event, event)
    await send(scene, event)
    rows = await scene.pool.fetch("select name, distinct_id, properties from event")
    assert [tuple(row) for row in rows] == [("Product Viewed", "u1", '{"a":1}')]


async def test_a_record_that_comes_again_is_answered_with_the_id_of_then(scene: Scene) -> None:
    event = {"event": "Product Viewed", "distinct_id": "u1", "$insert_id": "i1"}
    other = {"event": "Product Viewed", "distinct_id": "u1", "$insert_id": "i2"}
    without = {"event": "Product Viewed", "distinct_id": "u1"}
    first, same, second, third = await send(scene, event, event, other, edit({"$set": {"a": 1}}, insert_id="i3"))
    assert first == same
    assert len({first, second, third}) == 3
    again = await send(scene, without, edit({"$set": {"a": 1}}, insert_id="i3"), other, event, without)
    assert again[1:4] == [third, second, first]
    assert len({*again, first, second, third}) == 5
    assert await scene.pool.fetchval("select count(*) from event where id = any($1)", again) == 4


async def test_a_record_that_comes_again_after_a_day_is_new(scene: Scene) -> None:
    event = {"event": "Product Viewed", "distinct_id": "u1", "$insert_id": "i1"}
    [first] = await send(scene, event)
    await scene.pool.execute("update idempotency set accepted_at = accepted_at - interval '24 hours 1 second'")
    [second] = await send(scene, event)
    assert second != first
    assert await send(scene, event) == [second]


async def test_a_record_from_before_ids_were_kept_still_counts_once(scene: Scene) -> None:
    event = {"event": "Product Viewed", "distinct_id": "u1", "$insert_id": "i1"}
    await send(scene, event)
    await scene.pool.execute("update idempotency set record_id = null")
    assert len(await send(scene, event)) == 1
    assert await scene.pool.fetchval("select count(*) from event") == 1


async def test_edits_take_effect_in_order(scene: Scene) -> None:
    await send(
        scene,
        edit({"$append": {"$email": "a@example.com"}}, {"$set": {"city": "Turin"}}),
        edit({"$add": {"orders": 2}}, {"$remove": {"$email": "a@example.com"}}),
        edit({"$append": {"$email": "b@example.com"}}),
    )
    await send(scene, edit({"$add": {"orders": 1}}, {"$unset": ["city"]}))
    async with scene.pool.acquire() as connection:
        found = await read_profiles(connection, scene.workspace.id, [ProfileKey("u1")])
    assert found[ProfileKey("u1")].profile.properties == {"orders": 3}
    assert [each.value for each in found[ProfileKey("u1")].profile.identities] == ["b@example.com"]


async def test_an_edit_that_comes_twice_counts_once(scene: Scene) -> None:
    twice = edit({"$add": {"orders": 1}}, insert_id="i1")
    await send(scene, twice)
    await send(scene, twice)
    assert await scene.pool.fetchval("select properties::text from profile") == '{"orders":1}'


async def test_edits_of_the_same_people_at_once_lose_nothing(scene: Scene) -> None:
    people = ["u1", "u2", "u3"]

    async def one(turn: int) -> None:
        order = people if turn % 2 else people[::-1]
        await send(scene, *(edit({"$add": {"count": 1}}, distinct_id=each) for each in order))

    await asyncio.gather(*(one(turn) for turn in range(20)))
    rows = await scene.pool.fetch("select properties::text as found from profile")
    assert [row["found"] for row in rows] == ['{"count":20}'] * 3
