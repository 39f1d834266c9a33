"""A workflow's nodes as steps that people read; what can't be told in words is shown as it is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.delivery import Delivery
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.workflow_node import DEFAULT_SUCCESS, Delay, Node, Send, read_node
from suprsend_hub.store.templates import NamedTemplate
from suprsend_hub.ui.shown import show_in_words
from suprsend_hub.ui.workflow_definition import events_of, list_conditions, list_nodes, schema_of, write_out

StepKind: TypeAlias = Literal["delay", "send", "smart", "unknown"]

_TITLES: Mapping[str, str] = {
    "send_email": "Send a mail",
    "send_sms": "Send a text message",
    "send_whatsapp": "Send a WhatsApp message",
    "send_inbox": "Put a notification into the inbox",
    "send_webpush": "Send a push to browsers",
    "send_mobile_push": "Send a push to phones",
    "send_slack": "Send to Slack",
    "send_ms_teams": "Send to Microsoft Teams",
    "send_multi_channel": "Send on several channels at once",
    "send_smart_channel_routing": "Send on one channel after another, until it is enough",
}
_SUCCESS: Mapping[str, str] = {
    "delivered": "a message was delivered",
    "seen": "a message was seen",
    "interaction": "a message was clicked or answered",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One node; `path` is its place in the definition.

    `template` is its slug; it goes out on `channels` at once, and on those of the `ladder` one after another. `written`
    is the node as it stands in the definition, where nobody can say more of it.
    """

    path: str
    kind: StepKind
    title: str
    name: str = ""
    description: str = ""
    template: str = ""
    channels: Sequence[Channel] = ()
    ladder: Sequence[Channel] = ()
    facts: Sequence[tuple[str, str]] = ()
    written: str = ""
    faults: Sequence[str] = ()

    @property
    def called(self) -> str:
        """What people know it by: its name, or what it does."""
        return self.name or self.title


@dataclass(frozen=True, slots=True)
class Flow:
    """A definition as people read it; `faults` are those that stand beside no step."""

    is_by_event: bool
    events: Sequence[str]
    schema: tuple[str, int | None] | None
    conditions: Sequence[tuple[str, str]]
    steps: Sequence[Step]
    templates: Mapping[str, NamedTemplate]
    faults: Sequence[Invalid]


def lay_out(definition: Document, faults: Sequence[Invalid], templates: Mapping[str, NamedTemplate]) -> Flow:
    """The flow of a definition, however faulty it is."""
    steps = [
        _step(node, f"tree.nodes[{index}]", faults, templates) for index, node in enumerate(list_nodes(definition))
    ]
    return Flow(
        definition.get("trigger_type") == "event",
        events_of(definition),
        schema_of(definition),
        list_conditions(definition),
        steps,
        templates,
        [fault for fault in faults if not any(_is_at(fault, step.path) for step in steps)],
    )


def _step(node: Any, path: str, faults: Sequence[Invalid], templates: Mapping[str, NamedTemplate]) -> Step:
    problems = [f"{fault.field}: {fault.problem}" for fault in faults if _is_at(fault, path)]
    try:
        written, read = read_node(node, path) if isinstance(node, dict) else (None, None)
    except Invalid:
        written, read = None, None
    if written is None or read is None:
        kind = node.get("node_type") if isinstance(node, dict) else None
        title = _TITLES.get(kind, kind.replace("_", " ")[:80]) if isinstance(kind, str) else "No kind of node"
        return Step(path, "unknown", title, written=write_out(node), faults=problems)
    said = {"name": written.name or "", "description": written.description or "", "faults": problems}
    return _tell(read, path, templates, said)


def _tell(node: Node, path: str, templates: Mapping[str, NamedTemplate], said: dict[str, Any]) -> Step:
    match node:
        case Delay(duration=duration):
            return Step(path, "delay", f"Wait {show_in_words(duration)}", **said)
        case Send(template=slug, delivery=delivery):
            title = _TITLES.get(node.node_type, node.node_type)
            channels = _channels(node, templates.get(slug))
            if not delivery.smart:
                facts = tuple(_success_of(delivery)) if delivery.success != DEFAULT_SUCCESS else ()
                return Step(path, "send", title, template=slug, channels=channels, facts=facts, **said)
            at_once = [each for each in channels if each in delivery.mandatory_channels or each == "inbox"]
            ladder = [each for each in channels if each not in at_once]
            facts = (*_success_of(delivery), *_pace_of(delivery, len(ladder)))
            return Step(path, "smart", title, template=slug, channels=at_once, ladder=ladder, facts=facts, **said)


def _channels(node: Send, template: NamedTemplate | None) -> list[Channel]:
    """The channels that a node may use: those that it names, of those that its live template has."""
    offered = list(template.channels) if template else []
    if node.channels is None:
        return sorted(offered)
    # Which are missing from the template is for its own page to say.
    return sorted(node.channels & set(offered)) or sorted(node.channels)


def _success_of(delivery: Delivery) -> Iterator[tuple[str, str]]:
    yield "Enough is", _SUCCESS.get(delivery.success, f"the event {delivery.success}")


def _pace_of(delivery: Delivery, rungs: int) -> Iterator[tuple[str, str]]:
    yield "Time to live", show_in_words(delivery.time_to_live)
    if rungs > 1:
        step = timedelta(seconds=round(delivery.time_to_live.total_seconds() / (rungs - 1)))
        yield "One after another", f"the cheapest first, {show_in_words(step)} apart for who has all of them"


def _is_at(fault: Invalid, path: str) -> bool:
    return fault.field == path or fault.field.startswith((f"{path}.", f"{path}["))
