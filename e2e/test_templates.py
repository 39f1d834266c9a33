"""`suprsend-hub template` in a process of its own, against a running hub."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.running import EXAMPLE_TEMPLATES, Access, run


@pytest.fixture
def environment(hub: Access) -> Iterator[dict[str, str]]:
    """Where to push to and pull from; templates that a test pushed are deleted after it."""
    yield {"HUB_URL": hub.base_url, "HUB_SERVICE_TOKEN": hub.service_token}
    hub.request("DELETE", "/v2/demo/template/welcome/")


def write_welcome(folder: Path, body: str) -> Path:
    """A template of one channel."""
    variant = folder / "welcome" / "inbox" / "default"
    variant.mkdir(parents=True, exist_ok=True)
    (folder / "welcome" / "template.json").write_text(json.dumps({"name": "Welcome"}))
    (variant / "variant.json").write_text(json.dumps({"content": {"body": body}}))
    return folder


def test_what_is_pushed_is_listed_and_comes_back(environment: dict[str, str], tmp_path: Path) -> None:
    source = write_welcome(tmp_path / "source", "Hello")
    for outcome in ("committed", "unchanged"):
        done = run("template", "push", source, "-w", "demo", environment=environment)
        assert (done.returncode, outcome in done.stdout) == (0, True), done.stdout + done.stderr
    assert "Welcome" in run("template", "list", "-w", "demo", environment=environment).stdout
    target = tmp_path / "target"
    assert run("template", "pull", target, "-w", "demo", environment=environment).returncode == 0
    pulled = json.loads((target / "welcome" / "inbox" / "default" / "variant.json").read_text())
    assert pulled["content"] == {"body": "Hello"}
    example = target / "purchase-made" / "email" / "default" / "body.raw.html"
    assert (
        example.read_text() == (EXAMPLE_TEMPLATES / "purchase-made" / "email" / "default" / "body.raw.html").read_text()
    )


def test_a_draft_is_pushed_without_going_live(environment: dict[str, str], tmp_path: Path) -> None:
    source = write_welcome(tmp_path, "Hello")
    assert run("template", "push", source, "-w", "demo", environment=environment).returncode == 0
    write_welcome(tmp_path, "New")
    assert run("template", "push", source, "-w", "demo", "--no-commit", environment=environment).returncode == 0
    for mode, body in (("live", "Hello"), ("draft", "New")):
        target = tmp_path / mode
        assert run("template", "pull", target, "-w", "demo", "--mode", mode, environment=environment).returncode == 0
        assert json.loads((target / "welcome/inbox/default/variant.json").read_text())["content"] == {"body": body}


def test_what_goes_wrong_is_said(environment: dict[str, str], tmp_path: Path) -> None:
    source = write_welcome(tmp_path, "{{#if x}}")
    refusals = [
        (("push", source, "-w", "demo"), environment, "content.body"),
        (("push", tmp_path / "gone", "-w", "demo"), environment, "no such folder"),
        (("list", "-w", "bakery"), environment, "bakery"),
        (("list", "-w", "demo"), environment | {"HUB_SERVICE_TOKEN": "wrong"}, "not authenticated"),
        (("list", "-w", "demo"), environment | {"HUB_URL": "http://127.0.0.1:1"}, "127.0.0.1:1"),
    ]
    for arguments, variables, problem in refusals:
        done = run("template", *arguments, environment=variables)
        assert done.returncode == 1
        assert problem in done.stderr
        assert "Traceback" not in done.stderr
