"""Who calls: the workspace, how that was proven, and the one person for whom the caller may act."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from suprsend_hub.domain.fault import Forbidden
from suprsend_hub.store.workspaces import Workspace

# From those that only the app's backend has to the one that everybody has.
Proof: TypeAlias = Literal["signature", "api_key", "user_token", "subscriber_id", "public_key", "workspace_key"]

SERVERS: frozenset[Proof] = frozenset({"signature", "api_key"})


@dataclass(frozen=True, slots=True)
class Person:
    """The only person that a caller may act for, and the tenant whose inbox it may see; None for any tenant."""

    distinct_id: str
    tenant_id: str | None


@dataclass(frozen=True, slots=True)
class Caller:
    """One authenticated call; without a person it may act for anybody in the workspace.

    `until` is when what proved it expires.
    """

    workspace: Workspace
    proof: Proof
    person: Person | None = None
    until: datetime | None = None

    @property
    def is_server(self) -> bool:
        """Whether it is the app's backend, which is believed in everything."""
        return self.proof in SERVERS

    def act_for(self, distinct_id: str) -> None:
        """Forbidden if the caller may not act for this person."""
        if self.person is not None and self.person.distinct_id != distinct_id:
            raise Forbidden("the user token is for another person than the request")

    def act_in(self, tenant_id: str) -> None:
        """Forbidden if the caller may not see inboxes of this tenant."""
        if self.person is not None and self.person.tenant_id not in (None, tenant_id):
            raise Forbidden(f"the user token's scope is tenant {self.person.tenant_id!r}; the request names another")
