"""An inbox message needs no vendor: it is put down where its person looks."""

from datetime import datetime

from msgspec.structs import replace

from suprsend_hub.actions.compose import Composed
from suprsend_hub.actions.settle import Result
from suprsend_hub.actions.verdict import Try
from suprsend_hub.domain.expiry import read_expiry
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.template import DEFAULT_TENANT
from suprsend_hub.store.inbox_notifications import NewNotification


def put_in_inbox(tried: Try, composed: Composed, now: datetime) -> Result:
    """What follows from an inbox message: a notification, or the reason why there is none."""
    message, content = tried.message, composed.message.content
    try:
        expires_at = read_expiry(content, now)
    except Invalid as fault:
        settlement = tried.settlement(
            None, composed.variant_id, "trigger_failed", code="render_failed", reason=str(fault)
        )
        return tried.result(settlement)
    notification = NewNotification(
        id=message.id,
        tenant_id=message.tenant_id or DEFAULT_TENANT,
        distinct_id=message.address,
        category=message.category,
        content=content,
        is_pinned=bool(content.get("is_pinned")),
        tags=tuple(content.get("tags") or ()),
        expires_at=expires_at,
    )
    return replace(
        tried.result(tried.settlement(None, composed.variant_id, "sent_by_vendor")), notification=notification
    )
