"""What the world hears of a message: each thing that became of it, once, whatever the order of the reports."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.message import STATUSES, Status, shown_address

# Nothing has become of a message that is only planned.
ANNOUNCED: tuple[Status, ...] = tuple(each for each in STATUSES if each != "to_be_triggered")

# These have no moment of their own on the message: entering the state is what happens.
_FAILURES: tuple[Status, ...] = ("not_to_be_triggered", "trigger_failed", "delivery_failure")


@dataclass(frozen=True, slots=True)
class MessageState:
    """Where a message stands; `moments` has, of each state that it passed, when that happened first."""

    id: str
    channel: Channel
    status: Status
    updated_at: datetime
    moments: Mapping[Status, datetime]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that became of a message."""

    message_id: str
    channel: Channel
    status: Status
    happened_at: datetime


def changes_between(before: MessageState | None, after: MessageState) -> list[Change]:
    """What became of a message in between; None for one that was not there before.

    A report that comes late counts as well: a message that was seen first and then told to be delivered was both.
    """
    known = before.moments if before is not None else {}
    happened = {status: at for status, at in after.moments.items() if status not in known}
    if after.status in _FAILURES and (before is None or before.status != after.status):
        happened[after.status] = after.updated_at
    return [Change(after.id, after.channel, status, at) for status, at in happened.items()]


def all_changes(before: Mapping[str, MessageState], after: Iterable[MessageState]) -> list[Change]:
    """What became of several messages in between."""
    return [change for state in after for change in changes_between(before.get(state.id), state)]


@dataclass(frozen=True, slots=True)
class Announcement:
    """All that is told of one change."""

    status: Status
    happened_at: datetime
    message_id: str
    run_id: str
    request_id: str
    channel: Channel
    address: str
    distinct_id: str | None
    template_slug: str | None
    workflow_name: str
    idempotency_key: str | None
    vendor: str | None
    vendor_message_id: str | None
    failure_code: str | None
    failure_reason: str | None
    workspace_name: str
    workspace_uid: str


def write_payload(announcement: Announcement) -> bytes:
    """The body of a webhook, as wire.md 5 has it; a failure's code and reason stand with the status."""
    told: Document = {"status": announcement.status, "timestamp": int(announcement.happened_at.timestamp() * 1000)}
    if announcement.status in _FAILURES:
        told |= {"failure_code": announcement.failure_code, "failure_reason": announcement.failure_reason}
    return msgspec.json.encode(
        {
            "version": "1.0",
            "event_type": "status",
            "channel": announcement.channel,
            "channel_value": shown_address(announcement.channel, announcement.address),
            "distinct_id": announcement.distinct_id,
            "template": announcement.template_slug,
            "workflow_name": announcement.workflow_name,
            "vendor_name": announcement.vendor,
            "reference": {
                "idempotency_key": announcement.idempotency_key,
                "supr_execution_id": announcement.run_id,
                "supr_ngid": announcement.request_id,
                "supr_nid": announcement.message_id,
                "vendor_ack_id": announcement.vendor_message_id,
                "workspace_name": announcement.workspace_name,
                "workspace_uid": announcement.workspace_uid,
            },
            "vendor_response": _vendor_response(announcement),
            "suprsend_status": told,
        }
    )


def _vendor_response(announcement: Announcement) -> Document:
    if announcement.vendor is None:
        return {}
    said: Document = {"message_id": announcement.vendor_message_id}
    if announcement.status == "delivery_failure":
        said |= {"code": announcement.failure_code, "reason": announcement.failure_reason}
    return {announcement.vendor: said}
