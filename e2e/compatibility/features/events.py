"""Events: what is tracked meets the success that a ladder waits for, and starts workflows."""

from typing import Any
from uuid import uuid4

from e2e.compatibility.features.triggers import FILE
from e2e.compatibility.proofs import mails_to, messages, write_to
from e2e.compatibility.scene import EVENT, TEMPLATE
from e2e.compatibility.steps import Feature, Step, Subject, Values, call, saved
from e2e.running import Access, until

OPENED = "ORDER_OPENED"
# Longer than a run of the matrix; the hub's clock is put forward beyond it.
LADDER = "1h"


def climb(subject: Subject) -> None:
    """Send somebody a push, and a mail later unless they track the event."""
    key = uuid4().hex
    person = {"distinct_id": subject.id, "$email": subject.email(), "$androidpush": {"token": subject.token()}}
    body = {
        "name": "Ladder",
        "template": TEMPLATE,
        "notification_category": "transactional",
        "users": [{**person, "$channels": ["androidpush", "email"]}],
        "data": {"code": "ladder"},
        "delivery": {"smart": True, "success": OPENED, "time_to_live": LADDER},
        "$idempotency_key": key,
    }
    answer = subject.hub.request("POST", f"/{subject.hub.workspace_key}/trigger/", json=body)
    assert answer.status == 202, answer.data
    # An event counts from the moment at which a message was sent.
    until(lambda: _ladder(subject), lambda found: found.get("androidpush", {}).get("status") == "sent_by_vendor")


def stops_the_ladder(subject: Subject, values: Values) -> None:
    """See that the mail is never sent."""
    messages(subject.hub, recipient_id=subject.id)
    mail = _ladder(subject)["email"]
    assert (mail["status"], mail["failure_code"]) == ("not_to_be_triggered", "success_met"), mail


def pass_the_time(hub: Access) -> None:
    """Put the hub's clock forward until every ladder is at its end."""
    assert hub.request("POST", "/dev/clock/", json={"advance": "1h1m"}).status == 200


def _ladder(subject: Subject) -> dict[str, dict[str, Any]]:
    found = subject.hub.get("/v1/message/", recipient_id=subject.id)["results"]
    return {each["channel"]: each for each in found}


def _event(subject: Subject) -> list[Step]:
    return [
        call("Event", subject.id, OPENED, {"amount": 10}, save="event"),
        call("track_event", saved("event")),
    ]


def _bulk(subject: Subject) -> list[Step]:
    return [
        call("bulk_events.new_instance", save="bulk"),
        call("Event", subject.id, OPENED, {"amount": 10}, idempotency_key=subject.id, save="first"),
        call("Event", subject.id, "ORDER_CLOSED", {"amount": 10}, save="second"),
        call("bulk.append", saved("first"), saved("second")),
        call("bulk.trigger"),
    ]


def _track(subject: Subject) -> list[Step]:
    return [call("track", subject.id, OPENED, {"amount": 10})]


def _with_file(subject: Subject) -> list[Step]:
    return [
        call("Event", subject.id, OPENED, {"amount": 10}, save="event"),
        call("event.add_attachment", str(FILE)),
        call("track_event", saved("event")),
    ]


def _starting(subject: Subject) -> list[Step]:
    return [
        call("Event", subject.id, EVENT, {"code": "first"}, save="event"),
        call("track_event", saved("event")),
    ]


def _introduce(subject: Subject) -> None:
    edit = {"distinct_id": subject.id, "$user_operations": [{"$append": {"$email": subject.email()}}]}
    assert subject.hub.request("POST", "/event/", json=edit).status == 202


def _receipt(subject: Subject) -> list[Step]:
    [message] = [each for each in write_to(subject.hub, subject.id, ["email"]) if each["channel"] == "email"]
    return [
        call("Event", subject.id, "$notification_clicked", {"id": message["message_id"]}, save="event"),
        call("track_event", saved("event")),
    ]


def _is_clicked(subject: Subject, values: Values) -> None:
    query = {"recipient_id": subject.id, "channel": "email"}
    until(
        lambda: [each["status"] for each in subject.hub.get("/v1/message/", **query)["results"]],
        lambda statuses: statuses == ["clicked"],
        15,
    )


FEATURES = {
    "event": Feature(_event, stops_the_ladder, climb),
    "event.bulk": Feature(_bulk, stops_the_ladder, climb),
    "event.track": Feature(_track, stops_the_ladder, climb),
    "event.attachment": Feature(_with_file, stops_the_ladder, climb),
    "event.receipt": Feature(_receipt, _is_clicked, _introduce),
    "event.starts_workflow": Feature(_starting, lambda who, values: mails_to(who, "first"), _introduce),
}
