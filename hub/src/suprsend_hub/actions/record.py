"""Recording what `/event/` brings: events are kept, profile edits take effect before the caller is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from suprsend_hub.actions.identifiers import make_id
from suprsend_hub.actions.record_receipts import apply_receipts
from suprsend_hub.actions.start_workflows import start_workflows
from suprsend_hub.domain.event import IDENTIFY, RESERVED_EVENTS, ProfileEdit, Record, TrackedEvent
from suprsend_hub.domain.fault import SchemaMismatch
from suprsend_hub.domain.profile import Operation, Profile, ProfileKey, edit
from suprsend_hub.domain.receipt import RECEIPT_EVENTS, Receipt
from suprsend_hub.store.database import Connection, Pool, transact
from suprsend_hub.store.events import NewEvent, insert_events
from suprsend_hub.store.profiles import lock_profiles, write_profiles
from suprsend_hub.store.requests import claim_keys, find_record_ids, find_taken_keys
from suprsend_hub.store.workflows import EventUse, find_event_uses


@dataclass(frozen=True, slots=True)
class Batch:
    """The records of one call."""

    workspace_id: int
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A record and the id that its caller is told; an event is kept under it."""

    id: str
    record: Record

    @property
    def key(self) -> str | None:
        """By what it is known again; queues of browsers and phones send again with the same $insert_id."""
        return self.record.idempotency_key or self.record.insert_id


async def record(pool: Pool, batches: Sequence[Batch], now: datetime) -> list[tuple[str | SchemaMismatch, ...]]:
    """Record many calls in one transaction, and give each record an id; those that were seen before keep theirs.

    An event that is not what its schema asks for is not recorded, and has what is wrong in place of its id.
    """
    numbered = [
        (each.workspace_id, tuple(_Numbered(make_id(now), record) for record in each.records)) for each in batches
    ]

    async def work(connection: Connection) -> dict[str, str | SchemaMismatch]:
        told: dict[str, str | SchemaMismatch] = {}
        for workspace_id in sorted({each.workspace_id for each in batches}):
            records = [one for owner, each in numbered if owner == workspace_id for one in each]
            told |= await _record_workspace(connection, workspace_id, records, now)
        return told

    told = await transact(pool, work)
    return [tuple(told.get(one.id, one.id) for one in each) for _, each in numbered]


async def record_events(connection: Connection, workspace_id: int, events: Sequence[NewEvent], now: datetime) -> None:
    """Keep what the hub itself says that happened; everything that events lead to hangs on this."""
    uses = await find_event_uses(connection, workspace_id, {each.name for each in events})
    await _keep(connection, workspace_id, events, uses, now)


async def _keep(
    connection: Connection, workspace_id: int, events: Sequence[NewEvent], uses: Mapping[str, EventUse], now: datetime
) -> None:
    await insert_events(connection, workspace_id, events, now)
    await start_workflows(connection, workspace_id, events, uses, now)


async def _record_workspace(
    connection: Connection, workspace_id: int, records: Sequence[_Numbered], now: datetime
) -> dict[str, str | SchemaMismatch]:
    """What to tell of records in place of the ids that they were given just now."""
    # Before their keys are taken: what is refused may come again, put right, with the same one.
    uses = await _find_uses(connection, workspace_id, records)
    faults = _mismatches(records, uses)
    if faults:
        faults = await _without_repeated(connection, workspace_id, records, faults, now)
    sound = [each for each in records if each.id not in faults]
    repeated = await _claim(connection, workspace_id, sound, now)
    fresh = [each for each in sound if each.id not in repeated]
    events = [each.record for each in fresh if isinstance(each.record, TrackedEvent)]
    if events:
        await _keep(connection, workspace_id, _new_events(fresh, now), uses, now)
        await apply_receipts(connection, workspace_id, _receipts(events, now), now)
    edits = [each.record for each in fresh if isinstance(each.record, ProfileEdit)]
    identified = [each for each in events if each.name == IDENTIFY]
    if edits or identified:
        await _edit_profiles(connection, workspace_id, edits, identified, now)
    return {**faults, **repeated}


