"""Events: what a user did."""

from __future__ import annotations

import time
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from suprsend.encoding import CALL_LIMIT, encode, new_id, readable
from suprsend.errors import InputValueError, SuprsendValidationError
from suprsend.protocol import Send
from suprsend.resources.attachment import attach
from suprsend.resources.batch import RECORDS_IN_CALL
from suprsend.resources.bulk import Kind
from suprsend.resources.schema import Text, enforce, record
from suprsend.settings import Settings

RESERVED_NAMES = frozenset(
    {
        "$identify",
        "$notification_delivered",
        "$notification_dismiss",
        "$notification_clicked",
        "$app_launched",
        "$user_login",
        "$user_logout",
    }
)

_context_rules = record(
    {
        "tenant_id": Text(longest=64),
        "brand_id": Text(longest=64),
        "$idempotency_key": Text(longest=255),
    },
    is_closed=False,
)


@dataclass(slots=True, eq=False)
class Event:
    """One thing that a user did; the platform may start workflows from it.

    Names that begin with `$` or `ss_` are the platform's own; sending another such name, an empty name or an
    empty `distinct_id` raises InputValueError.

        Event("user-1", "ORDER_PLACED", {"amount": 10}, idempotency_key="order-981", tenant_id="acme")
    """

    distinct_id: str
    event_name: str
    properties: dict[str, Any] | None = None
    idempotency_key: str | None = None
    tenant_id: str | None = None
    brand_id: str | None = None

    def __post_init__(self) -> None:
        if self.properties is None:
            self.properties = {}

    def add_attachment(self, file_path: str, file_name: str | None = None, ignore_if_error: bool = False) -> None:
        """Add a file or an http(s) URL to `properties.$attachments`; see `Workflow.add_attachment`."""
        attach(self.properties, file_path, file_name, ignore_if_error=ignore_if_error)

    def as_json(self) -> dict[str, Any]:
        """Return the event's own fields, unchecked."""
        return {
            "event": self.event_name,
            "distinct_id": self.distinct_id,
            "properties": self.properties,
            **self.context(),
        }

    def context(self) -> dict[str, str]:
        """Return the idempotency key and the tenant, as far as they are given."""
        if not (self.idempotency_key or self.tenant_id or self.brand_id):
            return {}
        named = (
            ("$idempotency_key", self.idempotency_key),
            ("tenant_id", self.tenant_id),
            ("brand_id", self.brand_id),
        )
        return {name: value for name, value in named if value}


def encode_event(event: Event, settings: Settings) -> tuple[bytes, bool]:
    """Return an event's checked JSON, whose id lets the platform drop a repetition."""
    distinct_id = _checked_distinct_id(event.distinct_id)
    name = _checked_name(event.event_name)
    properties = event.properties
    if not isinstance(properties, dict):
        raise InputValueError("properties must be a dictionary")
    if len(name) < 2:
        raise SuprsendValidationError(f"event must be a string of at least 2 characters, not {name!r}")
    body = {
        "$insert_id": new_id(),
        "$time": int(time.time() * 1000),
        "event": name,
        "env": settings.workspace,
        "distinct_id": distinct_id,
        "properties": {**properties, "$ss_sdk_version": settings.user_agent},
    }
    if context := event.context():
        enforce(_context_rules, context)
        body.update(context)
    encoded = encode(body)
    if len(encoded) > CALL_LIMIT:
        raise InputValueError(f"Event size too big - {len(encoded)} Bytes, must not cross {readable(CALL_LIMIT)}")
    return encoded, True


def _checked_distinct_id(distinct_id: object) -> str:
    if not isinstance(distinct_id, str):
        raise InputValueError("distinct_id must be a string. an Id which uniquely identify a user in your app")
    stripped = distinct_id.strip()
    if not stripped:
        raise InputValueError("distinct_id missing")
    return stripped


def _checked_name(name: object) -> str:
    if not isinstance(name, str):
        raise InputValueError("event_name must be a string")
    stripped = name.strip()
    if not stripped:
        raise InputValueError("event_name missing")
    if (stripped[0] == "$" or stripped[:3].lower() == "ss_") and stripped not in RESERVED_NAMES:
        raise InputValueError("event_names starting with [$,ss_] are reserved by SuprSend")
    return stripped


def tracking(event: Event, settings: Settings) -> Send:
    """Return the request that records one event."""
    if not isinstance(event, Event):
        raise InputValueError("argument must be an instance of suprsend.Event")
    body, is_repeatable = encode_event(event, settings)
    return Send("POST", settings.event_target, body, is_repeatable, settings.policy.timeout)


EVENTS = Kind(Event, encode_event, attrgetter("event_target"), RECORDS_IN_CALL)
