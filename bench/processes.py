"""The processes of a benchmark that are not the hub's own commands: a worker that records, and the vendors' sink."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import uvloop
from suprsend_hub.config import read_settings
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Outcome
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.hub import open_hub
from suprsend_hub.logs import configure_logs
from suprsend_hub.main import leave_loaded_alone, run_worker
from suprsend_hub.simulators.simulation import Simulation

READY = "ready"


async def record() -> None:
    """A worker whose vendor takes everything; on the end of standard input it prints what it took."""
    titles: Counter[str] = Counter()
    taken: list[str] = []

    async def deliver(account: VendorAccount, message: OutgoingMessage) -> Outcome:
        titles[str(message.content.get("subject") or message.content.get("header"))] += 1
        taken.append(message.id)
        return Accepted(message.id)

    async with open_hub(read_settings()) as hub, run_worker(hub, deliver):
        leave_loaded_alone()
        print(READY, flush=True)
        await standard_input_ends()
    print(json.dumps({"titles": titles, "taken": taken}))


async def sink() -> None:
    """The stand-ins of every vendor; on the end of standard input it prints what reached them."""
    async with Simulation(most_kept=10_000_000) as simulation:
        print(json.dumps(simulation.vendor_settings()), flush=True)
        await standard_input_ends()
        taken = [each.message_id for each in simulation.received]
    print(json.dumps({"taken": taken}))


async def standard_input_ends() -> None:
    """Wait until whoever started this process closes its standard input."""
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


ROLES: dict[str, Callable[[], Any]] = {"record": record, "sink": sink}

if __name__ == "__main__":
    configure_logs("warning", as_json=False)
    uvloop.run(ROLES[sys.argv[1]]())
