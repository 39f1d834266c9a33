"""urllib3 connections whose deadline holds for the whole answer, not for each packet of it."""

from __future__ import annotations

from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from socket import socket
from time import monotonic
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class _DeadlineReader(RawIOBase):
    def __init__(self, raw: RawIOBase, sock: socket, deadline: float) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError("the answer did not arrive in time")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _PunctualResponse(HTTPResponse):
    def __init__(self, sock: socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        allowed = sock.gettimeout()
        if allowed is not None:
            raw = self.fp.detach()
            self.fp = BufferedReader(_DeadlineReader(raw, sock, monotonic() + allowed))


class PlainConnection(HTTPConnection):
    """An HTTP connection that keeps to its deadline."""

    response_class = _PunctualResponse


class SecureConnection(HTTPSConnection):
    """An HTTPS connection that keeps to its deadline."""

    response_class = _PunctualResponse
