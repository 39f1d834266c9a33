"""Everything that a preference centre shows of one person, or of one tenant."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from suprsend_hub.domain.category import ROOT_TREE, CategoryTree, Entry
from suprsend_hub.domain.category_translation import fallbacks, translate
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.preference import Standing, default_of
from suprsend_hub.domain.tag_filter import TagFilter
from suprsend_hub.store.categories import read_live_tree, read_words
from suprsend_hub.store.database import Connection
from suprsend_hub.store.profile_preferences import Person, read_person
from suprsend_hub.store.tenant_categories import StoredRule, read_rules
from suprsend_hub.store.tenants import read_tenants
from suprsend_hub.store.vendors import list_offers


@dataclass(frozen=True, slots=True)
class TenantPicture:
    """The categories as one tenant has them, in the words of one language; it may block channels altogether."""

    tree: CategoryTree
    rules: Mapping[str, StoredRule]
    blocked_channels: tuple[Channel, ...]

    def rule(self, category: str) -> StoredRule:
        """What the tenant says of a category."""
        return self.rules.get(category, _SILENT)


@dataclass(frozen=True, slots=True)
class PersonPicture:
    """The categories as one person has them; `channels` are those that can be used or were spoken of."""

    tenant: TenantPicture
    person: Person
    channels: tuple[Channel, ...]

    def standing(self, entry: Entry) -> Standing:
        """What bears on a category."""
        stored = self.person.choices.get(entry.category.category)
        return Standing(
            default_of(entry.category),
            self.tenant.rule(entry.category.category).rule,
            stored.choice if stored else None,
            self.person.restricted,
        )

    def shown(self, wanted: TagFilter) -> Iterator[Entry]:
        """The categories that the person may see, and whose tags fit."""
        for entry in self.tenant.tree.entries():
            if self.standing(entry).is_offered and wanted.fits(entry.effective_tags):
                yield entry

    def find(self, category: str) -> Entry | None:
        """The category of that name, if the person may see it."""
        entry = self.tenant.tree.find(category)
        return entry if entry is not None and self.standing(entry).is_offered else None


async def read_tenant(
    connection: Connection, workspace_id: int, tenant_id: str, locale: str | None = None
) -> TenantPicture:
    """How a tenant has the live categories."""
    tree = await read_live_tree(connection, workspace_id) or ROOT_TREE
    words = await read_words(connection, workspace_id, fallbacks(locale)) if locale else {}
    rules = await read_rules(connection, workspace_id, tenant_id)
    blocked = (await read_tenants(connection, workspace_id, [tenant_id])).find(tenant_id).blocked_channels
    return TenantPicture(translate(tree, words, locale), rules, blocked)


async def read_picture(
    connection: Connection, workspace_id: int, profile_id: int | None, tenant_id: str, locale: str | None = None
) -> PersonPicture:
    """How a person has the live categories, for messages of this tenant."""
    tenant = await read_tenant(connection, workspace_id, tenant_id, locale)
    person = await read_person(connection, profile_id, tenant_id)
    used = {each.channel for each in await list_offers(connection, workspace_id)} | person.restricted | {"inbox"}
    shown = used.difference(tenant.blocked_channels)
    return PersonPicture(tenant, person, tuple(channel for channel in CHANNELS if channel in shown))


_SILENT = StoredRule()
