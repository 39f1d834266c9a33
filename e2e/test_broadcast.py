"""Workers are killed again and again in the middle of a broadcast: everyone is reached, each by one run."""

import asyncio
import os
import random
import re
import signal
from dataclasses import replace

import asyncpg
import pytest
from suprsend import AsyncSuprsend, SubscriberListBroadcast
from suprsend_hub.simulators.simulation import Simulation

from bench.measuring import megabytes
from e2e.running import Access, Deployment
from e2e.test_killed_worker import set_up

MEMBERS = 20_000
KILLS = 5
# How many messages of a channel a worker may have under way: so many may come twice with each kill, and not one more.
PLACES = 16
# A worker's memory may grow by what its caches hold, and not with the number of members.
ALLOWED_GROWTH_MEGABYTES = 30
MANY = int(os.environ.get("BROADCAST_MEMBERS", "200000"))
# The least that a worker gets done, on whatever else is busy.
MEMBERS_A_SECOND = 400


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_everyone_is_reached_once_however_often_a_worker_is_killed(deployment: Deployment) -> None:
    deployment = replace(deployment, environment={**deployment.environment, "HUB_SEND_PLACES": str(PLACES)})
    deployment.run("migrate")
    everybody = [f"user-{number}" for number in range(MEMBERS)]
    async with Simulation() as simulation:
        with deployment.api() as (_, base_url):
            access = set_up(deployment, base_url, simulation)
            await fill(access, everybody)
            # Those who have an address; everybody else is reached in the inbox alone.
            await give_addresses(deployment, MEMBERS // 10)
            await broadcast(access)
        request_id = newest(deployment)
        for number in range(KILLS):
            with deployment.worker(f"victim-{number}") as victim:
                await until_reached(deployment, (number + 1) * MEMBERS // (KILLS + 2))
                victim.stop(signal.SIGKILL)
        assert await expanded(deployment) < MEMBERS
        with deployment.worker("last"):
            await until_ended(deployment, MEMBERS + MEMBERS // 10)
        assert await runs(deployment) == sorted(everybody)
        mails = [each.message_id for each in simulation.received]
        assert len(set(mails)) == MEMBERS // 10
        assert simulation.received.total - len(set(mails)) <= KILLS * PLACES
    assert f"{MEMBERS} of {MEMBERS}" in deployment.run("broadcast", "list", "--workspace", "shop")
    shown = deployment.run("broadcast", "show", request_id, "--workspace", "shop")
    assert re.search(rf"inbox\W+sent_by_vendor\W+{MEMBERS}\b", shown), shown
    assert "nothing is overdue" in deployment.run("check", "--grace-seconds", 0)
    assert "no broadcast 'none'" in deployment.refused("broadcast", "show", "none", "--workspace", "shop")


@pytest.mark.slow
@pytest.mark.timeout(400 + MANY // MEMBERS_A_SECOND)
async def test_a_worker_needs_no_more_memory_for_more_members(deployment: Deployment) -> None:
    deployment.run("migrate")
    async with Simulation() as simulation:
        with deployment.api() as (_, base_url):
            access = set_up(deployment, base_url, simulation)
            await fill(access, [f"user-{number}" for number in range(MANY)])
            await broadcast(access)
        with deployment.worker() as worker:
            await until_reached(deployment, MANY // 10)
            early = megabytes(worker.process.pid)
            await until_reached(deployment, MANY)
            late = megabytes(worker.process.pid)
    ((total, people),) = await query(deployment, "select count(*), count(distinct distinct_id) from run")
    assert (total, people) == (MANY, MANY)
    print(f"\nresident memory of the worker: {early:.0f} MB after {MANY // 10} members, {late:.0f} MB after {MANY}")
    assert late < early + ALLOWED_GROWTH_MEGABYTES


async def fill(access: Access, distinct_ids: list[str]) -> None:
    """A list of these people."""
    async with client_of(access) as client:
        await client.subscriber_lists.create({"list_id": "everybody"})
        for start in range(0, len(distinct_ids), 10_000):
            added = await client.subscriber_lists.add("everybody", distinct_ids[start : start + 10_000])
            assert added["affected_count"] == len(distinct_ids[start : start + 10_000])


async def give_addresses(deployment: Deployment, count: int) -> None:
    """Profiles with a mail address for the first of them."""
    await query(
        deployment,
        "with made as (insert into profile (workspace_id, distinct_id)"
        " select w.id, 'user-' || n from workspace w, generate_series(0, $1::int - 1) n returning id, distinct_id)"
        " insert into identity (profile_id, channel, provider, value)"
        " select id, 'email', '', distinct_id || '@example.com' from made",
        count,
    )


async def broadcast(access: Access) -> None:
    """One broadcast to the list."""
    body = {"list_id": "everybody", "template": "purchase-made", "notification_category": "promotional"}
    async with client_of(access) as client:
        assert (await client.subscriber_lists.broadcast(SubscriberListBroadcast(body)))["success"]


def client_of(access: Access) -> AsyncSuprsend:
    """Our own client."""
    return AsyncSuprsend(access.workspace_key, access.workspace_secret, base_url=access.base_url)


def newest(deployment: Deployment) -> str:
    """The id of the broadcast, read off the screen."""
    found = re.search(r"\b[0-9A-Z]{26}\b", deployment.run("broadcast", "list", "--workspace", "shop"))
    assert found is not None
    return found[0]


async def expanded(deployment: Deployment) -> int:
    """How many members have their runs."""
    ((count,),) = await query(deployment, "select expanded from broadcast")
    return int(count)


async def runs(deployment: Deployment) -> list[str]:
    """Whose runs there are, in order."""
    rows = await query(deployment, 'select distinct_id from run order by distinct_id collate "C"')
    return [row["distinct_id"] for row in rows]


async def until_reached(deployment: Deployment, count: int) -> None:
    """Wait until so many members have their runs, and for a moment that nobody can foresee."""
    async with asyncio.timeout(60 + count / MEMBERS_A_SECOND):
        while True:
            if await expanded(deployment) >= count:
                break
            await asyncio.sleep(0.02)
    await asyncio.sleep(random.uniform(0, 0.1))


async def until_ended(deployment: Deployment, count: int) -> None:
    """Wait until there are so many messages and nothing is left to do for any."""
    async with asyncio.timeout(400):
        while True:
            ((total, waiting),) = await query(
                deployment,
                "select count(*), count(*) filter (where status in ('to_be_triggered', 'triggered')) from message",
            )
            if (total, waiting) == (count, 0):
                return
            await asyncio.sleep(0.2)


async def query(deployment: Deployment, statement: str, *arguments: object) -> list[asyncpg.Record]:
    """What the database says."""
    connection = await asyncpg.connect(deployment.environment["HUB_DATABASE_URL"])
    try:
        found: list[asyncpg.Record] = await connection.fetch(statement, *arguments)
        return found
    finally:
        await connection.close()
