"""The worker: runs what is due and nothing earlier, survives its database, and leaves nothing behind."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.domain.models import Job
from pgqueuer.domain.types import JobId
from suprsend_hub.actions.create_workspace import create_workspace
from suprsend_hub.config import Settings
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.embedded import EmbeddedDatabase
from suprsend_hub.hub import Hub, open_hub
from suprsend_hub.main import run_worker
from suprsend_hub.store.database import open_pool
from suprsend_hub.store.message_log import list_overdue
from suprsend_hub.store.migrating import migrate
from suprsend_hub.store.queue import queries_of
from suprsend_hub.store.sealing import make_master_key
from suprsend_hub.store.vendors import put_vendor

from hub.tests.actions.scene import Scene, trigger_body
from hub.tests.conftest import THROWAWAY


async def until_ended(scene: Scene, count: int) -> list[dict[str, Any]]:
    """The messages, once there are so many and each has reached an end."""
    async with asyncio.timeout(60):
        while True:
            messages = await scene.messages()
            waiting = [each for each in messages if each["status"] in ("to_be_triggered", "triggered")]
            if len(messages) >= count and not waiting:
                return messages
            await asyncio.sleep(0.05)


async def until_each_job_has_run(scene: Scene) -> None:
    """Until no job is left that no worker has looked at."""
    while True:
        if not await scene.pool.fetchval("select count(*) from pgqueuer where attempts = 0 and status = 'queued'"):
            return
        await asyncio.sleep(0.05)


def people(count: int, **fields: Any) -> list[dict[str, Any]]:
    """So many recipients of mails."""
    return [{"distinct_id": f"u{number}", "$email": [f"u{number}@example.com"], **fields} for number in range(count)]


async def test_what_is_due_runs_and_what_is_not_waits(hub: Hub, scene: Scene) -> None:
    async with run_worker(hub, scene.recorder.deliver):
        await scene.accept(trigger_body(delay="1h"))
        await scene.accept(trigger_body(delay=2))
        began = time.monotonic()
        await until_ended(scene, 2)
        assert time.monotonic() - began > 1
    assert len(scene.recorder.sent) == 1
    assert len(await scene.jobs()) == 1


async def test_a_broadcast_reaches_everyone_on_its_list(hub: Hub, scene: Scene) -> None:
    everybody = [f"u{number}" for number in range(1200)]
    await scene.fill_list("beta", *everybody)
    async with run_worker(hub, scene.recorder.deliver):
        await scene.broadcast()
        messages = await until_ended(scene, len(everybody))
    assert sorted(each["distinct_id"] for each in messages) == sorted(everybody)
    assert await scene.jobs() == []


async def test_two_workers_share_the_work(hub: Hub, scene: Scene) -> None:
    async with (
        run_worker(hub, scene.recorder.deliver),
        run_worker(replace(hub, stopping=asyncio.Event()), scene.recorder.deliver),
    ):
        for start in range(0, 500, 100):
            await scene.accept(trigger_body(users=people(500)[start : start + 100]))
        await until_ended(scene, 1000)
    assert len(scene.recorder.sent) == 500
    assert len({message.id for _, message in scene.recorder.sent}) == 500
    assert await scene.jobs() == []


@pytest.mark.slow
async def test_the_database_may_go_away_and_come_back(hub: Hub, scene: Scene) -> None:
    async with run_worker(hub, scene.recorder.deliver):
        for start in range(0, 1000, 100):
            await scene.accept(trigger_body(users=people(1000)[start : start + 100]))
            # What a restart of the server does to its clients, in the middle of their work.
            await scene.pool.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        messages = await until_ended(scene, 2000)
    assert {each["status"] for each in messages} == {"sent_by_vendor"}
    assert len({message.id for _, message in scene.recorder.sent}) == 1000


@pytest.mark.slow
async def test_a_job_that_fails_while_the_database_is_away_runs_again_once_it_is_back(folder: Path) -> None:
    """Nobody can be told that it failed then; it must not stay held for somebody to see to it."""
    server = EmbeddedDatabase(folder, THROWAWAY)
    url = await server.__aenter__()
    settings = Settings(database_url=url, master_key=make_master_key(), port=0, heartbeat_seconds=2)
    pool = await open_pool(url)
    await migrate(pool)
    await pool.close()
    async with open_hub(settings) as hub:
        workspace = (await create_workspace(hub.pool, hub.vault, "demo")).workspace
        scene = await Scene(hub.pool, hub.vault, workspace).prepare()
        begun, is_away = asyncio.Event(), asyncio.Event()

        async def deliver(account: VendorAccount, message: OutgoingMessage) -> Outcome:
            begun.set()
            await is_away.wait()
            raise ConnectionRefusedError

        stopped = replace(hub, stopping=asyncio.Event())
        async with run_worker(stopped, deliver):
            await scene.accept(trigger_body(users=people(1, **{"$channels": ["email"]})))
            await begun.wait()
            await server.__aexit__(None, None, None)
            is_away.set()
            # As long as it takes to find that the retry can't be written down either.
            await asyncio.sleep(1)
            server = EmbeddedDatabase(folder, THROWAWAY)
            assert await server.__aenter__() == url
        async with run_worker(hub, scene.recorder.deliver):
            [message] = await until_ended(scene, 1)
    await server.__aexit__(None, None, None)
    assert (message["status"], len(scene.recorder.sent)) == ("sent_by_vendor", 1)


async def test_a_slow_vendor_holds_up_nobody_else(hub: Hub, scene: Scene) -> None:
    released, pushed = asyncio.Event(), asyncio.Event()

    async def deliver(account: VendorAccount, message: OutgoingMessage) -> Outcome:
        if message.channel == "email":
            await released.wait()
        outcome = await scene.recorder.deliver(account, message)
        if len(scene.recorder.sent) == 300:
            pushed.set()
        return outcome

    async with run_worker(hub, deliver):
        users = people(300, **{"$channels": ["email", "androidpush"], "$androidpush": ["token"]})
        for start in range(0, 300, 100):
            await scene.accept(trigger_body(users=users[start : start + 100]))
        async with asyncio.timeout(30):
            await pushed.wait()
        assert not [1 for vendor, _ in scene.recorder.sent if vendor == "smtp"]
        released.set()
        await until_ended(scene, 600)


@pytest.mark.slow
async def test_a_vendor_that_hangs_holds_up_no_other_workspace(hub: Hub, scene: Scene) -> None:
    """On the same channel, with the same urgency, and with a backlog that would fill every place."""
    other = Scene(hub.pool, hub.vault, (await create_workspace(hub.pool, hub.vault, "other")).workspace)
    await other.prepare()
    released, hangs, passed = asyncio.Event(), asyncio.Event(), asyncio.Event()
    hanging: list[str] = []

    async def deliver(account: VendorAccount, message: OutgoingMessage) -> Outcome:
        if message.content["subject"] == "Thanks, hang":
            hanging.append(message.id)
            if len(hanging) == 12:
                hangs.set()
            await released.wait()
        outcome = await scene.recorder.deliver(account, message)
        if len(scene.recorder.sent) == 300:
            passed.set()
        return outcome

    few = replace(hub, settings=hub.settings.model_copy(update={"send_places": 16, "jobs_at_once": 2}))
    async with run_worker(few, deliver):
        for start in range(0, 2000, 100):
            users = people(2000, **{"$channels": ["email"]})[start : start + 100]
            await scene.accept(trigger_body(users=users, data={"first_name": "hang"}))
        async with asyncio.timeout(60):
            await hangs.wait()
        for start in range(0, 300, 100):
            await other.accept(trigger_body(users=people(300, **{"$channels": ["email"]})[start : start + 100]))
        async with asyncio.timeout(60):
            await passed.wait()
        assert len(hanging) == 12
        released.set()
        await until_ended(scene, 2300)
    assert len({message.id for _, message in scene.recorder.sent}) == 2300


@pytest.mark.slow
async def test_a_vendor_that_hangs_holds_up_no_other_tenant(hub: Hub, scene: Scene) -> None:
    """In one workspace, on one channel, with many more jobs waiting than the worker may have in hand."""
    for tenant in ("slow", "fast"):
        account = VendorAccount(0, 0, "email", "smtp", tenant, 0, 0.0, {"secret": "x"}, tenant_id=tenant)
        async with scene.pool.acquire() as connection:
            await put_vendor(connection, scene.vault, scene.workspace.id, account)
    released, hangs, passed = asyncio.Event(), asyncio.Event(), asyncio.Event()
    hanging: list[str] = []

    async def deliver(account: VendorAccount, message: OutgoingMessage) -> Outcome:
        if account.nickname == "slow":
            hanging.append(message.id)
            if len(hanging) == 12:
                hangs.set()
            await released.wait()
        else:
            passed.set()
        return Accepted()

    few = replace(hub, settings=hub.settings.model_copy(update={"send_places": 16, "jobs_at_once": 2}))
    async with run_worker(few, deliver):
        crowd = people(8000, **{"$channels": ["email"], "is_transient": True})
        for start in range(0, 8000, 100):
            await scene.accept(trigger_body(users=crowd[start : start + 100], tenant_id="slow"))
        async with asyncio.timeout(60):
            await hangs.wait()
            await until_each_job_has_run(scene)
        for number in range(5):
            passed.clear()
            hurried = {"distinct_id": f"f{number}", "$email": [f"f{number}@example.com"], "$channels": ["email"]}
            await scene.accept(trigger_body(users=[hurried], tenant_id="fast"))
            async with asyncio.timeout(5):
                await passed.wait()
        assert len(hanging) == 12
        released.set()
        hub.stopping.set()


async def test_stopping_ends_what_was_begun_and_leaves_the_rest_to_others(hub: Hub, scene: Scene) -> None:
    begun = asyncio.Event()

    async def deliver(account: VendorAccount, message: OutgoingMessage) -> Outcome:
        begun.set()
        await asyncio.sleep(0.2)
        return await scene.recorder.deliver(account, message)

    stopped = replace(hub, settings=hub.settings.model_copy(update={"send_places": 4}))
    async with run_worker(stopped, deliver):
        await scene.accept(trigger_body(users=people(100, **{"$channels": ["email"]})))
        await begun.wait()
    first = len(scene.recorder.sent)
    assert 0 < first < 100
    statuses = [each["status"] for each in await scene.messages()]
    assert statuses.count("sent_by_vendor") == first
    async with run_worker(replace(hub, stopping=asyncio.Event()), scene.recorder.deliver):
        await until_ended(scene, 100)
    assert len(scene.recorder.sent) == 100


async def test_a_message_is_tried_again_when_its_vendor_asks_for_patience(hub: Hub, scene: Scene) -> None:
    answers: list[Outcome] = [Deferred("busy", "not now"), Accepted("v-1")]
    scene.recorder.answers["ada@example.com"] = lambda: answers.pop(0)
    async with run_worker(hub, scene.recorder.deliver):
        await scene.accept(trigger_body(users=[{"distinct_id": "u1", "$email": ["ada@example.com"]}]))
        messages = await until_ended(scene, 2)
    email = next(each for each in messages if each["channel"] == "email")
    assert (email["status"], email["attempts"]) == ("sent_by_vendor", 2)


async def test_a_request_that_cannot_be_planned_holds_up_no_other(hub: Hub, scene: Scene) -> None:
    await scene.accept(*[trigger_body(users=[each]) for each in people(50)])
    await scene.pool.execute("update request set body = '[]' where id = (select min(id) from request)")
    async with run_worker(hub, scene.recorder.deliver):
        await until_ended(scene, 98)
    assert len(scene.recorder.sent) == 49
    # The bad one stays, to be tried again, and `check` shows it.
    assert len(await scene.jobs()) == 1
    async with scene.pool.acquire() as connection:
        assert len(await list_overdue(connection, scene.now(), 10)) == 1


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("rate", [None, 200.0])
async def test_a_system_message_never_waits_behind_a_broadcast(hub: Hub, scene: Scene, rate: float | None) -> None:
    """It passes all that was not in the worker's places already, and what its account's rate holds back."""
    count = 100_000
    await scene.add_vendor("smtp", "email", rate_per_second=rate)
    crowd = people(count, **{"$channels": ["email"], "is_transient": True})
    bodies = [
        trigger_body(users=crowd[start : start + 100], notification_category="promotional")
        for start in range(0, count, 100)
    ]
    await scene.accept(*bodies)
    await scene.plan_all()
    await scene.pool.execute("delete from pgqueuer where entrypoint like 'plan.%'")
    busy, arrived = asyncio.Event(), asyncio.Event()
    before_it, is_there = 0, False

    async def deliver(account: VendorAccount, message: OutgoingMessage) -> Outcome:
        nonlocal before_it
        if message.address == "otp@example.com":
            arrived.set()
            return Accepted()
        if not arrived.is_set():
            before_it += 1
            busy.set()
        # From when it is there, the broadcast's places are given back only once it has arrived.
        await (arrived.wait() if is_there else asyncio.sleep(0.005))
        return Accepted()

    async with run_worker(hub, deliver):
        async with asyncio.timeout(60):
            await busy.wait()
        before_it, is_there = 0, True
        otp = [{"distinct_id": "hurried", "$email": ["otp@example.com"]}]
        await scene.accept(trigger_body(users=otp, notification_category="system"))
        async with asyncio.timeout(60):
            await arrived.wait()
        hub.stopping.set()
    assert before_it <= hub.settings.send_places


async def test_a_worker_that_was_taken_for_dead_does_not_end_what_another_has_in_hand(scene: Scene) -> None:
    await scene.accept(trigger_body())
    [job_id] = [row["id"] for row in await scene.pool.fetch("select id from pgqueuer")]
    first, second = uuid4(), uuid4()
    driver = AsyncpgPoolDriver(scene.pool)
    await scene.pool.execute("update pgqueuer set status = 'picked', queue_manager_id = $1", second)
    job = Job.model_validate(dict(await scene.pool.fetchrow("select * from pgqueuer") or {}))
    await queries_of(driver, second).log_jobs([(job, "canceled", None)])
    for holder, left in ((first, 1), (second, 0)):
        held = queries_of(driver, holder)
        before = await scene.pool.fetchrow("select status, heartbeat from pgqueuer where id = $1", job_id)
        if holder == first:
            await held.update_heartbeat([JobId(job_id)])
            await held.retry_job(job, timedelta(0), None)
            assert await scene.pool.fetchrow("select status, heartbeat from pgqueuer where id = $1", job_id) == before
        await held.log_jobs([(job, "successful", None)])
        assert await scene.pool.fetchval("select count(*) from pgqueuer") == left
