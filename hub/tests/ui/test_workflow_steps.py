"""Definitions in words: spans, channels, and what one has to be given to copy."""

from datetime import timedelta

import pytest
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.store.templates import NamedTemplate
from suprsend_hub.ui.shown import show_in_words
from suprsend_hub.ui.workflow_definition import read_definition
from suprsend_hub.ui.workflow_examples import LONGEST_SAMPLE, Hub, examples_of, sample_data
from suprsend_hub.ui.workflow_steps import Step, lay_out


def template(*channels: Channel, **mock_data: object) -> NamedTemplate:
    """A live template with these channels."""
    return NamedTemplate("a", "A", True, channels, mock_data)


def step(node: Document, *channels: Channel) -> Step:
    """The one step of a definition."""
    (only,) = lay_out({"tree": {"nodes": [node]}}, (), {"a": template(*channels)}).steps
    return only


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "no time"), (1, "1 second"), (5_400, "1 hour 30 minutes"), (86_400 * 2 + 61, "2 days 1 minute 1 second")],
)
def test_spans_are_told_exactly(seconds: int, words: str) -> None:
    assert show_in_words(timedelta(seconds=seconds)) == words


def test_a_ladder_has_the_channels_that_are_neither_mandatory_nor_the_inbox() -> None:
    properties = {"template": "a", "ttl_value": "2h", "mandatory_channels": ["email"], "success": "interaction"}
    told = step({"node_type": "send_smart_channel_routing", "properties": properties}, "sms", "email", "inbox", "slack")
    assert (told.channels, told.ladder) == (["email", "inbox"], ["slack", "sms"])
    assert dict(told.facts)["Enough is"] == "a message was clicked or answered"
    assert "2 hours apart" in dict(told.facts)["One after another"]


def test_a_ladder_of_one_channel_has_no_pace() -> None:
    node = {"node_type": "send_smart_channel_routing", "properties": {"template": "a"}}
    assert "One after another" not in dict(step(node, "sms").facts)


def test_a_node_has_those_of_its_channels_that_the_template_has() -> None:
    node = {"node_type": "send_mobile_push", "properties": {"template": "a"}}
    assert step(node, "androidpush", "email").channels == ["androidpush"]
    assert step(node).channels == ["androidpush", "iospush"]
    assert step({"node_type": "send_multi_channel", "properties": {"template": "a"}}, "email").channels == ["email"]


def test_faults_stand_beside_their_steps_and_the_others_apart() -> None:
    faults = [Invalid("tree.nodes[1].ref", "x"), Invalid("tree.nodes[10].ref", "y"), Invalid("name", "z")]
    flow = lay_out({"tree": {"nodes": [{}, {}]}}, faults, {})
    assert [each.faults for each in flow.steps] == [[], ["tree.nodes[1].ref: x"]]
    assert [fault.field for fault in flow.faults] == ["tree.nodes[10].ref", "name"]


def test_a_line_is_named_by_its_number_and_what_is_in_it() -> None:
    with pytest.raises(Invalid, match=r"in line 2: '“ä”: x'"):
        read_definition('{"ü": "ü",\n  “ä”: x\n}')


def test_sample_data_is_that_of_all_templates_unless_it_is_long() -> None:
    assert sample_data([template(a=1, b=1), template(b=2, c=2)]) == {"a": 1, "b": 1, "c": 2}
    assert sample_data([template(a="x" * LONGEST_SAMPLE)]) == {}


def test_an_example_of_a_workflow_that_no_event_is_named_for_yet_has_a_word_in_its_place() -> None:
    examples = examples_of(Hub("https://hub.example.com", "key"), "a", {"trigger_type": "event"}, {})
    assert '"event": "EVENT"' in examples.curl
    assert "Event('user-1', 'EVENT', {})" in examples.python
