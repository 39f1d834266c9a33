"""Laying out: what the runs that come to a leg of their program send, a whole chunk in a handful of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec import Struct

from suprsend_hub.actions.announce import announce
from suprsend_hub.actions.count_activity import count_planned
from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.domain.announcement import Change
from suprsend_hub.domain.category import Root
from suprsend_hub.domain.channel import CHANNELS, Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.job import CHUNK, Advance, Job, Send
from suprsend_hub.domain.message import Status
from suprsend_hub.domain.preference import Preferences
from suprsend_hub.domain.program import Leg
from suprsend_hub.domain.routing import EXPLANATIONS, FAULTS, Exclusion, Route, Step, Terrain, route
from suprsend_hub.domain.suppression import AddressUse, Cause, suppressible
from suprsend_hub.domain.template import TemplateVersion
from suprsend_hub.domain.tenant import Tenants
from suprsend_hub.domain.vendor import VendorOffer
from suprsend_hub.domain.workflow_node import Send as SendNode
from suprsend_hub.store.activity import append_activity
from suprsend_hub.store.database import Connection
from suprsend_hub.store.messages import NewMessage, insert_messages
from suprsend_hub.store.preferences import Asked, read_preferences
from suprsend_hub.store.queue import enqueue
from suprsend_hub.store.suppressions import find_suppressed
from suprsend_hub.store.templates import read_versions
from suprsend_hub.store.tenants import read_tenants
from suprsend_hub.store.vendors import list_offers


class Journey(Struct, frozen=True):
    """One person's run at the beginning of a leg; root and versions are those that the request was accepted with.

    Whose preferences count says the row of their profile, also where the run does not use the profile otherwise.
    """

    run_id: str
    category: str
    root: Root
    tenant_id: str | None
    distinct_id: str | None
    profile_id: int | None
    identities: Sequence[Identity]
    wanted: frozenset[Channel] | None
    leg: Leg
    versions: Mapping[str, int]

    def version_of(self, node: SendNode) -> int:
        """The version of a node's template; 0, which there is not, where it had none."""
        return self.versions.get(node.template, 0)


@dataclass(slots=True)
class _Rows:
    """What a chunk leads to, gathered before anything is written."""

    messages: list[NewMessage]
    sends: dict[tuple[Channel, Root, timedelta], list[str]]
    exclusions: dict[str, list[Document]]


@dataclass(frozen=True, slots=True)
class _Ground:
    """What was read for a chunk."""

    versions: Mapping[int, TemplateVersion]
    offers: Sequence[VendorOffer]
    suppressed: Mapping[AddressUse, Cause]
    tenants: Tenants
    preferences: Preferences
    _terrains: dict[tuple[int, str, Root, str | None], Terrain] = field(default_factory=dict)

    def terrain(self, journey: Journey, node: SendNode) -> Terrain:
        """What the ground is like for one delivery of one journey."""
        key = (journey.version_of(node), journey.category, journey.root, journey.tenant_id)
        if key not in self._terrains:
            self._terrains[key] = self._look(journey, self.versions.get(key[0]))
        return self._terrains[key]

    def _look(self, journey: Journey, version: TemplateVersion | None) -> Terrain:
        return Terrain(
            # Without the version nobody knows what it offered: each address that the person has gets the reason.
            template_channels=version.channels if version else frozenset(CHANNELS),
            offers=self.offers,
            root=journey.root,
            tenant_id=journey.tenant_id,
            template_deleted=version is None or version.is_deleted,
            category=journey.category,
            suppressed=self.suppressed,
            blocked_channels=self.tenants.find(journey.tenant_id).blocked_channels,
            preferences=self.preferences,
        )


async def lay_out(
    connection: Connection, workspace_id: int, journeys: Sequence[Journey], now: datetime
) -> dict[str, list[Document]]:
    """Write the messages of these legs and the jobs that go on; what each run left out, by run.

    The runs' own rows are the caller's to write, in the same transaction.
    """
    needed = {each.version_of(node) for each in journeys for _, node in each.leg.sends}
    ground = _Ground(
        versions=await read_versions(connection, needed),
        offers=await list_offers(connection, workspace_id),
        suppressed=await _suppressed(connection, workspace_id, journeys, now),
        tenants=await read_tenants(connection, workspace_id, {each.tenant_id for each in journeys}),
        preferences=await read_preferences(
            connection, workspace_id, (Asked(each.profile_id, each.tenant_id, each.category) for each in journeys)
        ),
    )
    rows = _Rows([], {}, {each.run_id: [] for each in journeys})
    for journey in journeys:
        for number, node in journey.leg.sends:
            _lay_node(rows, journey, number, node, ground.terrain(journey, node), now)
    await insert_messages(connection, workspace_id, rows.messages, now)
    ended = [
        Change(each.id, each.channel, each.status, now) for each in rows.messages if each.status != "to_be_triggered"
    ]
    await announce(connection, workspace_id, ended, now)
    await append_activity(connection, workspace_id, count_planned(rows.messages), now)
    await enqueue(connection, [*_send_jobs(workspace_id, rows), *_advance_jobs(workspace_id, journeys)])
    return rows.exclusions


