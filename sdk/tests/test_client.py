"""The clients themselves: how they are built, share connections, survive forks and close."""

from __future__ import annotations

import asyncio
import inspect
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from suprsend import AsyncSuprsend, Suprsend, SuprsendConfigError, SuprsendError, Workflow
from suprsend.testing import AsyncRecordingTransport, RecordingTransport, Request, Response, reply

from sdk.tests.conftest import KEY, SECRET, App
from sdk.tests.local_server import LocalServer, answer, running, silent

BODY = {
    "name": "wf",
    "template": "tp",
    "notification_category": "system",
    "users": [{"distinct_id": "u1", "$androidpush": "very-secret-token"}],
}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("", "s"), "Missing workspace_key"),
        (("k", ""), "Missing workspace_secret"),
        ((5, "s"), "workspace_key must be a string"),
        (("k\nx", "s"), "workspace_key must be printable"),
        (("k", "s", "hub.example"), "base_url must look like"),
        (("k", "s", "ftp://hub.example/"), "base_url must look like"),
        (("k", "s", "https://hub.example/?a=1"), "no user name, query or fragment"),
        (("k", "s", "https://ada:pw@hub.example/"), "no user name, query or fragment"),
    ],
)
def test_a_malformed_argument_is_named(arguments: tuple[Any, ...], message: str) -> None:
    for build in (Suprsend, AsyncSuprsend):
        with pytest.raises(SuprsendConfigError, match=message):
            build(*arguments)


@pytest.mark.parametrize("options", [{"timeout": 0}, {"connect_timeout": -1}, {"max_retries": -1}])
def test_an_option_out_of_bounds_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(SuprsendConfigError, match=next(iter(options))):
        Suprsend("k", "s", **options)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        (None, "https://hub.suprsend.com/"),
        ("  ", "https://hub.suprsend.com/"),
        (" https://hub.example ", "https://hub.example/"),
        ("https://hub.example:8443/prefix", "https://hub.example:8443/prefix/"),
        ("http://[::1]:8000", "http://[::1]:8000/"),
    ],
)
def test_a_base_url_ends_with_a_slash(given: str | None, used: str) -> None:
    assert Suprsend("k", "s", given).base_url == used


def test_the_test_platform_has_its_own_default() -> None:
    assert Suprsend("k", "s", is_uat=True).base_url == "https://collector-staging.suprsend.workers.dev/"


def test_an_unknown_option_is_ignored_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    Suprsend("k", "s", time_out=5)  # type: ignore[call-arg]  # what a program without a type checker does
    assert "unknown option time_out is ignored" in caplog.text


def test_a_prefix_is_part_of_the_path_and_of_the_signature(app: App) -> None:
    client = app.connect(f"{app.server.origin}/proxy/")
    assert app.run(client.track("u1", "PING"))["success"]
    assert app.server.received[0].target == "/proxy/event/"


def test_neither_repr_nor_settings_show_the_secret() -> None:
    client = Suprsend("key", "hush-hush")
    assert "hush-hush" not in repr(client) + repr(client.settings)
    assert client.workspace_secret == "hush-hush"


def test_calls_share_one_connection(app: App) -> None:
    client = app.connect()
    for _ in range(20):
        app.run(client.track("u1", "PING"))
    assert app.server.connections == 1


def test_a_connection_that_the_server_closed_is_replaced(app: App) -> None:
    client = app.connect()
    app.server.script += [answer(202, connection="close")]
    for _ in range(3):
        assert app.run(client.trigger_workflow(BODY))["success"]


def test_threads_may_share_a_client(server: LocalServer) -> None:
    with Suprsend(KEY, SECRET, server.origin) as client, ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda n: client.track(f"u{n}", "PING"), range(200)))
    assert all(result["success"] for result in results)
    assert len({received.body for received in server.received}) == 200


