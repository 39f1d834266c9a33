"""Reading a workspace's categories: what can't be meant is refused, what can be left out is filled in."""

from collections.abc import Iterator
from typing import TypeVar

import msgspec
from msgspec import structs

from suprsend_hub.domain.category import ROOTS, Category, CategoryTree, Entry, Root, RootCategory, Section, slug_of
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import refuse_depth

MOST_CATEGORIES = 2000

TREE_DECODER = msgspec.json.Decoder(CategoryTree)

T = TypeVar("T")


def check_tree(tree: CategoryTree) -> CategoryTree:
    """The tree with all three roots in their order and slugs for its sections, or Invalid that names the field."""
    seen: dict[str, str] = {}
    for field, entry in _located(tree):
        name = entry.category.category
        if name in seen:
            raise Invalid(f"{field}.category", f"{name!r} is used at {seen[name]} too")
        if name in ROOTS and name != entry.root:
            raise Invalid(f"{field}.category", f"{name!r} is the name of another root")
        seen[name] = field
        _check_category(field, entry)
    if len(seen) > MOST_CATEGORIES:
        raise Invalid("root_categories", f"must hold at most {MOST_CATEGORIES} categories; holds {len(seen)}")
    given = {each.root_category: each.sections for each in tree.root_categories}
    if len(given) < len(tree.root_categories):
        raise Invalid("root_categories", "names a root twice")
    return CategoryTree(
        tuple(RootCategory(root, tuple(_filled(root, each) for each in given.get(root, ()))) for root in ROOTS)
    )


def _located(tree: CategoryTree) -> Iterator[tuple[str, Entry]]:
    for at_root, root in enumerate(tree.root_categories):
        for at_section, section in enumerate(root.sections):
            for place, category in enumerate(section.categories):
                field = f"root_categories[{at_root}].sections[{at_section}].categories[{place}]"
                yield field, Entry(root.root_category, section, category)


def _check_category(field: str, entry: Entry) -> None:
    category = entry.category
    if category.is_commercial and entry.root == "system":
        raise Invalid(f"{field}.is_commercial", "can't be true below the root system")
    if category.is_commercial and category.default_preference == "cant_unsubscribe":
        raise Invalid(f"{field}.is_commercial", "can't be true where nobody can unsubscribe")
    if category.default_mandatory_channels and category.default_preference != "cant_unsubscribe":
        raise Invalid(f"{field}.default_mandatory_channels", "need the default_preference cant_unsubscribe")
    refuse_depth(category.digest_schedule, f"{field}.digest_schedule")
    refuse_depth(category.properties, f"{field}.properties")


def _filled(root: Root, section: Section) -> Section:
    slug = section.slug or (slug_of(section.name) if section.name else None)
    tidied = tuple(_tidied(Entry(root, section, each)) for each in section.categories)
    return structs.replace(section, slug=slug, tags=_each_once(section.tags), categories=tidied)


def _tidied(entry: Entry) -> Category:
    category = entry.category
    return structs.replace(
        category,
        is_commercial=entry.is_commercial,
        default_mandatory_channels=_each_once(category.default_mandatory_channels),
        default_opt_in_channels=_each_once(category.default_opt_in_channels),
        tags=_each_once(category.tags),
    )


def _each_once(given: tuple[T, ...] | None) -> tuple[T, ...] | None:
    return tuple(dict.fromkeys(given)) or None if given else None