async def _suppressed(
    connection: Connection, workspace_id: int, journeys: Sequence[Journey], now: datetime
) -> dict[AddressUse, Cause]:
    """Which addresses of these people are to be left alone."""
    uses: list[AddressUse] = []
    for journey in journeys:
        for each in journey.identities:
            address = suppressible(each.channel, each.provider, each.value)
            if address is not None:
                uses.append(AddressUse(address, journey.category))
    return await find_suppressed(connection, workspace_id, uses, now)


def _lay_node(rows: _Rows, journey: Journey, number: int, node: SendNode, terrain: Terrain, now: datetime) -> None:
    decided = route(
        terrain,
        journey.distinct_id,
        journey.identities,
        _wanted(journey.wanted, node.channels),
        node.delivery,
        journey.profile_id,
    )
    rows.exclusions[journey.run_id] += [
        {"channel": each.channel, "reason": each.reason, **({"node": number} if number else {})}
        for each in decided.exclusions
    ]
    version_id = journey.version_of(node)
    for step in decided.steps:
        message = _new_message(journey, number, version_id, step, None, now)
        rows.messages.append(message)
        rows.sends.setdefault((step.channel, terrain.root, step.after), []).append(message.id)
    rows.messages += [_new_message(journey, number, version_id, each, each, now) for each in _shown(decided)]


def _wanted(own: frozenset[Channel] | None, node: frozenset[Channel] | None) -> frozenset[Channel] | None:
    """The channels that both the person's entry and the node allow; None is all."""
    if own is None or node is None:
        return node if own is None else own
    return own & node


def _shown(decided: Route) -> list[Exclusion]:
    """The exclusions that become messages of their own.

    Faults of the set-up always do. Where nothing at all is sent, every exclusion does, so that whoever looks for
    the message that never came finds the reason in its place.
    """
    if decided.steps:
        return [each for each in decided.exclusions if each.reason in FAULTS]
    return list(decided.exclusions)


def _new_message(
    journey: Journey, node: int, version_id: int, what: Step | Exclusion, excluded: Exclusion | None, now: datetime
) -> NewMessage:
    status: Status = "to_be_triggered"
    if excluded is not None:
        status = "trigger_failed" if excluded.reason in FAULTS else "not_to_be_triggered"
    return NewMessage(
        id=make_id(now),
        run_id=journey.run_id,
        node=node,
        template_version_id=version_id,
        category=journey.category,
        tenant_id=journey.tenant_id,
        distinct_id=journey.distinct_id,
        channel=what.channel,
        provider=what.identity.provider if what.identity else "",
        address=what.identity.value if what.identity else "",
        status=status,
        failure_code=excluded.reason if excluded else None,
        failure_reason=EXPLANATIONS[excluded.reason] if excluded else None,
        due_at=now + what.after if isinstance(what, Step) else now,
        success=what.success if isinstance(what, Step) else None,
        is_rung=isinstance(what, Step) and what.is_rung,
        details=what.identity.details if what.identity else {},
    )


def _send_jobs(workspace_id: int, rows: _Rows) -> list[Job]:
    return [
        Job(Send(workspace_id, channel, tuple(ids[start : start + CHUNK]), 0, root), after)
        for (channel, root, after), ids in rows.sends.items()
        for start in range(0, len(ids), CHUNK)
    ]


def _advance_jobs(workspace_id: int, journeys: Sequence[Journey]) -> list[Job]:
    """One job for all runs that go on at the same moment with the same node."""
    grouped: dict[tuple[int, Root, timedelta], list[str]] = {}
    for each in journeys:
        if each.leg.after is not None:
            key = (each.leg.next_node, each.root, each.leg.after)
            grouped.setdefault(key, []).append(each.run_id)
    return [
        Job(Advance(workspace_id, tuple(ids[start : start + CHUNK]), node, root), after)
        for (node, root, after), ids in grouped.items()
        for start in range(0, len(ids), CHUNK)
    ]
