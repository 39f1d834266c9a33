"""Servers that break off, dawdle or talk nonsense: a clear result in time, and never a decode error."""

from __future__ import annotations

import json
import socket
import threading

import pytest
from suprsend import Event, Workflow

from sdk.tests.conftest import App
from sdk.tests.local_server import Behaviour, answer, drip, raw, reset, silent

BODY = {
    "name": "wf",
    "template": "tp",
    "notification_category": "system",
    "users": [{"distinct_id": "u1"}],
}


def once() -> Workflow:
    """Return a workflow that must not be sent twice."""
    return Workflow(dict(BODY))


def keyed() -> Workflow:
    """Return a workflow that the platform would notice twice."""
    return Workflow(dict(BODY), idempotency_key="order-1")


def test_an_html_error_page_is_the_message(app: App) -> None:
    page = b"<html><h1>502 Bad Gateway</h1></html>"
    app.server.script += [answer(502, page, content_type="text/html")]
    assert app.run(app.connect().trigger_workflow(once())) == {
        "success": False,
        "status": "fail",
        "status_code": 502,
        "message": page.decode(),
    }
    assert len(app.server.received) == 1


def test_an_empty_success_is_a_success(app: App) -> None:
    app.server.script += [answer(200, b"")]
    assert app.run(app.connect().trigger_workflow(once())) == {
        "success": True,
        "status": "success",
        "status_code": 200,
        "message": "",
    }


def test_an_empty_failure_is_put_into_words(app: App) -> None:
    app.server.script += [answer(401, b"")]
    assert app.run(app.connect().trigger_workflow(once()))["message"] == "HTTP 401 with an empty body"


def test_a_redirect_is_not_followed_and_says_where_it_leads(app: App) -> None:
    app.server.script += [answer(301, b"", location="https://elsewhere.example/")]
    result = app.run(app.connect().trigger_workflow(once()))
    assert result["status_code"] == 301
    assert "https://elsewhere.example/" in result["message"]
    assert len(app.server.received) == 1


def test_json_that_is_none_is_only_text(app: App) -> None:
    app.server.script += [answer(202, b"{oops", content_type="application/json")]
    assert app.run(app.connect().track("u1", "PING"))["message"] == "{oops"


def test_a_connection_broken_off_is_not_repeated_without_a_key(app: App) -> None:
    app.server.script += [reset]
    result = app.run(app.connect().trigger_workflow(once()))
    assert (result["success"], result["status"], result["status_code"]) == (False, "fail", 500)
    assert result["message"].startswith(f"no answer from {app.server.origin}")
    assert len(app.server.received) == 1


def test_a_connection_broken_off_is_repeated_with_a_key_and_signed_anew(app: App) -> None:
    app.server.script += [reset, answer(504, b""), answer(202)]
    result = app.run(app.connect().trigger_workflow(keyed()))
    assert result["success"]
    assert len(app.server.received) == 3
    assert len({received.body for received in app.server.received}) == 1
    assert all(received.headers["authorization"] for received in app.server.received)


def test_an_event_is_repeated_under_the_same_insert_id(app: App) -> None:
    app.server.script += [reset]
    assert app.run(app.connect().track("u1", "PING"))["success"]
    first, second = (json.loads(received.body)["$insert_id"] for received in app.server.received)
    assert first == second


def test_a_server_that_asks_for_patience_gets_it(app: App) -> None:
    app.server.script += [answer(503, b"", retry_after="0"), answer(429, b"", retry_after="0")]
    assert app.run(app.connect().trigger_workflow(once()))["success"]
    assert len(app.server.received) == 3


def test_nobody_listening_is_a_result_that_says_so(app: App) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    client = app.connect(f"http://127.0.0.1:{port}/", max_retries=0)
    result = app.run(client.trigger_workflow(once()))
    assert (result["success"], result["status_code"]) == (False, 500)
    assert f"no connection to http://127.0.0.1:{port}" in result["message"]


def test_a_name_that_does_not_resolve_is_a_result_that_says_so(app: App) -> None:
    client = app.connect("http://no-such-host.invalid/", max_retries=0)
    result = app.run(client.trigger_workflow(once()))
    assert (result["success"], result["status_code"]) == (False, 500)
    assert "no-such-host.invalid" in result["message"]


