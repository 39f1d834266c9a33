"""Requests as clients put them on the wire, signed by whichever variant one of them uses."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

from e2e.running import Access

DATE = "Tue, 02 Jan 2024 03:04:05 GMT"
JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Wire:
    """A hub, spoken to in bytes."""

    hub: Access
    keys: Mapping[str, Any]

    def signed(
        self, method: str, target: str, document: object = None, *, signed_target: str = "", **changes: str
    ) -> urllib3.BaseHTTPResponse:
        """A signed request; `signed_target`, `date`, `date_header` and `content_type` are what clients differ in."""
        body = document if isinstance(document, bytes) else b"" if document is None else json.dumps(document).encode()
        content_type, date = changes.get("content_type", JSON), changes.get("date", DATE)
        digest = hashlib.md5(body, usedforsecurity=False).hexdigest() if body else ""
        text = "\n".join((method, digest, content_type, date, signed_target or target))
        seal = b64encode(hmac.digest(self.hub.workspace_secret.encode(), text.encode(), "sha256")).decode()
        headers = {
            "Authorization": f"{self.hub.workspace_key}:{seal}",
            "Content-Type": content_type,
            changes.get("date_header", "Date"): date,
        }
        return self.send(method, target, body or None, headers)

    def browser(self, method: str, target: str, document: object = None, **headers: str) -> urllib3.BaseHTTPResponse:
        """A request as a page sends it."""
        sent = {"Authorization": self.keys["public_key"], "Content-Type": "application/json", **headers}
        sent["Origin"] = "https://shop.example.com"
        return self.send(method, target, None if document is None else json.dumps(document).encode(), sent)

    def bearer(self, method: str, target: str, document: object = None) -> urllib3.BaseHTTPResponse:
        """A request as a script sends it."""
        headers = {"Authorization": f"Bearer {self.hub.api_key}", "Content-Type": "application/json"}
        return self.send(method, target, None if document is None else json.dumps(document).encode(), headers)

    def send(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        """Any request, as it is; a redirect is an answer."""
        return urllib3.request(
            method, self.hub.base_url + target, body=body, headers=dict(headers), timeout=30, redirect=False, retries=0
        )


def read(answer: urllib3.BaseHTTPResponse, *statuses: int) -> Any:
    """The JSON of an answer of one of these statuses."""
    assert answer.status in statuses, (answer.status, answer.data)
    assert "application/json" in answer.headers.get("Content-Type", ""), answer.headers
    return json.loads(answer.data)


def is_error(document: Any, status: int) -> None:
    """See that this is the one body that every client can read."""
    assert document["status"] == "error", document
    assert document["code"] == status, document
    assert document["message"], document
    assert document["error"] == {"type": document["type"], "message": document["message"]}, document
    assert document["error_code"] and document["detail"], document
    assert document["records"] == [], document
