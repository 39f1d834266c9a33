"""Events: their names, their fields, their attachments."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from suprsend import Event, InputValueError, Suprsend, SuprsendValidationError
from suprsend.testing import RecordingTransport


def sent(event: Event) -> Any:
    """Send an event and return what went out."""
    transport = RecordingTransport()
    assert Suprsend("key", "secret", transport=transport).track_event(event)["success"]
    return transport.bodies[0]


REFUSED: dict[str, Event] = {
    "distinct_id must be a string": Event(5, "E1"),  # type: ignore[arg-type]  # what an untyped program may do
    "distinct_id missing": Event("  ", "E1"),
    "event_name must be a string": Event("u1", None),  # type: ignore[arg-type]  # what an untyped program may do
    "event_name missing": Event("u1", " "),
    "event_names starting with [$,ss_] are reserved by SuprSend": Event("u1", "$mine"),
    "event_names starting with [$,ss_] are reserved": Event("u1", "SS_mine"),
    "properties must be a dictionary": Event("u1", "E1", ["x"]),  # type: ignore[arg-type]  # untyped program
    "Event size too big - ": Event("u1", "E1", {"blob": "x" * 820_000}),
}


@pytest.mark.parametrize(("message", "event"), REFUSED.items(), ids=REFUSED)
def test_a_bad_event_is_refused(message: str, event: Event) -> None:
    with pytest.raises(InputValueError, match=re.escape(message)):
        sent(event)


@pytest.mark.parametrize(
    ("field", "event"),
    [
        ("event", Event("u1", "E")),
        ("tenant_id", Event("u1", "E1", tenant_id="x" * 65)),
        ("brand_id", Event("u1", "E1", brand_id="x" * 65)),
        ("$idempotency_key", Event("u1", "E1", idempotency_key="k" * 256)),
    ],
)
def test_a_field_out_of_bounds_is_named(field: str, event: Event) -> None:
    with pytest.raises(SuprsendValidationError, match=re.escape(f"{field} must be")):
        sent(event)


def test_an_event_carries_its_key_and_tenant() -> None:
    body = sent(Event(" u1 ", " E1 ", {"a": 1}, idempotency_key="k", tenant_id="acme", brand_id="b"))
    assert (body["distinct_id"], body["event"]) == ("u1", "E1")
    assert (body["$idempotency_key"], body["tenant_id"], body["brand_id"]) == ("k", "acme", "b")


def test_the_shortcut_takes_a_brand_for_a_tenant() -> None:
    transport = RecordingTransport()
    Suprsend("key", "secret", transport=transport).track("u1", "E1", brand_id="acme")
    assert transport.bodies[0]["tenant_id"] == "acme"


def test_only_events_are_tracked() -> None:
    client = Suprsend("key", "secret", transport=RecordingTransport())
    with pytest.raises(InputValueError, match=r"instance of suprsend\.Event"):
        client.track_event({"event": "E1"})  # type: ignore[arg-type]  # what an untyped program may do


def test_an_event_shows_its_own_fields() -> None:
    assert Event("u1", "E1", tenant_id="acme").as_json() == {
        "event": "E1",
        "distinct_id": "u1",
        "properties": {},
        "tenant_id": "acme",
    }


def test_an_attachment_travels_among_the_properties(tmp_path: Path) -> None:
    path = tmp_path / "hello.txt"
    path.write_text("hello\n")
    event = Event("u1", "E1")
    event.add_attachment(str(path), file_name=" bill.txt ")
    event.add_attachment(str(path))
    names = [attachment["filename"] for attachment in sent(event)["properties"]["$attachments"]]
    assert names == ["bill.txt", "hello.txt"]
