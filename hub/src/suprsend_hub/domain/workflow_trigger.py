"""The trigger of a stored workflow: `POST /trigger/` (wire.md 3.2)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.idempotency import read_idempotency_key
from suprsend_hub.domain.object_reference import ObjectReference, read_object_reference
from suprsend_hub.domain.reading import read_json, refuse_nul
from suprsend_hub.domain.recipient import Recipient, known_as, read_distinct_id, read_recipient
from suprsend_hub.domain.trigger import read_attachments

MOST_RECIPIENTS = 100
LONGEST_CANCELLATION_KEY = 255

_Slug = Annotated[str, Meta(min_length=1, max_length=255)]
_Tenant = Annotated[str, Meta(max_length=64)]
Target: TypeAlias = Recipient | ObjectReference


class WorkflowTriggerForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A workflow's trigger as it is written on the wire."""

    workflow: _Slug
    recipients: list[Any]
    data: dict[str, Any] | None = None
    actor: Any = None
    tenant_id: _Tenant | None = None
    brand_id: _Tenant | None = None
    idempotency_key: str | None = msgspec.field(name="$idempotency_key", default=None)
    cancellation_key: str | None = None
    metadata: dict[str, Any] | None = None
    # Of dynamic triggers, and refused here: a body must say in one way whom it is for.
    users: Any = None


class _Targets(msgspec.Struct, frozen=True):
    """Whom an accepted trigger is for, whatever else is in its body."""

    recipients: list[Any]


_DECODER = msgspec.json.Decoder(WorkflowTriggerForm)
_TARGETS = msgspec.json.Decoder(_Targets)


@dataclass(frozen=True, slots=True)
class WorkflowTrigger:
    """One checked trigger of a stored workflow; `body` is its JSON as it came."""

    workflow: str
    targets: tuple[Target, ...]
    data: Document
    actor: Recipient | None
    tenant_id: str | None
    idempotency_key: str | None
    cancellation_key: str | None
    body: str

    def due_at(self, now: datetime) -> datetime:
        """When its runs are planned: at once; waiting is the workflow's business."""
        return now


def read_workflow_trigger(raw: bytes) -> WorkflowTrigger:
    """One trigger from its JSON, or Invalid that names the field."""
    form = read_json(raw, _DECODER)
    if rb"\u0000" in raw:
        refuse_nul(msgspec.json.decode(raw), "body")
    if form.users is not None:
        raise Invalid("users", "is not a field of this trigger; name them in recipients")
    if not 1 <= len(form.recipients) <= MOST_RECIPIENTS:
        raise Invalid("recipients", f"must have 1 to {MOST_RECIPIENTS} items; has {len(form.recipients)}")
    data = form.data or {}
    read_attachments(data)
    return WorkflowTrigger(
        workflow=form.workflow,
        targets=_read_targets(form.recipients),
        data=data,
        actor=None if form.actor is None else read_person(form.actor, "actor"),
        tenant_id=form.tenant_id or form.brand_id or None,
        idempotency_key=read_idempotency_key(form.idempotency_key),
        cancellation_key=_cancellation_key(form.cancellation_key),
        body=raw.decode(),
    )


def trigger_of_event(
    workflow: str, distinct_id: str, event: str, properties: Document, tenant_id: str | None
) -> WorkflowTrigger:
    """The trigger of a workflow that an event sets off, for whoever tracked it."""
    body = {
        "workflow": workflow,
        "recipients": [distinct_id],
        "data": properties,
        "tenant_id": tenant_id,
        "event": event,
    }
    return WorkflowTrigger(
        workflow=workflow,
        targets=(known_as(distinct_id),),
        data=properties,
        actor=None,
        tenant_id=tenant_id,
        idempotency_key=None,
        cancellation_key=None,
        body=msgspec.json.encode(body).decode(),
    )


def read_targets(raw: bytes) -> tuple[Target, ...]:
    """Whom a trigger that was accepted is for, in their places."""
    return _read_targets(read_json(raw, _TARGETS).recipients)


def _read_targets(recipients: list[Any]) -> tuple[Target, ...]:
    return tuple(read_target(each, f"recipients[{index}]") for index, each in enumerate(recipients))


def read_target(value: object, field: str) -> Target:
    """Whom a trigger is for: a distinct id, a user object, or an object whose subscribers are meant."""
    if isinstance(value, dict) and "object_type" in value:
        return read_object_reference(value, field)
    return read_person(value, field)


def read_person(value: object, field: str) -> Recipient:
    """A distinct id or a user object."""
    if isinstance(value, str):
        return Recipient(read_distinct_id(value, field), False, None, (), {})
    if not isinstance(value, dict):
        raise Invalid(field, "must be a distinct_id or a user object")
    try:
        return read_recipient(value)
    except Invalid as fault:
        raise fault.within(field) from None


def _cancellation_key(value: str | None) -> str | None:
    stripped = (value or "").strip()
    if len(stripped) > LONGEST_CANCELLATION_KEY:
        raise Invalid("cancellation_key", f"must be at most {LONGEST_CANCELLATION_KEY} characters")
    return stripped or None
