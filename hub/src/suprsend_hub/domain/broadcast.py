"""A broadcast: one template for every member of a list (wire.md 3.5)."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from suprsend_hub.domain.channel import Channel
from suprsend_hub.domain.delivery import DeliveryForm, read_delivery
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.idempotency import read_idempotency_key
from suprsend_hub.domain.reading import read_json, refuse_nul
from suprsend_hub.domain.recipient import read_channels
from suprsend_hub.domain.schedule import Schedule, read_schedule
from suprsend_hub.domain.subscriber_list import read_list_id
from suprsend_hub.domain.trigger import read_attachments
from suprsend_hub.domain.workflow_node import Send

_Slug = Annotated[str, Meta(min_length=2, max_length=120)]
_Category = Annotated[str, Meta(min_length=2, max_length=255)]
_Tenant = Annotated[str, Meta(max_length=64)]
_InsertId = Annotated[str, Meta(min_length=1, max_length=255)]


class BroadcastForm(msgspec.Struct, frozen=True):
    """A broadcast as it is written on the wire."""

    list_id: str
    template: _Slug
    notification_category: _Category
    data: dict[str, Any] | None = None
    channels: list[str] | None = None
    delay: str | int | None = None
    trigger_at: str | None = None
    tenant_id: _Tenant | None = None
    brand_id: _Tenant | None = None
    insert_id: _InsertId | None = msgspec.field(name="$insert_id", default=None)
    time: int | None = msgspec.field(name="$time", default=None)
    idempotency_key: str | None = msgspec.field(name="$idempotency_key", default=None)


_DECODER = msgspec.json.Decoder(BroadcastForm)


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One checked broadcast; `body` is its JSON as it came."""

    list_id: str
    node: Send
    category: str
    schedule: Schedule
    tenant_id: str | None
    insert_id: str | None
    idempotency_key: str | None
    body: str


def read_broadcast(raw: bytes) -> Broadcast:
    """One broadcast from its JSON, or Invalid that names the field."""
    form = read_json(raw, _DECODER)
    if rb"\u0000" in raw:
        refuse_nul(msgspec.json.decode(raw), "body")
    read_attachments(form.data or {})
    return Broadcast(
        list_id=read_list_id(form.list_id),
        node=Send(
            "", None, "send_multi_channel", form.template, _channels(form.channels), read_delivery(DeliveryForm())
        ),
        category=form.notification_category,
        schedule=read_schedule(form.delay, form.trigger_at),
        tenant_id=form.tenant_id or form.brand_id or None,
        insert_id=form.insert_id,
        idempotency_key=read_idempotency_key(form.idempotency_key),
        body=raw.decode(),
    )


def _channels(names: list[str] | None) -> frozenset[Channel] | None:
    if names is not None and not names:
        raise Invalid("channels", "must name at least one channel, or be left out for all of the template's")
    return read_channels(names, "channels")
