"""Tenants: whose name, colours and links a message carries, and which channels are closed to it (wire.md 3.7, 3.8)."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.template import DEFAULT_TENANT

SOCIAL_LINKS = (
    "website", "facebook", "linkedin", "x", "instagram", "medium", "discord", "telegram", "youtube", "tiktok",
)  # fmt: skip
# What links were called first, with their names of today; templates and calls of that time still use these.
OLD_SPELLINGS: Mapping[str, str] = {"twitter": "x", "LinkedIn": "linkedin"}
COLORS = ("primary_color", "secondary_color", "tertiary_color")


@dataclass(frozen=True, slots=True)
class Tenant:
    """What is known of a tenant; a text is None where nothing is set."""

    tenant_id: str
    tenant_name: str = ""
    logo: str | None = None
    timezone: str | None = None
    blocked_channels: tuple[Channel, ...] = ()
    embedded_preference_url: str | None = None
    hosted_preference_domain: str | None = None
    primary_color: str | None = None
    secondary_color: str | None = None
    tertiary_color: str | None = None
    social_links: Mapping[str, str] = field(default_factory=dict)
    properties: Document = field(default_factory=dict)
    updated_at: datetime | None = None


def mark_of(tenant: Tenant) -> str:
    """What tells what is said of a tenant from anything else, whenever it was said."""
    return hashlib.sha256(msgspec.json.encode(replace(tenant, updated_at=None))).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Tenants:
    """The tenants that were asked for; one that is not known, or not any more, has what the default tenant has."""

    _known: Mapping[str, Tenant]

    @classmethod
    def of(cls, tenants: Iterable[Tenant]) -> "Tenants":
        """These tenants, by their ids."""
        return cls({each.tenant_id: each for each in tenants})

    @property
    def default(self) -> Tenant:
        """The tenant that is meant where none is named; it is there before anything is said of it."""
        return self._known.get(DEFAULT_TENANT) or Tenant(DEFAULT_TENANT)

    def find(self, tenant_id: str | None) -> Tenant:
        """What holds for a tenant."""
        return self._known.get(tenant_id or DEFAULT_TENANT) or self.default

    def namespace(self, tenant_id: str | None) -> Document:
        """`$tenant` and `$brand` as templates see them; a colour that is missing is the default tenant's."""
        tenant, default = self.find(tenant_id), self.default
        links = {name: tenant.social_links.get(name, "") for name in SOCIAL_LINKS}
        return {
            "tenant_id": tenant_id or DEFAULT_TENANT,
            "brand_id": tenant_id or DEFAULT_TENANT,
            "tenant_name": tenant.tenant_name,
            "brand_name": tenant.tenant_name,
            "logo": tenant.logo,
            "timezone": tenant.timezone,
            "embedded_preference_url": tenant.embedded_preference_url,
            "hosted_preference_domain": tenant.hosted_preference_domain,
            **{color: getattr(tenant, color) or getattr(default, color) for color in COLORS},
            "social_links": links | {old: links[name] for old, name in OLD_SPELLINGS.items()},
            "properties": tenant.properties,
        }
