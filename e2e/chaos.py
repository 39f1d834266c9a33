"""Chaos: triggers go through ladders, fallbacks and retries while API, workers and database are killed at random.

`python -m e2e.chaos` (or `make chaos`) prints the counts and ends with 1 where the promise did not hold.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from suprsend import AsyncSuprsend, Event, SuprsendError, Workflow
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.fault import HubError
from suprsend_hub.embedded import EmbeddedDatabase
from suprsend_hub.simulators.behaviour import Fail, RateLimit
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.store.sealing import make_master_key

from e2e.running import Access, Deployment, Running, a_folder, run

PLACES = 16
# Push, text, mail: each kind of message has places of its own in each worker.
CHANNELS = 3
TEMPLATE = {
    "androidpush": {"header": "Hello", "body": "{{code}}"},
    "sms": {"body": "{{code}}"},
    "email": {"subject": "{{code}}", "body": {"type": "raw", "raw": {"html": "<p>{{code}}</p>"}}},
}
COSTS = {"fcm": 0, "smtp": 1, "twilio": 2, "vonage": 3}
# From the first rung to the last: long enough that some of it falls into every kind of outage.
LADDER_SECONDS = 20
PATIENCE_SECONDS = 900
_UNSETTLED = """
    select (select count(*) from message where status in ('to_be_triggered', 'triggered'))
        + (select count(*) from request where state = 'accepted')
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is sent, and how much is broken meanwhile."""

    triggers: int = 5000
    kills: int = 30
    seed: int = 1
    at_once: int = 40


@dataclass(slots=True)
class Counts:
    """What came of it."""

    triggers: int = 0
    expected: int = 0
    received: int = 0
    lost: int = 0
    doubled: int = 0
    after_success: int = 0
    overdue: str = ""
    kills: Counter[str] = field(default_factory=Counter)

    @property
    def in_flight(self) -> int:
        """As many messages as could be under way in the workers that were killed."""
        return self.kills["worker"] * PLACES * CHANNELS

    @property
    def is_as_promised(self) -> bool:
        """Nothing lost, no more doubled than was in flight, nothing sent after its success, nothing left undone."""
        return not self.lost and not self.after_success and not self.overdue and self.doubled <= self.in_flight


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


@dataclass(slots=True)
class Scene:
    """The people, what they have told, and the stand-ins that hear of them."""

    access: Access
    simulation: Simulation
    chance: random.Random
    told: dict[str, float] = field(default_factory=dict)
    accepted: int = 0


async def run_chaos(plan: Plan, say: Callable[[str], None]) -> Counts:
    """Play it all; returns the counts."""
    counts = Counts(triggers=plan.triggers)
    # The run can be played again from its seed; nothing here is secret.
    chance = random.Random(plan.seed)
    async with Simulation() as simulation, _hub(simulation) as (victims, deployment, access):
        scene = Scene(access, simulation, chance)
        misbehave(scene, plan.triggers)
        killing = asyncio.create_task(kill_now_and_then(victims, plan, counts, chance, say))
        listening = asyncio.create_task(tell_successes(scene))
        await trigger_all(scene, plan)
        say(f"{plan.triggers} triggers accepted")
        await killing
        await until_settled(deployment, simulation, say)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        checked = await asyncio.to_thread(run, "check", "--grace-seconds", 0, environment=deployment.environment)
        counts.overdue = "" if "nothing is overdue" in checked.stdout else checked.stdout + checked.stderr
        count(scene, plan, counts)
    return counts


def misbehave(scene: Scene, people: int) -> None:
    """Let vendors fail or ask for patience for some addresses."""
    for number in range(0, people, 7):
        scene.simulation.behaviours.set(f"u{number}@example.com", Fail(times=1 + number % 2))
    for number in range(3, people, 11):
        scene.simulation.behaviours.set(phone(number), Fail(times=1))
    for number in range(5, people, 13):
        scene.simulation.behaviours.set(f"token-{number}", RateLimit(times=1, retry_after=1))


def phone(number: int) -> str:
    """A person's telephone number."""
    return f"+1500{number:07d}"


