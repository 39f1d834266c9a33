"""Transports for your own tests: they record what your app sends, and answer what you tell them to.

    transport = RecordingTransport()
    client = Suprsend("workspace key", "workspace secret", transport=transport)
    place_order(client)
    assert transport.bodies[0]["name"] == "Purchase Workflow"

In pytest the fixture `suprsend_recorder` is such a transport for every client of the program, of either kind, that
has no transport of its own:

    def test_an_order_is_announced(suprsend_recorder):
        place_order()
        assert suprsend_recorder.bodies[0]["name"] == "Purchase Workflow"
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from suprsend.errors import AnswerLost, AnswerTooBig, ConnectionNotMade, SecureChannelRefused, TransportError
from suprsend.protocol import Request, Response

__all__ = [
    "AnswerLost",
    "AnswerTooBig",
    "AsyncRecordingTransport",
    "ConnectionNotMade",
    "RecordingTransport",
    "Request",
    "Response",
    "SecureChannelRefused",
    "reply",
]

Scripted: TypeAlias = Response | TransportError


def reply(status: int, body: object = "OK", **headers: str) -> Response:
    """Return an answer for a transport to give: a string as text, anything else as JSON.

    reply(429, {"message": "slow down"}, retry_after="2")
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, str):
        return Response(status, {"content-type": "text/plain; charset=utf-8", **named}, body.encode())
    return Response(status, {"content-type": "application/json", **named}, json.dumps(body).encode())


class RecordingTransport:
    """Keeps every request of a `Suprsend`; gives the answers in order, then 202 `OK` for ever.

    An answer that is an error, such as `ConnectionNotMade("refused")`, is raised.
    """

    def __init__(self, *answers: Scripted) -> None:
        self.requests: list[Request] = []
        self._answers = list(answers)

    def send(self, request: Request, /) -> Response:
        """Record a request and give the next answer."""
        self.requests.append(request)
        answer = self._answers.pop(0) if self._answers else reply(202)
        if isinstance(answer, TransportError):
            raise answer
        return answer

    def answer(self, *answers: Scripted) -> None:
        """Give these answers next, after those that are still to be given."""
        self._answers += answers

    @property
    def bodies(self) -> list[Any]:
        """Return the JSON body of each request."""
        return [json.loads(request.body) if request.body else None for request in self.requests]


class AsyncRecordingTransport:
    """What `RecordingTransport` is, for an `AsyncSuprsend`."""

    def __init__(self, *answers: Scripted) -> None:
        self._recording = RecordingTransport(*answers)

    def answer(self, *answers: Scripted) -> None:
        """Give these answers next, after those that are still to be given."""
        self._recording.answer(*answers)

    async def send(self, request: Request, /) -> Response:
        """Record a request and give the next answer."""
        return self._recording.send(request)

    @property
    def requests(self) -> list[Request]:
        """Return every request so far."""
        return self._recording.requests

    @property
    def bodies(self) -> list[Any]:
        """Return the JSON body of each request."""
        return self._recording.bodies
