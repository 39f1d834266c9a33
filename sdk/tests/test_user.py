"""Edits of a profile: what is sent, what is refused, what is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from suprsend import InputValueError, Suprsend
from suprsend.resources.user import User
from suprsend.testing import RecordingTransport

from sdk.tests.conftest import App

Edit = Callable[[User[Suprsend]], None]

EMAIL_FORM = "value in email format required. e.g. user@example.com"
MOBILE_FORM = "number must start with + and must contain country code. e.g. +41446681800"


def edited(edit: Edit) -> User[Suprsend]:
    """Return a user to whom something was done."""
    user = Suprsend("key", "secret", transport=RecordingTransport()).user.get_instance("u1")
    edit(user)
    return user


OPERATIONS: dict[str, tuple[Edit, list[dict[str, Any]]]] = {
    "set one": (lambda u: u.set("plan", "pro"), [{"$set": {"plan": "pro"}}]),
    "set many": (lambda u: u.set({"a": 1, " b ": None}), [{"$set": {"a": 1, "b": None}}]),
    "set an identity as it is": (lambda u: u.set("$email", "x"), [{"$set": {"$email": "x"}}]),
    "set once": (lambda u: u.set_once("first", 1), [{"$set_once": {"first": 1}}]),
    "increment": (lambda u: u.increment({"n": 1, "m": -2}), [{"$add": {"n": 1, "m": -2}}]),
    "append": (lambda u: u.append("list", "x"), [{"$append": {"list": "x"}}]),
    "append an identity": (lambda u: u.append("$email", " a@b.example "), [{"$append": {"$email": "a@b.example"}}]),
    "append push": (
        lambda u: u.append({"$pushvendor": "XIAOMI", "$androidpush": "t"}),
        [{"$append": {"$pushvendor": "xiaomi", "$androidpush": "t"}}],
    ),
    "remove": (
        lambda u: u.remove({"list": "x", "$sms": "+15005550006"}),
        [{"$remove": {"list": "x", "$sms": "+15005550006"}}],
    ),
    "unset one": (lambda u: u.unset(" plan "), [{"$unset": ["plan"]}]),
    "unset many": (lambda u: u.unset(("$email", "plan")), [{"$unset": ["$email", "plan"]}]),
    "remove email": (lambda u: u.remove_email("a@b.example"), [{"$remove": {"$email": "a@b.example"}}]),
    "set email": (lambda u: u.set_email("a@b.example"), [{"$append": {"$email": "a@b.example"}}]),
    "push provider in capitals": (
        lambda u: u.add_androidpush("t", provider="OPPO"),
        [{"$append": {"$androidpush": "t", "$pushvendor": "oppo"}}],
    ),
    "remove ios push": (
        lambda u: u.remove_iospush("t"),
        [{"$remove": {"$iospush": "t", "$pushvendor": "apns"}}],
    ),
    "language": (lambda u: u.set_preferred_language("fr"), [{"$set": {"$preferred_language": "fr"}}]),
    "locale": (lambda u: u.set_locale("en_GB"), [{"$set": {"$locale": "en_GB"}}]),
    "time zone": (lambda u: u.set_timezone("Europe/Paris"), [{"$set": {"$timezone": "Europe/Paris"}}]),
}

ERRORS: dict[str, Edit] = {
    "[add_email] value must a string with proper value": lambda u: u.add_email("  "),
    f"[add_email] invalid value nope. {EMAIL_FORM}": lambda u: u.add_email("nope"),
    "[add_email] invalid value a@b.c. must be 6 <= len(email) <= 127": lambda u: u.add_email("a@b.c"),
    f"[remove_sms] invalid value 41446681800. {MOBILE_FORM}": lambda u: u.remove_sms("41446681800"),
    "[add_whatsapp] invalid value +123456. len(mobile_no) must be >= 8": lambda u: u.add_whatsapp("+123456"),
    "[add_androidpush] unsupported androidpush provider apns": lambda u: u.add_androidpush("t", "apns"),
    "[add_iospush] unsupported iospush provider fcm": lambda u: u.add_iospush("t", "fcm"),
    "[add_webpush] value must be a valid dict representing webpush-token": lambda u: u.add_webpush({}),
    "[add_webpush] unsupported webpush provider fcm": lambda u: u.add_webpush({"endpoint": "x"}, "fcm"),
    "[add_slack] value must be a valid dict/json with proper keys": lambda u: u.add_slack({}),
    "[remove_ms_teams] value must be a valid dict/json with proper keys": lambda u: u.remove_ms_teams({}),
    f"[append:$email] invalid value nope. {EMAIL_FORM}": lambda u: u.append({"$email": "nope", "a": 1}),
    "[append] if arg1 is a string, then arg2 must be passed": lambda u: u.append("list"),
    "[set] if arg1 is a string, then arg2 must be passed": lambda u: u.set("plan"),
    "[append] arg1 must be either string or a dict": lambda u: u.append(5),  # type: ignore[arg-type]  # untyped caller
    "[increment] arg1 must be String or a dict": lambda u: u.increment(None),  # type: ignore[arg-type]  # untyped caller
    "[unset] key must be either String or List[string]": lambda u: u.unset({}),  # type: ignore[arg-type]  # untyped caller
}

WARNINGS: dict[str, Edit] = {
    "[set] skipping key: 5. key must be a string": lambda u: u.set({5: "x"}),  # type: ignore[dict-item]  # untyped caller
    "[set] skipping key: empty string": lambda u: u.set(" ", "x"),
    "[set] skipping key: $mine. key starting with [$,ss_] are reserved": lambda u: u.set("$mine", 1),
    "[append] skipping key: SS_x. key starting with [$,ss_] are reserved": lambda u: u.append("SS_x", 1),
    "[set_preferred_language] invalid value klingon": lambda u: u.set_preferred_language("klingon"),
    "[set_timezone] invalid value ": lambda u: u.set_timezone(""),
}


@pytest.mark.parametrize(("edit", "operations"), OPERATIONS.values(), ids=OPERATIONS)
def test_an_edit_becomes_an_operation(edit: Edit, operations: list[dict[str, Any]]) -> None:
    user = edited(edit)
    assert (user.user_operations, user.errors, user.warnings) == (operations, [], [])


@pytest.mark.parametrize(("message", "edit"), ERRORS.items(), ids=ERRORS)
def test_a_bad_value_is_an_error_and_nothing_is_sent(message: str, edit: Edit) -> None:
    user = edited(edit)
    assert user.errors == [message]
    assert user.save() == {
        "success": False,
        "status": "fail",
        "status_code": 500,
        "message": f"ERROR: [distinct_id: u1]{message}",
    }


@pytest.mark.parametrize(("message", "edit"), WARNINGS.items(), ids=WARNINGS)
def test_a_bad_key_is_left_out_with_a_warning(message: str, edit: Edit) -> None:
    user = edited(edit)
    assert (user.warnings, user.errors, user.user_operations) == ([message], [], [])
    assert user.save()["success"]


def test_every_channel_can_be_added_set_and_removed() -> None:
    channels = {
        "email": "ada@example.com",
        "sms": "+15005550006",
        "whatsapp": "+15005550006",
        "androidpush": "token",
        "iospush": "token",
        "webpush": {"endpoint": "https://push.example/x"},
        "slack": {"email": "ada@example.com"},
        "ms_teams": {"conversation_id": "c"},
    }
    for channel, value in channels.items():
        for verb, operator in (("add", "$append"), ("set", "$append"), ("remove", "$remove")):
            user = edited(lambda _user: None)
            getattr(user, f"{verb}_{channel}")(value)
            assert user.user_operations[0][operator][f"${channel}"] == value


@pytest.mark.parametrize("distinct_id", [None, 5, "", "  "])
def test_a_user_needs_a_distinct_id(distinct_id: Any) -> None:
    client = Suprsend("key", "secret", transport=RecordingTransport())
    with pytest.raises(InputValueError, match="distinct_id must be"):
        client.user.get_instance(distinct_id)


def test_more_than_10_kilobytes_are_not_sent(app: App) -> None:
    user = app.connect().user.new(" u1 ")
    user.set("blob", "x" * 10_240)
    result = app.run(user.save())
    assert result["status_code"] == 500
    assert "User Event size too big" in result["message"]
    assert "10KB" in result["message"]
    assert app.server.received == []


def test_a_value_without_json_form_is_a_failed_result(app: App) -> None:
    user = app.connect().user.get_instance("u1")
    user.set("when", object())
    assert "not JSON serializable" in app.run(user.save())["message"]


def test_a_user_shows_its_edits_and_what_was_noted() -> None:
    user = edited(lambda u: u.set({"a": 1, "$x": 2}))
    assert user.as_json() == {
        "distinct_id": "u1",
        "$user_operations": [{"$set": {"a": 1}}],
        "warnings": ["[distinct_id: u1][set] skipping key: $x. key starting with [$,ss_] are reserved"],
    }
