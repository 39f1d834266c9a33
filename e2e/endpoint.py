"""An endpoint of a user: a small server that keeps what it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from standardwebhooks.webhooks import Webhook


@dataclass
class Endpoint:
    """Where it is, what it was told, and the statuses that it answers next."""

    url: str = ""
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def told(self, secret: str) -> list[dict[str, Any]]:
        """Everything that it was told, each signed with this secret."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.requests]


@contextmanager
def an_endpoint() -> Iterator[Endpoint]:
    """An endpoint that takes everything."""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        """Keeps each request."""

        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            endpoint.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(endpoint.statuses.pop(0) if endpoint.statuses else 204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
