"""What a type checker and an editor make of a user's program."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import suprsend
from suprsend import AsyncSuprsend, Suprsend

PROGRAM = Path(__file__).parent / "users_program.py"
RESOURCES = (
    "user",
    "workflows",
    "users",
    "objects",
    "subscriber_lists",
    "tenants",
    "brands",
    "messages",
    "bulk_workflows",
    "bulk_events",
    "bulk_users",
)


def run(*command: str) -> tuple[int, str]:
    """Return how a command ended, and what it said."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def checker(name: str) -> str:
    """Return the path of an installed program."""
    return str(Path(sys.executable).parent / name)


@pytest.mark.slow
def test_mypy_in_its_strict_mode_finds_nothing(tmp_path: Path) -> None:
    code, said = run(checker("mypy"), "--strict", "--config-file=", f"--cache-dir={tmp_path}", str(PROGRAM))
    assert code == 0, said


@pytest.mark.slow
def test_pyright_finds_nothing(tmp_path: Path) -> None:
    settings = {"typeCheckingMode": "strict", "include": [str(PROGRAM)], "pythonVersion": "3.11"}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    code, said = run(checker("basedpyright"), "-p", str(tmp_path), "--pythonpath", sys.executable)
    assert code == 0, said
    assert "0 errors" in said


MISTAKES = {
    "a result awaited on the sync client": "async def f(c: Suprsend) -> None:\n    await c.track('u', 'E')\n",
    "a coroutine read as a result": "def f(c: AsyncSuprsend) -> bool:\n    return c.track('u', 'E')['success']\n",
    "an event among workflows": "def f(c: Suprsend) -> None:\n    c.bulk_workflows.new_instance().append(Event('u'))\n",
    "an option that does not exist": "Suprsend('k', 's', time_out=3)\n",
    "an argument too few": "def f(c: Suprsend) -> None:\n    c.track('u')\n",
}


@pytest.mark.slow
def test_mistakes_are_found(tmp_path: Path) -> None:
    for name, program in MISTAKES.items():
        wrong = tmp_path / "wrong.py"
        wrong.write_text("from suprsend import AsyncSuprsend, Event, Suprsend\n" + program)
        code, said = run(checker("mypy"), "--strict", "--config-file=", f"--cache-dir={tmp_path}/c", str(wrong))
        assert code == 1, f"{name}: {said}"


def public_methods(value: Any) -> dict[str, Any]:
    """Return what can be called on a value, by name."""
    names = (name for name in dir(type(value)) if not name.startswith("_"))
    return {name: found for name in names if callable(found := getattr(value, name))}


@pytest.mark.parametrize("build", [Suprsend, AsyncSuprsend])
def test_every_public_name_has_a_signature_and_a_docstring(build: Any) -> None:
    client = build("key", "secret", transport=object())
    bulk = client.bulk_events.new_instance()
    holders = [client, bulk, client.user.get_instance("u"), client.users.get_edit_instance("u")]
    for holder in holders + [getattr(client, name) for name in RESOURCES]:
        for name, method in public_methods(holder).items():
            assert inspect.getdoc(method), f"{type(holder).__name__}.{name} has no docstring"
            parameters = list(inspect.signature(method).parameters)
            assert "args" not in parameters, f"{type(holder).__name__}.{name} hides its arguments"


def test_every_exported_name_has_a_docstring() -> None:
    for name in suprsend.__all__:
        if name != "__version__":
            assert inspect.getdoc(getattr(suprsend, name)), name
