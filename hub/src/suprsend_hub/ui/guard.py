"""The guard of every page: who asks, whether they may, and whether a change comes from a page of ours."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from suprsend_hub.domain.fault import Forbidden, NotFound, Unauthenticated
from suprsend_hub.store.console_roles import find_workspace_role
from suprsend_hub.store.console_sessions import Session, find_session
from suprsend_hub.store.console_users import Role, highest
from suprsend_hub.store.database import Connection, Pool
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.workspaces import WorkspaceName
from suprsend_hub.ui.access import access_of, may
from suprsend_hub.ui.cookies import Cookies
from suprsend_hub.ui.visit import AnyRequest, Visit

CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf-token"
_READING = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets requests to the console through, or raises why not."""

    pool: Pool
    vault: Vault
    cookies: Cookies
    public_url: str

    async def admit(self, request: AnyRequest) -> None:
        """Note the visit for whoever answers it; raise what it is refused for."""
        request.state.visit = Visit(request)
        method, path = request.method, request.scope["path_template"]
        if method not in _READING:
            self._refuse_foreign(request)
        needed = access_of(method, path)
        async with self.pool.acquire() as database:
            session = await self._find_session(database, request)
            request.state.visit = Visit(request, session)
            if needed == "open":
                return
            if session is None:
                raise Unauthenticated("sign in first")
            workspace, role = await _find_workspace(database, request, session)
        request.state.visit = Visit(request, session, workspace, role)
        if not may(role, method, path):
            raise Forbidden(_refusal(needed, role))
        if method not in _READING:
            await self._refuse_forged(request, session)

    def csrf_token(self, session: Session) -> str:
        """What every change within a session has to say."""
        return self.vault.mark(str(session.id), "console form")

    async def _find_session(self, database: Connection, request: AnyRequest) -> Session | None:
        token = request.cookies.get(self.cookies.token)
        is_click = Visit(request).known_part is None
        return await find_session(database, token, is_click=is_click) if token else None

    def _refuse_foreign(self, request: AnyRequest) -> None:
        """Refuse changes that a page of somebody else sends; browsers say where they come from."""
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if site not in (None, "same-origin", "none"):
            raise Forbidden("this change came from a page that is not of this console")
        outside, host = urlsplit(self.public_url), request.headers.get("host", "")
        # A proxy that ends TLS says http to the hub.
        own = {f"http://{host}", f"https://{host}", f"{outside.scheme}://{outside.netloc}"}
        if origin is not None and origin.lower() not in {each.lower() for each in own}:
            raise Forbidden("this change came from a page that is not of this console")

    async def _refuse_forged(self, request: AnyRequest, session: Session) -> None:
        """Refuse changes without the token of the session, which only its own pages know."""
        given = request.headers.get(CSRF_HEADER)
        if given is None:
            given = (await request.form()).get(CSRF_FIELD)
        if not isinstance(given, str) or not self.vault.is_marked(str(session.id), "console form", given):
            raise Forbidden("this form is of another session; load the page anew and try again")


def _refusal(needed: str | None, role: Role | None) -> str:
    if needed is None:
        return "nobody may do this"
    return (
        f"this needs the role {needed}; you are {role}" if role else f"this needs the role {needed} in all workspaces"
    )


async def _find_workspace(
    database: Connection, request: AnyRequest, session: Session
) -> tuple[WorkspaceName | None, Role | None]:
    """The workspace of the address, and what the person may do there; without one, what they may do in all."""
    name = request.path_params.get("workspace")
    if name is None:
        return None, session.role
    # Names are ASCII, which much of what an address may hold can't be told to the database as.
    is_name = name.isascii() and name.isprintable()
    found = await find_workspace_role(database, session.user_id, name) if is_name else None
    workspace, own = found or (None, None)
    role = highest(session.role, own)
    # Whoever may not see a workspace does not get to know that it is there.
    if workspace is None or role is None:
        raise NotFound("there is no workspace of that name")
    return workspace, role
