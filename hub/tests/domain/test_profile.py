"""Profile operations: wire.md 3.4, applied from first to last."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.identity import Identity
from suprsend_hub.domain.profile import Profile, edit, read_operations

EMPTY = Profile({}, ())


def edited(profile: Profile, *operations: dict[str, Any]) -> Profile:
    return edit(profile, read_operations(operations, "$user_operations"))


@pytest.mark.parametrize(
    ("before", "operation", "after"),
    [
        ({}, {"$set": {"a": 1}}, {"a": 1}),
        ({"a": 1}, {"$set": {"a": 2, "b": None}}, {"a": 2, "b": None}),
        ({"a": 1}, {"$set_once": {"a": 2, "b": 3}}, {"a": 1, "b": 3}),
        ({"a": 1}, {"$add": {"a": 2.5, "b": -1}}, {"a": 3.5, "b": -1}),
        ({"a": "x"}, {"$increment": {"a": 1}}, {"a": 1}),
        ({}, {"$append": {"tags": "x"}}, {"tags": ["x"]}),
        ({"tags": ["x"]}, {"$append": {"tags": "x"}}, {"tags": ["x", "x"]}),
        ({"tags": "x"}, {"$append": {"tags": "y"}}, {"tags": ["x", "y"]}),
        ({"tags": ["x", "y", "x"]}, {"$remove": {"tags": "x"}}, {"tags": ["y"]}),
        ({}, {"$remove": {"tags": "x"}}, {}),
        ({"a": 1, "b": 2}, {"$unset": ["a", "c"]}, {"b": 2}),
        ({}, {"$set": {"$preferred_language": "de"}}, {"$preferred_language": "de"}),
    ],
)
def test_a_property_operation(before: dict[str, Any], operation: dict[str, Any], after: dict[str, Any]) -> None:
    assert edited(Profile(before, ()), operation).properties == after


def test_identities_are_added_once_and_keep_their_order() -> None:
    profile = edited(
        EMPTY,
        {"$append": {"$email": "a@example.com"}},
        {"$append": {"$androidpush": "t1", "$id_provider": "fcm", "$device_id": "d1"}},
        {"$append": {"$androidpush": "t1", "$pushvendor": "XIAOMI"}},
        {"$append": {"$email": "a@example.com"}},
        {"$append": {"$iospush": "t2", "$id_provider": None}},
    )
    assert [each.key for each in profile.identities] == [
        ("email", "", "a@example.com"),
        ("androidpush", "fcm", "t1"),
        ("androidpush", "xiaomi", "t1"),
        ("iospush", "apns", "t2"),
    ]
    assert profile.identities[1].details == {"device_id": "d1"}


def test_an_identity_is_removed_by_channel_provider_and_value() -> None:
    profile = edited(
        EMPTY,
        {"$append": {"$androidpush": "t1", "$id_provider": "fcm"}},
        {"$append": {"$androidpush": "t1", "$id_provider": "oppo"}},
        {"$remove": {"$androidpush": "t1", "$id_provider": "fcm"}},
    )
    assert [each.key for each in profile.identities] == [("androidpush", "oppo", "t1")]


def test_unsetting_a_channel_removes_all_of_it() -> None:
    profile = edited(
        Profile({"a": 1}, (Identity("email", "a@example.com"), Identity("sms", "+15550100"))),
        {"$unset": ["$email"]},
    )
    assert profile == Profile({"a": 1}, (Identity("sms", "+15550100"),))


def test_operations_apply_in_order() -> None:
    assert edited(EMPTY, {"$set": {"a": 1}}, {"$unset": ["a"]}, {"$set_once": {"a": 2}}).properties == {"a": 2}


@pytest.mark.parametrize(
    ("operation", "field"),
    [
        ("x", "$user_operations[0]"),
        ({"$grow": {}}, "$user_operations[0].$grow"),
        ({"$set": []}, "$user_operations[0].$set"),
        ({"$set": {"$email": "a@example.com"}}, "$user_operations[0].$set.$email"),
        ({"$add": {"a": "1"}}, "$user_operations[0].$add.a"),
        ({"$add": {"a": True}}, "$user_operations[0].$add.a"),
        ({"$append": {"$email": "nope"}}, "$user_operations[0].$append.$email"),
        (
            {"$append": {"$androidpush": "t", "$id_provider": "apns"}},
            "$user_operations[0].$append.$androidpush",
        ),
        ({"$unset": {"a": 1}}, "$user_operations[0].$unset"),
        ({"$unset": [1]}, "$user_operations[0].$unset"),
    ],
)
def test_a_wrong_operation_names_its_field(operation: object, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_operations([operation], "$user_operations")
    assert caught.value.field == field


values = (
    st.none() | st.booleans() | st.integers(-100, 100) | st.text(max_size=5) | st.lists(st.integers(0, 3), max_size=3)
)
keys = st.sampled_from(["a", "b", "c"])
operations = st.one_of(
    st.builds(lambda values: {"$set": values}, st.dictionaries(keys, values, max_size=2)),
    st.builds(lambda values: {"$set_once": values}, st.dictionaries(keys, values, max_size=2)),
    st.builds(lambda values: {"$add": values}, st.dictionaries(keys, st.integers(-9, 9), max_size=2)),
    st.builds(lambda values: {"$append": values}, st.dictionaries(keys, values, max_size=2)),
    st.builds(lambda values: {"$remove": values}, st.dictionaries(keys, values, max_size=2)),
    st.builds(lambda value: {"$append": {"$email": f"{value}@example.com"}}, keys),
    st.builds(lambda value: {"$remove": {"$email": f"{value}@example.com"}}, keys),
    st.builds(lambda value: {"$unset": [value]}, st.sampled_from(["a", "b", "$email"])),
)


@given(st.lists(operations, max_size=8), st.integers(0, 8))
def test_editing_in_two_parts_is_editing_at_once(wanted: list[dict[str, Any]], cut: int) -> None:
    assert edited(edited(EMPTY, *wanted[:cut]), *wanted[cut:]) == edited(EMPTY, *wanted)


@given(st.lists(operations, max_size=8))
def test_no_identity_is_ever_there_twice(wanted: list[dict[str, Any]]) -> None:
    found = [each.key for each in edited(EMPTY, *wanted).identities]
    assert len(found) == len(set(found))


def test_a_tenant_replaces_properties_by_key_and_addresses_by_channel() -> None:
    everywhere = Profile({"city": "Turin", "plan": {"name": "free"}}, (Identity("email", "a@example.com"),))
    phone = Identity("sms", "+15005550006")
    everywhere = everywhere.with_inline((phone,), {})
    own = Profile({"plan": {"seats": 3}}, (Identity("email", "b@example.com"),))
    seen = everywhere.seen_by(own)
    assert seen.properties == {"city": "Turin", "plan": {"seats": 3}}
    assert seen.identities == (phone, Identity("email", "b@example.com"))
    assert everywhere.seen_by(Profile({}, ())) == everywhere
