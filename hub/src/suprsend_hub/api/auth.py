"""Who calls: HMAC signature or API key for a workspace, service token for the management API."""

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from litestar import Request

from suprsend_hub.domain.fault import Forbidden, Unauthenticated
from suprsend_hub.domain.signature import SignedRequest, is_signed_by
from suprsend_hub.store.database import Connection, Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.workspaces import (
    Workspace,
    find_workspace_by_api_key,
    find_workspace_by_key,
    has_service_token,
)

AnyRequest: TypeAlias = Request[Any, Any, Any]
Authenticate: TypeAlias = Callable[[AnyRequest], Awaitable[Workspace]]

# A rotated or revoked credential stops working everywhere within this time.
KEPT_SECONDS = 5.0
MOST_KEPT = 10_000

NOT_AUTHENTICATED = "not authenticated: workspace details not found. Send Authorization: <workspace key>:<signature>, "
NOT_AUTHENTICATED += "or Authorization: Bearer <API key>"


class Gatekeeper:
    """Finds the workspace that a request may act for; remembers workspaces for a few seconds."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault
        self._kept: dict[str, tuple[float, Workspace]] = {}

    async def workspace(self, request: AnyRequest) -> Workspace:
        """The workspace of a signed request or of an API key, or Unauthenticated."""
        authorization = request.headers.get("authorization", "").strip()
        if authorization[:7].lower() == "bearer ":
            found = await self._find(find_workspace_by_api_key, authorization[7:].strip())
            if found is None:
                raise Unauthenticated("not authenticated: the API key is not known, or was revoked")
            return found
        key, separator, signature = authorization.rpartition(":")
        found = await self._find(find_workspace_by_key, key) if separator and signature else None
        if found is None:
            raise Unauthenticated(NOT_AUTHENTICATED)
        if not is_signed_by(await _signed(request), signature, found.secrets):
            raise Unauthenticated(
                "not authenticated: the signature does not match; check the workspace secret, and that no proxy"
                " changes path, body, Content-Type or Date"
            )
        return found

    async def workspace_of_path(self, request: AnyRequest, name: str) -> Workspace:
        """The caller's workspace, if it is the one that the path names by key or uid."""
        found = await self.workspace(request)
        if name not in (found.key, found.uid):
            raise Forbidden("the path names another workspace than the one that the credentials open")
        return found

    async def service(self, request: AnyRequest) -> None:
        """Refuse whoever has no service token."""
        scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
        if scheme.lower() == "servicetoken" and token.strip():
            async with self._pool.acquire() as connection:
                if await has_service_token(connection, token.strip()):
                    return
        raise Unauthenticated("not authenticated: send Authorization: ServiceToken <token>")

    async def _find(
        self, find: Callable[[Connection, Vault, str], Awaitable[Workspace | None]], credential: str
    ) -> Workspace | None:
        if not credential or "\x00" in credential:
            return None
        now = time.monotonic()
        kept = self._kept.get(credential)
        if kept is not None and kept[0] > now:
            return kept[1]
        async with self._pool.acquire() as connection:
            found = await find(connection, self._vault, credential)
        if found is None:
            self._kept.pop(credential, None)
            return None
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[credential] = (now + KEPT_SECONDS, found)
        return found


async def _signed(request: AnyRequest) -> SignedRequest:
    headers = request.headers
    raw_path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return SignedRequest(
        method=request.method,
        path=raw_path.split(b"?")[0].decode("utf-8", "surrogateescape"),
        query=request.scope["query_string"].decode("utf-8", "surrogateescape"),
        content_type=headers.get("content-type"),
        dates=[value for name in ("date", "x-amz-date") if (value := headers.get(name))],
        body=await request.body(),
    )
