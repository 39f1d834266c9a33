"""Changing what a tenant says of a category."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from suprsend_hub.actions.read_preferences import TenantPicture, read_tenant
from suprsend_hub.domain.category import Entry, Preference
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.fault import NotFound
from suprsend_hub.domain.preference import channel_set
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.tenant_categories import StoredRule, lock_rule, write_rule


@dataclass(frozen=True, slots=True)
class TenantChanges:
    """What a tenant wants changed; None leaves what is there, and an empty list of channels takes it back."""

    enabled: bool | None = None
    visible: bool | None = None
    preference: Preference | None = None
    mandatory_channels: tuple[Channel, ...] | None = None
    opt_in_channels: tuple[Channel, ...] | None = None
    blocked_channels: tuple[Channel, ...] | None = None
    digest_schedule: Any = None
    properties: Any = None

    def apply(self, stored: StoredRule) -> StoredRule:
        """What the tenant says after this."""
        rule = stored.rule
        changed = replace(
            rule,
            enabled=rule.enabled if self.enabled is None else self.enabled,
            visible=rule.visible if self.visible is None else self.visible,
            preference=self.preference or rule.preference,
            mandatory_channels=_set(self.mandatory_channels, rule.mandatory_channels),
            opt_in_channels=_set(self.opt_in_channels, rule.opt_in_channels),
            blocked_channels=_set(self.blocked_channels, rule.blocked_channels) or frozenset(),
        )
        return replace(
            stored,
            rule=changed,
            digest_schedule=stored.digest_schedule if self.digest_schedule is None else self.digest_schedule,
            properties=stored.properties if self.properties is None else self.properties,
        )


async def change_tenant_category(
    pool: Pool, workspace_id: int, tenant_id: str, category: str, changes: TenantChanges, now: datetime
) -> tuple[TenantPicture, Entry]:
    """Let a tenant say something of a category."""

    async def work(connection: Connection) -> tuple[TenantPicture, Entry]:
        find_or_refuse(await read_tenant(connection, workspace_id, tenant_id), category)
        stored = await lock_rule(connection, workspace_id, tenant_id, category, now)
        await write_rule(connection, workspace_id, tenant_id, category, changes.apply(stored), now)
        after = await read_tenant(connection, workspace_id, tenant_id)
        return after, find_or_refuse(after, category)

    return await transact(pool, work)


def find_or_refuse(picture: TenantPicture, category: str) -> Entry:
    """The category of that name, or NotFound."""
    entry = picture.tree.find(category)
    if entry is None:
        raise NotFound(f"there is no category {category[:100]!r}")
    return entry


def _set(wanted: tuple[Channel, ...] | None, present: frozenset[Channel] | None) -> frozenset[Channel] | None:
    return present if wanted is None else channel_set(wanted)
