"""Calls that return the server's JSON: each method's request, and what comes of every kind of answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from suprsend import (
    InputValueError,
    SubscriberListBroadcast,
    SuprsendAPIException,
    SuprsendError,
    SuprsendValidationError,
)
from suprsend.errors import AnswerLost, ConnectionNotMade
from suprsend.testing import reply

from sdk.tests.conftest import App
from sdk.tests.local_server import answer, raw, reset

USER, TEAM, P = "/v1/user/a%2Fb%20c/", "/v1/object/team/red%2F1/", {"x": [1, None, "ü"]}

CALLS: list[tuple[str, tuple[Any, ...], str, str, Any]] = [
    ("subscriber_lists.create", ({"list_id": " beta "},), "POST", "/v1/subscriber_list/", {"list_id": "beta"}),
    ("subscriber_lists.get_all", (), "GET", "/v1/subscriber_list/?limit=20&offset=0", None),
    ("subscriber_lists.get_all", (0, -1), "GET", "/v1/subscriber_list/?limit=20&offset=0", None),
    ("subscriber_lists.get_all", (1000, 7), "GET", "/v1/subscriber_list/?limit=1000&offset=7", None),
    ("subscriber_lists.get", ("a b/c",), "GET", "/v1/subscriber_list/a+b%2Fc/", None),
    ("subscriber_lists.get", ("a", {"x": True, "y": None}), "GET", "/v1/subscriber_list/a/?x=true", None),
    ("subscriber_lists.add", ("a", ["u"]), "POST", "/v1/subscriber_list/a/subscriber/add/", {"distinct_ids": ["u"]}),
    (
        "subscriber_lists.remove",
        ("a", ["u"]),
        "POST",
        "/v1/subscriber_list/a/subscriber/remove/",
        {"distinct_ids": ["u"]},
    ),
    ("subscriber_lists.delete", ("a",), "PATCH", "/v1/subscriber_list/a/delete/", {}),
    ("subscriber_lists.start_sync", ("a",), "POST", "/v1/subscriber_list/a/start_sync/", {}),
    ("subscriber_lists.get_version", ("a", "v 1"), "GET", "/v1/subscriber_list/a/version/v+1/", None),
    (
        "subscriber_lists.add_to_version",
        ("a", "v", ["u"]),
        "POST",
        "/v1/subscriber_list/a/version/v/subscriber/add/",
        {"distinct_ids": ["u"]},
    ),
    (
        "subscriber_lists.remove_from_version",
        ("a", "v", ["u"]),
        "POST",
        "/v1/subscriber_list/a/version/v/subscriber/remove/",
        {"distinct_ids": ["u"]},
    ),
    ("subscriber_lists.finish_sync", ("a", "v"), "PATCH", "/v1/subscriber_list/a/version/v/finish_sync/", {}),
    ("subscriber_lists.delete_version", ("a", "v"), "PATCH", "/v1/subscriber_list/a/version/v/delete/", {}),
    ("tenants.list", (5, 10), "GET", "/v1/tenant/?limit=5&offset=10", None),
    ("tenants.get", ("acme co",), "GET", "/v1/tenant/acme+co/", None),
    ("tenants.upsert", ("acme", P), "POST", "/v1/tenant/acme/", P),
    ("tenants.upsert", ("acme", None), "POST", "/v1/tenant/acme/", {}),
    ("tenants.delete", ("acme",), "DELETE", "/v1/tenant/acme/", None),
    (
        "tenants.list_preference_categories",
        ("acme", {"tags": "a b", "include_disabled": False}),
        "GET",
        "/v1/tenant/acme/preference/category/?tags=a+b&include_disabled=false",
        None,
    ),
    ("tenants.get_preference_category", ("a", "b c"), "GET", "/v1/tenant/a/preference/category/b%20c/", None),
    ("tenants.update_preference_category", ("a", "b", P), "PATCH", "/v1/tenant/a/preference/category/b/", P),
    ("brands.list", (), "GET", "/v1/brand/?limit=20&offset=0", None),
    ("brands.get", (7,), "GET", "/v1/brand/7/", None),
    ("brands.upsert", ("acme", P), "POST", "/v1/brand/acme/", P),
    ("users.list", ({"limit": 3, "after": "c="},), "GET", "/v1/user/?limit=3&after=c%3D", None),
    ("users.get", (" a/b c ",), "GET", USER, None),
    ("users.upsert", ("a/b c", P), "POST", USER, P),
    ("users.edit", ("a/b c", {"operations": []}), "PATCH", USER, {"operations": []}),
    ("users.edit", ("a/b c", None, "acme"), "PATCH", f"{USER}tenant/acme/", {}),
    ("users.merge", ("a/b c", "old"), "POST", f"{USER}merge/", {"from_user_id": "old"}),
    ("users.delete", ("a/b c",), "DELETE", USER, None),
    ("users.bulk_delete", ({"distinct_ids": ["a"]},), "DELETE", "/v1/bulk/user/", {"distinct_ids": ["a"]}),
    ("users.list_associated_tenants", ("a/b c",), "GET", f"{USER}associated_tenant/", None),
    ("users.get_for_tenant", ("a/b c", "t"), "GET", f"{USER}tenant/t/", None),
    ("users.upsert_for_tenant", ("a/b c", "t"), "POST", f"{USER}tenant/t/", {}),
    ("users.unlink_tenant", ("a/b c", "t"), "DELETE", f"{USER}tenant/t/", None),
    ("users.get_objects_subscribed_to", ("a/b c",), "GET", f"{USER}subscribed_to/object/", None),
    ("users.get_lists_subscribed_to", ("a/b c",), "GET", f"{USER}subscribed_to/list/", None),
    (
        "users.get_full_preference",
        ("a/b c", {"show_opt_out_channels": True}),
        "GET",
        f"{USER}preference/?show_opt_out_channels=true",
        None,
    ),
    ("users.update_global_channels_preference", ("a/b c", P), "PATCH", f"{USER}preference/channel_preference/", P),
    ("users.get_category_preference", ("a/b c", " x "), "GET", f"{USER}preference/category/x/", None),
    ("users.update_category_preference", ("a/b c", "x", P), "PATCH", f"{USER}preference/category/x/", P),
    ("objects.list", ("team", {"limit": 2}), "GET", "/v1/object/team/?limit=2", None),
    ("objects.get", ("team", "red/1"), "GET", TEAM, None),
    ("objects.upsert", ("team", "red/1", P), "POST", TEAM, P),
    ("objects.edit", ("team", "red/1", P), "PATCH", TEAM, P),
    ("objects.delete", ("team", "red/1"), "DELETE", TEAM, None),
    ("objects.bulk_delete", ("team", {"object_ids": ["r"]}), "DELETE", "/v1/bulk/object/team/", {"object_ids": ["r"]}),
    ("objects.get_subscriptions", ("team", "red/1"), "GET", f"{TEAM}subscription/", None),
    ("objects.create_subscriptions", ("team", "red/1", P), "POST", f"{TEAM}subscription/", P),
    ("objects.delete_subscriptions", ("team", "red/1", P), "DELETE", f"{TEAM}subscription/", P),
    ("objects.get_objects_subscribed_to", ("team", "red/1"), "GET", f"{TEAM}subscribed_to/object/", None),
    ("objects.get_full_preference", ("team", "red/1"), "GET", f"{TEAM}preference/", None),
    (
        "objects.update_global_channels_preference",
        ("team", "red/1", P),
        "PATCH",
        f"{TEAM}preference/channel_preference/",
        P,
    ),
    ("objects.get_category_preference", ("team", "red/1", "x"), "GET", f"{TEAM}preference/category/x/", None),
    ("objects.update_category_preference", ("team", "red/1", "x", P), "PATCH", f"{TEAM}preference/category/x/", P),
    ("messages.list", (), "GET", "/v1/message/", None),
    (
        "messages.list",
        ({"recipient_id": "u", "status": ["seen", None, "read"], "limit": 5},),
        "GET",
        "/v1/message/?recipient_id%5B%5D=u&status%5B%5D=seen&status%5B%5D=read&limit=5",
        None,
    ),
    (
        "messages.bulk_update",
        ([{"message_id": "m", "action": "read"}],),
        "PATCH",
        "/v1/bulk/message/",
        {"messages": [{"message_id": "m", "action": "read"}]},
    ),
]


def call(app: App, name: str, *arguments: Any, **options: Any) -> Any:
    """Make a call by its dotted name, on a client of this kind."""
    resource, _, method = name.partition(".")
    client = app.connect(max_retries=0, **options)
    return app.run(getattr(getattr(client, resource), method)(*arguments))


@pytest.mark.parametrize(("name", "arguments", "method", "target", "body"), CALLS)
def test_a_call_sends_what_the_protocol_says_and_returns_the_servers_json(
    app: App, name: str, arguments: tuple[Any, ...], method: str, target: str, body: Any
) -> None:
    result = call(app, name, *arguments)
    (received,) = app.server.received
    assert (received.method, received.target) == (method, target)
    assert received.headers["content-type"] == "application/json; charset=utf-8"
    assert (json.loads(received.body) if received.body else None) == body
    expected = {"success": True}
    assert result == (expected | {"status_code": 202} if method == "DELETE" else expected)


NAMELESS = [
    ("subscriber_lists.get", ("",), "missing list_id"),
    ("subscriber_lists.get", (None,), "list_id must be a string"),
    ("subscriber_lists.create", ({},), "missing payload"),
    ("subscriber_lists.create", ({"list_name": "x"},), "missing list_id"),
    ("subscriber_lists.get_version", ("a", "  "), "missing version_id"),
    ("subscriber_lists.add", ("a", "u1"), "distinct_ids must be list of strings"),
    ("tenants.get", (3,), "tenant_id must be a string"),
    ("tenants.get", ("..",), "must not be '..'"),
    ("brands.get", ("",), "missing brand_id"),
    ("users.get", (" ",), "missing distinct_id"),
    ("users.get_category_preference", ("u", ""), "missing category"),
    ("users.async_edit", (None,), "instance is required"),
    ("objects.get", ("team", "."), "must not be '.'"),
    ("objects.edit", ("team",), "object_id must be a string"),
    ("messages.bulk_update", ([{"message_id": "m"}],), "messages[0]: missing action"),
    ("messages.bulk_update", ([{"message_id": "m", "action": "read"}, {}],), "messages[1]: missing message_id"),
]


@pytest.mark.parametrize(("name", "arguments", "message"), NAMELESS)
def test_an_argument_that_cannot_be_sent_is_named_and_nothing_is_sent(
    app: App, name: str, arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(SuprsendValidationError) as raised:
        call(app, name, *arguments)
    assert message in raised.value.message
    assert raised.value.status_code == 400
    assert app.server.received == []


def test_no_members_is_no_request(app: App) -> None:
    assert call(app, "subscriber_lists.add", "a", []) == {"success": True}
    assert call(app, "subscriber_lists.remove_from_version", "a", "v", []) == {"success": True}
    assert app.server.received == []


REFUSALS = [
    (answer(404, b'{"code": 404, "message": "no such tenant"}'), 404, "no such tenant"),
    (answer(422, b'{"detail": {"logo": ["too big"]}}'), 422, "{'logo': ['too big']}"),
    (answer(400, b"{broken"), 400, "{broken"),
    (answer(400, b'["a"]'), 400, '["a"]'),
    (answer(502, b"<html>bad gateway</html>", content_type="text/html"), 502, "<html>bad gateway</html>"),
    (answer(500, b""), 500, "HTTP 500 with an empty body"),
    (answer(301, b"", location="https://elsewhere.example/"), 301, "https://elsewhere.example/"),
    (answer(200, b"<html>welcome</html>", content_type="text/html"), 200, "not JSON (text/html): <html>welcome"),
    (answer(200, b'{"a": 1', content_type="application/json"), 200, "not JSON"),
    (answer(200, b"\xff\xfe\x00", content_type="application/json"), 200, "not JSON"),
]


@pytest.mark.parametrize(("behaviour", "status", "message"), REFUSALS)
def test_a_refusal_is_an_exception_with_the_status_and_the_servers_words(
    app: App, behaviour: Any, status: int, message: str
) -> None:
    app.server.script += [behaviour]
    with pytest.raises(SuprsendAPIException) as raised:
        call(app, "tenants.get", "acme")
    assert raised.value.status_code == raised.value.response.status_code == status
    assert message in raised.value.message
    assert str(raised.value) == f"[code: {status}] {raised.value.message}"


def test_json_under_a_wrong_content_type_is_still_json(app: App) -> None:
    app.server.script += [answer(200, b'{"tenant_id": "acme"}', content_type="text/html")]
    assert call(app, "tenants.get", "acme") == {"tenant_id": "acme"}


@pytest.mark.parametrize("name", ["subscriber_lists.delete", "tenants.delete"])
def test_an_empty_success_is_a_success(app: App, name: str) -> None:
    app.server.script += [answer(204, b"")]
    assert call(app, name, "acme") == {"success": True, "status_code": 204}


@pytest.mark.parametrize("behaviour", [reset, raw(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{")])
def test_an_answer_that_is_lost_is_an_error_of_this_client(app: App, behaviour: Any) -> None:
    app.server.script += [behaviour]
    with pytest.raises(AnswerLost, match="no answer from") as raised:
        call(app, "tenants.upsert", "acme", {})
    assert isinstance(raised.value, SuprsendError)
    assert raised.value.status_code == 500


def test_a_read_is_repeated_and_a_write_is_not(app: App) -> None:
    client = app.connect()
    app.server.script += [reset]
    assert app.run(client.tenants.get("acme")) == {"success": True}
    assert len(app.server.received) == 2
    app.server.script += [reset]
    with pytest.raises(AnswerLost):
        app.run(client.tenants.upsert("acme", {}))
    assert len(app.server.received) == 3


def test_a_server_that_is_not_there_is_an_error_of_this_client(app: App) -> None:
    client = app.connect("http://127.0.0.1:1/", max_retries=0)
    with pytest.raises(ConnectionNotMade, match="no connection to"):
        app.run(client.users.get("u1"))


def test_errors_of_a_call_come_when_it_is_awaited_not_when_it_is_made(app: App) -> None:
    if app.kind == "async":
        waiting = app.connect().tenants.get("")
        with pytest.raises(SuprsendValidationError):
            app.run(waiting)


def test_a_broadcast_is_checked_and_sent_to_the_workspace(app: App) -> None:
    body = {"list_id": "beta", "template": "news", "notification_category": "promotional"}
    broadcast = SubscriberListBroadcast(dict(body), idempotency_key="k", tenant_id="acme")
    result = app.run(app.connect().subscriber_lists.broadcast(broadcast))
    assert (result["success"], result["status_code"]) == (True, 202)
    sent = json.loads(app.server.received[0].body)
    assert app.server.received[0].target.endswith("/broadcast/")
    assert len(sent.pop("$insert_id")) == 36
    assert sent.pop("$time") > 1640995200000
    assert sent == {**body, "data": {}, "$idempotency_key": "k", "tenant_id": "acme"}
    assert broadcast.body == body


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"list_id": ""}, SuprsendValidationError, "list_id must be a string of at least 1"),
        ({"channels": ["pigeon"]}, SuprsendValidationError, "channels[0] must be one of"),
        ({"data": []}, InputValueError, "data must be a dictionary"),
        ({"data": {"x": "y" * 820_000}}, InputValueError, "too big"),
    ],
)
def test_a_broadcast_that_breaks_a_rule_is_refused(
    app: App, change: dict[str, Any], error: type[Exception], message: str
) -> None:
    body = {"list_id": "beta", "template": "news", "notification_category": "promotional", **change}
    with pytest.raises(error) as raised:
        app.run(app.connect().subscriber_lists.broadcast(SubscriberListBroadcast(body)))
    assert message in str(raised.value)
    assert app.server.received == []


def test_a_response_reads_as_that_of_the_official_client() -> None:
    response = reply(404, {"message": "gone"})
    error = SuprsendAPIException(response)
    assert (error.message, error.status_code) == ("gone", 404)
    assert (error.response.status_code, error.response.json()) == (404, {"message": "gone"})
    assert (error.response.headers.get("content-type"), error.response.text) == (
        "application/json",
        '{"message": "gone"}',
    )
