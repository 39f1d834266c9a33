"""What `POST /event/` takes: tracked events and profile edits, mixed in one array (wire.md 3.3, 3.4)."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.idempotency import read_idempotency_key
from suprsend_hub.domain.profile import Operation, read_operations, read_operators
from suprsend_hub.domain.reading import read_json, refuse_nul, split_records
from suprsend_hub.domain.receipt import RECEIPT_EVENTS
from suprsend_hub.domain.recipient import read_distinct_id

IDENTIFY = "$identify"
RESERVED_EVENTS = frozenset(
    {
        IDENTIFY,
        *RECEIPT_EVENTS,
        "$app_launched",
        "$user_login",
        "$user_logout",
        "$purchase_made",
    }
)

# 2022-01-01, the earliest time that the protocol allows.
EARLIEST_MILLISECONDS = 1_640_995_200_000
LATEST_MILLISECONDS = 4_102_444_800_000
MOST_OPERATIONS = 1000
LONGEST_LABEL = 255

_Tenant = Annotated[str, Meta(max_length=64)]
_FLAT_OPERATORS = ("$set", "$set_once", "$add", "$increment", "$append", "$remove", "$unset")


class RecordForm(msgspec.Struct, frozen=True):
    """A record of `/event/` as it is written on the wire."""

    event: str | None = None
    distinct_id: str | None = None
    properties: dict[str, Any] | None = None
    insert_id: str | None = msgspec.field(name="$insert_id", default=None)
    time: int | None = msgspec.field(name="$time", default=None)
    env: str | None = None
    tenant_id: _Tenant | None = None
    brand_id: _Tenant | None = None
    idempotency_key: str | None = msgspec.field(name="$idempotency_key", default=None)
    user_operations: list[Any] | None = msgspec.field(name="$user_operations", default=None)


_DECODER = msgspec.json.Decoder(RecordForm)
_DOCUMENTS = msgspec.json.Decoder(Document)


@dataclass(frozen=True, slots=True)
class TrackedEvent:
    """Something that a user did; `distinct_id` is None only for reserved events that carry none."""

    name: str
    distinct_id: str | None
    properties: Document
    happened_at: datetime | None
    tenant_id: str | None
    insert_id: str | None
    idempotency_key: str | None
    env: str | None


@dataclass(frozen=True, slots=True)
class ProfileEdit:
    """Operations on one user's profile, or on what one tenant knows of the user, to be applied in order."""

    distinct_id: str
    tenant_id: str | None
    operations: tuple[Operation, ...]
    insert_id: str | None
    idempotency_key: str | None
    env: str | None


Record: TypeAlias = TrackedEvent | ProfileEdit


def read_record(raw: bytes) -> Record:
    """One record of `/event/` from its JSON, or Invalid that names the field."""
    form = read_json(raw, _DECODER)
    if rb"\u0000" in raw:
        refuse_nul(msgspec.json.decode(raw), "body")
    if form.event is not None:
        return _tracked(form)
    if form.user_operations is not None:
        return _edit(form, _listed_operations(form.user_operations))
    document = read_json(raw, _DOCUMENTS)
    flat = {operator: document[operator] for operator in _FLAT_OPERATORS if operator in document}
    if not flat:
        raise Invalid("event", "is required, unless the record has $user_operations or an operator such as $set")
    return _edit(form, read_operators(flat))


def is_report(record: Record) -> bool:
    """Whether a record is what a device tells of a message."""
    return isinstance(record, TrackedEvent) and record.name in RECEIPT_EVENTS


def are_reports(raw: bytes) -> bool:
    """Whether a body holds nothing but what devices tell of messages."""
    # Most calls are told from reports without being read.
    if b'"$notification_' not in raw:
        return False
    try:
        return all(is_report(read_record(each)) for each in split_records(raw) or (raw,))
    except Invalid:
        return False


def bare_report(report: TrackedEvent) -> TrackedEvent:
    """A report without all that only a caller who proves its rights may say."""
    said = {key: value for key in ("id", "label_id") if isinstance(value := report.properties.get(key), str)}
    short = {key: value for key, value in said.items() if len(value) <= LONGEST_LABEL}
    return replace(report, distinct_id=None, tenant_id=None, properties=short)


def without_anonymous_id(event: TrackedEvent) -> TrackedEvent:
    """An event of a browser, whose `$anon_id` may be anybody's id."""
    if "$anon_id" not in event.properties:
        return event
    return replace(event, properties={key: value for key, value in event.properties.items() if key != "$anon_id"})


def _tracked(form: RecordForm) -> TrackedEvent:
    name = _event_name(form.event or "")
    return TrackedEvent(
        name=name,
        distinct_id=_tracked_distinct_id(form, name),
        properties=form.properties or {},
        happened_at=_moment(form.time),
        tenant_id=form.tenant_id or form.brand_id or None,
        insert_id=_insert_id(form.insert_id),
        idempotency_key=read_idempotency_key(form.idempotency_key),
        env=form.env,
    )


def _listed_operations(documents: list[Any]) -> tuple[Operation, ...]:
    if len(documents) > MOST_OPERATIONS:
        raise Invalid("$user_operations", f"must have at most {MOST_OPERATIONS} items; has {len(documents)}")
    return read_operations(documents, "$user_operations")


def _edit(form: RecordForm, operations: tuple[Operation, ...]) -> ProfileEdit:
    return ProfileEdit(
        distinct_id=read_distinct_id(form.distinct_id),
        tenant_id=form.tenant_id or form.brand_id or None,
        operations=operations,
        insert_id=_insert_id(form.insert_id),
        idempotency_key=read_idempotency_key(form.idempotency_key),
        env=form.env,
    )


def _event_name(name: str) -> str:
    stripped = name.strip()
    if not 2 <= len(stripped) <= 255:
        raise Invalid("event", f"must have 2 to 255 characters; has {len(stripped)}")
    if stripped.lower().startswith(("$", "ss_")) and stripped not in RESERVED_EVENTS:
        raise Invalid("event", f"{stripped!r} is reserved: names must not begin with $ or ss_")
    return stripped


def _tracked_distinct_id(form: RecordForm, name: str) -> str | None:
    identified = (form.properties or {}).get("$identified_id") if name == IDENTIFY else None
    if identified is not None:
        return read_distinct_id(identified, "properties.$identified_id")
    if form.distinct_id is None and name in RESERVED_EVENTS:
        return None
    return read_distinct_id(form.distinct_id)


def _insert_id(value: str | None) -> str | None:
    if value is not None and not 1 <= len(value) <= 255:
        raise Invalid("$insert_id", "must have 1 to 255 characters")
    return value


def _moment(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    if not EARLIEST_MILLISECONDS <= milliseconds <= LATEST_MILLISECONDS:
        raise Invalid("$time", "must be milliseconds since 1970, from 2022 on")
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
