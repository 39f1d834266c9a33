"""Schemas of what triggers and events carry: JSON Schema of an object, whose parts must have the right shape."""

import re
from typing import Annotated, Any

from msgspec import Meta, Struct

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import refuse_depth

_SLUG = re.compile(r"[a-z0-9_-]{1,120}", re.ASCII)
# The keywords that hold schemas by name, and those that hold one or a list of them.
_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE = ("additionalProperties", "items", "not", "if", "then", "else", "contains", "propertyNames")
_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")


class PayloadSchema(Struct, frozen=True, forbid_unknown_fields=True):
    """Which schema describes the data of a trigger or event; its latest version where no number is given."""

    schema: Annotated[str, Meta(min_length=1, max_length=120)]
    version_no: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None


def check_schema_slug(text: str, field: str) -> None:
    """Refuse what can't be a schema's slug."""
    if not _SLUG.fullmatch(text):
        raise Invalid(field, f"{text[:40]!r} must be 1 to 120 of a-z, 0-9, - and _")


def read_json_schema(document: Document, field: str) -> Document:
    """A schema of an object, always with its `properties`; Invalid names the keyword that is wrong."""
    refuse_depth(document, field)
    if document.get("type") not in (None, "object"):
        raise Invalid(f"{field}.type", "must be object, as data is one")
    schema = {"properties": {}, **document, "type": "object"}
    _check(schema, field)
    return schema


def _check(schema: object, field: str) -> None:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        raise Invalid(field, "must be a schema: an object, true or false")
    _check_type(schema.get("type"), f"{field}.type")
    _check_names(schema.get("required"), f"{field}.required")
    for keyword in ("title", "description", "$ref"):
        if not isinstance(schema.get(keyword, ""), str):
            raise Invalid(f"{field}.{keyword}", "must be a text")
    for path, each in _parts(schema, field):
        _check(each, path)


def _parts(schema: Document, field: str) -> list[tuple[str, Any]]:
    parts: list[tuple[str, Any]] = []
    for keyword in _NAMED:
        named = schema.get(keyword, {})
        if not isinstance(named, dict):
            raise Invalid(f"{field}.{keyword}", "must be an object of schemas")
        parts += [(f"{field}.{keyword}.{name}", each) for name, each in named.items()]
    for keyword in _LISTED:
        listed = schema.get(keyword, [])
        if not isinstance(listed, list):
            raise Invalid(f"{field}.{keyword}", "must be a list of schemas")
        parts += [(f"{field}.{keyword}[{index}]", each) for index, each in enumerate(listed)]
    return parts + [(f"{field}.{keyword}", schema[keyword]) for keyword in _SINGLE if keyword in schema]


def _check_type(value: object, field: str) -> None:
    wanted = value if isinstance(value, list) else [value]
    for each in wanted:
        if each is not None and each not in _TYPES:
            raise Invalid(field, f"must be one of {', '.join(_TYPES)}")


def _check_names(value: object, field: str) -> None:
    if value is not None and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        raise Invalid(field, "must be a list of names")
