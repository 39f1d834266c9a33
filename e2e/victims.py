"""The processes of a hub under chaos: they are killed as they run, and come back."""

import asyncio
import os
import signal
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path

from suprsend_hub.domain.fault import HubError
from suprsend_hub.embedded import EmbeddedDatabase

from e2e.running import Deployment, Running


class Victims:
    """The processes of a hub, each of which is killed now and then and comes back at once."""

    def __init__(self, deployment: Deployment, folder: Path, server: EmbeddedDatabase, port: int) -> None:
        self._deployment = deployment
        self._folder = folder
        self._server = server
        self._port = port
        self._running: dict[str, Running] = {}
        self._stacks: dict[str, ExitStack] = {}
        self._starts = Counter[str]()

    def start(self, name: str) -> None:
        """Start `api` or a worker."""
        stack = ExitStack()
        self._starts[name] += 1
        if name == "api":
            running, _ = stack.enter_context(self._deployment.api(self._port))
        else:
            running = stack.enter_context(self._deployment.worker(f"{name}-{self._starts[name]}"))
        self._running[name], self._stacks[name] = running, stack

    def kill(self, name: str) -> None:
        """Kill a process and start it again; it may take a while to find its database."""
        self._running[name].stop(signal.SIGKILL)
        self._stacks[name].close()
        while True:
            try:
                self.start(name)
            except AssertionError:
                time.sleep(0.5)
                continue
            return

    async def kill_database(self) -> None:
        """Kill the database server as a power cut would, and start it again."""
        lock_file = self._folder / "postgresql" / "data" / "postmaster.pid"
        os.kill(int(lock_file.read_text().split()[0]), signal.SIGKILL)
        with suppress(HubError):
            await self._server.__aexit__(None, None, None)
        while True:
            self._server = EmbeddedDatabase(self._folder)
            try:
                await self._server.__aenter__()
            except HubError:
                with suppress(HubError):
                    await self._server.__aexit__(None, None, None)
                await asyncio.sleep(0.5)
                continue
            return

    async def stop(self) -> None:
        """Stop everything in peace."""
        for stack in self._stacks.values():
            await asyncio.to_thread(stack.close)
        await self._server.__aexit__(None, None, None)
