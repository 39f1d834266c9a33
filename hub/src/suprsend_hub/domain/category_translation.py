"""What sections and categories are called in other languages (wire.md 6)."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct, field, structs

from suprsend_hub.domain.category import Category, CategoryTree, Description, Section, Title
from suprsend_hub.domain.template import DEFAULT_LOCALE


class Words(Struct, frozen=True):
    """A name and a description; what is missing is said in the next language."""

    name: Title | None = None
    description: Description | None = None


WordsBySlug: TypeAlias = Annotated[dict[str, Words], Meta(max_length=5000)]


class CategoryWords(Struct, frozen=True):
    """One language's words, by the slugs of sections and categories."""

    sections: WordsBySlug = field(default_factory=dict)
    categories: WordsBySlug = field(default_factory=dict)


def normal_locale(locale: str) -> str:
    """A locale as it is kept: `es_ar` is `es-AR`."""
    language, *rest = locale.replace("_", "-").split("-")
    return "-".join((language.lower(), *(part.upper() if len(part) == 2 else part.title() for part in rest)))


def fallbacks(locale: str) -> list[str]:
    """The locales in which words are looked for: from the one asked for to the default one."""
    parts = normal_locale(locale).split("-")
    narrowing = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return list(dict.fromkeys((*narrowing, DEFAULT_LOCALE)))


def words_of(tree: CategoryTree) -> CategoryWords:
    """What the tree itself says."""
    sections = {
        each.slug: Words(each.name, each.description)
        for root in tree.root_categories
        for each in root.sections
        if each.slug
    }
    categories = {each.category.category: each.category for each in tree.entries()}
    return CategoryWords(
        sections, {name: Words(category.name, category.description) for name, category in categories.items()}
    )


def translate(tree: CategoryTree, known: Mapping[str, CategoryWords], locale: str | None) -> CategoryTree:
    """The tree in the words of a locale; where nobody translated a word, it is the tree's own."""
    wanted = [known[each] for each in fallbacks(locale) if each in known] if locale else []
    if not wanted:
        return tree

    def in_category(category: Category) -> Category:
        own = Words(category.name, category.description)
        said = _chosen([each.categories.get(category.category) for each in wanted], own)
        return structs.replace(category, name=said.name or category.name, description=said.description)

    def in_section(section: Section) -> Section:
        own = Words(section.name, section.description)
        said = _chosen([each.sections.get(section.slug or "") for each in wanted], own)
        categories = tuple(in_category(each) for each in section.categories)
        return structs.replace(section, name=said.name, description=said.description, categories=categories)

    return CategoryTree(
        tuple(
            structs.replace(root, sections=tuple(in_section(each) for each in root.sections))
            for root in tree.root_categories
        )
    )


def _chosen(offered: list[Words | None], own: Words) -> Words:
    present = [each for each in offered if each is not None] + [own]
    return Words(
        next((each.name for each in present if each.name), None),
        next((each.description for each in present if each.description), None),
    )
