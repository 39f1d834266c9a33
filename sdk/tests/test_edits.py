"""Edits of users and objects that the server checks: the newer wire form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from suprsend import InputValueError, SuprsendAPIException

from sdk.tests.conftest import KEY, App
from sdk.tests.local_server import answer, reset

EDITS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("set", ("$anything", 1), {"$set": {"$anything": 1}}),
    ("set", ({"a": 1, " b ": None},), {"$set": {"a": 1, "b": None}}),
    ("set_once", ("a", 1), {"$set_once": {"a": 1}}),
    ("increment", ({"a": -1},), {"$add": {"a": -1}}),
    ("append", ("tags", "x"), {"$append": {"tags": "x"}}),
    (
        "append",
        ({"$androidpush": "t", "$id_provider": "oppo"},),
        {"$append": {"$androidpush": "t", "$id_provider": "oppo"}},
    ),
    ("remove", ("tags", "x"), {"$remove": {"tags": "x"}}),
    ("unset", ("a",), {"$unset": ["a"]}),
    ("unset", (["a", "$email"],), {"$unset": ["a", "$email"]}),
    ("set_preferred_language", ("tlh",), {"$set": {"$preferred_language": "tlh"}}),
    ("set_locale", ("en_GB",), {"$set": {"$locale": "en_GB"}}),
    ("set_timezone", ("Europe/Paris",), {"$set": {"$timezone": "Europe/Paris"}}),
    ("add_email", ("nonsense",), {"$append": {"$email": "nonsense"}}),
    ("remove_email", ("a@b.cd",), {"$remove": {"$email": "a@b.cd"}}),
    ("add_sms", ("1",), {"$append": {"$sms": "1"}}),
    ("add_whatsapp", ("1",), {"$append": {"$whatsapp": "1"}}),
    ("add_androidpush", ("t",), {"$append": {"$androidpush": "t", "$id_provider": None}}),
    (
        "add_androidpush",
        ("t", "xiaomi", "com.app"),
        {"$append": {"$androidpush": "t", "$id_provider": "xiaomi", "$bundle_id": "com.app"}},
    ),
    ("remove_iospush", ("t", "apns"), {"$remove": {"$iospush": "t", "$id_provider": "apns"}}),
    ("add_webpush", ({"endpoint": "e"},), {"$append": {"$webpush": {"endpoint": "e"}, "$id_provider": None}}),
    ("add_slack", ({"email": "e"},), {"$append": {"$slack": {"email": "e"}}}),
    ("remove_ms_teams", ({"user_id": "u"},), {"$remove": {"$ms_teams": {"user_id": "u"}}}),
]


@pytest.mark.parametrize(("verb", "arguments", "operation"), EDITS)
def test_each_verb_notes_one_operation_as_given(
    app: App, verb: str, arguments: tuple[Any, ...], operation: dict[str, Any]
) -> None:
    client = app.connect()
    for edit in (client.users.get_edit_instance("u1"), client.objects.get_edit_instance("team", "red")):
        getattr(edit, verb)(*arguments)
        assert edit.operations == [operation]
        assert edit.get_payload() == {"operations": [operation]}
        assert (edit.errors, edit.warnings) == ([], [])


@pytest.mark.parametrize(
    ("verb", "arguments", "error", "warning"),
    [
        ("set", (5,), "[set] arg1 must be String or a dict", None),
        ("append", ([],), "[append] arg1 must be either string or a dict", None),
        ("set", ("a",), "[set] if arg1 is a string, then arg2 must be passed", None),
        ("unset", (5,), "[unset] key must be either String or List[string]", None),
        ("set", ({5: 1},), None, "[set] skipping key: 5. key must be a string"),
        ("remove", (" ", 1), None, "[remove] skipping key: empty string"),
    ],
)
def test_a_malformed_edit_is_left_out_and_noted(
    app: App, verb: str, arguments: tuple[Any, ...], error: str | None, warning: str | None
) -> None:
    edit = app.connect().users.get_edit_instance("u1")
    getattr(edit, verb)(*arguments)
    assert edit.operations == []
    assert (edit.errors, edit.warnings) == ([error] if error else [], [warning] if warning else [])


def test_an_edit_at_once_goes_to_the_user_or_to_what_a_tenant_knows(app: App) -> None:
    client = app.connect()
    for edit in (client.users.get_edit_instance(" u1 "), client.users.get_edit_instance("u1", "acme")):
        edit.set("plan", "pro")
        assert app.run(client.users.edit(edit)) == {"success": True}
    targets = [received.target for received in app.server.received]
    assert targets == ["/v1/user/u1/", "/v1/user/u1/tenant/acme/"]
    assert json.loads(app.server.received[0].body) == {"operations": [{"$set": {"plan": "pro"}}]}


def test_an_object_is_edited_at_once(app: App) -> None:
    client = app.connect()
    edit = client.objects.get_edit_instance("team", "red")
    edit.add_email("team@example.com")
    assert app.run(client.objects.edit(edit)) == {"success": True}
    assert app.server.received[0].target == "/v1/object/team/red/"


def test_edits_handed_over_are_an_identity_event_that_is_repeated_under_one_id(app: App) -> None:
    client = app.connect()
    edit = client.users.get_edit_instance("u1", "acme")
    edit.set("plan", "pro")
    app.server.script += [reset]
    result = app.run(client.users.async_edit(edit))
    assert (result["success"], result["status_code"]) == (True, 202)
    first, second = (json.loads(received.body) for received in app.server.received)
    assert first == second
    assert (first["$schema"], first["env"], first["distinct_id"], first["tenant_id"]) == ("2", KEY, "u1", "acme")
    assert first["$user_operations"] == [{"$set": {"plan": "pro"}}]


def test_edits_handed_over_are_refused_above_10_kilobytes(app: App) -> None:
    client = app.connect()
    edit = client.users.get_edit_instance("u1")
    edit.set("x", "y" * 11_000)
    with pytest.raises(InputValueError, match="User Payload size too big"):
        app.run(client.users.async_edit(edit))
    assert app.server.received == []


def test_a_refusal_of_edits_handed_over_is_an_exception(app: App) -> None:
    app.server.script += [answer(401, b'{"message": "who?"}')]
    client = app.connect()
    with pytest.raises(SuprsendAPIException) as raised:
        app.run(client.users.async_edit(client.users.get_edit_instance("u1")))
    assert (raised.value.status_code, raised.value.message) == (401, "who?")


def test_many_edits_travel_in_one_request(app: App) -> None:
    client = app.connect()
    bulk = client.users.get_bulk_edit_instance()
    for n in range(3):
        edit = client.users.get_edit_instance(f"u{n}", "acme" if n else None)
        edit.set("n", n)
        edit.set("", n)
        bulk.append(edit)
    response = app.run(bulk.save())
    assert (response.status, response.success) == ("success", 3)
    assert response.warnings[0] == "[distinct_id: u0][set] skipping key: empty string"
    sent = json.loads(app.server.received[0].body)
    assert [event["distinct_id"] for event in sent] == ["u0", "u1", "u2"]
    assert [event.get("tenant_id") for event in sent] == [None, "acme", "acme"]
