"""Notification categories: how urgent a message is, who sends it, and who wants it unless they say otherwise."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias, get_args

import msgspec
from msgspec import Meta, Struct

from suprsend_hub.domain.channel import Channel

Root: TypeAlias = Literal["system", "transactional", "promotional"]
Preference: TypeAlias = Literal["opt_in", "opt_out", "cant_unsubscribe"]

# The most urgent first: each has lanes of its own, and none waits behind a less urgent one.
ROOTS: tuple[Root, ...] = get_args(Root)

Slug: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{2,255}$(?!\n)")]
Title: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255)]
Description: TypeAlias = Annotated[str, Meta(max_length=1000)]
Tag: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255)]
# Null, or an empty list, is every channel.
Channels: TypeAlias = tuple[Channel, ...] | None
Tags: TypeAlias = Annotated[tuple[Tag, ...], Meta(max_length=50)] | None


class Category(Struct, frozen=True):
    """One category as it is written on the wire (wire.md 6)."""

    category: Slug
    name: Title
    description: Description | None = None
    default_preference: Preference = "opt_in"
    default_mandatory_channels: Channels = None
    default_opt_in_channels: Channels = None
    tags: Tags = None
    digest_schedule: dict[str, Any] | None = None
    properties: list[dict[str, Any]] | None = None
    is_commercial: bool | None = None


class Section(Struct, frozen=True):
    """Categories that are shown together; one without a name has no heading."""

    name: Title | None = None
    slug: Title | None = None
    description: Description | None = None
    tags: Tags = None
    categories: tuple[Category, ...] = ()


class RootCategory(Struct, frozen=True):
    """What lies below one root."""

    root_category: Root
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A category and where it lies."""

    root: Root
    section: Section
    category: Category

    @property
    def is_commercial(self) -> bool:
        """Whether its mails offer to unsubscribe with one click."""
        if self.root == "system" or self.category.default_preference == "cant_unsubscribe":
            return False
        return self.root == "promotional" if self.category.is_commercial is None else self.category.is_commercial

    @property
    def effective_tags(self) -> tuple[str, ...]:
        """Its tags and those of its section, each once."""
        return tuple(dict.fromkeys((*(self.category.tags or ()), *(self.section.tags or ()))))


class CategoryTree(Struct, frozen=True):
    """All categories of a workspace."""

    root_categories: tuple[RootCategory, ...] = ()

    def entries(self) -> Iterator[Entry]:
        """Every category, in the order in which people are shown them."""
        for root in self.root_categories:
            for section in root.sections:
                for category in section.categories:
                    yield Entry(root.root_category, section, category)

    def find(self, name: str) -> Entry | None:
        """The category of that name; each root is one too, whether or not the tree has it."""
        return next((each for each in self.entries() if each.category.category == name), _ROOT_ENTRIES.get(name))


def root_of(name: str) -> Root:
    """The root of a category that no tree has; one that is no root itself is transactional."""
    return next((root for root in ROOTS if root == name), "transactional")


def slug_of(name: str) -> str:
    """The slug of a section, made of its name."""
    return re.sub(r"\W+", "-", name.lower()).strip("-") or "section"


def hash_of(tree: CategoryTree) -> str:
    """A text that is the same for the same tree, and for no other."""
    return hashlib.sha256(msgspec.json.encode(tree, order="sorted")).hexdigest()


_ROOT_ENTRIES: Mapping[str, Entry] = MappingProxyType(
    {
        root: Entry(
            root,
            Section(),
            Category(
                root,
                root.capitalize(),
                default_preference="opt_in" if root == "promotional" else "cant_unsubscribe",
            ),
        )
        for root in ROOTS
    }
)

# What a workspace has that never said anything of its categories.
ROOT_TREE = CategoryTree(
    tuple(RootCategory(each.root, (Section(categories=(each.category,)),)) for each in _ROOT_ENTRIES.values())
)
