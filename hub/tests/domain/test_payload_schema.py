"""A schema is whole in itself, of bounded size, and right: whatever else is refused by the keyword that is wrong."""

import socket

import pytest
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.payload_schema import MOST_BYTES, read_json_schema


def nested(levels: int) -> Document:
    """A schema so many levels deep."""
    schema: Document = {}
    for _ in range(levels):
        schema = {"not": schema}
    return schema


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ({"properties": {"x": {"type": "text"}}}, "json_schema.properties.x.type: 'text' is not one of"),
        ({"properties": {"x": {"type": ["null", "text"]}}}, "json_schema.properties.x.type[1]: "),
        ({"properties": {"x": {"minimum": "1"}}}, "json_schema.properties.x.minimum: '1' is not of type"),
        ({"properties": {"x": {"minLength": -1}}}, "json_schema.properties.x.minLength: must be at least 0"),
        ({"properties": {"x": {"$ref": "http://example.com/x"}}}, "json_schema.properties.x.$ref: must stay within"),
        ({"properties": {"x": {"$ref": "file:///etc/hosts"}}}, "json_schema.properties.x.$ref: must stay within"),
        ({"properties": {"x": {"$ref": "other.json#/a"}}}, "json_schema.properties.x.$ref: must stay within"),
        ({"allOf": [{"$dynamicRef": "//example.com"}]}, "json_schema.allOf[0].$dynamicRef: must stay within"),
        ({"dependencies": {"a": {"$ref": "x"}}}, "json_schema.dependencies.a.$ref: must stay within"),
        ({"items": [{"$ref": "x"}]}, "json_schema.items[0].$ref: must stay within"),
        ({"properties": {"x": {"$ref": "#/$defs/a"}}}, "json_schema.properties.x.$ref: '#/$defs/a' leads nowhere"),
        ({"properties": {"x": {"$ref": "#a"}}}, "json_schema: has a reference that leads nowhere"),
        ({"properties": {"x": {"$id": "http://example.com/"}}}, "json_schema.properties.x.$id: can only be"),
        ({"odd": {"$ref": "http://example.com/x"}, "allOf": [{"$ref": "#/odd"}]}, "json_schema: has a reference"),
        ({"$schema": "http://example.com/schema"}, "json_schema.$schema: must name the draft 4, 6"),
        ({"$schema": 7}, "json_schema.$schema: must name the draft 4, 6"),
        ({"properties": {"x": {"pattern": "(?=a)b"}}}, "json_schema.properties.x.pattern: is no regular expression"),
        ({"properties": {"x": {"pattern": r"(a)\1"}}}, "json_schema.properties.x.pattern: is no regular expression"),
        ({"properties": {"x": {"pattern": "(a{999}){999}"}}}, "json_schema.properties.x.pattern: is no regular"),
        ({"patternProperties": {"((": {}}}, "json_schema.patternProperties.((: is no regular expression"),
        ({"description": "x" * MOST_BYTES}, "json_schema: must have at most 100000 bytes"),
        (nested(120), "json_schema: is nested too deeply"),
    ],
)
def test_what_is_wrong_is_named(schema: Document, fault: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_json_schema(schema, "json_schema")
    assert refused.value.message.startswith(fault)


@pytest.mark.parametrize(
    "schema",
    [
        {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "properties": {"x": {"exclusiveMinimum": True, "minimum": 1}},
        },
        {"$schema": "http://json-schema.org/draft-06/schema#", "properties": {"x": {"const": 1}}},
        {"$schema": "http://json-schema.org/draft-07/schema#", "if": {}, "then": {}, "else": {}},
        {"$schema": "https://json-schema.org/draft/2019-09/schema", "$recursiveAnchor": True},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "prefixItems": [{}]},
        {
            "$id": "https://example.com/order",
            "$defs": {"a": {"type": "string"}},
            "properties": {"x": {"$ref": "#/$defs/a"}},
        },
        {"$defs": {"a/b": {"$anchor": "c"}}, "properties": {"x": {"$ref": "#c"}, "y": {"$ref": "#/$defs/a~1b"}}},
        {"properties": {"tree": {"$ref": "#"}, "$ref": {"type": "string"}, "$id": {"enum": [{"$ref": "http://x"}]}}},
    ],
)
def test_every_draft_and_what_stays_within_is_taken(schema: Document) -> None:
    assert read_json_schema(schema, "json_schema") == {"type": "object", "properties": {}} | schema


def test_nothing_is_ever_fetched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        place = f"http://127.0.0.1:{server.getsockname()[1]}/schema"
        for schema in (
            {"$ref": place},
            {"$schema": place},
            {"$id": place, "odd": {"$ref": "x"}, "allOf": [{"$ref": "#/odd"}]},
        ):
            with pytest.raises(Invalid):
                read_json_schema(schema, "json_schema")
        with pytest.raises(BlockingIOError):
            server.accept()
