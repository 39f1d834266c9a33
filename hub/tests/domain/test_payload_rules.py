"""What is wrong with a payload is said of the fields as their writer knows them, and no more of it than is needed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.payload_rules import MOST_CHECKS, MOST_FAULTS, compile_rules


def faults(schema: Document, payload: Document) -> list[str]:
    """What a schema has against a payload."""
    mismatch = compile_rules({"type": "object", **schema}, "json_schema").mismatch(payload, "data")
    return [] if mismatch is None else [each.message for each in mismatch.faults]


def of(**properties: Any) -> Document:
    """A schema with these properties."""
    return {"properties": properties}


NULLABLE = {"anyOf": [{"type": "object", "properties": {"b": {"type": "string"}}}, {"type": "null"}]}


@pytest.mark.parametrize(
    ("schema", "payload", "said"),
    [
        (of(n={"type": "number"}), {"n": "x"}, ["data.n: 'x' is not of type \"number\""]),
        (of(n={"type": ["string", "null"]}), {"n": {}}, ['data.n: an object is not of type "null" or "string"']),
        ({"required": ["n"]}, {}, ["data.n: is required"]),
        ({"additionalProperties": False, **of(a={})}, {"n": 1}, ["data.n: is not a property that the schema knows"]),
        ({"additionalProperties": False}, {"n": 1}, ["data: must have no properties"]),
        ({"unevaluatedProperties": False}, {"n": 1}, ["data.n: is not a property that the schema knows"]),
        (of(n={"enum": ["a", 1]}), {"n": "b"}, ["data.n: 'b' is not one of \"a\",1"]),
        (of(n={"const": "a"}), {"n": 2}, ['data.n: 2 is not "a"']),
        (of(n={"minimum": 1}), {"n": 0}, ["data.n: must be at least 1"]),
        (of(n={"maximum": 1}), {"n": 2}, ["data.n: must be at most 1"]),
        (of(n={"exclusiveMinimum": 1}), {"n": 1}, ["data.n: must be more than 1"]),
        (of(n={"exclusiveMaximum": 1}), {"n": 1}, ["data.n: must be less than 1"]),
        (of(n={"multipleOf": 5}), {"n": 7}, ["data.n: must be a multiple of 5"]),
        (of(n={"minLength": 2}), {"n": "a"}, ["data.n: must have at least 2 characters"]),
        (of(n={"maxLength": 2}), {"n": "abc"}, ["data.n: must have at most 2 characters"]),
        (of(n={"pattern": "^a"}), {"n": "b"}, ["data.n: does not match the pattern '^a'"]),
        (of(n={"minItems": 1}), {"n": []}, ["data.n: must have at least 1 items"]),
        (of(n={"maxItems": 1}), {"n": [1, 2]}, ["data.n: must have at most 1 items"]),
        (of(n={"uniqueItems": True}), {"n": [1, 1]}, ["data.n: must not have the same item twice"]),
        ({"minProperties": 1}, {}, ["data: must have at least 1 properties"]),
        ({"maxProperties": 1}, {"a": 1, "b": 2}, ["data: must have at most 1 properties"]),
        (of(n=False), {"n": 1}, ["data.n: is not allowed by the schema"]),
        (of(n={"not": {"type": "null"}}), {"n": None}, ["data.n: is what the schema rules out"]),
        (of(n={"oneOf": [True, True]}), {"n": 1}, ["data.n: fits more than one of the schema's alternatives"]),
        (
            of(n={"anyOf": [{"minimum": 3}, {"const": 1}]}),
            {"n": 2},
            ["data.n: 2 fits none of the schema's alternatives"],
        ),
        (of(n=NULLABLE), {"n": {"b": 1}}, ['data.n.b: 1 is not of type "string"']),
        (of(n=NULLABLE), {"n": 1}, ['data.n: 1 is not of type "object" or "null"']),
        (of(n={"contains": {"const": 1}}), {"n": [2]}, ["data.n: does not meet the schema's contains"]),
        ({"propertyNames": {"maxLength": 1}}, {"ab": 1}, ["data: the name 'ab' must have at most 1 characters"]),
        (of(n={"items": {"type": "string"}}), {"n": ["a", 1]}, ['data.n[1]: 1 is not of type "string"']),
    ],
)
def test_each_rule_is_told_with_the_field_that_breaks_it(schema: Document, payload: Document, said: list[str]) -> None:
    assert faults(schema, payload) == said


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="$"), min_size=1, max_size=8)


@given(st.lists(names | st.integers(0, 3), min_size=1, max_size=8))
def test_a_fault_is_found_where_it_is(steps: list[str | int]) -> None:
    schema: Any = {"type": "number"}
    payload: Any = "x"
    field = ""
    for step in reversed(steps):
        if isinstance(step, int):
            schema, payload = {"items": schema}, [*[1] * step, payload]
            # What comes before the faulty item has to be right.
            schema = {"prefixItems": [True] * step, **schema} if step else schema
        else:
            schema, payload = {"properties": {step: schema}}, {step: payload}
    for step in ("top", *steps):
        field += f"[{step}]" if isinstance(step, int) else f".{step}"
    assert faults({"properties": {"top": schema}}, {"top": payload}) == [f"data{field}: 'x' is not of type \"number\""]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_whatever_comes_is_judged_without_an_error(payload: Document) -> None:
    schema = {"required": ["a"], "additionalProperties": {"type": "string"}, "propertyNames": {"maxLength": 3}}
    said = faults(schema, payload)
    assert len(said) <= MOST_FAULTS
    assert all(len(each) < 600 for each in said)


def test_no_more_than_ten_faults_are_told() -> None:
    assert len(faults({"additionalProperties": {"type": "string"}}, {f"n{number}": 1 for number in range(40)})) == 10


NOT_LOOKED_AT = ["data: does not fit its schema; it is too large, or the schema too deep, to say where"]


def test_of_a_large_payload_only_that_it_does_not_fit_is_told() -> None:
    payload = {"big": "x" * MOST_CHECKS, "items": [1] * 50}
    assert faults(of(items={"items": {"type": "string"}}), payload) == NOT_LOOKED_AT


def test_a_schema_that_leads_back_to_itself_takes_no_time_for_what_does_not_fit() -> None:
    reply = {"$ref": "#/$defs/comment"}
    kinds = [{"properties": {word: {"type": "string"}, "reply": reply}, "required": [word]} for word in ("text", "url")]
    schema = {**of(comment=reply), "$defs": {"comment": {"anyOf": kinds}}}
    payload: Document = {}
    for _ in range(60):
        payload = {"reply": payload}
    assert faults(schema, {"comment": payload}) == NOT_LOOKED_AT
    assert faults(schema, {"comment": {"text": "x", "reply": {"url": "y"}}}) == []


@pytest.mark.parametrize(
    ("reference", "says_where"),
    [("#/$defs/a~1b", True), ("#/%24defs/a~1b", True), ("#name", False)],
)
def test_what_is_referred_to_is_looked_at_where_it_stands(reference: str, says_where: bool) -> None:
    schema = {**of(n={"$ref": reference}), "$defs": {"a/b": {"$anchor": "name", "type": "number"}}}
    said = ["data.n: 'x' is not of type \"number\""]
    assert faults(schema, {"n": "x"}) == (said if says_where else NOT_LOOKED_AT)
    assert faults(schema, {"n": 1}) == []


def test_of_a_value_no_more_is_said_than_its_beginning_and_nothing_of_what_may_be_a_secret() -> None:
    secret = "sk-" + "0123456789" * 20
    [by_type] = faults(of(n={"type": "number"}), {"n": secret})
    assert len(by_type) < 100
    for rule in ({"pattern": "^x"}, {"maxLength": 3}, {"minLength": 999}):
        [said] = faults(of(n=rule), {"n": secret})
        assert "sk-" not in said


def test_keys_of_the_protocol_are_judged_only_where_the_schema_names_them() -> None:
    payload = {"$attachments": [], "$ss_sdk_version": "x", "n": 1}
    closed = {"additionalProperties": False, **of(n={})}
    assert faults(closed, payload) == []
    assert faults(of(**{"$attachments": {"minItems": 1}}), payload) == ["data.$attachments: must have at least 1 items"]
    assert faults({"required": ["$attachments"]}, {}) == ["data.$attachments: is required"]


def test_what_is_nested_too_deeply_is_refused() -> None:
    payload: Document = {}
    for _ in range(400):
        payload = {"a": payload}
    assert faults({"required": ["n"]}, payload) == ["data: is nested too deeply"]


def test_no_pattern_takes_more_time_than_its_text() -> None:
    # An engine that backtracks would not come to an end.
    assert faults(of(n={"pattern": "^(a|a|b?)*(a+)+$"}), {"n": "a" * 100_000 + "!"}) != []
