"""A command reads what it needs: only what runs a server reads the server."""

import json
import subprocess
import sys

# In a process of its own: this one has read everything by now.
SCRIPT = """
import json, sys, typer
from suprsend_hub.cli import app

commands = typer.main.get_command(app).commands
read_at_first = sorted(name for name in sys.modules if name.startswith("suprsend_hub."))
for name in commands:
    if name not in ("dev", "api", "worker"):
        commands[name]
print(json.dumps([len(commands), read_at_first, [each in sys.modules for each in ("suprsend_hub.main", "litestar")]]))
"""


def test_no_command_but_those_that_serve_reads_the_server() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60)
    count, read_at_first, is_server_read = json.loads(done.stdout)
    assert count > 20
    assert read_at_first == ["suprsend_hub.cli"]
    assert is_server_read == [False, False]
