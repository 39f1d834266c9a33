"""How each page reaches its rows: the plans that PostgreSQL chose, as auto_explain writes them into its log."""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from suprsend_hub.embedded import DEFAULT_OPTIONS

# Loaded, and silent until it is asked for: the times are taken without it.
OPTIONS = {
    **DEFAULT_OPTIONS,
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_format": "json",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
}
_ENTRY = re.compile(r"duration: ([\d.]+) ms  plan:\n((?:\t.*\n)+)")
_WHOLE = "from end to end"

HEAD = """# How pages reach their rows

`python -m bench.pages --plans docs/plans.md` writes this page. It fills a database as [benchmarks](benchmarks.md)
tells, and asks for each page once more while PostgreSQL writes down the plan of every statement. For each page: how
many statements it took, how long the database was at them, and by which index each table was reached, with the most
rows that a statement took from it. What is read from end to end are tables of as many rows as people made by hand.

"""


@dataclass(frozen=True, slots=True)
class Reached:
    """A table, the way to it, and how many rows came of it."""

    table: str
    way: str
    rows: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What one statement did, and how long it took."""

    milliseconds: float
    reached: Sequence[Reached]


class PlanLog:
    """The plans in a server's log, from one look to the next."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "postgresql" / "log"
        self._read = 0

    def fresh(self) -> list[Plan]:
        """What was written since the last look."""
        with self._file.open("rb") as file:
            file.seek(self._read)
            text = file.read().decode(errors="replace")
        self._read = self._file.stat().st_size
        return [Plan(float(took), [*_ways(msgspec.json.decode(entry)["Plan"])]) for took, entry in _ENTRY.findall(text)]


def _ways(node: Mapping[str, Any]) -> Iterator[Reached]:
    inner = node.get("Plans", [])
    if "Relation Name" in node:
        indexes = [each["Index Name"] for each in (node, *_below(inner)) if "Index Name" in each]
        way = "written" if node["Node Type"] == "ModifyTable" else " and ".join(dict.fromkeys(indexes)) or _WHOLE
        rows = round(node.get("Actual Rows", 0) * node.get("Actual Loops", 0))
        yield Reached(node["Relation Name"], way, rows)
    for each in inner:
        yield from _ways(each)


def _below(nodes: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The indexes that a heap is read by, which stand below it."""
    for each in nodes:
        if each["Node Type"].startswith("Bitmap"):
            yield each
            yield from _below(each.get("Plans", []))


def explain_pages(url: str, folder: Path, paths: Sequence[str], ask: Callable[[str], object]) -> str:
    """A table of all pages: what each asked the database, and how it was reached."""
    asyncio.run(_begin(url))
    log = PlanLog(folder)
    rows = []
    for path in paths:
        # Connections take the new setting up when they are idle, and plans are kept from the first time on.
        ask(path)
        log.fresh()
        ask(path)
        rows.append(_row(path, log.fresh()))
    return "\n".join((f"{HEAD}| page | statements | ms | reached |", "|---|---|---|---|", *rows)) + "\n"


async def _begin(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("alter system set auto_explain.log_min_duration = 0")
    await connection.execute("select pg_reload_conf()")
    await connection.close()


def _row(path: str, plans: Sequence[Plan]) -> str:
    most: dict[tuple[str, str], int] = {}
    for each in (reached for plan in plans for reached in plan.reached):
        most[each.table, each.way] = max(each.rows, most.get((each.table, each.way), 0))
    reached = ", ".join(f"`{table}` {_told(way)} ({rows:,})" for (table, way), rows in sorted(most.items()))
    return f"| `{shown_path(path)}` | {len(plans)} | {sum(plan.milliseconds for plan in plans):.1f} | {reached} |"


def shown_path(path: str) -> str:
    """A path as a report has it: without what is signed for one person."""
    return re.sub(r"(/preferences/|/v1/unsubscribe/).+", r"\1…", path)


def _told(way: str) -> str:
    return way if way in ("written", _WHOLE) else f"by {way}"
