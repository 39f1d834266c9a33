"""Announcements: everything that becomes of a message is told once, whatever the order in which it is heard."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.announcement import (
    ANNOUNCED,
    Announcement,
    Change,
    MessageState,
    all_changes,
    changes_between,
    write_payload,
)
from suprsend_hub.domain.message import STATUSES, Status

START = datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC)
MILESTONES: tuple[Status, ...] = ("triggered", "sent_by_vendor", "delivered", "dismissed", "seen", "clicked")

moments = st.dictionaries(st.sampled_from(MILESTONES), st.datetimes(timezones=st.just(UTC)))


def state(status: Status, moments: dict[Status, datetime], updated_at: datetime = START) -> MessageState:
    return MessageState("m1", "email", status, updated_at, moments)


@given(st.permutations(MILESTONES), st.integers(0, len(MILESTONES)))
def test_whatever_the_order_every_milestone_is_told_once(order: list[Status], together: int) -> None:
    told: list[Status] = []
    known: dict[Status, datetime] = {}
    for heard in (order[:together], *([each] for each in order[together:])):
        later = known | dict.fromkeys(heard, START)
        told += [each.status for each in changes_between(state("seen", known), state("seen", later))]
        known = later
    assert sorted(told) == sorted(MILESTONES)


@given(st.sampled_from(STATUSES), moments)
def test_what_is_heard_twice_is_told_once(status: Status, at: dict[Status, datetime]) -> None:
    # Of a moment that a late report moves, nothing is told again either.
    earlier = {each: moment - timedelta(seconds=1) for each, moment in at.items() if moment.year > 1}
    assert changes_between(state(status, at), state(status, at | earlier)) == []


@pytest.mark.parametrize("status", ["not_to_be_triggered", "trigger_failed", "delivery_failure"])
def test_a_failure_is_told_with_the_moment_of_the_change(status: Status) -> None:
    before, later = state("triggered", {"triggered": START}), START + timedelta(seconds=1)
    after = state(status, {"triggered": START}, later)
    assert changes_between(before, after) == [Change("m1", "email", status, later)]
    assert changes_between(after, after) == []
    assert all_changes({}, [state(status, {}, later)]) == [Change("m1", "email", status, later)]


def test_of_a_message_that_is_only_planned_nothing_is_told() -> None:
    assert changes_between(None, state("to_be_triggered", {})) == []
    assert set(STATUSES) - set(ANNOUNCED) == {"to_be_triggered"}


def test_reports_in_every_order_tell_the_same() -> None:
    heard: dict[Status, datetime] = {"delivered": START, "seen": START + timedelta(1), "clicked": START + timedelta(2)}
    expected = {Change("m1", "email", status, at) for status, at in heard.items()}
    for order in permutations(heard):
        known: dict[Status, datetime] = {}
        told: list[Change] = []
        for status in order:
            later = {**known, status: heard[status]}
            told += changes_between(state("clicked", known), state("clicked", later))
            known = later
        assert (len(told), set(told)) == (3, expected)


WHOLE = Announcement(
    status="delivered",
    happened_at=START,
    message_id="message-1",
    run_id="run-1",
    request_id="request-1",
    channel="sms",
    address="+15005550006",
    distinct_id="u1",
    template_slug="purchase-made",
    workflow_name="Purchase Workflow",
    idempotency_key="order-1234",
    vendor="twilio",
    vendor_message_id="SM1",
    failure_code="old",
    failure_reason="an earlier try",
    workspace_name="shop",
    workspace_uid="uid-1",
)


def payload(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = msgspec.json.decode(write_payload(replace(WHOLE, **changes)))
    return whole


def test_the_payload_has_the_fields_of_the_protocol() -> None:
    assert payload() == {
        "version": "1.0",
        "event_type": "status",
        "channel": "sms",
        "channel_value": "+15005550006",
        "distinct_id": "u1",
        "template": "purchase-made",
        "workflow_name": "Purchase Workflow",
        "vendor_name": "twilio",
        "reference": {
            "idempotency_key": "order-1234",
            "supr_execution_id": "run-1",
            "supr_ngid": "request-1",
            "supr_nid": "message-1",
            "vendor_ack_id": "SM1",
            "workspace_name": "shop",
            "workspace_uid": "uid-1",
        },
        "vendor_response": {"twilio": {"message_id": "SM1"}},
        "suprsend_status": {"status": "delivered", "timestamp": 1769860800250},
    }


def test_a_failure_says_why_with_the_status_and_with_the_vendor() -> None:
    failed = payload(status="delivery_failure", failure_code="address", failure_reason="no such number")
    why = {"failure_code": "address", "failure_reason": "no such number"}
    assert failed["suprsend_status"] == {"status": "delivery_failure", "timestamp": 1769860800250} | why
    assert failed["vendor_response"] == {"twilio": {"message_id": "SM1", "code": "address", "reason": "no such number"}}
    assert payload(vendor=None)["vendor_response"] == {}


def test_a_token_is_shortened_as_the_messages_api_does() -> None:
    told = payload(channel="androidpush", address="a-long-device-token-that-is-a-secret")
    assert told["channel_value"] == "a-long…cret"
