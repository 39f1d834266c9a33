"""Recording what `/event/` brings: events are kept, profile edits take effect before the caller is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.actions.record_receipts import apply_receipts
from suprsend_hub.actions.start_workflows import start_workflows
from suprsend_hub.domain.event import ProfileEdit, Record, TrackedEvent
from suprsend_hub.domain.profile import Operation, Profile, edit
from suprsend_hub.domain.receipt import RECEIPT_EVENTS, Receipt
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.events import NewEvent, insert_events
from suprsend_hub.store.profiles import lock_profiles, write_profiles
from suprsend_hub.store.requests import claim_keys


@dataclass(frozen=True, slots=True)
class Batch:
    """The records of one call."""

    workspace_id: int
    records: tuple[Record, ...]


async def record(pool: Pool, batches: Sequence[Batch], now: datetime) -> list[None]:
    """Record many calls in one transaction; records that were seen before do nothing."""

    async def work(connection: Connection) -> list[None]:
        for workspace_id in sorted({each.workspace_id for each in batches}):
            records = [one for each in batches if each.workspace_id == workspace_id for one in each.records]
            await _record_workspace(connection, workspace_id, records, now)
        return [None] * len(batches)

    return await transact(pool, work)


async def _record_workspace(
    connection: Connection, workspace_id: int, records: Sequence[Record], now: datetime
) -> None:
    fresh = await _unseen(connection, workspace_id, records, now)
    events = [each for each in fresh if isinstance(each, TrackedEvent)]
    if events:
        await insert_events(connection, workspace_id, [_new_event(each, now) for each in events], now)
        await apply_receipts(connection, workspace_id, _receipts(events, now), now)
        await start_workflows(connection, workspace_id, events, now)
    edits = [each for each in fresh if isinstance(each, ProfileEdit)]
    if edits:
        await _edit_profiles(connection, workspace_id, edits, now)


async def _unseen(connection: Connection, workspace_id: int, records: Sequence[Record], now: datetime) -> list[Record]:
    """The records whose keys nobody sent within the last 24 hours, each key once."""
    # Queues of browsers and phones send again with the same $insert_id.
    keyed = [(each, each.idempotency_key or each.insert_id) for each in records]
    unclaimed = set(await claim_keys(connection, workspace_id, "event", (key for _, key in keyed if key), now))
    fresh: list[Record] = []
    for each, key in keyed:
        if key is None:
            fresh.append(each)
        elif key in unclaimed:
            unclaimed.remove(key)
            fresh.append(each)
    return fresh


async def _edit_profiles(
    connection: Connection, workspace_id: int, edits: Sequence[ProfileEdit], now: datetime
) -> None:
    operations: dict[str, list[Operation]] = {}
    for each in edits:
        operations.setdefault(each.distinct_id, []).extend(each.operations)
    stored = await lock_profiles(connection, workspace_id, operations, now)
    changes: dict[int, tuple[Profile, Profile]] = {
        stored[distinct_id].id: (stored[distinct_id].profile, edit(stored[distinct_id].profile, wanted))
        for distinct_id, wanted in operations.items()
    }
    await write_profiles(connection, workspace_id, changes, now)


def _receipts(events: Sequence[TrackedEvent], now: datetime) -> list[Receipt]:
    """What devices told of messages: `properties.id` names the message (wire.md 4.6)."""
    return [
        Receipt(message_id, RECEIPT_EVENTS[each.name], min(each.happened_at or now, now))
        for each in events
        if each.name in RECEIPT_EVENTS and isinstance(message_id := each.properties.get("id"), str)
    ]


def _new_event(event: TrackedEvent, now: datetime) -> NewEvent:
    return NewEvent(
        id=make_id(now),
        distinct_id=event.distinct_id,
        name=event.name,
        properties=event.properties,
        tenant_id=event.tenant_id,
        happened_at=event.happened_at or now,
    )