def is_reached(number: int) -> bool:
    """Whether a person reacts to the first message, which is the end of the ladder."""
    return number % 2 == 0


async def trigger_all(scene: Scene, plan: Plan) -> None:
    """Trigger for everybody; what was not answered is triggered again with the same idempotency key."""
    numbers = iter(range(plan.triggers))
    access = scene.access
    async with AsyncSuprsend(access.workspace_key, access.workspace_secret, base_url=access.base_url) as client:

        async def work() -> None:
            for number in numbers:
                await insist(lambda number=number: client.trigger_workflow(workflow(number)))  # type: ignore[misc] # bound at once
                scene.accepted += 1

        await asyncio.gather(*(work() for _ in range(plan.at_once)))


def workflow(number: int) -> Workflow:
    """One person's ladder: push at once, mail at half time, text at the end."""
    body = {
        "name": "Chaos",
        "template": "chaos",
        "notification_category": "transactional",
        "users": [
            {
                "distinct_id": f"u{number}",
                "$androidpush": [{"token": f"token-{number}", "provider": "fcm"}],
                "$email": [f"u{number}@example.com"],
                "$sms": [phone(number)],
            }
        ],
        "data": {"code": str(number)},
        "delivery": {"smart": True, "success": "interaction", "time_to_live": f"{LADDER_SECONDS}s"},
    }
    return Workflow(body, idempotency_key=f"chaos-{number}")


async def insist(call: Callable[[], Any]) -> None:
    """Call until it succeeds."""
    while True:
        with suppress(SuprsendError, OSError):
            if (await call())["success"]:
                return
        await asyncio.sleep(0.2)


async def tell_successes(scene: Scene) -> None:
    """Click on the first push of every second person, and note when the hub said that it knows."""
    access, seen = scene.access, 0
    async with AsyncSuprsend(access.workspace_key, access.workspace_secret, base_url=access.base_url) as client:
        while True:
            for received in scene.simulation.received.find(channel="androidpush")[seen:]:
                seen += 1
                number = int(received.recipient.removeprefix("token-"))
                if is_reached(number) and received.recipient not in scene.told:
                    event = Event(f"u{number}", "$notification_clicked", {"id": received.message_id})
                    await insist(lambda event=event: client.track_event(event))  # type: ignore[misc] # bound at once
                    scene.told[received.recipient] = time.monotonic()
            await asyncio.sleep(0.05)


async def kill_now_and_then(
    victims: Victims, plan: Plan, counts: Counts, chance: random.Random, say: Callable[[str], None]
) -> None:
    """Kill one process after another, with pauses of random length."""
    for _ in range(plan.kills):
        await asyncio.sleep(chance.uniform(0.5, 3))
        victim = chance.choice(["api", "worker", "worker", "worker", "database"])
        counts.kills[victim] += 1
        say(f"killing the {victim}")
        if victim == "database":
            await victims.kill_database()
        else:
            name = "api" if victim == "api" else chance.choice(["worker-a", "worker-b"])
            await asyncio.to_thread(victims.kill, name)


