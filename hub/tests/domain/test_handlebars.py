"""Rendering: what templates give, and that none of them can hang, crash or see what it must not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.handlebars import MOST_CHARACTERS, Fault, Template

NOW = datetime(2026, 3, 1, 9, 5, 7, 123_456, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
TAGS = """{{ }} {{{ }}} {{#if|a}} {{/if}} {{else}} {{#each|a}} {{/each}} {{a.b}} {{~ ~}} {{!-- --}} \\ ( ) " a | ../
@index as||x| default = {{>|p}} {{default|a|"x"}} {{add|a|1}} {{join|a}} {{#compare|a|'=='|1}} {{/compare}} {{#a}}
{{/a}}"""
PIECES = st.lists(st.sampled_from([tag.replace("|", " ") for tag in TAGS.split()] + ["\n"]), max_size=12).map("".join)


def fill(source: str, **context: Any) -> str:
    """The text that a template gives."""
    return Template(source, escaped=False).render(context, NOW)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hello {{name}}", "Hello Ada"),
        ("{{$recipient.city}} {{$recipient.tags.[0]}} {{$recipient.tags.1}}", "Turin a b"),
        ("{{missing}}{{missing.deeper}}{{nothing}}", ""),
        (
            "{{yes}} {{whole}} {{half}} {{tiny}} {{huge}} {{list}} {{object}}",
            "true 5 0.5 1e-7 1e+21 1,,x [object Object]",
        ),
        ("{{#each list}}{{@index}}={{this}};{{/each}}", "0=1;1=;2=x;"),
        ("{{#each object}}{{@key}}={{this}}{{/each}}", "k=v"),
        ("{{#each people}}{{name}} of {{../name}}{{#unless @last}}, {{/unless}}{{/each}}", "B of Ada, C of Ada"),
        ("{{#each people as |p i|}}{{i}}{{p.name}}{{/each}}", "0B1C"),
        ("{{#if zero}}a{{else if name}}b{{else}}c{{/if}}", "b"),
        ("{{#with object}}{{k}}{{/with}}{{lookup list 2}}", "vx"),
        ("{{#people}}{{name}}{{/people}}{{^nothing}}none{{/nothing}}", "BCnone"),
        ("a {{~name~}} b", "aAdab"),
        ("{{! nothing }}{{!-- {{name}} --}}x", "x"),
        ("{{[first name]}} {{length}}", "Grace 9"),
        ("{{log name}}", ""),
    ],
)
def test_templates_say_what_handlebars_js_would(source: str, text: str) -> None:
    context = {
        "name": "Ada",
        "first name": "Grace",
        "length": 9,
        "$recipient": {"city": "Turin", "tags": ["a", "b"]},
        "yes": True,
        "zero": 0,
        "whole": 5.0,
        "half": 0.5,
        "tiny": 1e-7,
        "huge": 1e21,
        "nothing": None,
        "list": [1, None, "x"],
        "object": {"k": "v"},
        "people": [{"name": "B"}, {"name": "C"}],
    }
    assert fill(source, **context) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a\n{{#if x}}\nb\n{{/if}}\nc", "a\nb\nc"),
        ("a\n  {{#if x}}  \nb\n  {{else}}\nz\n  {{/if}}\nc\n", "a\nb\nc\n"),
        ("{{#if y}}\na\n{{else}}\nb\n{{/if}}", "b\n"),
        ("{{#if y}}\na\n{{else if x}}\nb\n{{else}}\nc\n{{/if}}\nd", "b\nd"),
        ("a\r\n{{#if x}}\r\nb\r\n{{/if}}\r\nc", "a\r\nb\r\nc"),
        ("{{#each list}}\n- {{this}}\n{{/each}}\nend", "- 1\n- 2\nend"),
        ("a\n{{! note }}\nb", "a\nb"),
        ("  {{! note }}\nb", "b"),
        ("a {{#if x}}\nb\n{{/if}}\nc", "a \nb\nc"),
        ("a\n{{x}}\nb", "a\ntrue\nb"),
        ("{{#if x}}\n{{#if x}}\na\n{{/if}}\n{{/if}}\nb", "a\nb"),
        ("{{#if x}}a{{/if}}\nb", "a\nb"),
    ],
)
def test_lines_that_hold_only_a_tag_are_dropped(source: str, text: str) -> None:
    assert fill(source, x=True, y=False, list=[1, 2]) == text


def test_only_escaped_templates_escape_and_three_braces_never_do() -> None:
    source = "{{x}}|{{{x}}}|{{&x}}|{{uppercase x}}|{{#if x}}{{x}}{{/if}}"
    plain, html = (Template(source, escaped=escaped).render({"x": "<a>"}, NOW) for escaped in (False, True))
    assert plain == "<a>|<a>|<a>|<A>|<a>"
    assert html == "&lt;a&gt;|<a>|<a>|&lt;A&gt;|&lt;a&gt;"
    escaped = Template("{{x}}", escaped=True).render({"x": "\"'`=&"}, NOW)
    assert escaped == "&quot;&#x27;&#x60;&#x3D;&amp;"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('{{default none "d"}}{{default empty "d"}}{{default zero "d"}}{{default no "d"}}', "dd0false"),
        ('{{#compare "5" "==" 5}}a{{/compare}}{{#compare "5" "===" 5}}b{{/compare}}', "a"),
        (
            "{{#compare 1 '!=' 2}}a{{/compare}}{{#compare 'b' '>' 'a'}}b{{/compare}}"
            '{{#compare 2 "<=" "10"}}c{{/compare}}',
            "abc",
        ),
        ('{{#compare none ">" 1}}a{{else}}b{{/compare}}{{#compare none "==" none}}c{{/compare}}', "bc"),
        (
            "{{add 0.1 0.2}} {{add '1' 2}} {{subtract 1 2}} {{multiply 3 4}} {{divide 1 3}}",
            "0.30000000000000004 3 -1 12 0.3333333333333333",
        ),
        ("{{mod 7 3}} {{mod -7 3}} {{round 2.5}} {{round -2.5}} {{round 2.4}}", "1 -1 3 -2 2"),
        ("{{uppercase zero}}{{lowercase list}}{{capitalize none}}{{capitalize 'aBC'}}", "ABC"),
        ('{{join (unique list) "-"}} {{length list}} {{length "abc"}} {{length none}}', "1-2 3 3 0"),
        ("{{#each (unique people 'city')}}{{name}}{{/each}}{{itemAt list 2}}{{itemAt list 9}}{{itemAt none 0}}", "AC2"),
        ("{{{jsonStringify people.[0]}}}", '{"name":"A","city":"T"}'),
    ],
)
def test_helpers_give_what_they_say(source: str, text: str) -> None:
    people = [{"name": "A", "city": "T"}, {"name": "B", "city": "T"}, {"name": "C", "city": "R"}]
    assert fill(source, none=None, empty="", zero=0, no=False, list=[1, 2, 2], people=people) == text


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{{add x 1}}", "add: 'word' is not a number"),
        ("{{divide 1 0}}", "divide: can't divide by 0"),
        ("{{mod 1 '0'}}", "mod: can't divide by 0"),
        ("{{round none}}", "round: '' is not a number"),
        ("{{multiply big big}}", "multiply: the number is too large"),
        ("{{add 1}}", "add takes 2 values, not 1"),
        ("{{uppercase 1 2}}", "uppercase takes 1 values, not 2"),
        ("{{join x}}", "join: takes a list"),
        ("{{itemAt list 'a'}}", "itemAt: 'a' is not a whole number"),
        ("{{#compare 1 '=' 1}}{{/compare}}", "compare: '=' is not one of"),
        ("{{datetime-format x 'YYYY'}}", "datetime-format: 'word' is not a date"),
        ("{{datetime-format 'now' 'YYYY' 'Mars/Base'}}", "datetime-format: 'Mars/Base' is not a time zone"),
    ],
)
def test_helpers_that_cannot_work_say_why(source: str, problem: str) -> None:
    with pytest.raises(Fault) as fault:
        fill(source, x="word", none=None, big=1e200, list=[1])
    assert problem in str(fault.value)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{{shout name}}", "there is no helper 'shout'"),
        ("{{#shout name}}{{/shout}}", "there is no helper 'shout'"),
        ("{{#if (shout name)}}{{/if}}", "there is no helper 'shout'"),
        ("{{#if x}}{{uppercase (shout x)}}{{/if}}", "there is no helper 'shout'"),
        ("{{#if x}}", "."),
        ("{{#if x}}{{/each}}", "."),
        ("{{", "."),
        ("{{#if a}}" * 5000 + "{{/if}}" * 5000, "nest"),
        ("{{add " * 5000, "."),
    ],
)
def test_what_is_no_template_is_refused_when_it_is_saved(source: str, problem: str) -> None:
    with pytest.raises(Fault, match=problem):
        Template(source, escaped=False)


@pytest.mark.parametrize(
    "source",
    [
        "{{#each l}}{{#each ../l}}{{#each ../../l}}{{/each}}{{/each}}{{/each}}",
        "{{#nested}}{{#nested}}{{/nested}}{{/nested}}",
        "{{#each l}}{{#each ../l}}{{../../text}}{{/each}}{{/each}}",
        "{{text}}" * 2000,
    ],
)
def test_no_template_runs_or_grows_without_end(source: str) -> None:
    with pytest.raises(Fault, match=r"exceeds|loops more"):
        fill(source, l=list(range(1000)), nested=[{"nested": [1] * 1000}] * 1000, text="x" * (MOST_CHARACTERS // 1000))


@pytest.mark.parametrize(
    "path", ["__class__", "x.__class__", "x.__init__.__globals__", "list.append", "x.keys", "@root.__class__"]
)
def test_templates_see_data_and_nothing_behind_it(path: str) -> None:
    assert fill(f"{{{{{path}}}}}", x={"a": 1}, list=[1]) == ""


@pytest.mark.parametrize(
    ("value", "form", "zone", "text"),
    [
        ("2026-03-01T09:05:07Z", "YYYY-MM-DD HH:mm:ss", None, "2026-03-01 09:05:07"),
        ("2026-03-01T09:05:07+05:30", "HH:mm Z ZZ", None, "03:35 +00:00 +0000"),
        (
            "2026-03-01T09:05:07Z",
            "ddd dddd, Do MMMM YY h:mm A a",
            "America/New_York",
            "Sun Sunday, 1st March 26 4:05 AM am",
        ),
        ("2026-12-11", "Do D DD DDD DDDD Q", None, "11th 11 11 345 345 4"),
        (1772355907, "X x", None, "1772355907 1772355907000"),
        (1772355907123, "SSS S", None, "123 1"),
        ("now", "[at] LT, LL", None, "at 9:05 AM, March 1, 2026"),
        ("now", "LLLL", "Asia/Kolkata", "Sunday, March 1, 2026 2:35 PM"),
        ("2026-07-01T00:00:00Z", "z Z", "Europe/Berlin", "CEST +02:00"),
        ("2026-03-22", "Do", None, "22nd"),
        ("2026-03-23", "Do", None, "23rd"),
        ("2026-03-13", "Do", None, "13th"),
    ],
)
def test_dates_are_written_as_moment_js_writes_them(value: object, form: str, zone: str | None, text: str) -> None:
    tail = f' "{zone}"' if zone else ""
    assert fill(f'{{{{datetime-format value "{form}"{tail}}}}}', value=value) == text


@given(PIECES, st.dictionaries(st.sampled_from(["a", "b", "x"]), JSON), st.booleans())
def test_anything_is_a_template_or_refused_and_renders_or_fails(
    source: str, context: dict[str, Any], escaped: bool
) -> None:
    try:
        assert isinstance(Template(source, escaped=escaped).render(context, NOW), str)
    except Fault as fault:
        assert str(fault)


@given(st.text())
def test_text_without_braces_stays_as_it_is(text: str) -> None:
    source = text.replace("{", "").replace("\\", "")
    assert fill(source) == source


@given(JSON)
def test_json_comes_out_as_it_went_in(value: Any) -> None:
    assert json.loads(fill("{{{jsonStringify value}}}", value=value)) == value
