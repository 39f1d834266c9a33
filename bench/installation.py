"""A hub as it is run for real, made anew for each measurement: a database, an API and workers of their own."""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import asyncpg
from suprsend_hub.store.sealing import make_master_key

from e2e.running import Access, Deployment

ROOT = Path(__file__).resolve().parent.parent


@dataclass(slots=True)
class Helper:
    """A process of `bench.processes`."""

    process: subprocess.Popen[str]
    greeting: str

    def finish(self) -> Any:
        """End its standard input and read what it found."""
        printed, _ = self.process.communicate()
        assert self.process.returncode == 0
        return json.loads(printed)


@dataclass(slots=True)
class Installation:
    """One hub; leaving the context stops it."""

    server_url: str
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)
    deployment: Deployment = field(init=False)
    access: Access = field(init=False)
    api_process_id: int = 0
    worker_process_ids: list[int] = field(default_factory=list)
    recorders: list[Helper] = field(default_factory=list)

    def __enter__(self) -> Self:
        name = f"bench_{uuid4().hex}"
        asyncio.run(execute(self.server_url, f"create database {name}"))
        environment = {
            "HUB_DATABASE_URL": self.server_url.replace("/postgres?", f"/{name}?"),
            "HUB_MASTER_KEY": make_master_key(),
            "HUB_LOG_LEVEL": "warning",
            **self.settings,
        }
        self.deployment = Deployment(self.folder, environment)
        self.deployment.run("migrate")
        running, base_url = self.stack.enter_context(self.deployment.api())
        self.api_process_id = running.process.pid
        self.access = self.deployment.create_workspace("shop", base_url)
        self.deployment.push_templates(self.access)
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.recorders:
            if each.process.poll() is None:
                each.finish()
        self.stack.close()
        name = self.url.rpartition("/")[2].partition("?")[0]
        asyncio.run(execute(self.server_url, f"drop database {name} with (force)"))

    @property
    def url(self) -> str:
        """The URL of its database."""
        return self.deployment.environment["HUB_DATABASE_URL"]

    def add_vendors(self, settings: Mapping[str, Any]) -> None:
        """Give the workspace the accounts through which benchmarks send: mails, and pushes to Android."""
        for vendor in ("smtp", "fcm"):
            document = json.dumps(settings[vendor])
            self.deployment.run("vendor", "add", vendor, "-w", "shop", "--settings", "-", text=document)

    def add_recorders(self, count: int) -> None:
        """Start workers whose vendor is in their own process."""
        self.recorders = [start_helper("record", self.deployment.environment) for _ in range(count)]
        self.worker_process_ids = [each.process.pid for each in self.recorders]

    def add_worker(self) -> None:
        """Start a worker as it is."""
        self.worker_process_ids.append(self.stack.enter_context(self.deployment.worker()).process.pid)

    def collect(self) -> tuple[Counter[str], list[str]]:
        """Stop the recorders; how often each title was taken, and the id of each message taken."""
        found = [each.finish() for each in self.recorders]
        titles: Counter[str] = Counter()
        for each in found:
            titles.update(each["titles"])
        return titles, [taken for each in found for taken in each["taken"]]


def start_helper(role: str, environment: Mapping[str, str] | None = None) -> Helper:
    """Start a process of `bench.processes` and wait until it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.processes", role],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    assert process.stdout is not None
    return Helper(process, process.stdout.readline())


async def execute(url: str, statement: str) -> None:
    """Run one statement on a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement, timeout=600)
    finally:
        await connection.close()
