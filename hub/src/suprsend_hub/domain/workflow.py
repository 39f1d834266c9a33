"""Workflows: what the Workflow JSON says, read into nodes that run, and what keeps it from going live."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.payload_schema import PayloadSchema
from suprsend_hub.domain.reading import read_value
from suprsend_hub.domain.workflow_node import Node, NodeForm, Send, read_node

TriggerType: TypeAlias = Literal["event", "api"]
Status: TypeAlias = Literal["draft", "active", "inactive"]

_SLUG = re.compile(r"[a-z0-9_-]{1,255}", re.ASCII)

MOST_NODES = 25

# What a reply adds to a definition, and what says where it is from: a pulled file may be pushed as it is.
NOT_DEFINED: frozenset[str] = frozenset(
    {
        "$schema",
        "active_at",
        "commit_message",
        "committed_at",
        "created_at",
        "created_by",
        "hash",
        "id",
        "is_enabled",
        "last_executed_at",
        "slug",
        "status",
        "updated_at",
        "updated_by",
        "validation_result",
        "version_no",
    }
)

# Each of these changes what a run does, so a definition that asks for it can't go live without it.
_PLANNED: Mapping[str, str] = MappingProxyType(
    {
        "ratelimit": "throttling",
        "conditions": "trigger conditions",
        "override_recipients_type": "overriding recipients",
        "override_recipients_user_expr": "overriding recipients",
        "override_recipients_single_object_fields_expr": "overriding recipients",
        "override_actor_user_expr": "overriding the actor",
        "override_tenant_expr": "overriding the tenant",
    }
)


class TreeForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The nodes of a workflow, in the order in which they run."""

    nodes: Annotated[list[Document], Meta(min_length=1, max_length=MOST_NODES)]


class WorkflowForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A definition as it is written on the wire."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    category: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,128}$(?!\n)")]
    trigger_type: TriggerType
    tree: TreeForm
    description: Annotated[str, Meta(max_length=500)] | None = None
    tags: Annotated[list[Annotated[str, Meta(min_length=1, max_length=128)]], Meta(max_length=25)] | None = None
    trigger_events: Annotated[list[Annotated[str, Meta(min_length=1, max_length=255)]], Meta(max_length=10)] | None = (
        None
    )
    payload_schema: PayloadSchema | None = None
    ratelimit: Any = None
    conditions: Any = None
    override_recipients_type: Any = None
    override_recipients_user_expr: Any = None
    override_recipients_single_object_fields_expr: Any = None
    override_actor_user_expr: Any = None
    override_tenant_expr: Any = None


@dataclass(frozen=True, slots=True)
class Workflow:
    """A definition that can run: its nodes, one after the other."""

    name: str
    category: str
    trigger_type: TriggerType
    trigger_events: tuple[str, ...]
    payload_schema: PayloadSchema | None
    nodes: tuple[Node, ...]

    @property
    def sends(self) -> tuple[Send, ...]:
        """The nodes that send."""
        return tuple(node for node in self.nodes if isinstance(node, Send))


@dataclass(frozen=True, slots=True)
class Review:
    """What a definition comes to: a workflow, or all that is wrong with it."""

    workflow: Workflow | None
    faults: tuple[Invalid, ...] = ()


def check_workflow_slug(text: str, field: str) -> None:
    """Refuse what can't be a workflow's slug."""
    if not _SLUG.fullmatch(text):
        raise Invalid(field, f"{text[:40]!r} must be 1 to 255 of a-z, 0-9, - and _")


def status_of(*, is_live: bool, is_enabled: bool) -> Status:
    """What a workflow does with a trigger: nothing yet, run, or refuse it."""
    if not is_live:
        return "draft"
    return "active" if is_enabled else "inactive"


def strip_reply(document: Document) -> Document:
    """A document without what replies add to it."""
    return {key: value for key, value in document.items() if key not in NOT_DEFINED}


def hash_definition(definition: Document) -> str:
    """The same for definitions that say the same."""
    return hashlib.sha256(msgspec.json.encode(definition, order="deterministic")).hexdigest()


def read_workflow(definition: Document) -> Workflow:
    """The workflow that a committed definition is; Invalid where it is none."""
    review = review_definition(definition)
    if review.workflow is None:
        raise review.faults[0]
    return review.workflow


def review_definition(definition: Document) -> Review:
    """Read a definition, and find everything that is wrong with it but for what it names."""
    try:
        form = read_value(definition, WorkflowForm)
    except Invalid as fault:
        return Review(None, (fault,))
    nodes: list[Node] = []
    faults = [*_faults_of_trigger(form), *_planned(form)]
    refs: set[str] = set()
    for index, document in enumerate(form.tree.nodes):
        path = f"tree.nodes[{index}]"
        try:
            written, node = read_node(document, path)
            _refuse_second(written, refs, path)
            nodes.append(node)
        except Invalid as fault:
            faults.append(fault)
    if not faults and not any(isinstance(node, Send) for node in nodes):
        faults.append(Invalid("tree.nodes", "must have a node that sends"))
    if faults:
        return Review(None, tuple(faults))
    return Review(
        Workflow(
            name=form.name,
            category=form.category,
            trigger_type=form.trigger_type,
            trigger_events=tuple(dict.fromkeys(form.trigger_events or ())) if form.trigger_type == "event" else (),
            payload_schema=form.payload_schema,
            nodes=tuple(nodes),
        )
    )


def _faults_of_trigger(form: WorkflowForm) -> Iterator[Invalid]:
    if form.trigger_type == "event" and not form.trigger_events:
        yield Invalid("trigger_events", "must name an event, as trigger_type is event")


def _planned(form: WorkflowForm) -> Iterator[Invalid]:
    for field, what in _PLANNED.items():
        if getattr(form, field):
            yield Invalid(field, f"{what} is not supported yet; it can be kept in a draft only")


def _refuse_second(node: NodeForm, refs: set[str], path: str) -> None:
    if node.ref is None:
        return
    if node.ref in refs:
        raise Invalid(f"{path}.ref", f"{node.ref!r} is the ref of another node too")
    refs.add(node.ref)
