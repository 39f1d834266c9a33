"""What callers may say: servers anything, browsers what is of their person, devices what became of messages."""

from collections.abc import Iterable

from suprsend_hub.actions.caller import Caller
from suprsend_hub.domain.event import IDENTIFY, Record, TrackedEvent, bare_report, is_report, without_anonymous_id
from suprsend_hub.domain.fault import Invalid, NotFound
from suprsend_hub.store.database import Pool
from suprsend_hub.store.receipts import list_known_messages


def admit_record(caller: Caller, record: Record) -> Record:
    """The record as far as it is the caller's to say; Invalid or Forbidden where it is not."""
    if record.env is not None and record.env not in (caller.workspace.key, caller.workspace.uid):
        raise Invalid("env", "names another workspace than the one that the credentials open")
    if caller.is_server:
        return record
    if isinstance(record, TrackedEvent):
        if is_report(record):
            return _admit_report(record)
        record = without_anonymous_id(record)
    if record.distinct_id is None:
        is_identify = isinstance(record, TrackedEvent) and record.name == IDENTIFY
        raise Invalid("properties.$identified_id" if is_identify else "distinct_id", "is required")
    caller.act_for(record.distinct_id)
    return record


async def refuse_unknown_messages(pool: Pool, caller: Caller, records: Iterable[Record]) -> None:
    """NotFound if a report of somebody who is no server is of a message that the workspace does not have."""
    if caller.is_server:
        return
    wanted = [str(each.properties["id"]) for each in records if isinstance(each, TrackedEvent) and is_report(each)]
    if not wanted:
        return
    async with pool.acquire() as connection:
        known = await list_known_messages(connection, caller.workspace.id, wanted)
    for each in wanted:
        if each not in known:
            raise NotFound(f"there is no message {each[:40]!r}")


def _admit_report(report: TrackedEvent) -> TrackedEvent:
    bare = bare_report(report)
    if "id" not in bare.properties:
        raise Invalid("properties.id", "must name the message")
    return bare
