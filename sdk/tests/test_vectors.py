"""Each recorded request of the official client, made again by both of ours."""

from __future__ import annotations

import ast
import hashlib
import hmac
import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import suprsend

from sdk.tests.conftest import KEY, SECRET, App
from sdk.tests.local_server import Received

CASES = json.loads((Path(__file__).parent / "vectors" / "sdk_requests.json").read_text())["cases"]
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def normalised(body: Any) -> Any:
    """Return a body without what differs from run to run, having checked its form."""
    if isinstance(body, list):
        return [normalised(record) for record in body]
    if not isinstance(body, dict):
        return body
    body = dict(body)
    if "$insert_id" in body:
        assert UUID.fullmatch(body.pop("$insert_id")) is not None
        assert body.pop("$time") >= 1640995200000
        properties = dict(body["properties"])
        assert re.fullmatch(r"suprsend/[\d.]+;python/[\d.]+\S*", properties.pop("$ss_sdk_version")) is not None
        body["properties"] = properties
    return body


def shown(result: Any) -> Any:
    """Return a result as the recording shows it."""
    if isinstance(result, suprsend.BulkResponse):
        return {
            "status": result.status,
            "total": result.total,
            "success": result.success,
            "failure": result.failure,
            "warnings": result.warnings,
            "failed_errors": [record["error"] for record in result.failed_records],
        }
    return result


def run_code(app: App, code: str, **names: object) -> Any:
    """Run a recorded program; the call that gives its result is awaited on the async client."""
    scope: dict[str, Any] = {name: getattr(suprsend, name) for name in suprsend.__all__}
    scope |= {"client": app.connect(), **names}
    tree = ast.parse(code)
    exec(compile(tree, "recorded", "exec"), scope)
    return app.run(scope["result"])


def assert_signed(received: Received) -> None:
    """Check that the signature is valid for the bytes that arrived."""
    digest = hashlib.md5(received.body).hexdigest() if received.body else ""
    parts = (
        received.method,
        digest,
        received.headers["content-type"],
        received.headers["date"],
        received.target,
    )
    seal = b64encode(hmac.digest(SECRET.encode(), "\n".join(parts).encode(), "sha256")).decode()
    assert received.headers["authorization"] == f"{KEY}:{seal}"


def assert_same_body(received: Received, expected: dict[str, Any]) -> None:
    """Compare a body as JSON with the recorded one, of which only the ends may have been kept."""
    if expected.get("body_text") == "":
        assert received.body == b""
        return
    body = normalised(json.loads(received.body))
    if "body_text" in expected:
        assert body == normalised(json.loads(expected["body_text"]))
    else:
        assert len(body) == expected["body_list_length"]
        assert body[0] == normalised(expected["body_first"])
        assert body[-1] == normalised(expected["body_last"])


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_recorded_program_sends_the_same_requests_and_gets_the_same_result(
    app: App, case: dict[str, Any], tmp_path: Path
) -> None:
    hello = tmp_path / "hello.txt"
    hello.write_text("hello\n")
    result = run_code(app, case["code"], path_hello_txt=str(hello))

    assert len(app.server.received) == len(case["requests"])
    for received, expected in zip(app.server.received, case["requests"], strict=True):
        assert (received.method, received.target) == (expected["method"], expected["path"])
        assert received.headers["content-type"] == expected["content_type"]
        assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", received.headers["date"])
        assert_signed(received)
        assert_same_body(received, expected)
    assert shown(result) == case["result"]


def test_our_signature_of_the_recorded_bytes_equals_the_recorded_one() -> None:
    credentials = suprsend.Suprsend(KEY, SECRET).settings.credentials
    moment = 1709209845.5
    requests = [request for case in CASES for request in case["requests"] if "body_text" in request]
    for request in requests:
        body = request["body_text"].encode()
        headers = credentials.headers(request["method"], request["path"], body, moment)
        assert headers["Authorization"] == request["authorization"]
        assert headers["Date"] == request["date"]
        assert headers["Content-Type"] == request["content_type"]
