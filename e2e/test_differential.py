"""Random programs, played with the official client 0.10.0 and with both of ours: the same requests and results.

Where ours differs on purpose, the difference has a name in DIFFERENCES and a reason in docs/sdk/differences.md.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from e2e.official import ROOT, official_python
from e2e.programs import KINDS, Program, answers
from sdk.tests.local_server import LocalServer, Received, answer, running

KEY = "ws_key_0123456789abcdefgh"
SECRET = "ws_secret_abc"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

EXAMPLES = int(os.environ.get("EXAMPLES", "150"))

Outcome = dict[str, Any]
Answer = tuple[int, bytes, str]


@dataclass(frozen=True, slots=True)
class Played:
    """What one client did with a program."""

    requests: list[dict[str, Any]]
    outcome: Outcome

    @property
    def error(self) -> str:
        """Return the name of the error that was raised, or an empty string."""
        return str(self.outcome.get("raised", ""))


@dataclass(frozen=True, slots=True)
class Client:
    """One client in a process of its own, and the server it speaks to."""

    process: subprocess.Popen[str]
    server: LocalServer

    def play(self, program: Program, told: Answer) -> Played:
        """Play a program; the server gives the same answer to all of its requests."""
        status, body, kind = told
        self.server.received.clear()
        self.server.script[:] = [answer(status, body, content_type=kind)] * 9
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(program) + "\n")
        self.process.stdin.flush()
        outcome = json.loads(self.process.stdout.readline())
        return Played([as_sent(received) for received in self.server.received], normal_outcome(outcome))


def as_sent(received: Received) -> dict[str, Any]:
    """Return what is compared of a request, having checked its signature and ids."""
    digest = hashlib.md5(received.body).hexdigest() if received.body else ""
    content_type, date = received.headers["content-type"], received.headers["date"]
    signed = "\n".join((received.method, digest, content_type, date, received.target))
    seal = b64encode(hmac.digest(SECRET.encode(), signed.encode(), "sha256")).decode()
    assert received.headers["authorization"] == f"{KEY}:{seal}"
    body = normal(json.loads(received.body)) if received.body else None
    return {"method": received.method, "target": received.target, "content_type": content_type, "body": body}


def normal(value: Any) -> Any:
    """Return a body without what differs from call to call, having checked its form."""
    if isinstance(value, list):
        return [normal(item) for item in value]
    if not isinstance(value, dict):
        return value
    value = dict(value)
    if "$insert_id" in value and "$time" in value:
        assert UUID.fullmatch(value.pop("$insert_id"))
        assert value.pop("$time") >= 1640995200000
        if isinstance(value.get("properties"), dict):
            value["properties"] = {k: v for k, v in value["properties"].items() if k != "$ss_sdk_version"}
    return value


def normal_outcome(outcome: Outcome) -> Outcome:
    """Return an outcome whose failed records can be compared."""
    value = outcome.get("value")
    if isinstance(value, dict) and "failed_records" in value:
        failed = [{**record, "record": normal(record["record"])} for record in value["failed_records"]]
        return {"value": {**value, "failed_records": failed}}
    return outcome


@contextmanager
def client(python: Path, kind: str) -> Iterator[Client]:
    """Start a client of a kind, and its server."""
    with running() as server:
        command = [str(python), str(ROOT / "e2e" / "player.py"), kind, server.origin, KEY, SECRET]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            try:
                yield Client(process, server)
            finally:
                assert process.stdin is not None
                process.stdin.close()


@pytest.fixture(scope="module")
def clients() -> Iterator[tuple[Client, Client, Client]]:
    """Start the official client and both of ours."""
    with ExitStack() as stack:
        official = stack.enter_context(client(official_python("0.10.0"), "official"))
        ours = [stack.enter_context(client(Path(sys.executable), kind)) for kind in ("sync", "async")]
        yield official, ours[0], ours[1]


REFUSALS = ("InputValueError", "SuprsendValidationError", "SuprsendAPIException")


def is_reworded(_program: Program, official: Played, ours: Played) -> bool:
    """A broken rule is told in our words, which name the field."""
    return ours.error == official.error == "SuprsendValidationError" and ours.requests == official.requests == []


def is_not_json(_program: Program, official: Played, ours: Played) -> bool:
    """An answer that should be JSON and isn't: an error of this package where the official client's is requests'."""
    return (
        official.error == "JSONDecodeError" and ours.error == "SuprsendAPIException" and same_requests(official, ours)
    )


def tells_invalid_records_as_given(_program: Program, official: Played, ours: Played) -> bool:
    """An invalid record of a bulk call is told by one sentence and as it was given, not half worked on."""
    theirs, mine = official.outcome.get("value"), ours.outcome.get("value")
    if not (same_requests(official, ours) and isinstance(theirs, dict) and isinstance(mine, dict)):
        return False
    if {**theirs, "failed_records": 0} != {**mine, "failed_records": 0}:
        return False
    pairs = zip(theirs["failed_records"], mine["failed_records"], strict=True)
    return all(same_failure(*pair) for pair in pairs)


def same_failure(theirs: dict[str, Any], mine: dict[str, Any]) -> bool:
    """Say whether two failed records are the same but for a traceback and what was done to the record."""
    is_same_error = theirs["error"] == mine["error"] or theirs["error"].startswith("Traceback")
    return is_same_error and theirs["code"] == mine["code"] and as_given(theirs["record"]) == as_given(mine["record"])


def as_given(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without what the official client does to it while it checks it."""
    stripped = {name: value.strip() for name in ("event", "distinct_id") if isinstance(value := record.get(name), str)}
    return record | stripped | {"data": record.get("data") or {}}


def is_brand_without_id(program: Program, official: Played, ours: Played) -> bool:
    """A brand without an id is refused instead of asking for a path that does not exist."""
    return program.get("resource") == "brands" and ours == Played(
        [], {"raised": "SuprsendValidationError", "message": "missing brand_id"}
    )


def same_requests(official: Played, ours: Played) -> bool:
    """Say whether both sent the same."""
    return official.requests == ours.requests


DIFFERENCES: dict[str, Callable[[Program, Played, Played], bool]] = {
    "reworded": is_reworded,
    "not json": is_not_json,
    "invalid records as given": tells_invalid_records_as_given,
    "brand without id": is_brand_without_id,
}


def names_of_differences(program: Program, official: Played, ours: Played) -> list[str]:
    """Return which deliberate differences explain that two outcomes are not the same."""
    return [name for name, explains in DIFFERENCES.items() if explains(program, official, ours)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_program_sends_the_same_and_gets_the_same(clients: tuple[Client, Client, Client], kind: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(KINDS[kind], answers)
    def compare(program: Program, told: Answer) -> None:
        official, *ours = (player.play(program, told) for player in clients)
        for played in ours:
            if played != official:
                assert names_of_differences(program, official, played), f"\n{official}\n{played}"
        assert ours[0].requests == ours[1].requests

    compare()
