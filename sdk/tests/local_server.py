"""A real HTTP server on a socket of this machine, which records what it gets and can misbehave on demand."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Behaviour = Callable[[socket.socket, threading.Event], bool]


def answer(status: int = 202, body: bytes = b'{"success": true}', **headers: str) -> Behaviour:
    """Answer properly and keep the connection."""
    named = {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}

    def behave(connection: socket.socket, _stopped: threading.Event) -> bool:
        lines = [f"HTTP/1.1 {status} Some", *(f"{k}: {v}" for k, v in named.items()), f"content-length: {len(body)}"]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return True

    return behave


def raw(data: bytes) -> Behaviour:
    """Send these bytes, whatever they are, and close."""

    def behave(connection: socket.socket, _stopped: threading.Event) -> bool:
        connection.sendall(data)
        return False

    return behave


def reset(connection: socket.socket, _stopped: threading.Event) -> bool:
    """Break the connection off without an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def silent(_connection: socket.socket, stopped: threading.Event) -> bool:
    """Never answer."""
    stopped.wait()
    return False


def drip(beginning: bytes) -> Behaviour:
    """Send a beginning, then one byte now and then, for ever."""

    def behave(connection: socket.socket, stopped: threading.Event) -> bool:
        connection.sendall(beginning)
        while not stopped.wait(0.02):
            connection.sendall(b"x")
        return False

    return behave


@dataclass(slots=True)
class LocalServer:
    """What arrived so far, and what to do next: the script's behaviours in order, then 202."""

    origin: str
    received: list[Received] = field(default_factory=list)
    script: list[Behaviour] = field(default_factory=list)
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopped: threading.Event = field(default_factory=threading.Event)

    def serve(self, connection: socket.socket) -> None:
        """Answer one connection's requests until it ends."""
        with connection, connection.makefile("rb") as stream, suppress(OSError, ValueError):
            while (request := read_request(stream.readline, stream.read)) is not None:
                with self.lock:
                    self.received.append(request)
                    behave = self.script.pop(0) if self.script else answer()
                if not behave(connection, self.stopped):
                    return


def read_request(readline: Callable[[], bytes], read: Callable[[int], bytes]) -> Received | None:
    """Read one request, or None if the connection ended."""
    first = readline().decode()
    if not first:
        return None
    method, target, _ = first.split(" ")
    headers: dict[str, str] = {}
    while line := readline().decode().strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Received(method, target, headers, read(int(headers.get("content-length", "0"))))


@contextmanager
def running() -> Iterator[LocalServer]:
    """Run a server until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = LocalServer(f"http://127.0.0.1:{listener.getsockname()[1]}")
    threads: list[threading.Thread] = []
    open_connections: list[socket.socket] = []

    def accept() -> None:
        while not server.stopped.is_set():
            with suppress(OSError):
                connection, _ = listener.accept()
                server.connections += 1
                open_connections.append(connection)
                threads.append(threading.Thread(target=server.serve, args=(connection,)))
                threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield server
    finally:
        server.stopped.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()
        for connection in open_connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()
