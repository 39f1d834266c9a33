"""`suprsend-hub check` and `requeue`: what is late or stuck, and how to set it going again."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from suprsend_hub.commands.operator import operator
from suprsend_hub.config import read_settings
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.hub import open_hub, utc_now
from suprsend_hub.store.clock import read_ahead
from suprsend_hub.store.database import Connection, transact
from suprsend_hub.store.held_jobs import HeldJob, list_held
from suprsend_hub.store.held_jobs import requeue as requeue_held
from suprsend_hub.store.message_log import Overdue, list_overdue
from suprsend_hub.store.webhooks import LateEndpoint, list_late
from suprsend_hub.terminal import fail, run

LONGEST_REASON = 200
HIGHEST_ID = 2**63 - 1

GraceOption = Annotated[float, typer.Option(help="how long after its time something counts as late", min=0)]
LimitOption = Annotated[int, typer.Option(help="how many of each to list at most", min=1, max=10_000)]
IdsArgument = Annotated[
    list[int] | None, typer.Argument(help="ids of jobs, as `check` shows them", min=1, max=HIGHEST_ID)
]


def check(grace_seconds: GraceOption = 60, limit: LimitOption = 100) -> None:
    """List what is late or stuck; exit code 1 if there is anything.

    That is: accepted requests that have not reached an end though they are due, jobs that are held after failing for
    long, and webhooks that are due.
    """
    grace = timedelta(seconds=grace_seconds)

    async def work() -> tuple[list[Overdue], list[HeldJob], list[LateEndpoint]]:
        async with open_hub(read_settings()) as hub, hub.pool.acquire() as connection:
            # That of development mode can be put forward, and then so are the times at which things are due.
            now = utc_now() + await read_ahead(connection)
            overdue = await list_overdue(connection, now - grace, limit)
            return overdue, await list_held(connection, limit), await list_late(connection, grace, limit)

    overdue, held, late = run(work())
    tables = [
        *([_overdue_table(overdue)] if overdue else []),
        *([_held_table(held)] if held else []),
        *([_late_table(late)] if late else []),
    ]
    console = Console(soft_wrap=True)
    for table in tables:
        console.print(table)
    if tables:
        raise typer.Exit(1)
    console.print("nothing is overdue, and no job is held")


def requeue(
    job: IdsArgument = None,
    all_: Annotated[bool, typer.Option("--all", help="every held job")] = False,
    limit: Annotated[int, typer.Option(help="how many at most", min=1, max=100_000)] = 10_000,
) -> None:
    """Put held jobs back: they run at once, and are held again only after failing for as long again."""
    if bool(job) == all_:
        fail("name the jobs to put back, or say --all")

    async def work() -> list[int]:
        async with open_hub(read_settings()) as hub:

            async def put_back(connection: Connection) -> list[int]:
                done = await requeue_held(connection, job, limit)
                if missing := sorted(set(job or ()) - set(done)):
                    raise NotFound(f"no job {', '.join(map(str, missing))} is held; see: suprsend-hub check")
                if done:
                    await operator().noting("put jobs back", ", ".join(map(str, job or ())), jobs=len(done))(connection)
                return done

            return await transact(hub.pool, put_back)

    Console().print(f"{len(run(work()))} job(s) put back", highlight=False)


def _overdue_table(overdue: list[Overdue]) -> Table:
    table = Table("workspace", "request", "message", "state", "due at", title="overdue")
    for each in overdue:
        due = each.due_at.isoformat(timespec="seconds")
        table.add_row(escape(each.workspace), each.request_id, each.message_id or "", each.state, due)
    return table


def _held_table(held: list[HeldJob]) -> Table:
    table = Table("job", "kind", "held since", "reason", title="held jobs; see: suprsend-hub requeue")
    for each in held:
        since = each.held_since.isoformat(timespec="seconds")
        table.add_row(str(each.id), each.kind, since, escape(_shortened(each.reason)))
    return table


def _late_table(late: list[LateEndpoint]) -> Table:
    table = Table("workspace", "webhook", "URL", "due since", title="webhooks that are late")
    for each in late:
        due = each.due_at.isoformat(timespec="seconds")
        table.add_row(escape(each.workspace), str(each.id), escape(each.url), due)
    return table


def _shortened(reason: str) -> str:
    line = reason.partition("\n")[0]
    return line if len(line) <= LONGEST_REASON else f"{line[:LONGEST_REASON]}…"
