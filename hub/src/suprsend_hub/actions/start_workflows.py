"""Workflows that events set off: a tracked event triggers each of them, in the transaction that records it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from suprsend_hub.actions.accept import accept_sound
from suprsend_hub.actions.pin import Pins, pin
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.request_failure import Failure
from suprsend_hub.domain.trigger import read_attachments
from suprsend_hub.domain.workflow_trigger import WorkflowTrigger, trigger_of_event
from suprsend_hub.store.database import Connection
from suprsend_hub.store.events import NewEvent
from suprsend_hub.store.requests import fail_requests, insert_requests
from suprsend_hub.store.workflows import EventUse, LiveWorkflow


@dataclass(frozen=True, slots=True)
class _Failed:
    """A trigger that can't begin, whose event it was, and why."""

    trigger: WorkflowTrigger
    distinct_id: str
    failure: Failure


async def start_workflows(
    connection: Connection, workspace_id: int, events: Sequence[NewEvent], uses: Mapping[str, EventUse], now: datetime
) -> None:
    """Trigger the workflows that these events set off, for whoever tracked them; `uses` are what was found of them."""
    sound: list[WorkflowTrigger] = []
    failed: list[_Failed] = []
    for event in events:
        if event.distinct_id is None or event.name not in uses:
            continue
        for live in uses[event.name].workflows:
            trigger = trigger_of_event(live.slug, event.distinct_id, event.name, event.properties, event.tenant_id)
            if failure := _failure(event, live):
                failed.append(_Failed(trigger, event.distinct_id, failure))
            else:
                sound.append(trigger)
    if sound or failed:
        pins = await pin(connection, workspace_id, [*sound, *(each.trigger for each in failed)])
        # One that was deleted since it was looked up begins no more.
        live_now = {slug for slug, live in pins.workflows.items() if live is not None}
        await accept_sound(connection, workspace_id, [each for each in sound if each.workflow in live_now], pins, now)
        await _fail(connection, workspace_id, [each for each in failed if each.trigger.workflow in live_now], pins, now)


def _failure(event: NewEvent, live: LiveWorkflow) -> Failure | None:
    """Why a workflow can't begin with what the event carries."""
    mismatch = live.rules.mismatch(event.properties, "properties") if live.rules else None
    if mismatch is not None:
        return Failure("schema_mismatch", mismatch.message)
    try:
        read_attachments(event.properties, "properties")
    except Invalid as fault:
        return Failure("attachment", fault.message)
    return None


async def _fail(
    connection: Connection,
    workspace_id: int,
    failed: Sequence[_Failed],
    pins: Pins,
    now: datetime,
) -> None:
    """Keep what was not begun, so that whoever looks for it finds why."""
    if not failed:
        return
    # No run is anybody's: whoever is erased or merged is found as the one who acted.
    requests = [replace(pins.request(each.trigger, now), actor_id=each.distinct_id) for each in failed]
    await insert_requests(connection, workspace_id, requests, now)
    failures = {request.id: each.failure for request, each in zip(requests, failed, strict=True)}
    await fail_requests(connection, workspace_id, failures)