async def _find_uses(connection: Connection, workspace_id: int, records: Sequence[_Numbered]) -> Mapping[str, EventUse]:
    """What is made of these events; nothing of those that the protocol itself knows."""
    names = {each.record.name for each in records if isinstance(each.record, TrackedEvent)} - RESERVED_EVENTS
    return await find_event_uses(connection, workspace_id, names) if names else {}


def _mismatches(records: Sequence[_Numbered], uses: Mapping[str, EventUse]) -> dict[str, SchemaMismatch]:
    """What is wrong with those events that are not what their schemas ask for, by id."""
    faults: dict[str, SchemaMismatch] = {}
    for each in records:
        event = each.record
        use = uses.get(event.name) if isinstance(event, TrackedEvent) else None
        rules = use.rules if use else None
        if isinstance(event, TrackedEvent) and rules and (found := rules.mismatch(event.properties, "properties")):
            faults[each.id] = found
    return faults


async def _without_repeated(
    connection: Connection,
    workspace_id: int,
    records: Sequence[_Numbered],
    faults: Mapping[str, SchemaMismatch],
    now: datetime,
) -> dict[str, SchemaMismatch]:
    """The faults but of events that were recorded already, before their schema asked for something else."""
    keys = {each.id: each.key for each in records if each.id in faults and each.key is not None}
    taken = await find_taken_keys(connection, workspace_id, "event", keys.values(), now)
    return {record_id: fault for record_id, fault in faults.items() if keys.get(record_id) not in taken}


async def _claim(
    connection: Connection, workspace_id: int, records: Sequence[_Numbered], now: datetime
) -> dict[str, str]:
    """Take the keys of records; those whose key somebody sent within the last 24 hours, with the ids of then."""
    # Twice in one batch: the first one wins.
    first = {each.key: each.id for each in reversed(records) if each.key is not None}
    claimed = await claim_keys(connection, workspace_id, "event", first, now, first)
    taken = first.keys() - claimed
    known = first | (await find_record_ids(connection, workspace_id, "event", taken) if taken else {})
    return {
        each.id: known[each.key]
        for each in records
        if each.key is not None and (each.key in taken or first[each.key] != each.id)
    }


async def _edit_profiles(
    connection: Connection,
    workspace_id: int,
    edits: Sequence[ProfileEdit],
    identified: Sequence[TrackedEvent],
    now: datetime,
) -> None:
    """Apply operations; whoever a device identifies gets a profile, with or without them."""
    operations: dict[ProfileKey, list[Operation]] = {
        ProfileKey(each.distinct_id): [] for each in identified if each.distinct_id
    }
    for each in edits:
        operations.setdefault(ProfileKey(each.distinct_id, tenant_id=each.tenant_id or ""), []).extend(each.operations)
    # A profile of one tenant's stands beside the one for all of them.
    everyone = {key.for_all_tenants for key in operations}
    stored = await lock_profiles(connection, workspace_id, operations.keys() | everyone, now)
    changes: dict[int, tuple[Profile, Profile]] = {
        stored[key].id: (stored[key].profile, edit(stored[key].profile, wanted)) for key, wanted in operations.items()
    }
    await write_profiles(connection, workspace_id, changes, now)


def _receipts(events: Sequence[TrackedEvent], now: datetime) -> list[Receipt]:
    """What devices told of messages: `properties.id` names the message (wire.md 4.6)."""
    return [
        Receipt(message_id, RECEIPT_EVENTS[each.name], min(each.happened_at or now, now))
        for each in events
        if each.name in RECEIPT_EVENTS and isinstance(message_id := each.properties.get("id"), str)
    ]


def _new_events(records: Sequence[_Numbered], now: datetime) -> list[NewEvent]:
    return [
        NewEvent(
            id=each.id,
            distinct_id=event.distinct_id,
            name=event.name,
            properties=event.properties,
            tenant_id=event.tenant_id,
            happened_at=event.happened_at or now,
        )
        for each in records
        if isinstance(event := each.record, TrackedEvent)
    ]
