"""Cancelling at random points of a large fan-out: once it is answered, nothing more leaves."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from suprsend_hub.actions.cancel import cancel
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Outcome
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.hub import Hub
from suprsend_hub.main import run_worker
from suprsend_hub.store.cancellations import RunFilter

from hub.tests.actions.scene import Scene
from hub.tests.actions.stored_workflow import SEND, commit_workflow, trigger

PEOPLE = 100_000
# Far more than it takes: to plan so many runs is work for a while.
PATIENCE_SECONDS = 250

CROWD = f"""
insert into profile (workspace_id, distinct_id, created_at, updated_at)
    select $1, 'u' || n, now(), now() from generate_series(1, {PEOPLE}) n;
insert into identity (profile_id, channel, provider, value, details, created_at)
    select id, 'email', '', distinct_id || '@example.com', '{{}}', now() from profile where workspace_id = $1;
insert into list_member (list_version_id, distinct_id, since)
    select v.id, p.distinct_id, 0 from list_version v, profile p where v.status = 'live';
update list_version set subscribers_count = {PEOPLE} where status = 'live';
insert into profile (workspace_id, distinct_id, object_type, created_at, updated_at)
    values ($1, 'crowd', 'team', now(), now());
insert into subscription (parent_id, member_id, is_object)
    select t.id, p.id, false from profile t, profile p where t.object_type = 'team' and p.object_type = ''
"""


@pytest.fixture
async def crowd(scene: Scene) -> Scene:
    """A workspace with many people, who all are on a list and subscribe to an object."""
    await scene.fill_list("beta")
    for statement in CROWD.split(";"):
        await scene.pool.execute(statement.replace("$1", str(scene.workspace.id)))
    await scene.pool.execute("analyze")
    return scene


async def broadcast(scene: Scene) -> RunFilter:
    request_id = await scene.broadcast()
    return RunFilter(of_broadcasts=True, execution_id=request_id)


async def tell_an_object(scene: Scene) -> RunFilter:
    await commit_workflow(scene, SEND)
    await trigger(scene, recipients=[{"object_type": "team", "id": "crowd"}], cancellation_key="k")
    return RunFilter(cancellation_key="k")


async def until_no_job_is_left(scene: Scene) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            if not await scene.pool.fetchval("select count(*) from pgqueuer"):
                return
            await asyncio.sleep(0.1)


@pytest.mark.slow
@pytest.mark.timeout(2 * PATIENCE_SECONDS + 60)
@pytest.mark.parametrize("fan_out", [broadcast, tell_an_object])
@pytest.mark.parametrize("planned", [0, random.randrange(1, 3_000)], ids=["at-first", "at-random"])
async def test_nothing_leaves_after_an_acknowledged_cancel(
    hub: Hub, crowd: Scene, fan_out: Callable[[Scene], Awaitable[RunFilter]], planned: int
) -> None:
    begun: list[str] = []
    reached = asyncio.Event()

    async def deliver(account: VendorAccount, message: OutgoingMessage) -> Outcome:
        begun.append(message.id)
        if len(begun) >= planned:
            reached.set()
        return await crowd.recorder.deliver(account, message)

    async with run_worker(hub, deliver):
        narrowed = await fan_out(crowd)
        if planned:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await reached.wait()
        else:
            await asyncio.sleep(random.uniform(0, 0.5))
        assert await cancel(crowd.pool, crowd.workspace.id, narrowed, crowd.now()), planned
        sent = len(begun)
        await until_no_job_is_left(crowd)
    assert len(begun) == sent < PEOPLE
    assert len(set(begun)) == sent
    rows = await crowd.pool.fetch("select status, count(*) from message where channel = 'email' group by status")
    ended = {row["status"]: row["count"] for row in rows}
    assert ended.get("sent_by_vendor", 0) == sent
    assert ended.keys() <= {"sent_by_vendor", "not_to_be_triggered"}
