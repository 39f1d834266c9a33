"""Who calls: servers, browsers, the first inbox clients, devices that report, and service tokens (wire.md 2)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from litestar import Request

from suprsend_hub.actions.audit import Actor
from suprsend_hub.actions.caller import Caller, Person
from suprsend_hub.actions.limit_requests import RequestLimits
from suprsend_hub.api.key_ring import KeyRing
from suprsend_hub.domain.fault import Forbidden, Unauthenticated
from suprsend_hub.domain.signature import SignedRequest, is_signed_by
from suprsend_hub.domain.subscriber_id import is_subscriber_id
from suprsend_hub.domain.user_token import VerifyingKey, read_user_token
from suprsend_hub.store.api_keys import find_api_key
from suprsend_hub.store.database import Connection, Pool
from suprsend_hub.store.public_keys import PublicKey, find_public_key
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.service_tokens import use_service_token
from suprsend_hub.store.signing_keys import read_verifying_keys
from suprsend_hub.store.workspaces import Workspace, find_workspace_by_key

AnyRequest: TypeAlias = Request[Any, Any, Any]

TOKEN_HEADER = "x-ss-signature"  # noqa: S105 - the header's name

NOT_AUTHENTICATED = "not authenticated: workspace details not found. Send Authorization: <workspace key>:<signature>, "
NOT_AUTHENTICATED += "or Authorization: Bearer <API key>"


@dataclass(frozen=True, slots=True)
class _BrowserKey:
    """What a public key opens, and what checks the user tokens beside it."""

    workspace: Workspace
    public_key: PublicKey
    verifying_keys: tuple[VerifyingKey, ...]


class Gatekeeper:
    """Says who calls, or that nobody does whom the hub knows; and keeps each key to its rate."""

    def __init__(
        self, pool: Pool, vault: Vault, limits: RequestLimits, unsigned_rate: float, now: Callable[[], datetime]
    ) -> None:
        async def find_browser_key(connection: Connection, key: str) -> _BrowserKey | None:
            found = await find_public_key(connection, vault, key)
            if found is None:
                return None
            return _BrowserKey(*found, tuple(await read_verifying_keys(connection, found[0].id)))

        self._workspaces = KeyRing(pool, lambda connection, key: find_workspace_by_key(connection, vault, key))
        self._api_keys = KeyRing(pool, lambda connection, key: find_api_key(connection, vault, key))
        self._public_keys = KeyRing(pool, find_browser_key)
        self._service_tokens = KeyRing(pool, use_service_token)
        self._limits = limits
        self._unsigned_rate = unsigned_rate
        self._now = now

    async def server(self, request: AnyRequest) -> Caller:
        """The caller with a signature or an API key; else Unauthenticated."""
        authorization = _authorization(request)
        if _is_bearer(authorization):
            return await self._by_api_key(authorization[7:].strip())
        return await self._by_signature(request, authorization)

    async def workspace(self, request: AnyRequest) -> Workspace:
        """The workspace of a signed request or of an API key; else Unauthenticated."""
        return (await self.server(request)).workspace

    async def workspace_of_path(self, request: AnyRequest, name: str) -> Workspace:
        """The caller's workspace, if it is the one that the path names by key or uid."""
        found = await self.workspace(request)
        if name not in (found.key, found.uid):
            raise Forbidden("the path names another workspace than the one that the credentials open")
        return found

    async def app(self, request: AnyRequest, *, is_report: bool = False) -> Caller:
        """A server, or a browser with a public key; see `browser`."""
        authorization = _authorization(request)
        if _is_bearer(authorization) or ":" in authorization:
            return await self.server(request)
        return await self.browser(authorization, request.headers.get(TOKEN_HEADER), is_report=is_report)

    async def browser(self, public_key: str, token: str | None, *, is_report: bool = False) -> Caller:
        """The caller with a public key; a token binds it to a person, a secure key demands one.

        Service workers have no token: from them a secure key takes reports alone.
        """
        opened = await self._public_keys.find(public_key)
        if opened is None:
            raise Unauthenticated(
                f"{NOT_AUTHENTICATED}; browsers send Authorization: <public key>" if public_key else NOT_AUTHENTICATED
            )
        key = opened.public_key
        if token:
            said = read_user_token(token, opened.verifying_keys, self._now())
            person = Person(said.distinct_id, said.tenant_id)
            caller = Caller(opened.workspace, "user_token", person, said.expires_at)
        elif key.is_secure and not is_report:
            raise Unauthenticated(f"not authenticated: this public key needs a user token in the header {TOKEN_HEADER}")
        else:
            caller = Caller(opened.workspace, "public_key")
        await self._limits.admit(f"public_key:{key.id}", key.requests_per_second)
        return caller

    async def inbox(self, request: AnyRequest, distinct_id: str, tenant_id: str) -> Workspace:
        """The workspace of a caller who may see this person's inbox in this tenant; else Forbidden."""
        caller = await self.app(request)
        caller.act_for(distinct_id)
        caller.act_in(tenant_id)
        return caller.workspace

    async def legacy_inbox(self, authorization: str, distinct_id: str, subscriber_id: str) -> Caller:
        """The caller of the first inbox clients: what stands behind the workspace key's colon proves nothing."""
        key, _, _ = authorization.strip().rpartition(":")
        workspace = await self._workspaces.find(key)
        if workspace is None:
            raise Unauthenticated(NOT_AUTHENTICATED)
        secret = workspace.inbox_secret
        if secret is None or not is_subscriber_id(subscriber_id, secret, distinct_id):
            raise Unauthenticated(
                "not authenticated: subscriber_id does not fit distinct_id; the workspace's inbox secret makes it"
            )
        await self._limits.admit(f"inbox:{workspace.id}", workspace.requests_per_second)
        return Caller(workspace, "subscriber_id", Person(distinct_id, None))

    async def device(self, request: AnyRequest, *, is_report: bool) -> Caller:
        """A server; for a call that only reports of messages, also whoever names the workspace without a signature."""
        try:
            return await self.server(request)
        except Unauthenticated:
            key, _, _ = _authorization(request).rpartition(":")
            workspace = await self._workspaces.find(key) if is_report else None
            if workspace is None:
                raise
        await self._limits.admit(f"unsigned:{workspace.id}", self._unsigned_rate)
        return Caller(workspace, "workspace_key")

    async def service(self, request: AnyRequest) -> Actor:
        """Who has a service token, as the audit log names them; Unauthenticated whoever has none."""
        scheme, _, token = _authorization(request).partition(" ")
        found = await self._service_tokens.find(token.strip()) if scheme.lower() == "servicetoken" else None
        if found is None:
            raise Unauthenticated("not authenticated: send Authorization: ServiceToken <token>")
        await self._limits.admit(f"service_token:{found.id}", found.requests_per_second)
        return Actor(None, found.name, kind="service token")

    async def _by_api_key(self, api_key: str) -> Caller:
        found = await self._api_keys.find(api_key)
        if found is None:
            raise Unauthenticated("not authenticated: the API key is not known, or was revoked")
        workspace, key = found
        await self._limits.admit(f"api_key:{key.id}", key.requests_per_second)
        return Caller(workspace, "api_key")

    async def _by_signature(self, request: AnyRequest, authorization: str) -> Caller:
        key, _, signature = authorization.rpartition(":")
        workspace = await self._workspaces.find(key) if signature else None
        if workspace is None:
            raise Unauthenticated(NOT_AUTHENTICATED)
        if not is_signed_by(await _signed(request), signature, workspace.secrets):
            raise Unauthenticated(
                "not authenticated: the signature does not match; check the workspace secret, and that no proxy"
                " changes path, body, Content-Type or Date"
            )
        await self._limits.admit(f"workspace:{workspace.id}", workspace.requests_per_second)
        return Caller(workspace, "signature")


def _authorization(request: AnyRequest) -> str:
    return request.headers.get("authorization", "").strip()


def _is_bearer(authorization: str) -> bool:
    return authorization[:7].lower() == "bearer "


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