async def until_settled(deployment: Deployment, simulation: Simulation, say: Callable[[str], None]) -> None:
    """Wait until nothing is left to be planned or sent."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError, asyncpg.PostgresError):
            connection = await asyncpg.connect(deployment.environment["HUB_DATABASE_URL"])
            try:
                left = await connection.fetchval(_UNSETTLED)
            finally:
                await connection.close()
            if not left:
                return
            say(f"{simulation.received.total} messages received, {left} to go")
        await asyncio.sleep(2)
    raise TimeoutError("messages are still waiting to be sent")


def count(scene: Scene, plan: Plan, counts: Counts) -> None:
    """Compare what should have come with what came, by channel and address."""
    came: Counter[tuple[Channel, str]] = Counter()
    came.update((each.channel, each.recipient) for each in scene.simulation.received)
    for number in range(plan.triggers):
        due: list[tuple[Channel, str]] = [("androidpush", f"token-{number}")]
        if not is_reached(number):
            due += [("email", f"u{number}@example.com"), ("sms", phone(number))]
        counts.expected += len(due)
        counts.lost += sum(1 for each in due if not came[each])
    counts.received = sum(came.values())
    counts.doubled = sum(times - 1 for times in came.values())
    counts.after_success = _sent_after_success(scene)


def _sent_after_success(scene: Scene) -> int:
    """Rungs that were sent though the hub had said well before that it knows of the success."""
    began = time.monotonic() - scene.simulation.now().timestamp()
    late = 0
    for received in scene.simulation.received:
        if received.channel == "androidpush":
            continue
        number = int("".join(each for each in received.recipient.partition("@")[0] if each.isdigit())[-7:])
        told = scene.told.get(f"token-{number}")
        # A rung that a worker held already when the receipt came may still go.
        if told is not None and received.received_at.timestamp() + began - told > 5:
            late += 1
    return late


@asynccontextmanager
async def _hub(simulation: Simulation) -> AsyncIterator[tuple[Victims, Deployment, Access]]:
    with a_folder() as folder:
        server = EmbeddedDatabase(folder)
        url = await server.__aenter__()
        environment = {
            "HUB_DATABASE_URL": url,
            "HUB_MASTER_KEY": make_master_key(),
            "HUB_HEARTBEAT_SECONDS": "2",
            "HUB_SEND_PLACES": str(PLACES),
            "HUB_LOG_JSON": "false",
        }
        deployment = Deployment(folder, environment)
        deployment.run("migrate")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        access = await asyncio.to_thread(set_up, deployment, f"http://127.0.0.1:{port}", simulation, folder)
        victims = Victims(deployment, folder, server, port)
        try:
            for name in ("api", "worker-a", "worker-b"):
                await asyncio.to_thread(victims.start, name)
            await asyncio.to_thread(push_template, deployment, access, folder)
            yield victims, deployment, access
        finally:
            await victims.stop()


def set_up(deployment: Deployment, base_url: str, simulation: Simulation, folder: Path) -> Access:
    """A workspace with vendors for push, mail, and two for texts."""
    access = deployment.create_workspace("chaos", base_url)
    for priority, (vendor, cost) in enumerate(COSTS.items()):
        settings = json.dumps(simulation.vendor_settings()[vendor])
        options = ("--settings", "-", "--cost", cost, "--priority", priority)
        deployment.run("vendor", "add", vendor, "--workspace", "chaos", *options, text=settings)
    return access


def push_template(deployment: Deployment, access: Access, folder: Path) -> None:
    """Publish the template that everybody gets."""
    root = folder / "templates"
    for channel, content in TEMPLATE.items():
        variant = root / "chaos" / channel / "default" / "variant.json"
        variant.parent.mkdir(parents=True)
        variant.write_text(json.dumps({"content": content}))
    (root / "chaos" / "template.json").write_text(json.dumps({"name": "Chaos"}))
    token = ("--service-token", access.service_token, "--base-url", access.base_url)
    deployment.run("template", "push", root, "--workspace", "chaos", *token)


def show(counts: Counts) -> str:
    """The counts as people read them."""
    lines = [
        f"triggers accepted     {counts.triggers}",
        f"kills                 {', '.join(f'{name} {times}' for name, times in sorted(counts.kills.items()))}",
        f"messages expected     {counts.expected}",
        f"messages received     {counts.received}",
        f"lost                  {counts.lost}",
        f"doubled               {counts.doubled} (at most {counts.in_flight} were in flight)",
        f"sent after success    {counts.after_success}",
        f"overdue               {counts.overdue.strip() or 'nothing'}",
        "as promised" if counts.is_as_promised else "NOT as promised",
    ]
    return "\n".join(lines)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("triggers", 5000), ("kills", 30), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    given = parser.parse_args()
    plan = Plan(given.triggers, given.kills, given.seed)
    counts = asyncio.run(run_chaos(plan, lambda text: print(text, file=sys.stderr)))
    print(show(counts))
    sys.exit(0 if counts.is_as_promised else 1)


if __name__ == "__main__":
    main()
