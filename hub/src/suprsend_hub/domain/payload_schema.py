"""Schemas of what triggers and events carry: JSON Schema of an object, whole in itself."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.payload_cost import refuse_cost
from suprsend_hub.domain.payload_faults import LONGEST_RULE
from suprsend_hub.domain.payload_rules import compile_rules
from suprsend_hub.domain.reading import refuse_depth
from suprsend_hub.domain.schema_reference import REFERENCES, follow

MOST_BYTES = 100_000

_SLUG = re.compile(r"[a-z0-9_-]{1,120}", re.ASCII)
_DRAFTS = (
    "http://json-schema.org/draft-04/schema",
    "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-07/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
)
# The keywords that hold schemas by name, and those that hold one or a list of them.
_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies")
_HELD = (
    "allOf",
    "anyOf",
    "oneOf",
    "prefixItems",
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
)


class PayloadSchema(Struct, frozen=True, forbid_unknown_fields=True):
    """Which schema describes the data of a trigger or event; its live version where no number is given."""

    schema: Annotated[str, Meta(min_length=1, max_length=120)]
    version_no: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None


def check_schema_slug(text: str, field: str) -> None:
    """Refuse what can't be a schema's slug."""
    if not _SLUG.fullmatch(text):
        raise Invalid(field, f"{text[:40]!r} must be 1 to 120 of a-z, 0-9, - and _")


def read_json_schema(document: Document, field: str) -> Document:
    """A schema of an object, always with its `properties`; Invalid names the keyword that is wrong."""
    refuse_depth(document, field)
    size = len(msgspec.json.encode(document))
    if size > MOST_BYTES:
        raise Invalid(field, f"must have at most {MOST_BYTES} bytes of JSON; has {size}")
    if document.get("type") not in (None, "object"):
        raise Invalid(f"{field}.type", "must be object, as data is one")
    draft = document.get("$schema")
    if draft is not None and not (isinstance(draft, str) and draft.removesuffix("#") in _DRAFTS):
        raise Invalid(f"{field}.$schema", "must name the draft 4, 6, 7, 2019-09 or 2020-12, or be left out")
    schema = {"properties": {}, **document, "type": "object"}
    for path, each in _parts(schema, field):
        _check_references(each, path, schema)
    refuse_cost(schema, field)
    compile_rules(schema, field)
    return schema


def _parts(schema: object, path: str) -> Iterator[tuple[str, Document]]:
    """A schema and all that it holds, with where each is."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for keyword in _NAMED:
        if isinstance(named := schema.get(keyword), dict):
            for name, each in named.items():
                yield from _parts(each, f"{path}.{keyword}.{name}")
    for keyword in _HELD:
        held: Any = schema.get(keyword)
        for index, each in enumerate(held if isinstance(held, list) else ()):
            yield from _parts(each, f"{path}.{keyword}[{index}]")
        yield from _parts(held, f"{path}.{keyword}")


def _check_references(part: Document, path: str, whole: Document) -> None:
    """Refuse what names another document, which is never fetched, and what leads nowhere in this one."""
    for keyword in REFERENCES:
        reference = part.get(keyword)
        if not isinstance(reference, str):
            continue
        if not reference.startswith("#"):
            raise Invalid(
                f"{path}.{keyword}", "must stay within the schema, such as #/$defs/address; nothing is fetched"
            )
        if reference.startswith("#/") and follow(whole, reference) is None:
            raise Invalid(f"{path}.{keyword}", f"{reference[:LONGEST_RULE]!r} leads nowhere in the schema")
    if part is not whole and isinstance(part.get("$id"), str):
        raise Invalid(f"{path}.$id", "can only be that of the whole schema")