async def test_tasks_may_share_a_client(server: LocalServer) -> None:
    async with AsyncSuprsend(KEY, SECRET, server.origin) as client:
        results = await asyncio.gather(*(client.track(f"u{n}", "PING") for n in range(200)))
    assert all(result["success"] for result in results)
    assert len(server.received) == 200


def test_a_client_made_before_a_fork_works_in_parent_and_children(server: LocalServer) -> None:
    program = (
        "import os, sys\n"
        "from suprsend import Suprsend\n"
        "client = Suprsend('key', 'secret', sys.argv[1])\n"
        "ok = client.track('parent', 'BEFORE')['success']\n"
        "children = []\n"
        "for n in range(3):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        os._exit(0 if client.track(f'child-{n}', 'FORKED')['success'] else 1)\n"
        "    children.append(child)\n"
        "ok &= client.track('parent', 'AFTER')['success']\n"
        "ok &= all(os.waitpid(child, 0)[1] == 0 for child in children)\n"
        "sys.exit(0 if ok else 1)\n"
    )
    subprocess.run([sys.executable, "-c", program, server.origin], check=True, timeout=60)
    assert len(server.received) == 5
    assert server.connections == 4


def test_an_async_client_may_be_used_in_one_loop_after_another(server: LocalServer) -> None:
    client = AsyncSuprsend(KEY, SECRET, server.origin)

    async def use() -> bool:
        done = await client.track("u1", "PING")
        await client.aclose()
        return done["success"]

    assert asyncio.run(use())
    with pytest.raises(SuprsendError, match="closed"):
        asyncio.run(use())


def test_a_closed_client_says_so(app: App) -> None:
    client = app.connect()
    app.run(client.track("u1", "PING"))
    app.run(client.close())
    app.run(client.close())
    with pytest.raises(SuprsendError, match="this client is closed"):
        app.run(client.track("u1", "PING"))


class Echo:
    """A transport of a user's own."""

    def send(self, request: Request) -> Response:
        """Answer with the target."""
        return reply(200, request.target)


def test_any_object_that_sends_is_a_transport() -> None:
    with Suprsend("key", "secret", transport=Echo()) as client:
        assert client.trigger_workflow(BODY)["message"] == "/key/trigger/"


async def test_recording_transports_answer_what_they_are_told() -> None:
    transport = AsyncRecordingTransport(reply(429, {"message": "slow down"}, retry_after="0"))
    client = AsyncSuprsend("key", "secret", transport=transport)
    assert (await client.trigger_workflow(BODY))["message"] == "OK"
    assert [body["name"] for body in transport.bodies] == ["wf", "wf"]
    assert transport.requests[0].url == "https://hub.suprsend.com/key/trigger/"


