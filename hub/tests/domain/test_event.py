"""Records of `/event/`: told apart by what they hold."""

from typing import Any

import msgspec
import pytest
from suprsend_hub.domain.event import ProfileEdit, Record, TrackedEvent, are_reports, bare_report, read_record
from suprsend_hub.domain.fault import Invalid


def read(**document: Any) -> Record:
    return read_record(msgspec.json.encode(document))


def test_a_tracked_event_is_read() -> None:
    record = read(
        event="Product Viewed",
        distinct_id="u1",
        properties={"a": 1},
        **{"$time": 1_700_000_000_000, "$insert_id": "i" * 36},
    )
    assert isinstance(record, TrackedEvent)
    assert (record.name, record.distinct_id, record.properties) == ("Product Viewed", "u1", {"a": 1})
    assert record.happened_at is not None
    assert record.happened_at.year == 2023


def test_a_schema_2_edit_and_a_flat_one_do_the_same() -> None:
    schema_2 = read(distinct_id="u1", **{"$user_operations": [{"$set": {"a": 1}}]})
    flat = read(distinct_id="u1", **{"$set": {"a": 1}})
    assert isinstance(schema_2, ProfileEdit)
    assert schema_2 == flat


def test_reserved_events_may_lack_a_distinct_id() -> None:
    for document in ({"event": "$app_launched"}, {"event": "$identify"}):
        record = read(**document)
        assert isinstance(record, TrackedEvent)
        assert record.distinct_id is None


@pytest.mark.parametrize("name", ["$identify", " $identify "])
def test_who_is_identified_is_whom_the_event_is_about(name: str) -> None:
    record = read(event=name, distinct_id="u2", properties={"$identified_id": "u1"})
    assert isinstance(record, TrackedEvent)
    assert (record.name, record.distinct_id) == ("$identify", "u1")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"event":"$notification_clicked"}', True),
        ('[{"event":"$notification_clicked"},{"event":"$notification_dismiss"}]', True),
        ('[{"event":"$notification_clicked"},{"event":"Viewed","distinct_id":"u"}]', False),
        ('{"event":"Viewed","distinct_id":"u","properties":{"id":"$notification_clicked"}}', False),
        ('{"event":"$notification_opened"}', False),
        ('["$notification_clicked"]', False),
        ('{"event":"$notification_clicked"', False),
        ("", False),
    ],
)
def test_only_a_body_of_reports_is_one(body: str, told: bool) -> None:
    assert are_reports(body.encode()) is told


def test_of_a_report_without_proof_only_what_it_reports_is_kept() -> None:
    properties = {"id": "m1", "label_id": "x" * 256, "more": 1}
    report = read(event="$notification_clicked", distinct_id="u1", tenant_id="acme", properties=properties)
    assert isinstance(report, TrackedEvent)
    bare = bare_report(report)
    assert (bare.distinct_id, bare.tenant_id, bare.properties) == (None, None, {"id": "m1"})


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "event"),
        ({"event": "x", "distinct_id": "u"}, "event"),
        ({"event": "$mine", "distinct_id": "u"}, "event"),
        ({"event": "SS_mine", "distinct_id": "u"}, "event"),
        ({"event": "Viewed"}, "distinct_id"),
        ({"event": "Viewed", "distinct_id": ""}, "distinct_id"),
        ({"event": "Viewed", "distinct_id": "u", "properties": []}, "properties"),
        ({"event": "Viewed", "distinct_id": "u", "$time": 5}, "$time"),
        ({"event": "Viewed", "distinct_id": "u", "$time": "now"}, "$time"),
        ({"distinct_id": "u", "$user_operations": {}}, "$user_operations"),
        ({"$user_operations": []}, "distinct_id"),
        ({"event": "Viewed", "distinct_id": "u", "properties": {"a": "\x00"}}, "body.properties.a"),
    ],
)
def test_a_fault_names_its_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(**document)
    assert caught.value.field == field