SLOW = {
    "never answers": silent,
    "slow headers": drip(b"HTTP/1.1 202 Accepted\r\nx-slow: "),
    "slow body": drip(b"HTTP/1.1 202 Accepted\r\ncontent-length: 100000\r\n\r\n"),
    "endless body": drip(b"HTTP/1.1 202 Accepted\r\n\r\n"),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("behaviour", SLOW.values(), ids=SLOW)
@pytest.mark.parametrize("workflow", [once, keyed], ids=["without a key", "with a key"])
def test_no_server_can_hold_a_call_beyond_its_timeout(app: App, behaviour: Behaviour, workflow: object) -> None:
    app.server.script += [behaviour] * 9
    client = app.connect(timeout=0.5)
    result = app.run(client.trigger_workflow(workflow()))  # type: ignore[operator]  # parametrised
    assert (result["success"], result["status_code"]) == (False, 500)
    assert "no answer" in result["message"]


def cut_off(connection: socket.socket, stopped: threading.Event) -> bool:
    """Break the connection off in the middle of the body."""
    connection.sendall(b"HTTP/1.1 202 Accepted\r\ncontent-length: 500\r\n\r\nhalf")
    return reset(connection, stopped)


def test_a_connection_broken_off_in_the_body_is_a_lost_answer(app: App) -> None:
    app.server.script += [cut_off]
    result = app.run(app.connect(timeout=5).trigger_workflow(once()))
    assert (result["success"], result["status_code"]) == (False, 500)
    assert "no answer" in result["message"]
    app.server.script += [cut_off]
    assert app.run(app.connect(timeout=5).trigger_workflow(keyed()))["success"]


NONSENSE = {
    "no http": b"SSH-2.0-OpenSSH_9.6\r\n",
    "cut short": b"HTTP/1.1 202 Accepted\r\ncontent-length: 500\r\n\r\nhalf",
    "bad length": b"HTTP/1.1 202 Accepted\r\ncontent-length: minus one\r\n\r\n",
    "bad status": b"HTTP/1.1 everything fine\r\n\r\n",
    "broken gzip": b"HTTP/1.1 202 Accepted\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nhalf",
    "bad chunk": b"HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    "endless header": b"HTTP/1.1 202 Accepted\r\nx-long: " + b"x" * 100_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("data", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_a_result_not_an_exception(app: App, data: bytes) -> None:
    app.server.script += [raw(data)]
    result = app.run(app.connect(timeout=5).trigger_workflow(once()))
    assert result["status"] in ("success", "fail")
    assert result["success"] or result["message"]


def test_a_huge_answer_is_refused(app: App) -> None:
    app.server.script += [answer(202, b"x" * (17 * 1024 * 1024))]
    result = app.run(app.connect().trigger_workflow(once()))
    assert not result["success"]
    assert "larger than" in result["message"]


def test_a_server_without_tls_is_a_result_that_says_so(app: App) -> None:
    client = app.connect(app.server.origin.replace("http:", "https:"), timeout=5, max_retries=0)
    result = app.run(client.trigger_workflow(once()))
    assert (result["success"], result["status_code"]) == (False, 500)
    assert "connection to https://" in result["message"]


def test_a_bulk_call_goes_on_after_a_chunk_that_failed(app: App) -> None:
    app.server.script += [answer(202), answer(500, b"boom", content_type="text/plain"), answer(202)]
    bulk = app.connect().bulk_workflows.new_instance()
    bulk.append(*(Workflow(BODY | {"users": [{"distinct_id": f"u{n}"}]}) for n in range(250)))
    response = app.run(bulk.trigger())
    assert (response.status, response.total, response.success, response.failure) == ("partial", 250, 150, 100)
    assert response.failed_records[0] == {
        "record": BODY | {"users": [{"distinct_id": "u100"}], "data": {}},
        "error": "boom",
        "code": 500,
    }


def test_a_bulk_call_that_is_never_answered_reports_each_record(app: App) -> None:
    app.server.script += [reset]
    bulk = app.connect().bulk_workflows.new_instance()
    bulk.append(once(), keyed())
    response = app.run(bulk.trigger())
    assert (response.status, response.failure) == ("fail", 2)
    assert {record["code"] for record in response.failed_records} == {500}
    assert len(app.server.received) == 1


def test_a_bulk_call_whose_records_all_have_keys_is_repeated(app: App) -> None:
    app.server.script += [reset]
    client = app.connect()
    workflows, events = client.bulk_workflows.new_instance(), client.bulk_events.new_instance()
    workflows.append(keyed())
    assert app.run(workflows.trigger()).status == "success"
    app.server.script += [reset]
    events.append(Event("u1", "PING"))
    assert app.run(events.trigger()).status == "success"
    assert len(app.server.received) == 4
