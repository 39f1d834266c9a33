"""Triggers: what is accepted, and that every fault names its field."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.trigger import Trigger, read_trigger

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def body(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "name": "Purchase Workflow",
        "template": "purchase-made",
        "notification_category": "transactional",
        "users": [{"distinct_id": "u1", "$email": ["ada@example.com"]}],
        "data": {"first_name": "Ada"},
    }
    return {key: value for key, value in (whole | changes).items() if value is not ...}


def read(**changes: Any) -> Trigger:
    return read_trigger(msgspec.json.encode(body(**changes)))


def test_a_trigger_is_read_whole() -> None:
    trigger = read(
        users=[
            {
                "distinct_id": "u1",
                "$channels": ["email", "inbox"],
                "$email": "ada@example.com",
                "$sms": ["+1 555 0100 200"],
                "$androidpush": [{"token": "t1", "provider": "FCM", "device_id": "d"}, "t2"],
                "$preferred_language": "de",
                "city": "Turin",
            }
        ],
        delivery={
            "smart": True,
            "success": "delivered",
            "time_to_live": "2h",
            "mandatory_channels": ["email"],
        },
        delay="15m",
        tenant_id="acme",
        **{"$idempotency_key": "  k1 "},
    )
    (recipient,) = trigger.recipients
    assert [(each.channel, each.provider, each.value) for each in recipient.identities] == [
        ("androidpush", "fcm", "t1"),
        ("androidpush", "fcm", "t2"),
        ("email", "", "ada@example.com"),
        ("sms", "", "+15550100200"),
    ]
    assert recipient.channels == frozenset({"email", "inbox"})
    assert recipient.properties == {"$preferred_language": "de", "city": "Turin"}
    assert trigger.delivery.smart
    assert trigger.delivery.time_to_live == timedelta(hours=2)
    assert trigger.idempotency_key == "k1"
    assert trigger.due_at(NOW) == NOW + timedelta(minutes=15)
    assert trigger.tenant_id == "acme"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ...}, "name"),
        ({"name": 5}, "name"),
        ({"name": "x"}, "name"),
        ({"template": ...}, "template"),
        ({"template": ""}, "template"),
        ({"notification_category": ...}, "notification_category"),
        ({"users": ...}, "users"),
        ({"users": {}}, "users"),
        ({"users": []}, "users"),
        ({"users": [{"distinct_id": f"u{n}"} for n in range(101)]}, "users"),
        ({"users": ["u1"]}, "users[0]"),
        ({"users": [{}]}, "users[0].distinct_id"),
        ({"users": [{"distinct_id": 5}]}, "users[0].distinct_id"),
        ({"users": [{"distinct_id": "u" * 256}]}, "users[0].distinct_id"),
        ({"users": [{"distinct_id": "u", "is_transient": "yes"}]}, "users[0].is_transient"),
        ({"users": [{"distinct_id": "u", "$channels": "email"}]}, "users[0].$channels"),
        ({"users": [{"distinct_id": "u", "$channels": ["fax"]}]}, "users[0].$channels[0]"),
        ({"users": [{"distinct_id": "u", "$email": ["nope"]}]}, "users[0].$email[0]"),
        ({"users": [{"distinct_id": "u", "$email": []}]}, "users[0].$email"),
        ({"users": [{"distinct_id": "u", "$email": ["a@b.co"] * 11}]}, "users[0].$email"),
        ({"users": [{"distinct_id": "u", "$sms": "0123"}]}, "users[0].$sms"),
        (
            {"users": [{"distinct_id": "u", "$androidpush": {"provider": "fcm"}}]},
            "users[0].$androidpush.token",
        ),
        (
            {"users": [{"distinct_id": "u", "$androidpush": {"token": "t", "provider": "apns"}}]},
            "users[0].$androidpush.token",
        ),
        ({"users": [{"distinct_id": "u", "$slack": {"access_token": "xoxb-1"}}]}, "users[0].$slack"),
        ({"data": []}, "data"),
        ({"data": {"$attachments": {}}}, "data.$attachments"),
        ({"data": {"$attachments": [{}]}}, "data.$attachments[0]"),
        ({"data": {"$attachments": [{"filename": "f", "data": "%%"}]}}, "data.$attachments[0].data"),
        ({"data": {"$attachments": [{"filename": 1, "url": "u"}]}}, "data.$attachments[0].filename"),
        ({"delivery": {"smart": "yes"}}, "delivery.smart"),
        ({"delivery": {"time_to_live": "soon"}}, "delivery.time_to_live"),
        ({"delivery": {"mandatory_channels": ["fax"]}}, "delivery.mandatory_channels[0]"),
        ({"delivery": {"success": " "}}, "delivery.success"),
        ({"delay": "soon"}, "delay"),
        ({"delay": -1}, "delay"),
        ({"delay": 1.5}, "delay"),
        ({"trigger_at": "tomorrow"}, "trigger_at"),
        ({"trigger_at": 5}, "trigger_at"),
        ({"tenant_id": "t" * 65}, "tenant_id"),
        ({"$idempotency_key": "k" * 256}, "$idempotency_key"),
        ({"data": {"deep": {"x": ["\x00"]}}}, "body.data.deep.x[0]"),
    ],
)
def test_a_fault_names_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(**changes)
    assert caught.value.field == field
    assert str(caught.value).startswith(field)


@pytest.mark.parametrize("raw", [b"", b"{", b"nonsense", b"\xff\xfe", b"5", b"null", b"[" * 5000, b'{"a":' * 5000])
def test_a_body_that_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        read_trigger(raw)


def test_trigger_at_wins_over_delay_and_the_past_means_now() -> None:
    ahead = read(delay="1d", trigger_at="2026-05-01T14:00:00+01:00")
    assert ahead.due_at(NOW) == datetime(2026, 5, 1, 13, 0, tzinfo=UTC)
    assert read(trigger_at="2020-01-01T00:00:00Z").due_at(NOW) == NOW
    assert read(trigger_at="2026-05-01T12:30").due_at(NOW) == NOW + timedelta(minutes=30)


def test_a_time_too_far_ahead_is_refused() -> None:
    with pytest.raises(Invalid, match="trigger_at"):
        read(trigger_at="9999-12-31T23:59:59Z").due_at(NOW)


def test_a_transient_user_needs_no_distinct_id() -> None:
    (recipient,) = read(users=[{"is_transient": True, "$email": "t@example.com"}]).recipients
    assert recipient.distinct_id is None
    assert recipient.is_transient


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from([*body(), "delay", "trigger_at", "delivery", "tenant_id", "$idempotency_key"]),
    json_values,
)
def test_no_value_of_a_field_is_more_than_a_trigger_or_a_fault(field: str, value: object) -> None:
    with suppress(Invalid):
        read(**{field: value}).due_at(NOW)


@given(json_values)
def test_no_user_is_more_than_a_recipient_or_a_fault(user: object) -> None:
    with suppress(Invalid):
        read(users=[{"distinct_id": "u", **user} if isinstance(user, dict) else user])
