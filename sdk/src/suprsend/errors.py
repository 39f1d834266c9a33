"""Every error of this client, in one tree.

SuprsendError                     base of all; has `message` and `status_code`
├── SuprsendConfigError           the client was built with something missing or malformed
├── SuprsendValidationError       a body breaks a rule of the API; the message names the field (status 400)
├── InputValueError               an argument is of the wrong type, too big or reserved; also a ValueError
├── SuprsendAPIException          the server refused a call that returns data; has `response`
└── TransportError                no usable answer; calls turn it into `success: False`, `status_code: 500`
    ├── ConnectionNotMade         nothing was sent (refused, no such host, connect timeout): safe to repeat
    ├── SecureChannelRefused      TLS could not be agreed (expired or foreign certificate): not repeated
    ├── AnswerLost                sent, but no complete answer came back: the server may have acted
    └── AnswerTooBig              the answer was larger than this client reads: not repeated
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suprsend.protocol import Response


class SuprsendError(Exception):
    """Base of every error that this package raises on purpose."""

    def __init__(self, message: str = "", *, status_code: int = 500) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code

    def __str__(self) -> str:
        return f"[code: {self.status_code}] {self.message}"


class SuprsendConfigError(SuprsendError):
    """The client was built with something missing or malformed."""


class SuprsendValidationError(SuprsendError):
    """A body breaks a rule of the API; the message names the field."""

    def __init__(self, message: str = "validation error") -> None:
        super().__init__(message, status_code=400)


class InputValueError(SuprsendError, ValueError):
    """An argument is of the wrong type, too big or reserved."""

    def __str__(self) -> str:
        return self.message


class SuprsendAPIException(SuprsendError):
    """The server refused a call that returns data."""

    def __init__(self, response: Response, message: str | None = None) -> None:
        super().__init__(message or _refusal(response), status_code=response.status)
        self.response = response


def _refusal(response: Response) -> str:
    if "application/json" in response.header("content-type"):
        try:
            body = response.json()
        except ValueError:
            return response.fault
        if isinstance(body, dict) and (said := body.get("message") or body.get("detail")):
            return str(said)
    return response.fault


class TransportError(SuprsendError):
    """No usable answer came back; what a transport raises instead of returning a response."""

    def __str__(self) -> str:
        return self.message


class ConnectionNotMade(TransportError):
    """Nothing was sent: refused, no such host, or the connect timeout passed."""


class SecureChannelRefused(TransportError):
    """TLS could not be agreed with the server."""


class AnswerLost(TransportError):
    """The request was sent, but no complete answer came back."""


class AnswerTooBig(TransportError):
    """The answer was larger than this client reads."""
