"""The official Python client, unmodified, in a virtual environment of its own below `.official/`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class OfficialClientMissing(Exception):
    """The official client could not be installed or does not start here."""


def official_python(version: str) -> Path:
    """Return the interpreter that has `suprsend-py-sdk` at this version, installing it on first use."""
    home = ROOT / ".official" / f"py-{version}"
    python = home / "bin" / "python"
    if not python.exists():
        _install(version, home)
    return python


def _install(version: str, home: Path) -> None:
    # Made beside its place and moved there whole, so that a broken-off or parallel install is never used.
    draft = home.with_name(f"{home.name}.{os.getpid()}")
    try:
        _run(sys.executable, "-m", "venv", str(draft))
        python = str(draft / "bin" / "python")
        _run(python, "-m", "pip", "install", "--quiet", f"suprsend-py-sdk=={version}")
        _run(python, "-c", "import suprsend")
        if not home.exists():
            draft.rename(home)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    hint = " It needs libmagic: apt-get install libmagic1, or brew install libmagic." if "magic" in done.stderr else ""
    raise OfficialClientMissing(f"{' '.join(command)} failed.{hint}\n{done.stderr.strip()}")
