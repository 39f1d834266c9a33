"""Our SDK beside the official one: the same programs, one local server, paired runs.

`python -m bench.sdk` prints a report; `--million` adds a bulk call of a million events. The same file also runs as
the server (`sink`) and, in each client's own environment, as the program that is measured (`work`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import suprsend

from e2e.official import official_python

ROOT = Path(__file__).resolve().parent.parent
OFFICIAL_VERSION = "0.10.0"
KEY = "ws_key_0123456789abcdefgh"
PAIRS = 5
TRIGGERS = 1000
RECORDS = 10_000
TASKS = 50
MILLION = 1_000_000
BEYOND_THE_OFFICIAL = 110_000

DATA = {"first_name": "Ada", "spend_amount": "$10", "nested": {"k1": "v1", "k2": {"k3": "v3"}}, "snow": "☃"}


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: medians of both clients, and the median, worst and best ratio of the pairs."""

    what: str
    unit: str
    official: float
    ours: float
    ratios: tuple[float, ...]
    budget: float

    @property
    def ratio(self) -> float:
        """Return how many times better ours is."""
        return median(self.ratios)

    @property
    def is_met(self) -> bool:
        """Say whether the budget is met."""
        return self.ratio >= self.budget

    def __str__(self) -> str:
        spread = f"{min(self.ratios):.1f}–{max(self.ratios):.1f}"
        verdict = "met" if self.is_met else "not met"
        return (
            f"{self.what:<34} official {self.official:>9,.0f} {self.unit:<10} ours {self.ours:>9,.0f} {self.unit:<10} "
            f"{self.ratio:>5.1f} x ({spread}); budget {self.budget:g} x: {verdict}"
        )


@dataclass(frozen=True, slots=True)
class Report:
    """Every row, and where it was measured."""

    machine: str
    rows: list[Row]
    notes: list[str]

    def __str__(self) -> str:
        return "\n".join([self.machine, *map(str, self.rows), *self.notes])


def workflow_body(n: int) -> dict[str, Any]:
    """Return the README's workflow for the n-th user."""
    return {
        "name": "Purchase Workflow",
        "template": "purchase-made",
        "notification_category": "system",
        "users": [
            {
                "distinct_id": f"user-{n}",
                "$channels": ["email"],
                "$email": ["ada@example.com"],
                "$androidpush": [{"token": "tok-1", "provider": "fcm", "device_id": ""}],
            }
        ],
        "delivery": {"smart": False, "success": "seen"},
        "data": dict(DATA),
    }


def trigger_each(client: Any) -> float:
    """Trigger workflows one by one; return CPU microseconds each."""
    workflows = [suprsend.Workflow(workflow_body(n)) for n in range(TRIGGERS)]
    for workflow in workflows[:50]:
        client.trigger_workflow(workflow)
    started = time.process_time()
    results = [client.trigger_workflow(workflow) for workflow in workflows]
    spent = time.process_time() - started
    assert all(result["success"] for result in results)
    return spent / TRIGGERS * 1e6


def trigger_in_tasks(base_url: str) -> float:
    """Trigger workflows from many tasks at once; return CPU microseconds each."""
    workflows = [suprsend.Workflow(workflow_body(n)) for n in range(TRIGGERS)]

    async def share(client: Any, first: int) -> None:
        for workflow in workflows[first::TASKS]:
            assert (await client.trigger_workflow(workflow))["success"]

    async def measure() -> float:
        async with suprsend.AsyncSuprsend(KEY, "secret", base_url) as client:
            await asyncio.gather(*(client.trigger_workflow(workflow) for workflow in workflows[:TASKS]))
            started = time.process_time()
            await asyncio.gather(*(share(client, first) for first in range(TASKS)))
            return time.process_time() - started

    return asyncio.run(measure()) / TRIGGERS * 1e6


def append_and_trigger(bulk: Any, records: list[Any]) -> float:
    """Send records in bulk; return records a second."""
    started = time.perf_counter()
    bulk.append(*records)
    response = bulk.trigger()
    spent = time.perf_counter() - started
    assert response.success == len(records), str(response)
    return len(records) / spent


def bulk_workflows(client: Any) -> float:
    """Return bulk workflows a second."""
    records = [suprsend.Workflow(workflow_body(n)) for n in range(RECORDS)]
    return append_and_trigger(client.bulk_workflows.new_instance(), records)


def bulk_events(client: Any) -> float:
    """Return bulk events a second."""
    records = [suprsend.Event(f"user-{n}", "ORDER_PLACED", dict(DATA)) for n in range(RECORDS)]
    return append_and_trigger(client.bulk_events.new_instance(), records)


def many_events(client: Any, count: int) -> dict[str, float]:
    """Send very many events in bulk; return megabytes held by the records and added by sending them."""
    bulk = client.bulk_events.new_instance()
    before = peak_megabytes()
    for n in range(count):
        bulk.append(suprsend.Event(f"user-{n}", "ORDER_PLACED", DATA))
    appended = peak_megabytes()
    started = time.perf_counter()
    response = bulk.trigger()
    seconds = time.perf_counter() - started
    return {
        "success": response.success,
        "records": appended - before,
        "sending": peak_megabytes() - appended,
        "seconds": seconds,
    }