@contextmanager
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Catch what the package logs, as a program with logging set up would."""
    with caplog.at_level(logging.DEBUG, logger="suprsend"):
        yield


SECRETS: dict[str, Any] = {
    "api_key": "hush-1",
    "access_token": 'hush-2 "quoted" hush-3',
    "$iospush": ["hush-4", "hush-5"],
    "incoming_webhook": {"url": "https://hooks.example/hush-6"},
    "long": [{"token": "hush-7" + "x" * 5000}],
}


def test_debug_logs_each_request_and_no_secret(app: App, caplog: pytest.LogCaptureFixture) -> None:
    with logged(caplog):
        app.run(app.connect(debug=True).trigger_workflow(Workflow(BODY | {"data": SECRETS})))
    assert f"{app.server.origin}/{KEY}/trigger/" in caplog.text
    assert "answered 202" in caplog.text
    for secret in (SECRET, "very-secret-token", "hush", app.server.received[0].headers["authorization"]):
        assert secret not in caplog.text


def test_nothing_is_logged_unless_asked(app: App, caplog: pytest.LogCaptureFixture) -> None:
    with logged(caplog):
        app.run(app.connect().trigger_workflow(BODY))
    assert [record for record in caplog.records if record.name == "suprsend"] == []


def test_importing_changes_nothing_global_and_needs_no_aiohttp() -> None:
    program = (
        "import logging, sys\n"
        "sys.modules['aiohttp'] = None\n"
        "import suprsend\n"
        "assert logging.getLogger().handlers == [] and logging.getLogger().level == logging.WARNING\n"
        "suprsend.Suprsend('key', 'secret')\n"
        "try:\n"
        "    suprsend.AsyncSuprsend('key', 'secret')\n"
        "except suprsend.SuprsendConfigError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert "pip install 'suprsend[async]'" in done.stdout
    assert done.stderr == ""


def test_a_proxy_of_the_environment_is_used(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with running() as proxy:
        monkeypatch.setenv("http_proxy", proxy.origin)
        assert app.run(app.connect("http://hub.invalid/").track("u1", "PING"))["success"]
        assert proxy.received[0].target == "http://hub.invalid/event/"
        assert proxy.received[0].headers["host"] == "hub.invalid"


def test_signature_and_docs_of_an_operation_survive() -> None:
    client = Suprsend("key", "secret", transport=RecordingTransport())
    assert list(inspect.signature(client.track).parameters)[:2] == ["distinct_id", "event_name"]
    assert "Record that a user did something" in (client.track.__doc__ or "")
    assert "Run a workflow" in (Suprsend.trigger_workflow.__doc__ or "")


def test_a_forked_child_leaves_the_connections_of_an_async_parent_alone(server: LocalServer) -> None:
    program = (
        "import asyncio, gc, os, sys\n"
        "from suprsend import AsyncSuprsend\n"
        "async def use(client, name):\n"
        "    return (await client.track('u1', name))['success']\n"
        "async def child(client):\n"
        "    ok = await use(client, 'FORKED')\n"
        "    gc.collect()\n"
        "    await client.close()\n"
        "    return ok\n"
        "client = AsyncSuprsend('key', 'secret', sys.argv[1])\n"
        "with asyncio.Runner() as parent:\n"
        "    ok = parent.run(use(client, 'BEFORE'))\n"
        "    pid = os.fork()\n"
        "    if pid == 0:\n"
        "        asyncio._set_running_loop(None)\n"
        "        os._exit(0 if asyncio.run(child(client)) else 1)\n"
        "    ok &= os.waitpid(pid, 0)[1] == 0\n"
        "    ok &= parent.run(use(client, 'AFTER'))\n"
        "    parent.run(client.close())\n"
        "sys.exit(0 if ok else 1)\n"
    )
    subprocess.run([sys.executable, "-c", program, server.origin], check=True, timeout=60)
    assert len(server.received) == 3
    assert server.connections == 2


async def test_a_task_that_its_program_cancels_is_cancelled(server: LocalServer) -> None:
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()

    def tell(_connection: object, stopped: threading.Event) -> bool:
        loop.call_soon_threadsafe(arrived.set)
        return not stopped.wait()

    server.script += [tell]
    async with AsyncSuprsend(KEY, SECRET, server.origin) as client:
        task = asyncio.create_task(client.trigger_workflow(BODY))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await client.trigger_workflow(BODY))["success"]


async def test_a_call_that_took_too_long_leaves_its_task_uncancelled(server: LocalServer) -> None:
    server.script += [silent, silent]
    async with AsyncSuprsend(KEY, SECRET, server.origin, timeout=0.2) as client, asyncio.timeout(60):
        late = await asyncio.gather(client.trigger_workflow(BODY), client.trigger_workflow(BODY))
        assert ["none within 0.2 s" in result["message"] for result in late] == [True, True]
        assert (await client.trigger_workflow(BODY))["success"]
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


def test_a_proxy_of_an_unknown_kind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:9")
    with pytest.raises(SuprsendConfigError, match="socks5 proxy"):
        Suprsend("key", "secret", "http://hub.invalid/")
