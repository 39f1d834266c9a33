"""The fixture that pytest offers wherever this package is installed; described in `suprsend.testing`."""

from __future__ import annotations

import importlib.util

import pytest

from suprsend.protocol import Request, Response
from suprsend.testing import RecordingTransport


@pytest.fixture
def suprsend_recorder(monkeypatch: pytest.MonkeyPatch) -> RecordingTransport:
    """Record what every client sends, instead of sending it, and answer 202 unless told otherwise."""
    recorder = RecordingTransport()

    def send(_transport: object, request: Request, /) -> Response:
        return recorder.send(request)

    async def send_async(_transport: object, request: Request, /) -> Response:
        return recorder.send(request)

    monkeypatch.setattr("suprsend.transport.PooledTransport.send", send)
    if importlib.util.find_spec("aiohttp"):
        monkeypatch.setattr("suprsend.aiohttp_transport.AiohttpTransport.send", send_async)
    return recorder
