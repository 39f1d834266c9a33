"""All that is known of a request and what it led to, as explaining it needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from suprsend_hub.domain.category import Root
from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import Status
from suprsend_hub.domain.message_try import MessageTry
from suprsend_hub.domain.request_failure import Failure
from suprsend_hub.domain.wait import Wait
from suprsend_hub.domain.workflow_node import Delay


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """A sending node of the program; `channels` are those that it names, `template_channels` what it has for them."""

    number: int
    name: str | None
    template_slug: str
    version_no: int | None
    template_channels: frozenset[Channel]
    channels: frozenset[Channel] | None
    is_smart: bool
    success: str
    time_to_live: timedelta


@dataclass(frozen=True, slots=True)
class BroadcastFacts:
    """How many of a list's members have their runs."""

    list_id: str
    expanded: int
    total: int


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What was accepted, and the nodes of its program: those that send, and those that wait, by their numbers."""

    id: str
    name: str
    category: str
    root: Root
    tenant_id: str | None
    idempotency_key: str | None
    state: str
    accepted_at: datetime
    due_at: datetime
    planned_at: datetime | None
    nodes: Sequence[NodeFacts]
    broadcast: BroadcastFacts | None = None
    # Whom it names and who was cancelled before they had a run.
    cancelled: Sequence[str] = ()
    failure: Failure | None = None
    delays: Mapping[int, Delay] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """A message as it stands, with what its inbox says of it."""

    id: str
    run_id: str
    node: int
    channel: Channel
    provider: str
    address: str
    status: Status
    failure_code: str | None
    failure_reason: str | None
    attempts: int
    turn: int
    is_claimed: bool
    is_cancelled: bool
    is_rung: bool
    success: str | None
    due_at: datetime
    updated_at: datetime
    triggered_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    dismissed_at: datetime | None
    seen_at: datetime | None
    clicked_at: datetime | None
    read_at: datetime | None
    archived_at: datetime | None
    vendor: str | None
    vendor_nickname: str | None
    vendor_message_id: str | None
    passed: Sequence[str] | None
    variant_id: str | None
    created_at: datetime
    # Which message it repeats, where somebody sent one again, and who did.
    repeats: str | None = None
    repeated_by: str | None = None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What one person or object got; `wanted` are the channels that the trigger named for it, None for all.

    `node` is what it does next, `waits` are those that it has behind it, as far as they are known. `events` are the
    moments at which an event was tracked that is the success of a node.
    """

    id: str
    position: int
    distinct_id: str | None
    object_type: str | None
    object_id: str | None
    exclusions: Sequence[Document]
    created_at: datetime
    node: int
    waits_until: datetime | None
    cancelled_at: datetime | None
    wanted: frozenset[Channel] | None
    messages: Sequence[MessageFacts]
    events: Mapping[int, datetime]
    waits: Sequence[Wait] = ()

    def has_reached(self, node: int) -> bool:
        """Whether something was decided of a node; runs of before programs were kept don't say where they are."""
        own = self.at(node)
        return node < self.node or bool(own.messages or own.exclusions)

    def at(self, node: int) -> "RunFacts":
        """No more of it than what belongs to one node."""
        return replace(
            self,
            messages=[each for each in self.messages if each.node == node],
            exclusions=[each for each in self.exclusions if each.get("node", 0) == node],
            events={key: moment for key, moment in self.events.items() if key == node},
        )


@dataclass(frozen=True, slots=True)
class SuppressionFacts:
    """Why an address is left alone at the moment; an empty category is all of them."""

    channel: Channel
    provider: str
    address: str
    category: str
    cause: str
    reason: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """A vendor account as it is configured now."""

    channel: Channel
    nickname: str
    provider: str
    roots: frozenset[Root]
    tenant_id: str | None
    fallback_after: timedelta | None
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """A request, its runs, and what bears on them; `has_more_runs` where there are too many to tell of each."""

    request: RequestFacts
    runs: Sequence[RunFacts]
    tries: Sequence[MessageTry]
    suppressions: Sequence[SuppressionFacts]
    accounts: Sequence[AccountFacts]
    has_more_runs: bool = False