def peak_megabytes() -> float:
    """Return the most memory this process ever held."""
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


class Sink(asyncio.Protocol):
    """Answers every request with 202, as cheaply as Python can."""

    ANSWER = b"HTTP/1.1 202 Accepted\r\ncontent-type: text/plain\r\ncontent-length: 16\r\n\r\nMessage received"

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = bytearray()
        self._wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to answer through."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._buffer += data
        while self._transport is not None and self._is_complete():
            del self._buffer[: self._wanted]
            self._wanted = 0
            self._transport.write(self.ANSWER)

    def _is_complete(self) -> bool:
        if not self._wanted:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = bytes(self._buffer[:end]).lower()
            length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
            self._wanted = end + 4 + int(length or 0)
        return len(self._buffer) >= self._wanted


async def serve() -> None:
    """Run the sink on a free port, which is printed, until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


@contextmanager
def sink() -> Iterator[str]:
    """Run the sink in a process of its own; give its base URL."""
    command = [sys.executable, "-m", "bench.sdk", "sink"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/"
        finally:
            process.stdin.close()


WORK: dict[str, Callable[[Any], Any]] = {
    "trigger": trigger_each,
    "bulk workflows": bulk_workflows,
    "bulk events": bulk_events,
    "million": lambda client: many_events(client, MILLION),
    "beyond": lambda client: many_events(client, BEYOND_THE_OFFICIAL),
}


def work(kind: str, base_url: str) -> Any:
    """Do one piece of work with whichever client this environment has."""
    if kind == "trigger in tasks":
        return trigger_in_tasks(base_url)
    return WORK[kind](suprsend.Suprsend(KEY, "secret", base_url=base_url))


def measure(python: Path, kind: str, base_url: str) -> Any:
    """Do one piece of work in an environment's own fresh process; return what it measured."""
    command = [str(python), "-m", "bench.sdk", "work", kind, base_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().rpartition("\n")[2])
    return json.loads(done.stdout.splitlines()[-1])


def compare(what: str, unit: str, budget: float, kinds: tuple[str, str], base_url: str, *, more_is_better: bool) -> Row:
    """Measure both clients in turns, after one run of each that is not counted."""
    pythons = (official_python(OFFICIAL_VERSION), Path(sys.executable))
    pairs = [
        [measure(python, kind, base_url) for python, kind in zip(pythons, kinds, strict=True)] for _ in range(PAIRS + 1)
    ][1:]
    ratios = tuple(ours / official if more_is_better else official / ours for official, ours in pairs)
    official, ours = (median(values) for values in zip(*pairs, strict=True))
    return Row(what, unit, official, ours, ratios, budget)


def machine() -> str:
    """Return what this was measured on."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("suprsend", "urllib3", "aiohttp"))
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, CPython {platform.python_version()}; "
        f"{libraries}; official suprsend-py-sdk {OFFICIAL_VERSION}; medians of {PAIRS} pairs, A B A B\n"
        f"{TRIGGERS:,} triggers a run (async: {TASKS} tasks), {RECORDS:,} bulk records a run, one local server"
    )


def million_notes(base_url: str) -> list[str]:
    """Return what a bulk call of a million events costs ours, and where the official client ends."""
    ours = measure(Path(sys.executable), "million", base_url)
    try:
        measure(official_python(OFFICIAL_VERSION), "beyond", base_url)
        official = "completes"
    except RuntimeError as fault:
        official = str(fault).partition(":")[0]
    return [
        f"bulk events, {MILLION:,} by ours: {ours['success']:,.0f} accepted, {ours['records']:,.0f} MB of records, "
        f"sending added {ours['sending']:,.1f} MB in {ours['seconds']:,.1f} s",
        f"bulk events, {BEYOND_THE_OFFICIAL:,} by the official client: {official}",
    ]


def run(*, with_million: bool = False) -> Report:
    """Measure everything; about a minute, and a few more with a million events."""
    with sink() as base_url:
        rows = [
            compare("CPU per trigger_workflow, sync", "µs", 4, ("trigger", "trigger"), base_url, more_is_better=False),
            compare(
                "CPU per trigger_workflow, async",
                "µs",
                10,
                ("trigger", "trigger in tasks"),
                base_url,
                more_is_better=False,
            ),
            compare(
                "bulk workflows", "a second", 15, ("bulk workflows", "bulk workflows"), base_url, more_is_better=True
            ),
            compare("bulk events", "a second", 15, ("bulk events", "bulk events"), base_url, more_is_better=True),
        ]
        return Report(machine(), rows, million_notes(base_url) if with_million else [])


def main() -> None:
    """Play the role that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m bench.sdk", description=__doc__)
    parser.add_argument("role", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--million", action="store_true", help="add a bulk call of a million events")
    arguments = parser.parse_args()
    match arguments.role:
        case ["sink"]:
            asyncio.run(serve())
        case ["work", kind, base_url]:
            print(json.dumps(work(kind, base_url)))
        case _:
            print(run(with_million=arguments.million))


if __name__ == "__main__":
    main()
