"""The nodes of a workflow's tree: what each kind says, and how it is read. A new kind is one entry of `KINDS`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct

from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.delivery import Delivery
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.duration import read_span
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import read_value
from suprsend_hub.domain.success import SUCCESS_STATES

DEFAULT_SUCCESS = "seen"
DEFAULT_TIME_TO_LIVE = "1h"


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait so long before the next node; `path` is the node's place in the definition."""

    path: str
    name: str | None
    duration: timedelta


@dataclass(frozen=True, slots=True)
class Send:
    """Send a template's live version; `channels` is None where all of the template's are meant."""

    path: str
    name: str | None
    node_type: str
    template: str
    channels: frozenset[Channel] | None
    delivery: Delivery


Node: TypeAlias = Delay | Send


class NodeForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A node as it is written: `properties` holds what is of its kind."""

    node_type: str
    name: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    description: Annotated[str, Meta(max_length=500)] | None = None
    ref: Annotated[str, Meta(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]{0,63}$(?!\n)")] | None = None
    properties: Document | None = None
    branches: list[Document] | None = None


class DelayForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The properties of a delay; `duration` is another word for `value`."""

    delay_type: Literal["fixed", "dynamic", "relative_to"] = "fixed"
    value: str | None = None
    duration: str | None = None
    relative_to: Any = None


class SendForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The properties of all nodes that send."""

    template: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,120}$(?!\n)")]
    channels: list[str] | None = None
    channels_expr: str | None = None
    success: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    success_is_event: bool | None = None
    ttl_value: str | None = None
    mandatory_channels: list[str] | None = None
    routing_basis: Literal["cost_low_to_high"] | None = None


Reader: TypeAlias = Callable[[NodeForm, Document, str], Node]


def read_node(document: Document, path: str) -> tuple[NodeForm, Node]:
    """One node, or Invalid that names its place and what is wrong; without `properties` its fields stand beside."""
    written = {key: value for key, value in document.items() if key in NodeForm.__struct_fields__}
    if "properties" not in document:
        fields = {key: value for key, value in document.items() if key not in written}
        place = path
    else:
        fields, place, written = document["properties"] or {}, f"{path}.properties", document
    try:
        form = read_value(written, NodeForm)
    except Invalid as fault:
        raise fault.within(path) from None
    read = KINDS.get(form.node_type)
    if form.node_type in PLANNED_KINDS:
        raise Invalid(f"{path}.node_type", f"{form.node_type} is not supported yet; it can be kept in a draft only")
    if read is None:
        raise Invalid(f"{path}.node_type", f"{form.node_type!r} is no kind of node; use {', '.join(KINDS)}")
    if form.branches:
        raise Invalid(f"{path}.branches", f"{form.node_type} has no branches")
    try:
        return form, read(form, fields, path)
    except Invalid as fault:
        raise fault.within(place) from None


def _read_delay(node: NodeForm, fields: Document, path: str) -> Delay:
    form = read_value(fields, DelayForm)
    if form.delay_type != "fixed":
        raise Invalid("delay_type", f"{form.delay_type} is not supported yet; use fixed")
    if form.value is not None and form.duration is not None:
        raise Invalid("duration", "say it once: as value or as duration")
    field, value = ("duration", form.duration) if form.duration is not None else ("value", form.value)
    if value is None:
        raise Invalid("value", "is required")
    return Delay(path, node.name, read_span(value, field))


def _sending(allowed: Sequence[Channel] | None = None, *, smart: bool = False) -> Reader:
    def read(node: NodeForm, fields: Document, path: str) -> Send:
        form = read_value(fields, SendForm)
        if form.channels_expr:
            raise Invalid("channels_expr", "is not supported yet; name the channels in channels")
        wanted = _channels(form.channels or allowed or (), "channels", allowed or CHANNELS)
        delivery = Delivery(
            smart=smart,
            success=_success(form),
            time_to_live=read_span(form.ttl_value or DEFAULT_TIME_TO_LIVE, "ttl_value"),
            mandatory_channels=_channels(form.mandatory_channels or (), "mandatory_channels", CHANNELS),
        )
        return Send(path, node.name, node.node_type, form.template, wanted or None, delivery)

    return read


def _channels(names: Sequence[str], field: str, allowed: Sequence[Channel]) -> frozenset[Channel]:
    for index, name in enumerate(names):
        if name not in allowed:
            raise Invalid(f"{field}[{index}]", f"{name!r} is no channel of this node; use {', '.join(allowed)}")
    return frozenset(channel for channel in allowed if channel in names)


def _success(form: SendForm) -> str:
    named = form.success or DEFAULT_SUCCESS
    metric = "interaction" if named == "interacted" else named
    is_state = metric in SUCCESS_STATES
    if form.success_is_event and form.success is None:
        raise Invalid("success", "must name the event, as success_is_event is true")
    if form.success_is_event and is_state:
        raise Invalid("success", f"{named!r} is a state of messages; an event of that name can't be a success")
    if form.success_is_event is False and not is_state:
        raise Invalid("success", f"{named!r} is no state; use {', '.join(SUCCESS_STATES)}, or set success_is_event")
    return metric if is_state and not form.success_is_event else named


KINDS: Mapping[str, Reader] = MappingProxyType(
    {
        "delay": _read_delay,
        "send_multi_channel": _sending(),
        "send_smart_channel_routing": _sending(smart=True),
        "send_mobile_push": _sending(("androidpush", "iospush")),
        "send_email": _sending(("email",)),
        "send_sms": _sending(("sms",)),
        "send_whatsapp": _sending(("whatsapp",)),
        "send_inbox": _sending(("inbox",)),
        "send_webpush": _sending(("webpush",)),
        "send_slack": _sending(("slack",)),
        "send_ms_teams": _sending(("ms_teams",)),
    }
)

# Documented kinds that nothing here can run; a draft may hold them.
PLANNED_KINDS: frozenset[str] = frozenset(
    {
        "batch",
        "branch",
        "branch_waituntil",
        "digest",
        "httpapi_fetch",
        "httpapi_webhook",
        "invokeworkflow",
        "objectoperation_addsubscription",
        "objectoperation_removesubscription",
        "subscriberlistoperation_adduser",
        "subscriberlistoperation_removeuser",
        "timewindow",
        "transform",
        "userupdate",
    }
)
