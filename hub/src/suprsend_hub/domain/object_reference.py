"""An object named as a recipient, whose subscribers are meant (wire.md 3.2, 3.10)."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid

Depth: TypeAlias = Literal[0, 1, 2]
DEPTHS: tuple[Depth, ...] = get_args(Depth)
LONGEST_NAME = 255

_DEPTH_KEYS = ("$object_subscriptions_query", "object_subscriptions_query")


@dataclass(frozen=True, slots=True)
class ObjectReference:
    """An object, and how deep its subscribers are looked for; at depth 0 it is the recipient itself."""

    object_type: str
    id: str
    depth: Depth = 1


def read_object_reference(value: Document, field: str) -> ObjectReference:
    """A reference from its wire form, or Invalid that names the field."""
    return ObjectReference(
        object_type=_name(value.get("object_type"), f"{field}.object_type"),
        id=_name(value.get("id"), f"{field}.id"),
        depth=_depth(value, field),
    )


def _name(value: object, field: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= LONGEST_NAME:
        raise Invalid(field, f"must be a text of 1 to {LONGEST_NAME} characters")
    return value.strip()


def _depth(value: Document, field: str) -> Depth:
    for key in _DEPTH_KEYS:
        query = value.get(key)
        if query is None:
            continue
        asked = query.get("depth", 1) if isinstance(query, dict) else None
        # True is 1 to Python, but nobody's depth.
        depth = next((each for each in DEPTHS if each == asked and not isinstance(asked, bool)), None)
        if depth is None:
            raise Invalid(f"{field}.{key}.depth", "must be 0, 1 or 2")
        return depth
    return 1
