"""`make demo`: a hub in development mode on a free port, and the purchase example against it."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

START_SECONDS = 120


def main() -> int:
    """Run the demonstration; 0 if every message was taken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the hub up")
    keep = parser.parse_args().keep
    folder = Path(tempfile.mkdtemp(prefix="suprsend-hub-demo-"))
    # Where root starts the hub, its database server runs as another user, who must be able to look in here.
    folder.chmod(0o755)
    hub = start_hub(folder)
    passed = False
    try:
        ready = wait_until_ready(hub, folder)
        print(f"The hub is up at {ready['base_url']}; a customer buys something, and again with a delay of 5 s.")
        passed = run_example(folder)
    finally:
        if not (keep and passed):
            stop(hub)
            shutil.rmtree(folder, ignore_errors=True)
    if keep and passed:
        print(f"The hub stays up. Console: {ready['console_url']}")
        print(f"Log: {folder / 'hub.log'}   Keys: {folder / 'ready.json'}   Stop it with: kill {hub.pid}")
    return 0 if passed else 1


def start_hub(folder: Path) -> subprocess.Popen[bytes]:
    """Start a hub that outlives this program unless it is stopped."""
    program = Path(sys.executable).with_name("suprsend-hub")
    options = {"--port": "0", "--data-dir": folder / "data", "--ready-file": folder / "ready.json"}
    command = [str(program), "dev", *(str(part) for option in options.items() for part in option)]
    with (folder / "hub.log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)


def wait_until_ready(hub: subprocess.Popen[bytes], folder: Path) -> dict[str, str]:
    """What the hub says when it can take traffic; SystemExit with its log where it never does."""
    deadline = time.monotonic() + START_SECONDS
    ready_file = folder / "ready.json"
    while not ready_file.exists():
        if hub.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the hub did not start:\n{(folder / 'hub.log').read_text()}")
        time.sleep(0.05)
    ready: dict[str, str] = json.loads(ready_file.read_text())
    return ready


def run_example(folder: Path) -> bool:
    """Run the purchase example in a process of its own, as a user would."""
    command = [sys.executable, "-m", "examples.purchase", str(folder / "ready.json")]
    return subprocess.run(command, check=False, cwd=Path(__file__).parents[1]).returncode == 0


def stop(hub: subprocess.Popen[bytes]) -> None:
    """Stop the hub as a service manager would."""
    if hub.poll() is None:
        os.kill(hub.pid, signal.SIGTERM)
        hub.wait(30)


if __name__ == "__main__":
    sys.exit(main())
