"""Hubs as processes: one in development mode, or API and workers apart on a database of their own."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import suprsend_hub
import urllib3
from suprsend_hub.embedded import EmbeddedDatabase
from suprsend_hub.store.sealing import make_master_key

T = TypeVar("T")

EXAMPLE_TEMPLATES = Path(suprsend_hub.__file__).with_name("example_templates")
PROGRAM = Path(sys.executable).with_name("suprsend-hub")
# Far more than anything here takes: it only keeps a broken test from waiting for ever.
PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Access:
    """Where a hub is, and the keys of one of its workspaces."""

    base_url: str
    workspace: str
    workspace_key: str
    workspace_secret: str
    workspace_uid: str
    api_key: str
    service_token: str

    def get(self, path: str, **query: object) -> Any:
        """The JSON at a path."""
        answer = self.request("GET", path, fields=query)
        assert answer.status == 200, answer.data
        return answer.json()

    def request(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """Any request, with the workspace's API key."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        return urllib3.request(method, self.base_url + path, headers=headers, timeout=30, **options)

    def manage(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """A request to the management API, as the CLI makes it."""
        headers = {"Authorization": f"ServiceToken {self.service_token}", "Content-Type": "application/json"}
        return urllib3.request(method, self.base_url + path, headers=headers, timeout=30, **options)

    def messages(self, **query: object) -> list[dict[str, Any]]:
        """The newest messages that fit, once each of them has reached an end."""
        return until(lambda: self.get("/v1/message/", limit=1000, **query)["results"], are_ended)

    def outbox(self, at_least: int = 1, **query: object) -> list[dict[str, Any]]:
        """What reached the stand-ins, once there is enough of it."""
        return until(lambda: self.get("/dev/outbox/", **query)["results"], lambda found: len(found) >= at_least)


def are_ended(messages: list[dict[str, Any]]) -> bool:
    """Whether there are messages, and nothing is left to do for them."""
    return bool(messages) and all(each["status"] not in ("to_be_triggered", "triggered") for each in messages)


def until(read: Callable[[], T], is_enough: Callable[[T], bool], patience: float = PATIENCE_SECONDS) -> T:
    """What `read` gives, as soon as it is enough."""
    deadline = time.monotonic() + patience
    while not is_enough(value := read()):
        assert time.monotonic() < deadline, value
        time.sleep(0.05)
    return value


@dataclass(frozen=True, slots=True)
class Running:
    """A process of the hub and the file that holds what it printed."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def printed(self) -> str:
        """Everything it has printed so far."""
        return self.log.read_text()

    def wait_for(self, text: str) -> None:
        """Wait until it has printed this."""
        until(lambda: (self.printed, self.process.poll()), lambda seen: text in seen[0] or seen[1] is not None)
        assert text in self.printed, self.printed

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(by)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def a_folder() -> Iterator[Path]:
    """A folder that a database server of another user can look into."""
    folder = Path(tempfile.mkdtemp(prefix="hub-e2e-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def started(
    folder: Path, name: str, *arguments: object, environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """A command of the hub that runs until it is stopped; it is killed at the end if it still runs."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [PROGRAM, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
        )
    running = Running(process, log)
    try:
        yield running
    finally:
        running.stop()


def run(
    *arguments: object, environment: Mapping[str, str], text: str | None = None
) -> subprocess.CompletedProcess[str]:
    """A command of the hub that ends by itself."""
    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment, "COLUMNS": "200"},
        timeout=PATIENCE_SECONDS,
    )


@contextmanager
def development_hub(
    folder: Path, *options: object, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[Running, Access, Mapping[str, Any]]]:
    """A hub in development mode: its process, its keys, and all it wrote into the ready file."""
    ready_file = folder / "ready.json"
    ready_file.unlink(missing_ok=True)
    arguments = ("dev", "--port", 0, "--data-dir", folder / "data", "--ready-file", ready_file, *options)
    with started(folder, "dev", *arguments, environment=environment) as running:
        until(lambda: (ready_file.exists(), running.process.poll()), lambda seen: seen[0] or seen[1] is not None)
        assert ready_file.exists(), running.printed
        ready = json.loads(ready_file.read_text())
        yield running, Access(**{name: ready[name] for name in Access.__slots__}), ready


@contextmanager
def operated_hub() -> Iterator[tuple[Access, Mapping[str, Any], Mapping[str, str]]]:
    """A hub in development mode, all it wrote into the ready file, and what commands beside it have to know."""
    with a_folder() as folder, asyncio.Runner() as runner:
        server = EmbeddedDatabase(folder)
        url = runner.run(server.__aenter__())
        try:
            environment = {"HUB_DATABASE_URL": url, "HUB_MASTER_KEY": make_master_key()}
            with development_hub(folder, environment=environment) as (_, access, ready):
                yield access, ready, environment
        finally:
            runner.run(server.__aexit__(None, None, None))


@dataclass(frozen=True, slots=True)
class Deployment:
    """A database and a master key: what the processes of a hub that is run for real have in common."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *arguments: object, text: str | None = None) -> str:
        """What a command prints that must succeed."""
        done = run(*arguments, environment=self.environment, text=text)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *arguments: object, text: str | None = None) -> str:
        """What a command says that must not succeed."""
        done = run(*arguments, environment=self.environment, text=text)
        assert done.returncode == 1, (done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def create_workspace(self, name: str, base_url: str) -> Access:
        """Make a workspace and read its keys off the screen, as people do."""
        printed = self.run("workspace", "create", name)
        keys = dict(line.split() for line in printed.splitlines() if len(line.split()) == 2)
        return Access(base_url, **{label: keys[label] for label in Access.__slots__ if label != "base_url"})

    def push_templates(self, access: Access, folder: Path = EXAMPLE_TEMPLATES) -> None:
        """Publish the templates of a folder in the workspace that this opens."""
        token = ("--service-token", access.service_token, "--base-url", access.base_url)
        self.run("template", "push", folder, "-w", access.workspace, *token)

    def change(self, statement: str) -> None:
        """Change the database behind the hub's back."""
        asyncio.run(execute(self.environment["HUB_DATABASE_URL"], statement))

    @contextmanager
    def api(self, port: int = 0) -> Iterator[tuple[Running, str]]:
        """An API process and its URL; port 0 takes any free one."""
        with started(self.folder, "api", "api", "--port", port, environment=self.environment) as running:
            running.wait_for("the API listens on ")
            yield running, running.printed.split("the API listens on ")[1].split()[0]

    @contextmanager
    def worker(self, name: str = "worker") -> Iterator[Running]:
        """A worker process."""
        with started(self.folder, name, "worker", environment=self.environment) as running:
            running.wait_for("the worker takes jobs")
            yield running


async def execute(url: str, statement: str) -> None:
    """Run a statement on a connection of its own."""
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()
