"""Claiming, the write that every message pays for: it leaves the indexes as they are where it can."""

from suprsend_hub.domain.message import STATUSES, UNSETTLED
from suprsend_hub.store.claims import Hold, claim_messages

from hub.tests.actions.scene import Scene, trigger_body

_IN_PLACE = "select pg_stat_get_xact_tuples_hot_updated('message'::regclass)"


async def test_most_claims_write_nothing_into_indexes(scene: Scene) -> None:
    await scene.accept(*(trigger_body(idempotency_key=f"k{each}") for each in range(20)))
    await scene.plan_all()
    ids = await scene.pool.fetchval("select array_agg(id) from message")
    async with scene.pool.acquire() as connection, connection.transaction():
        claimed = await claim_messages(connection, scene.workspace.id, ids, Hold(0, 0, "claim"), scene.now())
        assert len(claimed) == len(ids) >= 20
        # All for which their page has room, that is; a column that an index goes by would make it none.
        assert await connection.fetchval(_IN_PLACE) > len(ids) / 2


async def test_what_indexes_go_by_is_what_the_states_say(scene: Scene) -> None:
    await scene.go_through(trigger_body())
    for status in STATUSES:
        await scene.pool.execute("update message set status = $1", status)
        rows = await scene.pool.fetch("select is_unsettled, is_with_vendor, is_failed from message")
        has_failed = status in ("trigger_failed", "delivery_failure")
        assert {*map(tuple, rows)} == {(status in UNSETTLED, status == "sent_by_vendor", has_failed)}
