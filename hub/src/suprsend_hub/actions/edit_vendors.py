"""Vendor accounts change: they are added, set up anew, tried, disabled and removed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from suprsend_hub.actions.audit import Along, AlongSaving, nothing_along
from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.actions.send import Deliver
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Outcome
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.domain.vendor_kind import VendorKind
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.sealing import Vault
from suprsend_hub.store.vendors import delete_vendor, list_vendors, put_vendor, switch_vendor

TEST_CONTENT: Mapping[Channel, Document] = MappingProxyType(
    {
        "email": {
            "subject": "A test from your hub",
            "body": {"type": "raw", "raw": {"html": "<p>It works.</p>", "text": "It works."}},
        },
        "sms": {"body": "A test from your hub: it works."},
        "androidpush": {"header": "A test from your hub", "body": "It works."},
        "whatsapp": {"body": {"text": "A test from your hub: it works."}},
        "slack": {"body_type": "text", "body_text": "A test from your hub: it works."},
        "ms_teams": {"body_type": "text", "body_text": "A test from your hub: it works."},
        "iospush": {"header": "A test from your hub", "body": "It works."},
        "webpush": {"header": "A test from your hub", "body": "It works."},
    }
)


@dataclass(frozen=True, slots=True)
class VendorDesk:
    """The vendors that there are, and the way to send through one."""

    kinds: Mapping[str, VendorKind]
    deliver: Deliver

    def kind(self, name: str) -> VendorKind:
        """The vendor of that name, or Invalid."""
        found = self.kinds.get(name)
        if found is None:
            raise Invalid("vendor", f"{name[:40]!r} is not known; use {', '.join(self.kinds)}")
        return found


async def add_account(
    pool: Pool, vault: Vault, workspace_id: int, account: VendorAccount, along: Along = nothing_along
) -> None:
    """Add an account under a nickname that no other has."""

    async def work(connection: Connection) -> None:
        if any(each.nickname == account.nickname for each in await list_vendors(connection, vault, workspace_id)):
            raise Invalid("nickname", f"there is an account {account.nickname!r} already")
        await put_vendor(connection, vault, workspace_id, account)
        await along(connection)

    await transact(pool, work)


async def replace_account(
    pool: Pool, vault: Vault, workspace_id: int, account: VendorAccount, along: Along = nothing_along
) -> None:
    """Set an account up anew; its health and its queue count no more. NotFound where it was removed."""

    async def work(connection: Connection) -> None:
        if not any(each.nickname == account.nickname for each in await list_vendors(connection, vault, workspace_id)):
            raise _gone()
        await put_vendor(connection, vault, workspace_id, account)
        await along(connection)

    await transact(pool, work)


async def put_account(
    pool: Pool, vault: Vault, workspace_id: int, account: VendorAccount, along: AlongSaving = nothing_along
) -> None:
    """Add an account, or set the one of this nickname up anew."""

    async def work(connection: Connection) -> None:
        await along(connection, await put_vendor(connection, vault, workspace_id, account))

    await transact(pool, work)


async def switch_account(
    pool: Pool, workspace_id: int, nickname: str, *, is_enabled: bool, along: Along = nothing_along
) -> None:
    """Use an account, or no longer, or NotFound; what waits for one that is not used goes another way, or ends."""

    async def work(connection: Connection) -> None:
        if not await switch_vendor(connection, workspace_id, nickname, is_enabled=is_enabled):
            raise _gone()
        await along(connection)

    await transact(pool, work)


async def remove_account(pool: Pool, workspace_id: int, nickname: str, along: Along = nothing_along) -> None:
    """Remove an account, or NotFound; messages that wait for it end with a reason."""

    async def work(connection: Connection) -> None:
        if not await delete_vendor(connection, workspace_id, nickname):
            raise _gone()
        await along(connection)

    await transact(pool, work)


async def find_account(connection: Connection, vault: Vault, workspace_id: int, account_id: int) -> VendorAccount:
    """The account of that id in this workspace, or NotFound."""
    found = [each for each in await list_vendors(connection, vault, workspace_id) if each.id == account_id]
    if not found:
        raise _gone()
    return found[0]


async def try_account(deliver: Deliver, account: VendorAccount, to: str, now: datetime) -> Outcome:
    """Send one test message to an address, and say what the vendor said."""
    if account.channel not in TEST_CONTENT:
        raise Invalid("channel", f"there is no test message for the channel {account.channel}")
    message = OutgoingMessage(make_id(now), account.channel, to, TEST_CONTENT[account.channel], (), now)
    return await deliver(account, message)


def noted(account: VendorAccount) -> Document:
    """What of an account the audit log may say; the names of its settings, and none of their values."""
    return {
        "vendor": account.vendor,
        "channel": account.channel,
        "priority": account.priority,
        "tenant": account.tenant_id,
        "rate": account.rate_per_second,
        "settings": ", ".join(sorted(account.settings)),
    }


def _gone() -> NotFound:
    return NotFound("There is no such account in this workspace; it may have been removed.")
