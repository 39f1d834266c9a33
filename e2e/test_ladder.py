"""Smart delivery, played with the test clock: a day of waiting in seconds, stopped by real receipts."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from suprsend import Event, Suprsend, Workflow

from e2e.running import Access, a_folder, development_hub, until


@pytest.fixture(scope="module")
def hub() -> Iterator[Access]:
    """A hub whose clock these tests put forward."""
    with a_folder() as folder, development_hub(folder) as (_, access, _ready):
        yield access


@pytest.fixture(scope="module")
def client(hub: Access) -> Iterator[Suprsend]:
    """A client of that hub."""
    with Suprsend(hub.workspace_key, hub.workspace_secret, base_url=hub.base_url) as client:
        yield client


def climb(client: Suprsend, **delivery: object) -> str:
    """Trigger a ladder of two rungs for somebody new: Android push, then mail; the inbox at once."""
    person = uuid4().hex
    body = {
        "name": "Purchase Workflow",
        "template": "purchase-made",
        "notification_category": "transactional",
        "users": [
            {
                "distinct_id": person,
                "$email": f"{person}@example.com",
                "$androidpush": [{"token": person, "provider": "fcm"}],
            }
        ],
        "delivery": {"smart": True, **delivery},
    }
    assert client.trigger_workflow(Workflow(body, idempotency_key=person))["success"]
    return person


def messages(hub: Access, person: str) -> dict[str, dict[str, Any]]:
    """The person's messages by channel."""
    found = hub.get("/v1/message/", **{"recipient_id[]": person})["results"]
    return {each["channel"]: each for each in found}


def reach(hub: Access, person: str, **statuses: str) -> dict[str, dict[str, Any]]:
    """Wait until the person's messages have these states."""
    return until(
        lambda: messages(hub, person),
        lambda found: {each: found[each]["status"] for each in statuses if each in found} == statuses,
    )


def advance(hub: Access, by: str) -> None:
    """Put the hub's clock forward."""
    assert hub.request("POST", "/dev/clock/", json={"advance": by}).status == 200


def tell(client: Suprsend, name: str, person: str, message: dict[str, Any]) -> None:
    """Report what happened to a message, as a device does."""
    assert client.track_event(Event(person, name, {"id": message["message_id"]}))["success"]


def test_without_success_each_rung_goes_when_it_is_due(hub: Access, client: Suprsend) -> None:
    person = climb(client, time_to_live="1h")
    reach(hub, person, inbox="sent_by_vendor", androidpush="sent_by_vendor", email="to_be_triggered")
    advance(hub, "58m")
    other = climb(client, time_to_live="1h")
    reach(hub, other, androidpush="sent_by_vendor")
    assert messages(hub, person)["email"]["status"] == "to_be_triggered"
    advance(hub, "3m")
    reach(hub, person, email="sent_by_vendor")
    assert messages(hub, other)["email"]["status"] == "to_be_triggered"


def test_mandatory_channels_go_at_once(hub: Access, client: Suprsend) -> None:
    person = climb(client, time_to_live="1h", mandatory_channels=["email"])
    reach(hub, person, inbox="sent_by_vendor", androidpush="sent_by_vendor", email="sent_by_vendor")


def read_inbox(hub: Access, _client: Suprsend, person: str, sent: dict[str, dict[str, Any]]) -> None:
    path = f"/v1/feed/notifications/{sent['inbox']['message_id']}/seen?distinct_id={person}"
    assert hub.request("PATCH", path, json={}).status == 200


def deliver_push(_hub: Access, client: Suprsend, person: str, sent: dict[str, dict[str, Any]]) -> None:
    tell(client, "$notification_delivered", person, sent["androidpush"])


def click_push(_hub: Access, client: Suprsend, person: str, sent: dict[str, dict[str, Any]]) -> None:
    tell(client, "$notification_clicked", person, sent["androidpush"])


def track_event(_hub: Access, client: Suprsend, person: str, _sent: dict[str, dict[str, Any]]) -> None:
    assert client.track(person, "ORDER_OPENED")["success"]


Report = Callable[[Access, Suprsend, str, dict[str, dict[str, Any]]], None]


@pytest.mark.parametrize(
    ("success", "report", "stops"),
    [
        ("delivered", deliver_push, True),
        ("delivered", read_inbox, True),
        ("delivered", track_event, False),
        ("seen", deliver_push, False),
        ("seen", read_inbox, True),
        ("seen", click_push, True),
        ("interaction", read_inbox, False),
        ("interaction", click_push, True),
        ("ORDER_OPENED", track_event, True),
        ("ORDER_OPENED", click_push, False),
    ],
)
def test_a_success_stops_the_ladder_and_nothing_less_does(
    hub: Access, client: Suprsend, success: str, report: Report, stops: bool
) -> None:
    person = climb(client, success=success, time_to_live="2h")
    sent = reach(hub, person, inbox="sent_by_vendor", androidpush="sent_by_vendor")
    report(hub, client, person, sent)
    advance(hub, "2h1m")
    ended = reach(hub, person, email="not_to_be_triggered" if stops else "sent_by_vendor")["email"]
    if stops:
        assert ended["failure_code"] == "success_met"
        assert success in ended["failure_reason"]
        assert hub.get("/dev/outbox/", recipient=f"{person}@example.com")["count"] == 0


def test_an_event_counts_for_a_day_after_a_message_was_sent(hub: Access, client: Suprsend) -> None:
    late, early = climb(client, success="OPENED", time_to_live="2d"), climb(client, success="OPENED", time_to_live="2d")
    for person in (late, early):
        reach(hub, person, inbox="sent_by_vendor", androidpush="sent_by_vendor")
    advance(hub, "23h50m")
    assert client.track(early, "OPENED")["success"]
    advance(hub, "20m")
    assert client.track(late, "OPENED")["success"]
    advance(hub, "1d")
    reach(hub, early, email="not_to_be_triggered")
    reach(hub, late, email="sent_by_vendor")


def test_receipts_are_shown_with_their_times(hub: Access, client: Suprsend) -> None:
    person = climb(client)
    sent = reach(hub, person, androidpush="sent_by_vendor")["androidpush"]
    for name in (
        "$notification_clicked",
        "$notification_delivered",
        "$notification_dismiss",
        "$notification_delivered",
    ):
        tell(client, name, person, sent)
    shown = reach(hub, person, androidpush="clicked")["androidpush"]
    assert shown["delivered_at"] and shown["clicked_at"] and shown["dismissed_at"]
    assert shown["seen_at"] is None


@pytest.mark.parametrize(("body", "status"), [({"advance": "soon"}, 400), ({"advance": -5}, 400), ({}, 400)])
def test_a_clock_does_not_go_back_or_nowhere(hub: Access, body: dict[str, object], status: int) -> None:
    assert hub.request("POST", "/dev/clock/", json=body).status == status
