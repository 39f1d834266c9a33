"""The official clients, unmodified, each in an environment of its own below `.official/`."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import sync_playwright

from hub.tests.ui.chromium import BrowserMissing, find_chromium

ROOT = Path(__file__).resolve().parent.parent
LOCKS = Path(__file__).with_name("environments")


class OfficialClientMissing(Exception):
    """An official client could not be installed or does not start here."""


def official_python(version: str) -> Path:
    """Return the interpreter that has `suprsend-py-sdk` at this version, installing it on first use."""
    lock = LOCKS / f"py-{version}.txt"

    def install(home: Path) -> None:
        _run(sys.executable, "-m", "venv", str(home))
        python = str(home / "bin" / "python")
        _run(python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock))
        _run(python, "-c", "import suprsend")

    return _environment(f"py-{version}", [lock], install) / "bin" / "python"


def official_node(name: str) -> Path:
    """Return the folder whose `node_modules` has the client of Node or of browsers, installing it on first use."""
    files = [LOCKS / name / "package.json", LOCKS / name / "package-lock.json"]

    def install(home: Path) -> None:
        home.mkdir(parents=True)
        for file in files:
            shutil.copy(file, home)
        _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(home))

    return _environment(name, files, install)


def node() -> str:
    """Return the path of Node, which runs the client of Node and drives the browser."""
    return _program(("node",), "Node 18 or newer: apt-get install nodejs npm, or brew install node")


def browser() -> str:
    """Return the path of a browser of Chromium's family."""
    with sync_playwright() as playwright:
        try:
            return find_chromium(playwright.chromium.executable_path)
        except BrowserMissing as missing:
            raise OfficialClientMissing(str(missing)) from missing


def _program(names: tuple[str, ...], hint: str) -> str:
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise OfficialClientMissing(f"none of {', '.join(names)} is installed; the official clients need {hint}")
    return found


def _environment(name: str, locks: list[Path], install: Callable[[Path], None]) -> Path:
    """Return the folder that was installed from these lock files, which are part of its name."""
    digest = hashlib.sha256(b"\0".join(lock.read_bytes() for lock in locks)).hexdigest()[:12]
    home = ROOT / ".official" / f"{name}-{digest}"
    if home.exists():
        return home
    # Made beside its place and moved there whole, so that a broken-off or parallel install is never used.
    draft = home.with_name(f"{home.name}.{os.getpid()}")
    try:
        install(draft)
        if not home.exists():
            draft.rename(home)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return home


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as missing:
        raise OfficialClientMissing(f"{command[0]} is not installed") from missing
    if done.returncode == 0:
        return
    hint = " It needs libmagic: apt-get install libmagic1, or brew install libmagic." if "magic" in done.stderr else ""
    raise OfficialClientMissing(f"{' '.join(command)} failed.{hint}\n{done.stderr.strip()}")
