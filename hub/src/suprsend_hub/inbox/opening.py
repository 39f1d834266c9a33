"""Opening an inbox: whose it is, and whether the caller may see it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeAlias

from litestar import Request
from litestar.params import QueryParameter

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.inbox import Inbox
from suprsend_hub.domain.recipient import read_distinct_id
from suprsend_hub.store.workspaces import Workspace

DONE: Document = {"status": "success"}

AnyRequest: TypeAlias = Request[Any, Any, Any]
# The workspace of a caller who may see the inbox of this person in this tenant.
Authenticate: TypeAlias = Callable[[AnyRequest, str, str], Awaitable[Workspace]]
Person: TypeAlias = Annotated[str, QueryParameter(max_length=255)]
Tenant: TypeAlias = Annotated[str, QueryParameter(min_length=1, max_length=64)]
# One tab, or all of them, as JSON.
StoreText: TypeAlias = Annotated[str, QueryParameter(max_length=10_000)]
StoresText: TypeAlias = Annotated[str, QueryParameter(max_length=50_000)]


async def open_inbox(authenticate: Authenticate, request: AnyRequest, distinct_id: str, tenant_id: str) -> Inbox:
    """The inbox that a request names, once it is known that the caller may see it."""
    person = read_distinct_id(distinct_id)
    workspace = await authenticate(request, person, tenant_id)
    return Inbox(workspace.id, person, tenant_id)


def no_notification(notification_id: str) -> NotFound:
    """That an inbox has no such notification."""
    return NotFound(f"this person has no notification {notification_id[:40]!r}")
