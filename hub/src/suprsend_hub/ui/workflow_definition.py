"""A definition as people write it: read from what was typed, however faulty, and beside another line by line."""

import re
from collections.abc import Iterable
from typing import Any

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.template_content import read_document
from suprsend_hub.domain.workflow import strip_reply
from suprsend_hub.ui.line_diff import DiffLine, compare_lines
from suprsend_hub.ui.shown import show_document

FIELD = "definition"
# A workflow may have 25 nodes; a draft may have any number.
MOST_NODES = 50
LONGEST_WRITTEN = 4_000
_BYTE = re.compile(r" \(byte (\d+)\)")
# What of a definition says when and for whom it runs, besides its trigger.
_CONDITIONS = (
    "conditions",
    "ratelimit",
    "override_recipients_type",
    "override_recipients_user_expr",
    "override_recipients_single_object_fields_expr",
    "override_actor_user_expr",
    "override_tenant_expr",
)


def read_definition(text: str) -> Document:
    """The definition that was typed, without what replies add; Invalid says in which line it is no JSON."""
    try:
        return strip_reply(read_document(text.encode(), FIELD))
    except Invalid as fault:
        raise Invalid(FIELD, _locate(fault.problem, text)) from None


def compare_definitions(before: Document | None, after: Document | None) -> list[DiffLine]:
    """The lines in which two definitions differ; None is one that is not there."""
    return compare_lines(_lines(before), _lines(after))


def list_nodes(definition: Document) -> list[Any]:
    """The first that stand in the place of nodes; drafts are whatever people wrote."""
    tree = definition.get("tree")
    nodes = tree.get("nodes") if isinstance(tree, dict) else None
    return nodes[:MOST_NODES] if isinstance(nodes, list) else []


def list_conditions(definition: Document) -> list[tuple[str, str]]:
    """What a definition asks for before its first step, by field, as it is written."""
    return [(field, write_out(definition[field])) for field in _CONDITIONS if definition.get(field)]


def name_templates(definitions: Iterable[Document]) -> set[str]:
    """The slugs of all templates that stand in these definitions."""
    named: set[str] = set()
    for node in (each for definition in definitions for each in list_nodes(definition)):
        fields = node.get("properties", node) if isinstance(node, dict) else None
        slug = fields.get("template") if isinstance(fields, dict) else None
        if isinstance(slug, str):
            named.add(slug)
    return named


def events_of(definition: Document) -> list[str]:
    """The events that set a definition off, however it is written."""
    events = definition.get("trigger_events") if definition.get("trigger_type") == "event" else None
    return [each for each in events if isinstance(each, str) and each] if isinstance(events, list) else []


def schema_of(definition: Document) -> tuple[str, int | None] | None:
    """The slug and the version of the schema that a definition names."""
    link = definition.get("payload_schema")
    if not isinstance(link, dict) or not isinstance(link.get("schema"), str):
        return None
    number = link.get("version_no")
    return link["schema"], number if isinstance(number, int) and not isinstance(number, bool) else None


def write_out(value: object) -> str:
    """A value as JSON, as far as anybody reads on."""
    text = show_document(value)
    return text if len(text) <= LONGEST_WRITTEN else f"{text[:LONGEST_WRITTEN]}\n…"


def _lines(definition: Document | None) -> list[str]:
    return [] if definition is None else show_document(definition).split("\n")


def _locate(problem: str, text: str) -> str:
    found = _BYTE.search(problem)
    if found is None:
        return problem
    line = text.encode()[: int(found[1])].count(b"\n") + 1
    return f"{_BYTE.sub('', problem)}, in line {line}: {text.split(chr(10))[line - 1].strip()[:120]!r}"
