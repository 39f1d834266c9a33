"""Pinning: what a trigger runs is what is live when it is accepted, whatever is committed afterwards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.program import templates_of
from suprsend_hub.domain.recipient import name_people
from suprsend_hub.domain.trigger import Trigger
from suprsend_hub.domain.workflow_trigger import WorkflowTrigger
from suprsend_hub.store.database import Connection
from suprsend_hub.store.requests import NewRequest
from suprsend_hub.store.templates import find_live_versions
from suprsend_hub.store.workflows import LiveWorkflow, find_live_workflows, read_workflow_versions

AnyTrigger: TypeAlias = Trigger | WorkflowTrigger


@dataclass(frozen=True, slots=True)
class Pins:
    """What is live of all that some triggers name."""

    templates: Mapping[str, int | None]
    workflows: Mapping[str, LiveWorkflow | None]
    needed: Mapping[int, frozenset[str]]

    def fault(self, trigger: AnyTrigger) -> Invalid | None:
        """Why a trigger can't be accepted; None where it can."""
        match trigger:
            case Trigger(template=slug):
                return None if self.templates.get(slug) is not None else missing("template", slug, self.templates)
            case WorkflowTrigger(workflow=slug):
                live = self.workflows.get(slug)
                if live is None:
                    return missing("workflow", slug, self.workflows)
                if not live.is_enabled:
                    return Invalid("workflow", f"{slug!r} is disabled; enable it first")
                return live.rules.mismatch(trigger.data, "data") if live.rules else None

    def request(self, trigger: AnyTrigger, now: datetime) -> NewRequest:
        """The request of a trigger that has no fault."""
        if isinstance(trigger, Trigger):
            due_at = trigger.due_at(now)
            return NewRequest(
                id=make_id(now),
                name=trigger.name,
                category=trigger.category,
                tenant_id=trigger.tenant_id,
                idempotency_key=trigger.idempotency_key,
                body=trigger.body,
                due_at=due_at,
                template_version_id=self.templates[trigger.template],
                waiting_people=name_people(trigger.recipients) if due_at > now else (),
            )
        live = self.workflows[trigger.workflow]
        assert live is not None, "a trigger without a live version was refused"
        return NewRequest(
            id=make_id(now),
            name=live.slug,
            category=live.category,
            tenant_id=trigger.tenant_id,
            idempotency_key=trigger.idempotency_key,
            body=trigger.body,
            due_at=now,
            workflow_version_id=live.version_id,
            template_versions={
                slug: version
                for slug in sorted(self.needed.get(live.version_id, ()))
                if (version := self.templates.get(slug)) is not None
            },
            cancellation_key=trigger.cancellation_key,
            actor_id=trigger.actor.distinct_id if trigger.actor else None,
        )


async def pin(connection: Connection, workspace_id: int, triggers: Iterable[AnyTrigger]) -> Pins:
    """Look up what these triggers name."""
    named = list(triggers)
    slugs = {each.workflow for each in named if isinstance(each, WorkflowTrigger)}
    workflows = await find_live_workflows(connection, workspace_id, slugs) if slugs else {}
    versions = [live.version_id for live in workflows.values() if live is not None]
    committed = await read_workflow_versions(connection, versions)
    needed = {key: templates_of(version.workflow.nodes) for key, version in committed.items()}
    templates = {each.template for each in named if isinstance(each, Trigger)}.union(*needed.values())
    return Pins(await find_live_versions(connection, workspace_id, templates), workflows, needed)


def missing(kind: str, slug: str, live: Mapping[str, object | None]) -> Invalid:
    """Why nothing is live under a name, of all that were looked up."""
    if slug in live:
        return Invalid(kind, f"{slug!r} has no live version; commit it first")
    return Invalid(kind, f"there is no {kind} {slug!r} in this workspace")
