"""What a client says of itself when it opens a socket, and whether that is believed (wire.md 2.3, 2.4, 4.4, 4.5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from suprsend_hub.actions.caller import Caller
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.inbox import Inbox
from suprsend_hub.domain.reading import read_value, refuse_nul
from suprsend_hub.domain.recipient import read_distinct_id

_Tenant = Annotated[str, Meta(min_length=1, max_length=64)]


class Doorkeeper(Protocol):
    """Says who calls."""

    async def browser(self, public_key: str, token: str | None) -> Caller:
        """The caller with a public key and perhaps a user token."""

    async def legacy_inbox(self, authorization: str, distinct_id: str, subscriber_id: str) -> Caller:
        """The caller of the first inbox clients."""


class _Greeting(msgspec.Struct, frozen=True):
    authorization: Annotated[str, Meta(max_length=1024)]
    distinct_id: str
    tenant_id: _Tenant | None = None
    token: str | None = msgspec.field(default=None, name="x-ss-signature")
    subscriber_id: Annotated[str, Meta(max_length=255)] | None = None


@dataclass(frozen=True, slots=True)
class Guest:
    """Who listens to which inbox, until when; the first clients have other names for what happens."""

    inbox: Inbox
    is_first: bool
    until: datetime | None


async def admit(doorkeeper: Doorkeeper, said: object) -> Guest:
    """Whom a client is, or why that is not believed: Invalid, Unauthenticated, Forbidden or TooManyRequests."""
    try:
        greeting = read_value(said, _Greeting)
    except Invalid as fault:
        raise fault.within("auth") from None
    distinct_id = read_distinct_id(greeting.distinct_id)
    tenant_id = greeting.tenant_id or "default"
    refuse_nul([distinct_id, tenant_id, greeting.authorization], "auth")
    if greeting.subscriber_id is not None:
        caller = await doorkeeper.legacy_inbox(greeting.authorization, distinct_id, greeting.subscriber_id)
    else:
        caller = await doorkeeper.browser(greeting.authorization, greeting.token or None)
    caller.act_for(distinct_id)
    caller.act_in(tenant_id)
    inbox = Inbox(caller.workspace.id, distinct_id, tenant_id)
    return Guest(inbox, greeting.subscriber_id is not None, caller.until)
