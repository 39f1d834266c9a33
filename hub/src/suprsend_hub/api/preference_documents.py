"""Preferences and categories as the API shows them (wire.md 3.7, 3.11, 4.2, 6)."""

from collections.abc import Callable, Iterable
from itertools import groupby

import msgspec

from suprsend_hub.actions.read_preferences import PersonPicture, TenantPicture
from suprsend_hub.domain.category import CategoryTree, Entry, RootCategory, Section
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.document import Document


def full_document(picture: PersonPicture, shown: Iterable[Entry], *, show_opt_out: bool) -> Document:
    """A whole preference centre."""
    sections = [
        {
            "name": section.name,
            "description": section.description,
            "subcategories": [category_document(picture, each, show_opt_out=show_opt_out) for each in entries],
        }
        for (_, section), entries in groupby(shown, key=lambda each: (each.root, each.section))
    ]
    return {"sections": sections, **channels_document(picture)}


def channels_document(picture: PersonPicture) -> Document:
    """The channels as a whole."""
    return {
        "channel_preferences": [
            {"channel": channel, "is_restricted": channel in picture.person.restricted} for channel in picture.channels
        ]
    }


def category_document(picture: PersonPicture, entry: Entry, *, show_opt_out: bool) -> Document:
    """One category as a person has it; the channels of one that is off are left out unless they are asked for."""
    category, standing = entry.category, picture.standing(entry)
    stored = picture.person.choices.get(category.category)
    blocked = standing.rule.blocked_channels if standing.rule else frozenset[Channel]()
    offered = [channel for channel in picture.channels if channel not in blocked]
    default = standing.effective_default
    document: Document = {
        "name": category.name,
        "category": category.category,
        "description": category.description,
        "original_preference": "opt_out" if default.preference == "opt_out" else "opt_in",
        "preference": standing.preference,
        "is_editable": standing.is_editable,
        "channels": [
            {
                "channel": channel,
                "preference": "opt_in" if standing.in_category(channel).is_allowed else "opt_out",
                "is_editable": not default.requires(channel),
            }
            for channel in offered
            if show_opt_out or standing.preference == "opt_in"
        ],
        "tags": list(category.tags or ()),
        "effective_tags": list(entry.effective_tags),
    }
    kept = {"digest_schedule": stored.digest_schedule, "properties": stored.properties} if stored else {}
    return document | {key: value for key, value in kept.items() if value is not None}


def tenant_category_document(picture: TenantPicture, entry: Entry) -> Document:
    """One category with what a tenant says of it."""
    category, stored = entry.category, picture.rule(entry.category.category)
    rule = stored.rule
    return {
        "name": category.name,
        "category": category.category,
        "description": category.description,
        "root_category": entry.root,
        "default_preference": category.default_preference,
        "default_mandatory_channels": category.default_mandatory_channels,
        "default_opt_in_channels": category.default_opt_in_channels,
        "enabled_for_tenant": rule.enabled,
        "visible_to_subscriber": rule.visible,
        "preference": rule.preference,
        "mandatory_channels": _listed(rule.mandatory_channels),
        "opt_in_channels": _listed(rule.opt_in_channels),
        "blocked_channels": _listed(rule.blocked_channels),
        "digest_schedule": stored.digest_schedule,
        "properties": stored.properties,
        "tags": list(category.tags or ()),
        "effective_tags": list(entry.effective_tags),
        "updated_at": stored.updated_at,
    }


def tenant_tree_document(picture: TenantPicture) -> Document:
    """All categories that a tenant has, in their tree."""

    def category(entry: Entry) -> Document | None:
        is_enabled = picture.rule(entry.category.category).rule.enabled
        return tenant_category_document(picture, entry) if is_enabled else None

    return {"root_categories": _roots(picture.tree, category)}


def tree_document(tree: CategoryTree) -> list[Document]:
    """The root categories of a tree, as they are written on the wire."""

    def category(entry: Entry) -> Document:
        document: Document = msgspec.to_builtins(entry.category)
        return document | {"is_commercial": entry.is_commercial}

    return _roots(tree, category)


def _roots(tree: CategoryTree, show: Callable[[Entry], Document | None]) -> list[Document]:
    return [
        {"root_category": root.root_category, "sections": [_section(root, section, show) for section in root.sections]}
        for root in tree.root_categories
    ]


def _section(root: RootCategory, section: Section, show: Callable[[Entry], Document | None]) -> Document:
    shown = (show(Entry(root.root_category, section, category)) for category in section.categories)
    return {
        "name": section.name,
        "slug": section.slug,
        "description": section.description,
        "tags": section.tags,
        "categories": [each for each in shown if each is not None],
    }


def _listed(channels: frozenset[Channel] | None) -> list[Channel] | None:
    return None if channels is None else [channel for channel in CHANNELS if channel in channels]
