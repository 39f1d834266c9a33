"""docs/compatibility.md, from what came of the matrix."""

from collections.abc import Iterable, Sequence

from e2e.compatibility.matrix import Matrix
from e2e.compatibility.table import RULES, SERVED, TABLE, TITLES, WEB, Client, Row
from e2e.official import ROOT

PAGE = ROOT / "docs" / "compatibility.md"

HEAD = """# Compatibility

What the official clients can call, and whether this hub serves it. Each row was played with the unmodified client in an
environment of its own against a running hub, and its effect was looked at: an address that was added is written to, a
notification that was marked is marked. A row says *not yet* where the call, its answer or its effect is missing, and is
empty where that client has no such call. The browser is Chromium; only the push service that it would register with is
the hub's stand-in.

"""

RULES_HEAD = """
## What keeps unmodified clients working

Each of these is a test of the same name in `e2e/test_wire.py`.

| | |
|---|---|
"""

FOOT = """
This page is written by `python -m e2e.compatibility`.
"""


# As people write what stands in the names of tests.
_WRITTEN = {"json": "JSON", "api": "API"}


def write_page(matrix: Matrix) -> str:
    """The page's text."""
    parts = [HEAD, *_summary(matrix)]
    for title, rows in TABLE.items():
        parts += [f"\n## {title}\n\n", *_section(rows, matrix)]
    rules = [f"| {_sentence(name)} | {_mark(state == SERVED)} |\n" for name, state in RULES.items()]
    return "".join([*parts, RULES_HEAD, *rules, FOOT])


def _summary(matrix: Matrix) -> list[str]:
    lines = ["| client | features | served |\n", "|---|---|---|\n"]
    for client, title in TITLES.items():
        theirs = [fault is None for (each, _), fault in matrix.faults.items() if each == client]
        lines.append(f"| {title} | {len(theirs)} | {sum(theirs)} |\n")
    return lines


def _section(rows: Sequence[Row], matrix: Matrix) -> list[str]:
    clients = [client for client in TITLES if any(client in row.clients for row in rows)]
    titles = ["" if clients == [WEB] else TITLES[client] for client in clients]
    lines = [f"| feature | path | {' | '.join(titles)} |\n", "|---|---|" + "---|" * len(clients) + "\n"]
    for row in rows:
        cells = " | ".join(_cells(row, clients, matrix))
        lines.append(f"| {row.about} | `{row.path}` | {cells} |\n")
    return lines


def _cells(row: Row, clients: Iterable[Client], matrix: Matrix) -> list[str]:
    return [_mark(matrix.works(client, row.feature)) if client in row.clients else "" for client in clients]


def _mark(works: bool) -> str:
    return "yes" if works else "*not yet*"


def _sentence(name: str) -> str:
    words = name.removeprefix("test_").split("_")
    return " ".join([words[0].capitalize(), *(_WRITTEN.get(word, word) for word in words[1:])])
