"""The FCM stand-in, spoken to over plain sockets: only right credentials send."""

import asyncio
import http.client
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from suprsend_hub.simulators.fcm import SEND_PATH, TOKEN_PATH
from suprsend_hub.simulators.http_server import Answer, HttpServer, Request
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors.fcm import FcmSettings, write_token_request
from suprsend_hub.vendors.settings import read_settings_as


async def post(url: str, path: str, body: bytes, **headers: str) -> tuple[int, Any]:
    """Ask the stand-in with a blocking client beside it."""

    def run() -> tuple[int, Any]:
        client = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
        try:
            client.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = client.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            client.close()

    return await asyncio.to_thread(run)


def assertion(simulation: Simulation) -> bytes:
    """A token request that the stand-in accepts."""
    settings = read_settings_as(FcmSettings, simulation.vendor_settings()["fcm"])
    return write_token_request(settings, datetime.now(UTC)).body


async def test_a_signed_assertion_gets_a_token_and_the_token_sends() -> None:
    async with Simulation() as simulation:
        status, given = await post(simulation.fcm_url, TOKEN_PATH, assertion(simulation))
        assert (status, given["token_type"], given["expires_in"]) == (200, "Bearer", 3600)
        body = json.dumps({"message": {"token": "t", "notification": {"title": "Hi", "body": "x"}}}).encode()
        status, sent = await post(simulation.fcm_url, SEND_PATH, body, authorization=f"Bearer {given['access_token']}")
        assert status == 200
        assert sent["name"].startswith("projects/stand-in/messages/")
        [received] = simulation.received
        assert (received.recipient, received.title, received.message_id) == ("t", "Hi", None)


@pytest.mark.parametrize("body", [b"", b"assertion=x.y.z", b"grant_type=x&assertion=e30.e30.e30", b"\xff\xfe"])
async def test_anything_else_gets_no_token(body: bytes) -> None:
    async with Simulation() as simulation:
        status, refusal = await post(simulation.fcm_url, TOKEN_PATH, body)
        assert (status, refusal["error"]) == (400, "invalid_grant")


async def test_a_changed_assertion_gets_no_token() -> None:
    async with Simulation() as simulation:
        right = assertion(simulation)
        status, _ = await post(simulation.fcm_url, TOKEN_PATH, right.replace(b".", b".A", 1))
        assert status == 400
        assert simulation.fcm.tokens_issued == 0


@pytest.mark.parametrize("bearer", ["", "Bearer ", "Bearer ya29.made-up", "Basic x"])
async def test_without_a_token_nothing_is_sent(bearer: str) -> None:
    async with Simulation() as simulation:
        status, fault = await post(simulation.fcm_url, SEND_PATH, b"{}", authorization=bearer)
        assert (status, fault["error"]["status"]) == (401, "UNAUTHENTICATED")


async def test_a_message_that_is_none_and_a_path_that_is_none_are_refused() -> None:
    async with Simulation() as simulation:
        _, given = await post(simulation.fcm_url, TOKEN_PATH, assertion(simulation))
        bearer = f"Bearer {given['access_token']}"
        status, fault = await post(simulation.fcm_url, SEND_PATH, b'{"message": {}}', authorization=bearer)
        assert (status, fault["error"]["status"]) == (400, "INVALID_ARGUMENT")
        status, fault = await post(simulation.fcm_url, "/v1/projects/other/messages:send", b"{}")
        assert (status, fault["error"]["status"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_a_broken_request_closes_its_connection_only(raw: bytes) -> None:
    async def answer(request: Request) -> Answer:
        return Answer(200, request.body)

    server = HttpServer(answer)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(raw)
    with suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for _ in range(2):
        writer.write(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nok")
        assert await reader.readuntil(b"ok") == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    writer.close()
    await server.stop()
