"""Receipts from end to end: what people do with a message becomes its state, wherever that can be told."""

import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
import urllib3
from suprsend import Event, Suprsend

from e2e.running import Access, until
from e2e.test_channels import addresses, message_to, recipient_of, template, trigger

__all__ = ["template"]

PUSHES = ["androidpush", "iospush", "webpush"]


@pytest.fixture(scope="module")
def client(hub: Access) -> Iterator[Suprsend]:
    """What an app's backend holds."""
    with Suprsend(hub.workspace_key, hub.workspace_secret, base_url=hub.base_url) as client:
        yield client


def sent(hub: Access, template: str, channel: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A message to somebody new, as the vendor and as the API has it."""
    person = addresses(hub)
    trigger(hub, template, person, channel)
    [received] = hub.outbox(recipient=recipient_of(person, channel), channel=channel)
    message = message_to(hub, person, channel)
    assert message["status"] == "sent_by_vendor"
    return received, message


def state_of(hub: Access, message: dict[str, Any]) -> dict[str, Any]:
    [found] = hub.get("/v1/message/", message_id=message["message_id"])["results"]
    return dict(found)


def has_status(status: str) -> Callable[[dict[str, Any]], bool]:
    return lambda found: found["status"] == status


def addresses_in(received: dict[str, Any]) -> list[str]:
    """Every address in a mail's HTML, as a reader's program would ask for it."""
    return [unescape(each) for each in re.findall(r'(?:href|src)="([^"]+)"', received["content"]["html"])]


def test_a_mail_that_is_opened_is_seen_and_one_whose_link_is_followed_is_clicked(hub: Access, template: str) -> None:
    received, message = sent(hub, template, "email")
    link, picture = addresses_in(received)
    # Programs fetch a picture again and again.
    for _ in range(2):
        assert urllib3.request("GET", picture).headers["Content-Type"] == "image/gif"
    opened = state_of(hub, message)
    assert (opened["status"], opened["clicked_at"]) == ("seen", None)
    answer = urllib3.request("GET", link, redirect=False)
    assert (answer.status, answer.headers["Location"]) == (302, "https://shop.example.com/orders?a=1&b=2")
    clicked = state_of(hub, message)
    assert (clicked["status"], clicked["seen_at"]) == ("clicked", opened["seen_at"])


def test_a_link_leads_nowhere_else(hub: Access, template: str) -> None:
    received, message = sent(hub, template, "email")
    link, _ = addresses_in(received)
    forged = link.partition("?url=")[0] + "?url=https%3A%2F%2Fevil.example.com%2F"
    assert urllib3.request("GET", forged, redirect=False).status == 404
    assert state_of(hub, message)["status"] == "sent_by_vendor"


@pytest.mark.parametrize("channel", PUSHES)
def test_what_a_device_tells_of_a_push_becomes_its_state(
    hub: Access, client: Suprsend, template: str, channel: str
) -> None:
    received, message = sent(hub, template, channel)
    # What the app on the device finds in the push is the id by which it tells of it.
    assert message["message_id"] in json.dumps(received)
    person = message["recipient"]["distinct_id"]
    for name, state in (("clicked", "clicked"), ("delivered", "clicked"), ("dismiss", "clicked")):
        assert client.track_event(Event(person, f"$notification_{name}", {"id": message["message_id"]}))["success"]
        assert until(lambda: state_of(hub, message), has_status(state))
    told = state_of(hub, message)
    assert all(told[each] for each in ("delivered_at", "dismissed_at", "clicked_at"))


def test_what_is_done_in_the_inbox_becomes_the_state_of_its_message(hub: Access, template: str) -> None:
    person = addresses(hub)
    trigger(hub, template, person, "inbox")
    message = message_to(hub, person, "inbox")
    [shown] = hub.get("/v1/feed/notifications", distinct_id=person["distinct_id"])["results"]
    assert shown["message"]["text"] == "Your code is 123456"
    for action, state in (("seen", "seen"), ("interacted", "clicked"), ("archive", "clicked")):
        path = f"/v1/feed/notifications/{shown['n_id']}/{action}?distinct_id={person['distinct_id']}"
        assert hub.request("PATCH", path, json={}).status == 200
        assert state_of(hub, message)["status"] == state


@pytest.mark.parametrize("channel", ["slack", "ms_teams"])
def test_chats_tell_nothing_so_that_a_message_stays_with_its_vendor(hub: Access, template: str, channel: str) -> None:
    received, message = sent(hub, template, channel)
    told = {"recipient": received["recipient"], "happening": "delivered"}
    assert hub.request("POST", "/dev/reports/", json=told).status == 400
    assert state_of(hub, message)["status"] == "sent_by_vendor"
