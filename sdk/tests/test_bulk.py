"""Many records in few requests: how they are cut, and what is reported."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from suprsend import BulkResponse, Event, Suprsend, Workflow
from suprsend.errors import ConnectionNotMade
from suprsend.testing import RecordingTransport, reply

from sdk.tests.conftest import App
from sdk.tests.local_server import answer

LIMIT = 800 * 1024


@dataclass(slots=True)
class Rendezvous:
    """Answers no request until so many are there together, and counts how many were at most."""

    together: int
    here: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    complete: threading.Event = field(default_factory=threading.Event)

    def meet(self, connection: socket.socket, stopped: threading.Event) -> bool:
        """Behave so on one connection."""
        with self.lock:
            self.here += 1
            self.most = max(self.most, self.here)
            if self.here >= self.together:
                self.complete.set()
        self.complete.wait(10)
        with self.lock:
            self.here -= 1
        return answer()(connection, stopped)


def workflow(n: int = 0, **data: Any) -> Workflow:
    """Return a valid workflow for the n-th user."""
    body = {
        "name": "wf",
        "template": "tp",
        "notification_category": "system",
        "users": [{"distinct_id": f"u{n}"}],
        "data": data,
    }
    return Workflow(body)


def connect(*answers: Any) -> tuple[Suprsend, RecordingTransport]:
    """Return a client without retries, and what records it."""
    transport = RecordingTransport(*answers)
    return Suprsend("key", "secret", transport=transport, max_retries=0), transport


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
def test_at_most_100_workflows_or_events_travel_together(count: int, sizes: list[int]) -> None:
    client, transport = connect()
    workflows, events = client.bulk_workflows.new_instance(), client.bulk_events.new_instance()
    for n in range(count):
        workflows.append(workflow(n))
        events.append(Event(f"u{n}", "E1"))
    assert workflows.trigger().success == count
    assert events.trigger().success == count
    assert [len(body) for body in transport.bodies] == sizes + sizes


def test_at_most_400_users_travel_together() -> None:
    client, transport = connect()
    bulk = client.bulk_users.new_instance()
    bulk.append(*(client.user.get_instance(f"u{n}") for n in range(401)))
    assert str(bulk.save()) == "BulkResponse<status: success | total: 401 | success: 401 | failure: 0 | warnings: 0>"
    assert [len(body) for body in transport.bodies] == [400, 1]


@pytest.mark.parametrize("size", [50_000, 100_000, 500_000, 818_000])
def test_no_request_is_larger_than_800_kilobytes_and_the_order_stays(size: int) -> None:
    client, transport = connect()
    workflows, events = client.bulk_workflows.new_instance(), client.bulk_events.new_instance()
    workflows.append(*(workflow(n, blob="x" * size) for n in range(20)))
    events.append(*(Event(f"u{n}", "E1", {"blob": "x" * size}) for n in range(20)))
    assert workflows.trigger().success == 20
    assert [record["users"][0]["distinct_id"] for body in transport.bodies for record in body] == [
        f"u{n}" for n in range(20)
    ]
    events.trigger()
    assert all(len(request.body) <= LIMIT for request in transport.requests)
    assert len(transport.requests) <= 2 * -(-20 // (LIMIT // (size + 500)))


def test_an_invalid_record_is_reported_and_the_rest_is_sent() -> None:
    client, transport = connect()
    bulk = client.bulk_events.new_instance()
    bulk.append(Event("u1", "$mine"), Event("u2", "FINE"), Event("u3", "LATE", {"when": object()}))
    response = bulk.trigger()
    assert (response.status, response.total, response.success, response.failure) == ("partial", 3, 1, 2)
    assert response.failed_records[0] == {
        "record": {"event": "$mine", "distinct_id": "u1", "properties": {}},
        "error": "event_names starting with [$,ss_] are reserved by SuprSend",
        "code": 500,
    }
    assert "not JSON serializable" in response.failed_records[1]["error"]
    assert [record["event"] for record in transport.bodies[0]] == ["FINE"]


def test_nothing_but_invalid_records_is_a_failure_without_a_request() -> None:
    client, transport = connect()
    bulk = client.bulk_workflows.new_instance()
    bulk.append(Workflow({}))
    response = bulk.trigger()
    assert (response.status, response.total, response.failure) == ("fail", 1, 1)
    assert "is required" in response.failed_records[0]["error"]
    assert transport.requests == []


def test_an_empty_bulk_call_is_a_success() -> None:
    client, transport = connect()
    assert client.bulk_events.new_instance().trigger().status == "success"
    assert client.bulk_users.new_instance().trigger().status == "success"
    assert transport.requests == []


@pytest.mark.parametrize("kind", ["bulk_users", "bulk_events"])
def test_records_that_were_refused_among_others_are_reported_as_failed(app: App, kind: str) -> None:
    refused = {"status": "error", "status_code": 400, "error": {"message": "is no address"}}
    told = {"status": "partial", "records": [{"status": "success", "message_id": "m"}, refused]}
    app.server.script += [answer(202, json.dumps(told).encode())]
    client = app.connect()
    bulk = getattr(client, kind).new_instance()
    for name in ("u1", "u2"):
        user = client.user.get_instance(name)
        user.set("plan", "free")
        bulk.append(user if kind == "bulk_users" else Event(name, "SEEN"))
    response = app.run(bulk.trigger())
    assert (response.status, response.success, response.failure) == ("partial", 1, 1)
    (failed,) = response.failed_records
    assert (failed["record"]["distinct_id"], failed["error"], failed["code"]) == ("u2", "is no address", 400)


def test_a_record_is_taken_as_it_is_when_it_is_appended() -> None:
    client, transport = connect()
    bulk = client.bulk_workflows.new_instance()
    reused = workflow(0)
    for n in range(3):
        reused.body["data"]["n"] = n
        bulk.append(reused)
    bulk.trigger()
    assert [record["data"]["n"] for record in transport.bodies[0]] == [0, 1, 2]


def test_what_is_no_record_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    client, transport = connect()
    bulk = client.bulk_workflows.new_instance()
    bulk.append({"name": "wf"}, workflow())  # type: ignore[arg-type]  # what an untyped program may do
    assert bulk.trigger().total == 1
    assert len(transport.bodies[0]) == 1
    assert "dict is no Workflow" in caplog.text


@pytest.mark.parametrize(
    ("answers", "status", "codes"),
    [
        ([reply(400, "bad")], "fail", {400}),
        ([ConnectionNotMade("refused")], "fail", {500}),
        ([reply(202), reply(400, "bad")], "partial", {400}),
        ([reply(400, "bad"), reply(202)], "partial", {400}),
    ],
)
def test_a_chunk_that_fails_reports_its_records(answers: list[Any], status: str, codes: set[int]) -> None:
    client, transport = connect(*answers)
    bulk = client.bulk_events.new_instance()
    bulk.append(*(Event(f"u{n}", "E1", {"n": n}) for n in range(100 * len(answers))))
    response = bulk.trigger()
    assert (response.status, {record["code"] for record in response.failed_records}) == (status, codes)
    assert (
        response.failed_records[0]["record"]
        in json.loads(b"[" + transport.requests[0].body[1:]) + (transport.bodies[-1])
    )
    assert bulk.response is response


def test_triggering_again_sends_the_same_records_under_the_same_ids() -> None:
    client, transport = connect()
    bulk = client.bulk_events.new_instance()
    bulk.append(Event("u1", "E1"))
    bulk.trigger()
    assert bulk.trigger().total == 1
    assert transport.requests[0].body == transport.requests[1].body


def test_a_response_that_was_not_given_yet_has_no_status() -> None:
    assert str(BulkResponse()) == "BulkResponse<status: None | total: 0 | success: 0 | failure: 0 | warnings: 0>"


def late(connection: socket.socket, stopped: threading.Event) -> bool:
    """Answer after 10 milliseconds."""
    stopped.wait(0.01)
    return answer()(connection, stopped)


def test_many_requests_are_under_way_at_once_where_answers_take_time(app: App) -> None:
    watch = Rendezvous(4)
    app.server.script += [late, late] + [watch.meet] * 8
    bulk = app.connect().bulk_events.new_instance()
    bulk.append(*(Event(f"u{n}", "PING") for n in range(1_000)))
    assert app.run(bulk.trigger()).success == 1_000
    assert watch.most == 4


def test_few_requests_go_one_after_another(app: App) -> None:
    watch = Rendezvous(1)
    app.server.script += [late, late, watch.meet, watch.meet]
    bulk = app.connect().bulk_workflows.new_instance()
    bulk.append(*(workflow(n) for n in range(400)))
    assert app.run(bulk.trigger()).success == 400
    assert watch.most == 1
    firsts = [json.loads(received.body)[0]["users"][0]["distinct_id"] for received in app.server.received]
    assert firsts == ["u0", "u100", "u200", "u300"]


def test_edits_of_one_profile_arrive_in_their_order(app: App) -> None:
    watch = Rendezvous(1)
    app.server.script += [late, late] + [watch.meet] * 3
    client = app.connect()
    bulk = client.bulk_users.new_instance()
    for n in range(2_000):
        user = client.user.get_instance(f"u{n % 1_999}")
        user.set("n", n)
        bulk.append(user)
    assert app.run(bulk.save()).success == 2_000
    assert watch.most == 1
    sent = [event["distinct_id"] for received in app.server.received for event in json.loads(received.body)]
    assert sent == [f"u{n % 1_999}" for n in range(2_000)]


def test_failures_are_told_in_the_order_of_the_records_whenever_they_come(app: App) -> None:
    app.server.script += [late, late] + [answer(500, b"no")] * 8
    bulk = app.connect().bulk_events.new_instance()
    bulk.append(*(Event(f"u{n}", "PING") for n in range(1_000)))
    response = app.run(bulk.trigger())
    assert [record["record"]["distinct_id"] for record in response.failed_records] == [
        f"u{n}" for n in range(200, 1_000)
    ]


def test_progress_is_told_in_the_callers_own_thread(app: App) -> None:
    told: list[tuple[int, int]] = []
    threads = set()

    def note(ended: int, total: int) -> None:
        told.append((ended, total))
        threads.add(threading.current_thread())

    bulk = app.connect().bulk_events.new_instance()
    bulk.append(*(Event(f"u{n}", "PING") for n in range(950)))
    app.run(bulk.trigger(progress=note))
    assert [total for _, total in told] == [950] * 10
    assert [ended for ended, _ in told] == sorted(ended for ended, _ in told)
    assert told[-1] == (950, 950)
    assert threads == {threading.current_thread()}


def test_a_progress_bar_is_drawn_on_a_terminal_and_nowhere_else() -> None:
    program = (
        "from suprsend import Event, Suprsend\n"
        "from suprsend.testing import RecordingTransport\n"
        "bulk = Suprsend('k', 's', transport=RecordingTransport()).bulk_events.new_instance()\n"
        "bulk.append(*(Event('u', 'PING') for _ in range(200)))\n"
        "print(bulk.trigger(progress=True))\n"
    )
    controller, terminal = pty.openpty()
    ran = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=terminal, check=True)
    os.close(terminal)
    drawn = os.read(controller, 4_096).decode()
    os.close(controller)
    assert ran.stdout.decode().startswith("BulkResponse<status: success | total: 200")
    assert "100 of 200" in drawn
    assert drawn.endswith("200 of 200\r\n")
    silent = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert silent.stderr == b""


def test_an_error_in_the_progress_callback_ends_the_call(app: App) -> None:
    def stumble(_ended: int, _total: int) -> None:
        raise RuntimeError("stumbled")

    bulk = app.connect().bulk_events.new_instance()
    bulk.append(*(Event(f"u{n}", "PING") for n in range(1_000)))
    with pytest.raises(RuntimeError, match="stumbled"):
        app.run(bulk.trigger(progress=stumble))
