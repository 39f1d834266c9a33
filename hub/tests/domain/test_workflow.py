"""The Workflow JSON: what runs, and what is said of what can't (wire.md, part two)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.channel import CHANNELS
from suprsend_hub.domain.delivery import Delivery
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.workflow import (
    MOST_NODES,
    Review,
    Workflow,
    hash_definition,
    read_workflow,
    review_definition,
    strip_reply,
)
from suprsend_hub.domain.workflow_node import KINDS, PLANNED_KINDS, Delay, Send

HOUR = timedelta(hours=1)
AT_ONCE = Delivery(smart=False, success="seen", time_to_live=HOUR, mandatory_channels=frozenset())


def node(node_type: str, **properties: object) -> Document:
    """A node as the wire has it."""
    return {"node_type": node_type, "properties": properties}


def definition(*nodes: Document, **changes: object) -> Document:
    """A definition that is right but for the changes."""
    tree = {"nodes": [*(nodes or (node("send_email", template="welcome"),))]}
    return {"name": "Welcome", "category": "onboarding", "trigger_type": "api", "tree": tree} | changes


def faults(document: Document) -> list[str]:
    """What is wrong with a definition."""
    return [fault.message for fault in review_definition(document).faults]


def test_nodes_are_read_in_the_order_in_which_they_run() -> None:
    workflow = read_workflow(
        definition(
            node("send_inbox", template="welcome"),
            node("delay", delay_type="fixed", value="1d12h"),
            node("send_multi_channel", template="reminder", channels=["sms", "email"]),
        )
    )
    assert workflow == Workflow(
        name="Welcome",
        category="onboarding",
        trigger_type="api",
        trigger_events=(),
        payload_schema=None,
        nodes=(
            Send("tree.nodes[0]", None, "send_inbox", "welcome", frozenset({"inbox"}), AT_ONCE),
            Delay("tree.nodes[1]", None, timedelta(days=1, hours=12)),
            Send("tree.nodes[2]", None, "send_multi_channel", "reminder", frozenset({"email", "sms"}), AT_ONCE),
        ),
    )
    assert [send.template for send in workflow.sends] == ["welcome", "reminder"]


def read_send(node_type: str, **properties: object) -> Send:
    """The one node of a definition."""
    (sent,) = read_workflow(definition(node(node_type, template="welcome", **properties))).sends
    return sent


@pytest.mark.parametrize(
    ("node_type", "channels"),
    [
        ("send_email", {"email"}),
        ("send_sms", {"sms"}),
        ("send_whatsapp", {"whatsapp"}),
        ("send_inbox", {"inbox"}),
        ("send_webpush", {"webpush"}),
        ("send_slack", {"slack"}),
        ("send_ms_teams", {"ms_teams"}),
        ("send_mobile_push", {"androidpush", "iospush"}),
    ],
)
def test_a_node_of_one_channel_sends_on_it_alone(node_type: str, channels: set[str]) -> None:
    assert {*(read_send(node_type).channels or ())} == channels
    assert read_send(node_type).delivery == AT_ONCE
    other = "sms" if node_type == "send_email" else "email"
    (fault,) = faults(definition(node(node_type, template="welcome", channels=[other])))
    assert "tree.nodes[0].properties.channels[0]" in fault


def test_many_channels_without_names_are_all_of_the_template() -> None:
    assert read_send("send_multi_channel").channels is None
    assert read_send("send_multi_channel", channels=[]).channels is None
    assert read_send("send_multi_channel", channels=list(CHANNELS)).channels == frozenset(CHANNELS)


def test_smart_routing_says_when_it_has_succeeded_and_how_long_it_takes() -> None:
    sent = read_send(
        "send_smart_channel_routing",
        success="INVOICE_PAID",
        success_is_event=True,
        ttl_value="90m",
        mandatory_channels=["email"],
        routing_basis="cost_low_to_high",
    )
    assert sent.delivery == Delivery(
        smart=True,
        success="INVOICE_PAID",
        time_to_live=timedelta(minutes=90),
        mandatory_channels=frozenset({"email"}),
    )
    assert read_send("send_smart_channel_routing").delivery == Delivery(True, "seen", HOUR, frozenset())


@pytest.mark.parametrize("word", ["interaction", "interacted"])
def test_both_words_for_an_interaction_are_known(word: str) -> None:
    assert read_send("send_smart_channel_routing", success=word).delivery.success == "interaction"


@pytest.mark.parametrize("word", ["value", "duration"])
def test_a_delay_says_how_long_by_either_word(word: str) -> None:
    workflow = read_workflow(definition(node("delay", **{word: "48h"}), node("send_email", template="welcome")))
    assert workflow.nodes[0] == Delay("tree.nodes[0]", None, timedelta(hours=48))


def test_the_fields_of_a_node_may_stand_beside_its_kind() -> None:
    flat = {"node_type": "send_email", "name": "First mail", "template": "welcome"}
    (sent,) = read_workflow(definition(flat)).sends
    assert (sent.name, sent.template) == ("First mail", "welcome")
    assert faults(definition(flat | {"colour": "red"})) == ["tree.nodes[0].colour: is not a field that is known here"]


def test_events_set_a_workflow_off_only_where_it_says_so() -> None:
    assert read_workflow(definition(trigger_events=["ORDERED"])).trigger_events == ()
    by_event = definition(trigger_type="event", trigger_events=["ORDERED", "ORDERED", "PAID"])
    assert read_workflow(by_event).trigger_events == ("ORDERED", "PAID")


@pytest.mark.parametrize("kind", sorted(PLANNED_KINDS))
def test_a_kind_that_can_not_run_yet_keeps_a_definition_from_going_live(kind: str) -> None:
    (fault,) = faults(definition(node("send_email", template="welcome"), {"node_type": kind, "branches": [{}]}))
    assert fault.startswith("tree.nodes[1].node_type: ")
    assert kind in fault
    assert "not supported yet" in fault
    assert kind not in KINDS


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (definition(name=""), ["name"]),
        ({"name": "x", "category": "system", "trigger_type": "api"}, ["tree", "is required"]),
        (definition(category=""), ["category"]),
        (definition(category="Not a slug"), ["category"]),
        (definition(trigger_type="clock"), ["trigger_type"]),
        (definition(trigger_type="event"), ["trigger_events", "trigger_type is event"]),
        (definition(trigger_event=["x"]), ["trigger_event", "not a field"]),
        (definition(tags=[""]), ["tags[0]"]),
        (definition(ratelimit={"count": 1, "sliding_window": "1d"}), ["ratelimit", "not supported yet"]),
        (definition(conditions=[{"type": "expression_v1"}]), ["conditions", "not supported yet"]),
        (definition(override_tenant_expr=".tenant"), ["override_tenant_expr", "not supported yet"]),
        (definition(payload_schema={"schema": "order", "version_no": 0}), ["payload_schema.version_no"]),
        (definition(tree={"nodes": []}), ["tree.nodes"]),
        (definition(tree={"nodes": [node("delay", value="1h")] * (MOST_NODES + 1)}), ["tree.nodes"]),
        (definition(node("delay", value="1h")), ["tree.nodes", "must have a node that sends"]),
        (definition(node("send_pigeon", template="a")), ["tree.nodes[0].node_type", "send_pigeon"]),
        (definition({"properties": {}}), ["tree.nodes[0].node_type", "is required"]),
        (definition(node("send_email")), ["tree.nodes[0].properties.template", "is required"]),
        (definition(node("send_email", template="Not A Slug")), ["tree.nodes[0].properties.template"]),
        (definition(node("send_email", template="a", subject="b")), ["tree.nodes[0].properties.subject"]),
        (definition(node("send_multi_channel", template="a", channels=["fax"])), ["properties.channels[0]", "fax"]),
        (definition(node("send_multi_channel", template="a", channels_expr=".x")), ["channels_expr", "not supported"]),
        (definition(node("send_smart_channel_routing", template="a", ttl_value="soon")), ["ttl_value", "soon"]),
        (
            definition(node("send_smart_channel_routing", template="a", mandatory_channels=["fax"])),
            ["properties.mandatory_channels[0]", "fax"],
        ),
        (
            definition(node("send_smart_channel_routing", template="a", success="seen", success_is_event=True)),
            ["properties.success", "seen"],
        ),
        (
            definition(node("send_smart_channel_routing", template="a", success="PAID", success_is_event=False)),
            ["properties.success", "PAID"],
        ),
        (
            definition(node("send_smart_channel_routing", template="a", success_is_event=True)),
            ["properties.success", "name the event"],
        ),
        (definition(node("delay", value="1x"), node("send_email", template="a")), ["tree.nodes[0].properties.value"]),
        (definition(node("delay"), node("send_email", template="a")), ["tree.nodes[0].properties.value", "required"]),
        (
            definition(node("delay", value="1h", duration="1h"), node("send_email", template="a")),
            ["tree.nodes[0].properties.duration"],
        ),
        (
            definition(node("delay", delay_type="dynamic", value=".at"), node("send_email", template="a")),
            ["tree.nodes[0].properties.delay_type", "not supported yet"],
        ),
        (
            definition(*[node("send_email", template="a") | {"ref": "first"}] * 2),
            ["tree.nodes[1].ref", "first"],
        ),
        (
            definition(node("send_email", template="a") | {"branches": [{}]}),
            ["tree.nodes[0].branches"],
        ),
    ],
)
def test_a_fault_names_the_place_and_the_problem(document: Document, expected: list[str]) -> None:
    (fault,) = faults(document)
    for word in expected:
        assert word in fault


def test_every_faulty_node_is_named() -> None:
    found = faults(definition(node("batch"), node("send_email"), node("send_sms", template="a"), node("delay")))
    assert [each.split(":")[0] for each in found] == [
        "tree.nodes[0].node_type",
        "tree.nodes[1].properties.template",
        "tree.nodes[3].properties.value",
    ]


def test_what_a_reply_adds_is_no_part_of_a_definition() -> None:
    reply = definition() | {"slug": "welcome", "status": "active", "hash": "x", "$schema": "y", "is_enabled": True}
    assert strip_reply(reply) == definition()


def test_definitions_that_say_the_same_have_one_hash() -> None:
    assert hash_definition(definition()) == hash_definition(dict(reversed(definition().items())))
    assert hash_definition(definition()) != hash_definition(definition(name="Other"))


JSON = st.recursive(
    st.sampled_from([None, True, 7, "", "seen", "email", "1h", "api", "event", "a b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["nodes", "x"]), inner, max_size=2),
    max_leaves=8,
)


@given(
    st.sampled_from(sorted(KINDS)),
    st.dictionaries(
        st.sampled_from(["template", "channels", "value", "success", "ttl_value", "success_is_event", "x"]), JSON
    ),
    st.dictionaries(st.sampled_from(["name", "category", "trigger_type", "trigger_events", "tags", "tree"]), JSON),
)
def test_no_definition_makes_the_review_fail(kind: str, properties: Document, changes: Document) -> None:
    review = review_definition(definition(node(kind, **properties), **changes))
    assert isinstance(review, Review)
    assert (review.workflow is None) == bool(review.faults)
