"""The load: triggers sent with our SDK over HTTP, and the wait until each of their messages was taken."""

import asyncio
import time
from typing import Any, Literal

import asyncpg
from suprsend import AsyncSuprsend, Workflow

from bench.installation import Installation

TASKS = 50
BULK_CALLS = 4
LONGEST_SECONDS = 900

Manner = Literal["single", "bulk"]
INVOICE = "Invoice-1234"


def body(number: int, users: dict[str, Any]) -> dict[str, Any]:
    """The trigger of the README for the n-th user."""
    return {
        "name": "Purchase Workflow",
        "template": "purchase-made",
        "notification_category": "transactional",
        "users": [{"distinct_id": f"user-{number}", **users}],
        "data": {"first_name": "Ada", "invoice_amount": "$5000", "invoice_id": INVOICE},
    }


async def run_through(hub: Installation, manner: Manner, triggers: int, users: dict[str, Any]) -> float:
    """Trigger so many workflows, wait until nothing is left to do; triggers a second, from the first call on."""
    workflows = [Workflow(body(number, users)) for number in range(triggers)]
    connection = await asyncpg.connect(hub.url)
    access = hub.access
    async with AsyncSuprsend(access.workspace_key, access.workspace_secret, base_url=access.base_url) as client:
        began = time.perf_counter()
        await (trigger_each(client, workflows) if manner == "single" else trigger_in_bulk(client, workflows))
        await until_done(connection)
        spent = time.perf_counter() - began
    await connection.close()
    return triggers / spent


async def trigger_each(client: AsyncSuprsend, workflows: list[Workflow]) -> None:
    """One call for each, from many tasks."""

    async def share(first: int) -> None:
        for workflow in workflows[first::TASKS]:
            result = await client.trigger_workflow(workflow)
            assert result["success"], result

    await asyncio.gather(*(share(first) for first in range(TASKS)))


async def trigger_in_bulk(client: AsyncSuprsend, workflows: list[Workflow]) -> None:
    """A hundred in each call, from a few bulk calls."""

    async def share(first: int) -> None:
        bulk = client.bulk_workflows.new_instance()
        bulk.append(*workflows[first::BULK_CALLS])
        response = await bulk.trigger()
        assert response.failure == 0, str(response)

    await asyncio.gather(*(share(first) for first in range(BULK_CALLS)))


async def until_done(connection: asyncpg.Connection) -> None:
    """Wait until no request that is due waits to be planned, and no message to be sent."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while await connection.fetchval(
        "select exists(select from request where state = 'accepted' and due_at < now() + interval '1 minute')"
        " or exists(select from message where is_unsettled)"
    ):
        assert time.monotonic() < deadline, "the hub does not finish"
        await asyncio.sleep(0.02)
