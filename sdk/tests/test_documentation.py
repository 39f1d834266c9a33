"""The pages about this client say what is so: every example runs, and every name of the official client is told."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import suprsend
from suprsend import Suprsend
from suprsend.pytest_plugin import suprsend_recorder
from suprsend.testing import RecordingTransport, reply

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PAGES = [*sorted((ROOT / "docs" / "sdk").glob("*.md")), ROOT / "sdk" / "README.md"]
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)

__all__ = ["suprsend_recorder"]


def examples() -> list[Any]:
    """Return every example of every page."""
    return [
        pytest.param(source, id=f"{page.stem}-{number}")
        for page in PAGES
        for number, source in enumerate(EXAMPLE.findall(page.read_text()), 1)
    ]


@pytest.mark.parametrize("source", examples())
def test_an_example_does_what_it_shows(
    source: str, suprsend_recorder: RecordingTransport, capsys: pytest.CaptureFixture[str]
) -> None:
    suprsend_recorder.answer(*[reply(202, {"success": True, "status": "success", "message_id": "m"})] * 20)
    names: dict[str, Any] = {"__name__": "example"}
    code = compile(source, "example", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(eval(code, names))
    else:
        exec(code, names)
    tests: list[Callable[..., None]] = [value for name, value in names.items() if name.startswith("test_")]
    for test in tests:
        recorder = RecordingTransport()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "suprsend.transport.PooledTransport.send", lambda _self, request, to=recorder: to.send(request)
            )
            test(recorder)
    assert suprsend_recorder.requests or tests or "transport=" in source or "client = Suprsend" in source
    assert "Traceback" not in capsys.readouterr().err


def official_names() -> dict[str, tuple[str, list[str]]]:
    """Return the official clients' names: since which version, and the names of their arguments."""
    names = {}
    for line in (HERE / "official_names.txt").read_text().splitlines():
        version, _, rest = line.partition(" ")
        path, opening, parameters = rest.rpartition("(") if rest.endswith(")") else (rest, "", "")
        named = [part for part in parameters.rstrip(")").split(", ") if part]
        names[path] = (version, named if opening else [])
    return names


def holders() -> dict[str, Any]:
    """Return a value for each left column of the table."""
    client = Suprsend("key", "secret", transport=RecordingTransport())
    workflows = client.workflows
    return {
        "suprsend": suprsend,
        "client": client,
        "BulkResponse()": suprsend.BulkResponse(),
        "Event()": suprsend.Event("u", "e"),
        "SubscriberListBroadcast()": suprsend.SubscriberListBroadcast({}),
        "Workflow()": suprsend.Workflow({}),
        "WorkflowTriggerRequest()": suprsend.WorkflowTriggerRequest({}),
        **{f"client.{name}": getattr(client, name) for name in dir(client) if not name.startswith("_")},
        **{f"client.{name}.new_instance()": getattr(client, name).new_instance() for name in BULK},
        "client.user.get_instance()": client.user.get_instance("u"),
        "client.users.get_edit_instance()": client.users.get_edit_instance("u"),
        "client.users.get_bulk_edit_instance()": client.users.get_bulk_edit_instance(),
        "client.objects.get_edit_instance()": client.objects.get_edit_instance("t", "o"),
        "client.workflows.bulk_trigger_instance()": workflows.bulk_trigger_instance(),
    }


BULK = ("bulk_workflows", "bulk_events", "bulk_users")


def told() -> dict[str, dict[str, list[str]]]:
    """Return the migration page's table: holder, then column, then names."""
    table = {}
    for line in (ROOT / "docs" / "sdk" / "migration.md").read_text().splitlines():
        cells = [re.findall(r"`([^`]+)`", cell) for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            table[cells[0][0]] = {"0.10": cells[1], "0.20": cells[2], "no": cells[3]}
    return table


def test_every_official_name_is_told_and_is_there_or_said_not_to_be() -> None:
    table, present = told(), holders()
    seen = set()
    for path, (version, _) in official_names().items():
        holder, _, name = path.rpartition(".")
        if path.endswith(")"):
            holder, name = "", path.removesuffix("()")
        row = table[holder or "suprsend"]
        is_there = hasattr(present[holder or "suprsend"], name)
        assert name in row[version if is_there else "no"], path
        seen.add((holder or "suprsend", name))
    named = {(holder, name) for holder, row in table.items() for names in row.values() for name in names}
    assert named == seen


def test_every_official_argument_may_be_given_by_its_name() -> None:
    present = holders()
    for path, (_, parameters) in official_names().items():
        holder, _, name = path.rpartition(".")
        found = getattr(present[holder or "suprsend"], name, None)
        if found is None or not parameters:
            continue
        taken = inspect.signature(found).parameters
        if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in taken.values()):
            continue
        # Editors are made by the client's methods, never by a program that hands them the client.
        missing = [given for given in parameters if given not in taken and given not in ("args", "kwargs", "config")]
        positional = any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in taken.values())
        assert not missing or positional, f"{path}: {missing}"


def test_every_deliberate_difference_has_its_row() -> None:
    page = (ROOT / "docs" / "sdk" / "differences.md").read_text().partition("These need")[0]
    rows = {line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")} - {"name"}
    test = (ROOT / "e2e" / "test_differential.py").read_text()
    named = set(re.findall(r'^    "([\w ]+)": \w+,$', test.partition("DIFFERENCES: dict")[2].partition("\n}")[0], re.M))
    assert rows == named
