"""Each official client as a program that plays features, in its own environment."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from e2e.compatibility.steps import Step, Subject
from e2e.compatibility.table import NODE, PY10, PY20, WEB, Client
from e2e.official import ROOT, browser, node, official_node, official_python

PROGRAMS = Path(__file__).with_name("programs")
PATIENCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Played:
    """What a client did: the values of each feature's steps, or what stopped it; and which methods were called."""

    outcomes: Mapping[str, dict[str, Any]]
    methods: frozenset[str] = field(default_factory=frozenset)
    called: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Play:
    """A feature to be played: for whom, and how."""

    name: str
    subject: Subject
    steps: list[Step]


def play(client: Client, keys: Mapping[str, Any], plays: Sequence[Play]) -> Played:
    """Play these features with a client that has these keys."""
    features = [{"name": each.name, "subject": each.subject.id, "steps": each.steps} for each in plays]
    task = {**keys, "features": features}
    done = subprocess.run(
        _command(client),
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": ""},
        timeout=PATIENCE_SECONDS,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and lines, f"{client} ended with {done.returncode}:\n{done.stderr[-4000:]}"
    *outcomes, seen = lines
    return Played({each["feature"]: each for each in outcomes}, frozenset(seen["methods"]), frozenset(seen["called"]))


def _command(client: Client) -> list[str | Path]:
    if client == PY10:
        return [official_python("0.10.0"), PROGRAMS / "python_program.py"]
    if client == PY20:
        return [official_python("0.20.0"), PROGRAMS / "python_program.py"]
    if client == NODE:
        return [node(), PROGRAMS / "node_program.mjs", official_node("node")]
    assert client == WEB
    return [node(), PROGRAMS / "browser_program.mjs", official_node("web"), browser()]
