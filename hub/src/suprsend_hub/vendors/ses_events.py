"""The events that Amazon SES publishes of a mail.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from datetime import datetime

import msgspec

from suprsend_hub.domain.callback import Heard, Unheard
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.vendors.printable import make_printable


class _Mail(msgspec.Struct, frozen=True):
    timestamp: datetime
    tags: dict[str, list[str]] = msgspec.field(default_factory=dict)


class _Recipient(msgspec.Struct, frozen=True, rename="camel"):
    email_address: str
    action: str = ""
    diagnostic_code: str = ""


class _Bounce(msgspec.Struct, frozen=True, rename="camel"):
    bounce_type: str
    bounced_recipients: list[_Recipient]
    timestamp: datetime
    bounce_sub_type: str = ""


class _Complaint(msgspec.Struct, frozen=True, rename="camel"):
    complained_recipients: list[_Recipient]
    timestamp: datetime


class _Delivery(msgspec.Struct, frozen=True):
    timestamp: datetime
    recipients: list[str] = msgspec.field(default_factory=list)


class _Moment(msgspec.Struct, frozen=True):
    timestamp: datetime


class _Reject(msgspec.Struct, frozen=True):
    reason: str = ""


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    event_type: str
    mail: _Mail
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None
    delivery: _Delivery | None = None
    open: _Moment | None = None
    click: _Moment | None = None
    reject: _Reject | None = None


def read_ses_event(text: str) -> Heard | Unheard:
    """The receipts of an event, one for each recipient that it tells of."""
    try:
        event = msgspec.json.decode(text, type=_Event)
    except msgspec.MsgspecError as error:
        # SNS tests a subscription with plain text, and tries again and again what is refused.
        return Heard() if not text.lstrip().startswith("{") else Unheard(400, f"the event can't be read: {error}")
    message_id = next(iter(event.mail.tags.get("message_id", [])), None)
    return Heard(tuple(_receipts(event, message_id)) if message_id else ())


def _receipts(event: _Event, message_id: str) -> list[Receipt]:
    match event:
        case _Event(event_type="Delivery", delivery=_Delivery() as delivery):
            return [Receipt(message_id, "delivered", delivery.timestamp, address=each) for each in delivery.recipients]
        case _Event(event_type="Bounce", bounce=_Bounce() as bounce):
            return [
                _bounced(message_id, bounce, each) for each in bounce.bounced_recipients if _is_failure(bounce, each)
            ]
        case _Event(event_type="Complaint", complaint=_Complaint() as complaint):
            return [
                Receipt(message_id, "complained", complaint.timestamp, cause="complaint", address=each.email_address)
                for each in complaint.complained_recipients
            ]
        case _Event(event_type="Open", open=_Moment(timestamp=at)):
            return [Receipt(message_id, "seen", at)]
        case _Event(event_type="Click", click=_Moment(timestamp=at)):
            return [Receipt(message_id, "clicked", at)]
        case _Event(event_type="Reject", reject=_Reject(reason=reason)):
            at, said = event.mail.timestamp, make_printable(f"SES rejected the mail: {reason}")
            return [Receipt(message_id, "failed", at, "vendor_reported_failure", said)]
        case _:
            return []


def _is_failure(bounce: _Bounce, recipient: _Recipient) -> bool:
    """Whether a bounce tells of an end: what SES still tries is a DeliveryDelay, which is another event.

    Automatic answers, such as out of office, come as transient and general too, but without what a server did.
    """
    is_vague = (bounce.bounce_type, bounce.bounce_sub_type) in (("Transient", "General"), ("Transient", ""))
    return not is_vague or recipient.action == "failed"


def _bounced(message_id: str, bounce: _Bounce, recipient: _Recipient) -> Receipt:
    is_hard = bounce.bounce_type == "Permanent"
    said = f"{bounce.bounce_type} {bounce.bounce_sub_type}: {recipient.diagnostic_code}"
    return Receipt(
        message_id,
        "failed",
        bounce.timestamp,
        "hard_bounce" if is_hard else "vendor_reported_failure",
        make_printable(said),
        "hard_bounce" if is_hard else None,
        recipient.email_address,
    )
