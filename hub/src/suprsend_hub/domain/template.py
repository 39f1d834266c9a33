"""A template's published version: which variants it has, and which of them a person gets."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document

DEFAULT_LOCALE = "en"
DEFAULT_TENANT = "default"


@dataclass(frozen=True, slots=True)
class Variant:
    """What one channel says, for one tenant and language; empty tenant means every tenant."""

    channel: Channel
    id: str
    tenant_id: str | None
    locale: str
    content: Document


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """A committed template; it never changes again, but for whether its template was deleted meanwhile."""

    id: int
    template_slug: str
    template_name: str
    version_no: int
    variants: tuple[Variant, ...] = field(repr=False)
    is_deleted: bool = False

    @property
    def channels(self) -> frozenset[Channel]:
        """The channels that this version has something to say on."""
        return frozenset(variant.channel for variant in self.variants)


def mark_of(variants: Sequence[Variant]) -> str:
    """What tells these variants, in this order, from others."""
    return hashlib.sha256(msgspec.json.encode(variants)).hexdigest()[:32]


def choose_variant(
    variants: Sequence[Variant], channel: Channel, tenant_id: str | None, locale: str | None
) -> Variant | None:
    """The best variant of a channel.

    Tenant and language are wishes: the tenant's own in the language, the tenant's own in the default language,
    everybody's in the language, everybody's in the default language; at last the variant named `default`.
    """
    offered = [variant for variant in variants if variant.channel == channel]
    tenants = [tenant_id, None] if tenant_id not in (None, DEFAULT_TENANT) else [None]
    for tenant in tenants:
        for wanted in _locales(locale):
            for variant in offered:
                if variant.locale.lower() == wanted and _tenant(variant) == tenant:
                    return variant
    everybody = [variant for variant in offered if _tenant(variant) is None]
    named = (variant for variant in everybody if variant.id == "default")
    return next(named, everybody[0] if everybody else None)


def _tenant(variant: Variant) -> str | None:
    return None if variant.tenant_id in (None, "", DEFAULT_TENANT) else variant.tenant_id


def _locales(locale: str | None) -> list[str]:
    wanted = (locale or "").replace("-", "_").lower()
    language = wanted.split("_")[0]
    return [each for each in dict.fromkeys((wanted, wanted.replace("_", "-"), language, DEFAULT_LOCALE)) if each]
