"""A request to the console, and who makes it."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from litestar import Request
from litestar.di import NamedDependency

from suprsend_hub.actions.audit import Actor
from suprsend_hub.domain.fault import Unauthenticated
from suprsend_hub.store.console_sessions import Session
from suprsend_hub.store.console_users import Role
from suprsend_hub.store.workspaces import WorkspaceName
from suprsend_hub.ui.access import may

AnyRequest: TypeAlias = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks for what; `known` is None where nobody is signed in.

    `role` is what they may do in the workspace of the address, or in all where it names none.
    """

    request: AnyRequest
    known: Session | None = None
    workspace: WorkspaceName | None = None
    role: Role | None = None

    @property
    def session(self) -> Session:
        """Who is signed in; every route that is not open has somebody."""
        if self.known is None:
            raise Unauthenticated("sign in first")
        return self.known

    @property
    def workspace_id(self) -> int:
        """The id of the workspace that the address names."""
        assert self.workspace is not None, "asked for only below a workspace"
        return self.workspace.id

    @property
    def workspace_name(self) -> str:
        """The name of the workspace that the address names."""
        assert self.workspace is not None, "asked for only below a workspace"
        return self.workspace.name

    @property
    def home(self) -> str:
        """The address of the workspace's first page, without what stands before `/console`."""
        return f"/console/{self.workspace_name}"

    @property
    def actor(self) -> Actor:
        """Who is to be noted for a change."""
        return Actor(self.session.user_id, self.session.user_name, self.workspace.id if self.workspace else None)

    @property
    def wants_part(self) -> bool:
        """Whether htmx asks for a part of a page."""
        headers = self.request.headers
        return "hx-request" in headers and "hx-boosted" not in headers and "hx-history-restore-request" not in headers

    @property
    def known_part(self) -> str | None:
        """The mark of the part that a page shows while it asks for itself again; None where somebody clicked."""
        return self.request.headers.get("if-none-match")

    def may(self, method: str, path: str) -> bool:
        """Whether a button that leads to this route is worth showing."""
        if self.known is None:
            return False
        return may(self.role if "{workspace}" in path else self.known.role, method, path)


# How a route asks for its visit.
ThisVisit: TypeAlias = NamedDependency[Visit]


def read_visit(request: AnyRequest) -> Visit:
    """The visit that the guard noted."""
    visit: Visit = request.state.visit
    return visit
