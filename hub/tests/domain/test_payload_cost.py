"""A schema that would hold everybody up is refused where it is written."""

from time import process_time
from typing import Any

import pytest
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.payload_schema import read_json_schema


def items(**schema: Any) -> Document:
    """A schema of a list whose items are judged by this."""
    return {"properties": {"list": {"items": schema}}}


def doubling(levels: int, through: str) -> Document:
    """References that lead to two others each."""
    definitions: Document = {f"l{levels}": {"type": "number"}}
    for level in range(levels):
        once: Any = {"$ref": f"#/$defs/l{level + 1}"}
        twice = [{**once}, {**once}]
        definitions[f"l{level}"] = (
            {"allOf": twice} if through == "itself" else {"allOf": [{"properties": {"a": each}} for each in twice]}
        )
    return {"$defs": definitions, "properties": {"a": {"$ref": "#/$defs/l0"}}}


CONSTANTS = [{"const": number} for number in range(120)]
KINDS = [{"required": ["kind"], "properties": {"kind": {"const": f"k{number}"}}} for number in range(20)]


@pytest.mark.parametrize(
    "schema",
    [
        items(oneOf=CONSTANTS),
        items(anyOf=CONSTANTS),
        items(allOf=CONSTANTS),
        items(allOf=[{"not": each} for each in CONSTANTS[:60]]),
        items(enum=[{"k": number} for number in range(100)]),
        items(enum=["a", *range(100), []]),
        items(allOf=[{"multipleOf": 0.5}] * 10),
        items(multipleOf=1e-300),
        items(propertyNames={"allOf": [{"pattern": f"{number}"} for number in range(101)]}),
        items(patternProperties={f"^k{number}": True for number in range(101)}),
        items(items={"properties": {"a": {"oneOf": CONSTANTS}}}),
        {"additionalProperties": {"oneOf": CONSTANTS}},
        {"properties": {"list": {"allOf": [{"items": {"const": number}} for number in range(101)]}}},
        {"properties": {"list": {"allOf": [{"not": {"contains": each}} for each in CONSTANTS]}}},
        {"properties": {"list": {"allOf": [{"uniqueItems": True}] * 101}}},
        {"patternProperties": {f"^k{number}": True for number in range(101)}},
        # What leads back to itself may be there as often as one likes.
        {"$defs": {"c": {"oneOf": CONSTANTS, "properties": {"c": {"$ref": "#/$defs/c"}}}}, "$ref": "#/$defs/c"},
        doubling(14, "itself"),
        doubling(20, "properties"),
    ],
)
def test_a_schema_that_checks_one_value_too_often_is_refused(schema: Document) -> None:
    with pytest.raises(Invalid, match=r"json_schema: makes more than \d+ checks"):
        read_json_schema(schema, "json_schema")


@pytest.mark.parametrize(
    "schema",
    [
        {},
        items(oneOf=KINDS),
        items(enum=[f"text {number}" for number in range(5000)]),
        items(properties={f"p{number}": {"type": "string", "maxLength": 9} for number in range(500)}),
        {"allOf": [{"if": {"required": [f"p{number}"]}, "then": {"minProperties": 2}} for number in range(300)]},
        {"required": [f"p{number}" for number in range(3000)]},
        {"properties": {f"p{number}": {"oneOf": CONSTANTS} for number in range(30)}},
        {"properties": {f"p{number}": {"$ref": "#/$defs/a"} for number in range(99)}, "$defs": {"a": {"oneOf": KINDS}}},
        doubling(6, "itself"),
        doubling(6, "properties"),
        {"$defs": {"c": {"anyOf": [{"properties": {"c": {"$ref": "#/$defs/c"}}}] * 9}}, "$ref": "#/$defs/c"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
    ],
)
def test_what_people_write_is_let_pass(schema: Document) -> None:
    assert read_json_schema(schema, "json_schema")["type"] == "object"


def test_values_that_are_told_apart_without_end_are_refused() -> None:
    schema: Document = {"properties": {f"p{number}": {"properties": {}, "items": {}} for number in range(2600)}}
    with pytest.raises(Invalid, match="tells more than 5000 kinds of values apart"):
        read_json_schema(schema, "json_schema")


def test_finding_out_what_a_schema_costs_costs_little() -> None:
    # Each name would be judged by each part.
    names: Document = {f"p{number}": {} for number in range(800)}
    schema = {"properties": names, "patternProperties": {"^x": {"allOf": [{} for _ in range(8_000)]}}}
    began = process_time()
    with pytest.raises(Invalid):
        read_json_schema(schema, "json_schema")
    # It was a minute and a half.
    assert process_time() - began < 5


def test_a_list_of_many_kinds_of_objects_is_not_refused() -> None:
    """As pydantic writes a union that is told apart by a field."""
    kinds = {
        f"Kind{number}": {
            "title": f"Kind{number}",
            "description": "One of many.",
            "type": "object",
            "properties": {"kind": {"const": f"kind{number}", "title": "Kind"}, "name": {"type": "string"}},
            "required": ["kind", "name"],
            "additionalProperties": False,
        }
        for number in range(30)
    }
    union = {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in kinds], "discriminator": {"propertyName": "kind"}}
    read_json_schema({"$defs": kinds, "properties": {"list": {"items": union}}}, "json_schema")
