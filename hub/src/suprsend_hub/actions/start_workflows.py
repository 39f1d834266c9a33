"""Workflows that events set off: a tracked event triggers each of them, in the transaction that records it."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from suprsend_hub.actions.accept import accept_sound
from suprsend_hub.actions.pin import pin
from suprsend_hub.domain.event import RESERVED_EVENTS
from suprsend_hub.domain.workflow_trigger import WorkflowTrigger, read_workflow_trigger
from suprsend_hub.store.database import Connection
from suprsend_hub.store.events import NewEvent
from suprsend_hub.store.workflows import find_workflows_for_events


async def start_workflows(connection: Connection, workspace_id: int, events: Iterable[NewEvent], now: datetime) -> None:
    """Trigger the workflows that these events set off, for whoever tracked them."""
    tracked = [each for each in events if each.distinct_id is not None and each.name not in RESERVED_EVENTS]
    if not tracked:
        return
    found = await find_workflows_for_events(connection, workspace_id, {each.name for each in tracked})
    triggers = [_trigger(each, live.slug) for each in tracked for live in found.get(each.name, ())]
    if triggers:
        pins = await pin(connection, workspace_id, triggers)
        await accept_sound(connection, workspace_id, triggers, pins, now)


def _trigger(event: NewEvent, slug: str) -> WorkflowTrigger:
    body = {
        "workflow": slug,
        "recipients": [event.distinct_id],
        "data": event.properties,
        "tenant_id": event.tenant_id,
        "event": event.name,
    }
    return read_workflow_trigger(msgspec.json.encode(body))
