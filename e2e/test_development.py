"""`suprsend-hub dev` as a newcomer meets it: ready, restarted, stopped in the middle, started twice."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from suprsend import Suprsend, Workflow

from e2e.running import Access, a_folder, development_hub, run, started, until

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for one hub."""
    with a_folder() as folder:
        yield folder


def trigger(access: Access, **changes: object) -> str:
    """Trigger the example workflow for somebody new; the key of the trigger."""
    key = uuid4().hex
    body = {
        "name": "Purchase Workflow",
        "template": "purchase-made",
        "notification_category": "transactional",
        "users": [{"distinct_id": key, "$email": [f"{key}@example.com"], "$channels": ["email"]}],
        **changes,
    }
    with Suprsend(access.workspace_key, access.workspace_secret, base_url=access.base_url) as client:
        result = client.trigger_workflow(Workflow(body, idempotency_key=key))
    assert result["success"], result
    return key


def lock_file(folder: Path) -> Path:
    """The file that is there as long as the database server is, with its process id in the first line."""
    return folder / "data" / "postgresql" / "data" / "postmaster.pid"


def test_the_ready_file_says_all_that_a_client_needs(hub: Access) -> None:
    assert hub.request("GET", "/healthz").status == 200
    assert hub.request("GET", "/readyz").status == 200
    assert b"hub_" in hub.request("GET", "/metrics").data
    assert hub.request("GET", "/console/~/sign-in").status == 200


def test_stopping_finishes_what_was_begun_and_loses_nothing(folder: Path) -> None:
    with development_hub(folder) as (running, access, ready):
        slow = {"behaviour": {"type": "delay", "seconds": 1}}
        assert access.request("POST", "/dev/behaviour/", json=slow).status == 200
        sent = trigger(access)
        later = trigger(access, delay="2s")
        until(lambda: access.get("/v1/message/", idempotency_key=sent)["results"], bool)
        assert running.stop() == 0
        assert not lock_file(folder).exists()
    with development_hub(folder) as (_, again, ready_again):
        # The console's first user is made once, and the password is said then.
        kept = {name: value for name, value in ready.items() if name not in ("console_user", "console_password")}
        assert len(kept) == len(ready) - 2
        assert {**kept, "base_url": "", "console_url": "", "smtp_port": 0} == {
            **ready_again,
            "base_url": "",
            "console_url": "",
            "smtp_port": 0,
        }
        for key in (sent, later):
            assert [each["status"] for each in again.messages(idempotency_key=key)] == ["sent_by_vendor"]


def test_what_was_accepted_before_a_power_cut_is_sent_after_it(folder: Path) -> None:
    with development_hub(folder) as (running, access, _):
        keys = [trigger(access, delay="3s") for _ in range(5)]
        os.kill(int(lock_file(folder).read_text().split()[0]), signal.SIGKILL)
        running.stop(signal.SIGKILL)
    with development_hub(folder) as (_, again, _ready):
        for key in keys:
            assert [each["status"] for each in again.messages(idempotency_key=key)] == ["sent_by_vendor"]


def test_a_second_hub_on_the_same_folder_is_told_so(folder: Path) -> None:
    with (
        development_hub(folder),
        started(folder, "second", "dev", "--port", 0, "--data-dir", folder / "data") as second,
    ):
        assert second.process.wait(60) == 1
        assert "error:" in second.printed
        assert str(folder / "data") in second.printed
        assert "Traceback" not in second.printed


def test_a_port_that_is_taken_is_named(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with started(folder, "dev", "dev", "--port", port, "--data-dir", folder / "data") as running:
            assert running.process.wait(60) == 1
            assert str(port) in running.printed
            assert "Traceback" not in running.printed
    assert not lock_file(folder).exists()


def test_unreadable_credentials_are_explained(folder: Path) -> None:
    with development_hub(folder) as (running, _, _ready):
        running.stop()
    (folder / "data" / "workspace.json").write_text("{")
    done = run("dev", "--port", 0, "--data-dir", folder / "data", environment={})
    assert done.returncode == 1
    assert "workspace.json is missing or damaged" in done.stderr


@pytest.mark.slow
def test_the_demonstration_ends_well() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "examples.demo"], check=False, capture_output=True, text=True, cwd=ROOT, timeout=170
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("sent_by_vendor") == 6
    assert json.dumps("Your order Invoice-1234 is confirmed").strip('"') in done.stdout
