"""Chaos: triggers go through ladders, fallbacks and retries while API, workers and database are killed at random.

Vendors fail at once, ask for patience, take a text and report later that it failed, or never report; one has a rate.

`python -m e2e.chaos` (or `make chaos`) prints the counts and ends with 1 where the promise did not hold.
"""

import argparse
import asyncio
import json
import random
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from suprsend import AsyncSuprsend, Event, SuprsendError, Workflow
from suprsend_hub.domain.channel import Channel
from suprsend_hub.embedded import EmbeddedDatabase
from suprsend_hub.simulators.behaviour import Fail, RateLimit
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.store.sealing import make_master_key

from e2e.reporting import WAITING, Reporter
from e2e.running import Access, Deployment, a_folder, run
from e2e.victims import Victims

PLACES = 16
# Push, text, mail: each kind of message has places of its own in each worker.
CHANNELS = 3
TEMPLATE = {
    "androidpush": {"header": "Hello", "body": "{{code}}"},
    "sms": {"body": "{{code}}"},
    "email": {"subject": "{{code}}", "body": {"type": "raw", "raw": {"html": "<p>{{code}}</p>"}}},
}
COSTS = {"fcm": 0, "smtp": 1, "twilio": 2, "vonage": 3}
OPTIONS = {WAITING: ("--fallback-after", "2s", "--rate", "50")}
# From the first rung to the last: long enough that some of it falls into every kind of outage.
LADDER_SECONDS = 20
PATIENCE_SECONDS = 900
_UNSETTLED = """
    select (select count(*) from message where is_unsettled)
        + (select count(*) from request where state = 'accepted')
        + (select count(*) from pgqueuer where entrypoint like 'send%')
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
    failures_reported: int = 0
    handed_on: int = 0
    unmended: int = 0
    after_success: int = 0
    overdue: str = ""
    kills: Counter[str] = field(default_factory=Counter)

    @property
    def in_flight(self) -> int:
        """As many messages as could be under way in the workers that were killed."""
        return self.kills["worker"] * PLACES * CHANNELS

    @property
    def is_as_promised(self) -> bool:
        """Nothing lost or left undone, no more doubled than was in flight, nothing sent after its success."""
        faults = (self.lost, self.unmended, self.after_success, self.overdue)
        return not any(faults) and self.doubled <= self.in_flight


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
        reporter = Reporter(simulation)
        telling = [asyncio.create_task(each) for each in (tell_successes(scene), reporter.run())]
        await trigger_all(scene, plan)
        say(f"{plan.triggers} triggers accepted")
        await killing
        await until_settled(deployment, reporter, simulation, say)
        for each in telling:
            each.cancel()
        for ended in await asyncio.gather(*telling, return_exceptions=True):
            if not isinstance(ended, asyncio.CancelledError):
                raise AssertionError("what the stand-ins tell was not told to the end") from ended
        checked = await asyncio.to_thread(run, "check", "--grace-seconds", 0, environment=deployment.environment)
        counts.overdue = "" if "nothing is overdue" in checked.stdout else checked.stdout + checked.stderr
        count(scene, reporter, plan, counts)
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


async def until_settled(
    deployment: Deployment, reporter: Reporter, simulation: Simulation, say: Callable[[str], None]
) -> None:
    """Wait until nothing is left to be planned, sent or handed on."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        has_told_everything = reporter.has_told_everything
        with suppress(OSError, asyncpg.PostgresError):
            connection = await asyncpg.connect(deployment.environment["HUB_DATABASE_URL"])
            try:
                left = await connection.fetchval(_UNSETTLED)
            finally:
                await connection.close()
            if has_told_everything and not left:
                return
            say(f"{simulation.received.total} messages received, {left} to go")
        await asyncio.sleep(2)
    raise TimeoutError("messages are still waiting to be sent")


def count(scene: Scene, reporter: Reporter, plan: Plan, counts: Counts) -> None:
    """Compare what should have come with what came; a text that another vendor took over is no double."""
    taken = Counter((each.channel, each.vendor, each.recipient) for each in scene.simulation.received)
    came = {(channel, recipient) for channel, _, recipient in taken}
    for number in range(plan.triggers):
        due: list[tuple[Channel, str]] = [("androidpush", f"token-{number}")]
        if not is_reached(number):
            due += [("email", f"u{number}@example.com"), ("sms", phone(number))]
            counts.unmended += not reporter.is_mended(number)
        counts.expected += len(due)
        counts.lost += sum(1 for each in due if each not in came)
    counts.received = sum(taken.values())
    counts.doubled = sum(times - 1 for times in taken.values())
    counts.failures_reported, counts.handed_on = reporter.failures, reporter.handed_on
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
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {
            "HUB_DATABASE_URL": url,
            "HUB_MASTER_KEY": make_master_key(),
            "HUB_HEARTBEAT_SECONDS": "2",
            "HUB_SEND_PLACES": str(PLACES),
            "HUB_LOG_JSON": "false",
            "HUB_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
        deployment = Deployment(folder, environment)
        deployment.run("migrate")
        access = await asyncio.to_thread(set_up, deployment, environment["HUB_PUBLIC_URL"], simulation)
        victims = Victims(deployment, folder, server, port)
        try:
            for name in ("api", "worker-a", "worker-b"):
                await asyncio.to_thread(victims.start, name)
            await asyncio.to_thread(push_template, deployment, access, folder)
            yield victims, deployment, access
        finally:
            await victims.stop()


def set_up(deployment: Deployment, base_url: str, simulation: Simulation) -> Access:
    """A workspace with vendors for push, mail, and two for texts."""
    access = deployment.create_workspace("chaos", base_url)
    for priority, (vendor, cost) in enumerate(COSTS.items()):
        settings = json.dumps(simulation.vendor_settings()[vendor])
        options = ("--settings", "-", "--cost", cost, "--priority", priority, *OPTIONS.get(vendor, ()))
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
    deployment.push_templates(access, root)


def show(counts: Counts) -> str:
    """The counts as people read them."""
    lines = [
        f"triggers accepted     {counts.triggers}",
        f"kills                 {', '.join(f'{name} {times}' for name, times in sorted(counts.kills.items()))}",
        f"messages expected     {counts.expected}",
        f"messages received     {counts.received}",
        f"lost                  {counts.lost}",
        f"doubled               {counts.doubled} (at most {counts.in_flight} were in flight)",
        f"failures reported     {counts.failures_reported}",
        f"handed on             {counts.handed_on} texts went to another vendor; {counts.unmended} should have",
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
