"""How a request proves who sends it: an HMAC signature, or a bearer key; pure, given the time."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from typing import Self, TypeAlias

CONTENT_TYPE = "application/json; charset=utf-8"


@lru_cache(maxsize=4)
def http_date(second: int) -> str:
    """Return a Unix time as an HTTP date, such as `Tue, 02 Jan 2024 03:04:05 GMT`."""
    return formatdate(second, usegmt=True)


def signature(keyed: hmac.HMAC, method: str, target: str, body: bytes, content_type: str, date: str) -> str:
    """Return the base64 HMAC-SHA256 over method, body digest, content type, date and target.

    `keyed` is an HMAC of the secret that has seen nothing yet; it is copied, not changed.
    """
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest() if body else ""
    seal = keyed.copy()
    seal.update(f"{method}\n{digest}\n{content_type}\n{date}\n{target}".encode())
    return b64encode(seal.digest()).decode()


@dataclass(frozen=True, slots=True)
class WorkspaceSecret:
    """Credentials that sign each request with the workspace's secret."""

    key: str
    secret: str = field(repr=False)
    keyed: hmac.HMAC = field(repr=False)

    @classmethod
    def of(cls, key: str, secret: str) -> Self:
        """Return the credentials of a workspace key and secret."""
        return cls(key, secret, hmac.new(secret.encode(), digestmod="sha256"))

    def headers(self, method: str, target: str, body: bytes, now: float) -> dict[str, str]:
        """Return the headers that prove who sends this request at this Unix time."""
        date = http_date(int(now))
        proof = signature(self.keyed, method, target, body, CONTENT_TYPE, date)
        return {"Content-Type": CONTENT_TYPE, "Date": date, "Authorization": f"{self.key}:{proof}"}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Credentials that send an API key with each request (wire.md 2.2)."""

    key: str = field(repr=False)

    def headers(self, method: str, target: str, body: bytes, now: float) -> dict[str, str]:
        """Return the headers that prove who sends a request."""
        return {"Content-Type": CONTENT_TYPE, "Authorization": f"Bearer {self.key}"}


Credentials: TypeAlias = WorkspaceSecret | ApiKey
