"""The HMAC signature of a request: pure, given the time."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache

CONTENT_TYPE = "application/json; charset=utf-8"


@lru_cache(maxsize=4)
def http_date(second: int) -> str:
    """Return a Unix time as an HTTP date, such as `Tue, 02 Jan 2024 03:04:05 GMT`."""
    return formatdate(second, usegmt=True)


def signature(secret: bytes, method: str, target: str, body: bytes, content_type: str, date: str) -> str:
    """Return the base64 HMAC-SHA256 over method, body digest, content type, date and target."""
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest() if body else ""
    text = f"{method}\n{digest}\n{content_type}\n{date}\n{target}"
    return b64encode(hmac.digest(secret, text.encode(), "sha256")).decode()


@dataclass(frozen=True, slots=True)
class WorkspaceSecret:
    """Credentials that sign each request with the workspace's secret."""

    key: str
    secret: bytes = field(repr=False)

    def headers(self, method: str, target: str, body: bytes, now: float) -> dict[str, str]:
        """Return the headers that prove who sends this request at this Unix time."""
        date = http_date(int(now))
        proof = signature(self.secret, method, target, body, CONTENT_TYPE, date)
        return {"Content-Type": CONTENT_TYPE, "Date": date, "Authorization": f"{self.key}:{proof}"}
