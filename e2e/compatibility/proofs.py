"""How one sees what came of a call: somebody is written to, and what arrives is looked at."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from e2e.compatibility.scene import TEMPLATE
from e2e.compatibility.steps import Subject
from e2e.running import Access, are_ended, until

# Nothing here takes longer; a feature that answers well and does nothing is given up after it.
PATIENCE_SECONDS = 15


def write_to(hub: Access, person: str, channels: Sequence[str], **changes: Any) -> list[dict[str, Any]]:
    """Send somebody whom the hub knows a message on these channels; the messages once they have reached an end."""
    key = uuid4().hex
    body = {
        "name": "Look at it",
        "template": TEMPLATE,
        "notification_category": "transactional",
        "users": [{"distinct_id": person, "$channels": [*channels, "inbox"]}],
        "data": {"code": key},
        "$idempotency_key": key,
        **changes,
    }
    answer = hub.request("POST", f"/{hub.workspace_key}/trigger/", json=body)
    assert answer.status == 202, answer.data
    return messages(hub, idempotency_key=key)


def messages(hub: Access, at_least: int = 1, **query: object) -> list[dict[str, Any]]:
    """The messages that fit, once there are enough of them and each has reached an end."""
    return until(
        lambda: hub.get("/v1/message/", limit=1000, **query)["results"],
        lambda found: len(found) >= at_least and are_ended(found),
        PATIENCE_SECONDS,
    )


def received(hub: Access, recipient: str, at_least: int = 1, **query: object) -> list[dict[str, Any]]:
    """What reached an address, newest first."""
    return until(
        lambda: hub.get("/dev/outbox/", recipient=recipient, **query)["results"],
        lambda found: len(found) >= at_least,
        PATIENCE_SECONDS,
    )


def is_reached_at(hub: Access, person: str, channel: str, kept: str, gone: str = "") -> None:
    """See that somebody is reached on a channel at this address alone, and not at one that was removed."""
    sent = [each for each in write_to(hub, person, [channel]) if each["channel"] == channel]
    assert [each["status"] for each in sent] == ["sent_by_vendor"], sent
    assert len(received(hub, kept, channel=channel)) == 1
    assert not gone or hub.get("/dev/outbox/", recipient=gone)["count"] == 0, f"{gone} was written to"


def is_not_reached_on(hub: Access, person: str, channel: str) -> None:
    """See that somebody has no address on a channel."""
    sent = [each for each in write_to(hub, person, [channel]) if each["channel"] == channel]
    assert [each["status"] for each in sent if each["status"] == "sent_by_vendor"] == [], sent


def known_of(hub: Access, person: str, **changes: Any) -> dict[str, Any]:
    """What a template is told of somebody: the template writes it into their inbox."""
    write_to(hub, person, [], **changes)
    tenant = str(changes.get("tenant_id", "default"))
    newest = hub.get("/v1/feed/notifications", distinct_id=person, tenant_id=tenant)["results"][0]
    told: dict[str, Any] = json.loads(newest["message"]["text"])
    return told


def mails_to(subject: Subject, *codes: str) -> list[dict[str, Any]]:
    """The mails to somebody, having seen that they are these."""
    mails = received(subject.hub, subject.email(), at_least=len(codes), channel="email")
    assert sorted(mail["title"] for mail in mails) == sorted(f"Hello {code}" for code in codes), mails
    return mails
