"""The roots of notification categories: how urgent a message is, and who sends it."""

from typing import Literal, TypeAlias, get_args

Root: TypeAlias = Literal["system", "transactional", "promotional"]

# The most urgent first: each has lanes of its own, and none waits behind a less urgent one.
ROOTS: tuple[Root, ...] = get_args(Root)


def root_of(category: str) -> Root:
    """The root of a category; one that is no root itself is transactional."""
    return next((root for root in ROOTS if root == category), "transactional")
