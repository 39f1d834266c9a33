"""A worker is killed in the middle of its work and another finishes it: nothing is lost, hardly anything doubled."""

import asyncio
import json
import signal
from collections import Counter
from dataclasses import replace

import pytest
from suprsend import AsyncSuprsend, Workflow
from suprsend_hub.simulators.received import ReceivedMessages
from suprsend_hub.simulators.simulation import Simulation

from e2e.running import Access, Deployment

MESSAGES = 2000
# How many messages of a channel a worker may have under way: so many may come twice, and not one more.
PLACES = 16


@pytest.mark.slow
async def test_nothing_is_lost_when_a_worker_is_killed(deployment: Deployment) -> None:
    deployment = replace(deployment, environment={**deployment.environment, "HUB_SEND_PLACES": str(PLACES)})
    deployment.run("migrate")
    async with Simulation() as simulation:
        with deployment.api() as (_, base_url):
            access = set_up(deployment, base_url, simulation)
            received = simulation.received
            with deployment.worker("first") as first:
                await trigger_all(access)
                await received.wait_for(MESSAGES // 4)
                first.stop(signal.SIGKILL)
            assert len(received) < MESSAGES
            with deployment.worker("second"):
                async with asyncio.timeout(120):
                    await until_all_arrived(received)
                messages = await asyncio.to_thread(access.messages)
        times = Counter(each.message_id for each in received)
        assert len(times) == MESSAGES
        assert received.total - MESSAGES <= PLACES
        assert {each["status"] for each in messages} == {"sent_by_vendor"}
        assert "nothing is overdue" in deployment.run("check", "--grace-seconds", 0)


def set_up(deployment: Deployment, base_url: str, simulation: Simulation) -> Access:
    """A workspace with the example template, mails only, that sends through the stand-in."""
    access = deployment.create_workspace("shop", base_url)
    settings = json.dumps(simulation.vendor_settings()["smtp"])
    deployment.run("vendor", "add", "smtp", "--workspace", "shop", "--settings", "-", text=settings)
    deployment.push_templates(access)
    return access


async def trigger_all(access: Access) -> None:
    """One trigger for each hundred people."""
    people = [
        {"distinct_id": f"u{number}", "$email": [f"u{number}@example.com"], "$channels": ["email"]}
        for number in range(MESSAGES)
    ]
    async with AsyncSuprsend(access.workspace_key, access.workspace_secret, base_url=access.base_url) as client:
        for start in range(0, MESSAGES, 100):
            body = {
                "name": "Newsletter",
                "template": "purchase-made",
                "notification_category": "transactional",
                "users": people[start : start + 100],
            }
            assert (await client.trigger_workflow(Workflow(body)))["success"]


async def until_all_arrived(received: ReceivedMessages) -> None:
    """Wait until every message has come, however often."""
    while len({each.message_id for each in received}) < MESSAGES:
        await received.wait_for(received.total + 1)
