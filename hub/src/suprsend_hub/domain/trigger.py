"""The dynamic workflow trigger: `POST /{key}/trigger/` (wire.md 3.1)."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from suprsend_hub.domain.attachment import Attachment
from suprsend_hub.domain.delivery import Delivery, DeliveryForm, read_delivery
from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.idempotency import read_idempotency_key
from suprsend_hub.domain.reading import read_json, refuse_nul
from suprsend_hub.domain.recipient import Recipient, read_recipient
from suprsend_hub.domain.schedule import Schedule, read_schedule

MOST_USERS = 100

_Name = Annotated[str, Meta(min_length=2, max_length=255)]
_Slug = Annotated[str, Meta(min_length=2, max_length=120)]
_Tenant = Annotated[str, Meta(max_length=64)]


class TriggerForm(msgspec.Struct, frozen=True):
    """A trigger as it is written on the wire."""

    name: _Name
    template: _Slug
    notification_category: _Name
    users: list[dict[str, Any]]
    data: dict[str, Any] | None = None
    delivery: DeliveryForm | None = None
    delay: str | int | None = None
    trigger_at: str | None = None
    tenant_id: _Tenant | None = None
    brand_id: _Tenant | None = None
    idempotency_key: str | None = msgspec.field(name="$idempotency_key", default=None)


_DECODER = msgspec.json.Decoder(TriggerForm)


@dataclass(frozen=True, slots=True)
class Trigger:
    """One checked trigger; `body` is its JSON as it came, kept so that nothing is lost on the way."""

    name: str
    template: str
    category: str
    recipients: tuple[Recipient, ...]
    data: Document
    delivery: Delivery
    schedule: Schedule
    tenant_id: str | None
    idempotency_key: str | None
    body: str

    def due_at(self, now: datetime) -> datetime:
        """When the run is planned: `trigger_at` wins over `delay`; the past means now."""
        return self.schedule.due_at(now)


def read_trigger(raw: bytes) -> Trigger:
    """One trigger from its JSON, or Invalid that names the field."""
    form = read_json(raw, _DECODER)
    if rb"\u0000" in raw:
        refuse_nul(msgspec.json.decode(raw), "body")
    if not 1 <= len(form.users) <= MOST_USERS:
        raise Invalid("users", f"must have 1 to {MOST_USERS} items; has {len(form.users)}")
    data = form.data or {}
    read_attachments(data)
    return Trigger(
        name=form.name,
        template=form.template,
        category=form.notification_category,
        recipients=tuple(_recipient(user, index) for index, user in enumerate(form.users)),
        data=data,
        delivery=read_delivery(form.delivery or DeliveryForm()),
        schedule=read_schedule(form.delay, form.trigger_at),
        tenant_id=form.tenant_id or form.brand_id or None,
        idempotency_key=read_idempotency_key(form.idempotency_key),
        body=raw.decode(),
    )


def read_attachments(data: Document, field: str = "data") -> tuple[Attachment, ...]:
    """The files in the `$attachments` of a field, decoded; Invalid names the one that is wrong."""
    listed = data.get("$attachments")
    if listed is None:
        return ()
    if not isinstance(listed, list):
        raise Invalid(f"{field}.$attachments", "must be an array")
    return tuple(_attachment(item, f"{field}.$attachments[{index}]") for index, item in enumerate(listed))


def _attachment(item: object, field: str) -> Attachment:
    if not isinstance(item, dict):
        raise Invalid(field, "must be an object with filename and data or url")
    texts: dict[str, str | None] = {}
    for key in ("filename", "contentType", "data", "url"):
        value = item.get(key)
        if value is not None and not isinstance(value, str):
            raise Invalid(f"{field}.{key}", "must be a text")
        texts[key] = value or None
    if texts["data"] is None and texts["url"] is None:
        raise Invalid(field, "needs data (base64) or url")
    try:
        data = base64.b64decode(texts["data"], validate=True) if texts["data"] else None
    except (binascii.Error, ValueError):
        raise Invalid(f"{field}.data", "is not valid base64") from None
    return Attachment(
        filename=texts["filename"] or (texts["url"] or "").rsplit("/", 1)[-1].split("?")[0] or "attachment",
        content_type=texts["contentType"],
        data=data,
        url=texts["url"],
        ignore_if_error=bool(item.get("ignore_if_error")),
    )


def _recipient(user: Document, index: int) -> Recipient:
    try:
        return read_recipient(user)
    except Invalid as fault:
        raise fault.within(f"users[{index}]") from None
