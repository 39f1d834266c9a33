"""Templates, variants and their order as JSON shows them."""

from collections.abc import Mapping, Sequence

from suprsend_hub.actions.publish import Review
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.template import Variant
from suprsend_hub.store.templates import Template


def template_document(template: Template, variant_counts: Mapping[Channel, int]) -> Document:
    """A template without its content."""
    return {
        "slug": template.slug,
        "name": template.name,
        "description": template.description,
        "tags": template.tags,
        "enabled_channels": template.enabled_channels,
        "status": "draft" if template.live_version_id is None else "active",
        "version_no": template.live_version_no,
        "commit_message": template.commit_message,
        "active_at": template.live_since,
        "created_at": template.created_at,
        "updated_at": template.updated_at,
        "channels": [
            {
                "channel": channel,
                "is_active": channel in template.enabled_channels,
                "variants_count": count,
            }
            for channel, count in variant_counts.items()
        ],
    }


def variant_document(variant: Variant, *, include_content: bool) -> Document:
    """One variant; every channel that the hub sends on by itself is approved at once."""
    document: Document = {
        "channel": variant.channel,
        "id": variant.id,
        "tenant_id": variant.tenant_id,
        "locale": variant.locale,
        "conditions": None,
        "needs_vendor_approval": False,
        "approval_status": "auto_approved",
    }
    return document | {"content": variant.content} if include_content else document


def order_document(variants: Sequence[Variant]) -> Document:
    """The order of variants, by channel and tenant."""
    channels: dict[str, dict[str | None, list[str]]] = {}
    for variant in variants:
        channels.setdefault(variant.channel, {}).setdefault(variant.tenant_id, []).append(variant.id)
    return {
        "channels": [
            {
                "channel": channel,
                "tenants": [{"tenant_id": tenant_id, "variants": ids} for tenant_id, ids in tenants.items()],
            }
            for channel, tenants in channels.items()
        ]
    }


def review_document(review: Review) -> Document:
    """What a commit would do."""
    return {
        "is_new": review.is_new,
        "has_changes": review.has_changes,
        "variants": [
            {
                "channel": each.key.channel,
                "id": each.key.id,
                "has_diff": each.has_diff,
                "errors": each.faults,
            }
            for each in review.variants
        ],
    }
