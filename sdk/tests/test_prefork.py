"""A client made before the workers of a prefork server are, as most web apps make it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import textwrap
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sdk.tests.local_server import LocalServer

APP = """
    import os
    from suprsend import Suprsend

    client = Suprsend("key", "secret", "{origin}", timeout=10)
    assert client.track("parent", "STARTED")["success"]

    def app(environ, start_response):
        result = client.track(str(os.getpid()), "SERVED")
        start_response("200 OK" if result["success"] else "500 Not sent", [])
        return [str(os.getpid()).encode()]
"""


def ask(url: str) -> str:
    """Return the body of a page."""
    with urllib.request.urlopen(url, timeout=20) as answer:
        body: bytes = answer.read()
        return body.decode()


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_client_made_before_the_fork_serves_every_worker_of_gunicorn(server: LocalServer, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(textwrap.dedent(APP).format(origin=server.origin))
    listener = socket.create_server(("127.0.0.1", 0))
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--preload",
        "--no-control-socket",
        "--workers",
        "3",
        "--bind",
        f"fd://{listener.fileno()}",
    ]
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    with listener, subprocess.Popen([*command, "shop:app"], cwd=tmp_path, pass_fds=[listener.fileno()]) as gunicorn:
        try:
            with ThreadPoolExecutor(8) as people:
                served = list(people.map(ask, [url] * 300))
        finally:
            gunicorn.send_signal(signal.SIGTERM)
    sent = [json.loads(received.body)["distinct_id"] for received in server.received]
    assert sent[0] == "parent"
    assert sorted(sent[1:]) == sorted(served)
    assert len(set(served)) > 1
    assert server.connections <= 1 + len(set(served))
