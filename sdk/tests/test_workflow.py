"""What a workflow body may hold, and how a fault is named."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from suprsend import InputValueError, Suprsend, SuprsendError, SuprsendValidationError, Workflow
from suprsend.testing import RecordingTransport

from sdk.tests.conftest import App

BODY: dict[str, Any] = {
    "name": "wf",
    "template": "tp",
    "notification_category": "system",
    "users": [{"distinct_id": "u1"}],
    "data": {},
}


def send(body: dict[str, Any]) -> Any:
    """Send a body and return what went out."""
    transport = RecordingTransport()
    assert Suprsend("key", "secret", transport=transport).trigger_workflow(body)["success"]
    return transport.bodies[0]


def with_user(**details: Any) -> dict[str, Any]:
    """Return a body for one user with these details."""
    return BODY | {"users": [{"distinct_id": "u1"} | {f"${k}": v for k, v in details.items()}]}


ACCEPTED = {
    "a hundred users": BODY | {"users": [{"distinct_id": f"u{n}"} for n in range(100)]},
    "an anonymous user": BODY | {"users": [{"is_transient": True, "$email": "t@example.com"}]},
    "a user of nulls": BODY | {"users": [{"distinct_id": None, "is_transient": None}]},
    "no channels": with_user(channels=[]),
    "ten addresses": with_user(email=[f"user{n}@example.com" for n in range(10)]),
    "numbers": with_user(sms="+15005550006", whatsapp=["+1 500 555 0006"]),
    "push tokens as strings": with_user(androidpush="token", iospush=["token", "other"]),
    "push tokens in full": with_user(
        androidpush={"token": "t", "provider": "xiaomi", "device_id": None},
        iospush=[{"token": "t", "provider": "apns", "bundle_id": "com.example"}],
    ),
    "web push": with_user(webpush={"endpoint": "https://push.example/x"}),
    "slack": with_user(slack=[{"email": "ada@example.com", "access_token": "xoxb-1"}, {"channel_id": "C03"}]),
    "teams": with_user(ms_teams={"incoming_webhook": {"url": "https://x.example/y"}}),
    "language": with_user(preferred_language="en", locale="en_GB", timezone=None),
    "delivery": BODY | {"delivery": {"smart": True, "success": "seen", "mandatory_channels": ["email"]}},
    "delay in words": BODY | {"delay": "1d2h"},
    "delay in seconds": BODY | {"delay": 0},
    "tenant": BODY | {"tenant_id": "x" * 64, "brand_id": None, "$idempotency_key": "k" * 255},
    "keys of tomorrow": BODY | {"cancellation_key": "c"},
}

REFUSED = {
    "name is required": {k: v for k, v in BODY.items() if k != "name"},
    "users is required": {k: v for k, v in BODY.items() if k != "users"},
    "template must be a string of at least 2 characters": BODY | {"template": "t"},
    "notification_category must be a string": BODY | {"notification_category": None},
    "users must be a list of 1 to 100; it has 0": BODY | {"users": []},
    "users must be a list of 1 to 100; it has 101": BODY | {"users": [{}] * 101},
    "users must be a list of 1 to 100, not": BODY | {"users": {"distinct_id": "u1"}},
    "users[1] must be an object, not 'u2' (str)": BODY | {"users": [{}, "u2"]},
    "users[0] has the unknown key 'email'": BODY | {"users": [{"email": "a@example.com"}]},
    "users[0].distinct_id must be a string or null": BODY | {"users": [{"distinct_id": 7}]},
    "users[0].is_transient must be true or false": BODY | {"users": [{"is_transient": 1}]},
    "users[0].$channels[1] must be one of": with_user(channels=["email", "pigeon"]),
    "users[0].$channels must be a list": with_user(channels="email"),
    "users[0].$email must be an email address": with_user(email="nope"),
    "users[0].$email[1] must be an email address": with_user(email=["ada@example.com", 5]),
    "users[0].$email must be one value or a list of 1 to 10; it has 11": with_user(email=["a@example.com"] * 11),
    "users[0].$email must be one value or a list of 1 to 10; it has 0": with_user(email=[]),
    "users[0].$sms must be a number": with_user(sms="15005550006"),
    "users[0].$androidpush.provider must be one of": with_user(androidpush={"token": "t", "provider": "apns"}),
    "users[0].$androidpush.provider is required": with_user(androidpush={"token": "t"}),
    "users[0].$androidpush[1] must be an object": with_user(androidpush=[{"token": "t", "provider": "fcm"}, "t2"]),
    "users[0].$iospush[0] must be a string": with_user(iospush=["t"]),
    "users[0].$webpush must be a non-empty object": with_user(webpush={}),
    "users[0].$slack.access_token must be": with_user(slack={"access_token": "oops"}),
    "users[0].$slack.incoming_webhook.url must be": with_user(slack={"incoming_webhook": {"url": "http://x"}}),
    "users[0].$ms_teams has the unknown key": with_user(ms_teams={"team": "x"}),
    "delivery.smart must be true or false": BODY | {"delivery": {"smart": "yes"}},
    "delivery has the unknown key 'ttl'": BODY | {"delivery": {"ttl": "1h"}},
    "delivery.mandatory_channels[0] must be one of": BODY | {"delivery": {"mandatory_channels": ["fax"]}},
    "delay must be a duration": BODY | {"delay": -1},
    "delay must be a duration such as": BODY | {"delay": True},
    "delay must be a duration such as 1d2h30m10s": BODY | {"delay": 1.5},
    "tenant_id must be a string or null of at most 64 characters": BODY | {"tenant_id": "x" * 65},
    "$idempotency_key must be a string or null of at most 255": BODY | {"$idempotency_key": "k" * 256},
}


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED)
def test_what_the_platform_takes_is_sent_unchanged(body: dict[str, Any]) -> None:
    assert send(body) == body


@pytest.mark.parametrize(("message", "body"), REFUSED.items(), ids=REFUSED)
def test_what_it_does_not_take_is_refused_with_the_name_of_the_field(message: str, body: dict[str, Any]) -> None:
    with pytest.raises(SuprsendValidationError) as caught:
        send(body)
    assert caught.value.message.startswith(message)
    assert str(caught.value) == f"[code: 400] {caught.value.message}"
    assert len(caught.value.message) < 400


def test_both_clients_raise_when_the_call_is_made(app: App) -> None:
    client = app.connect()
    with pytest.raises(SuprsendValidationError):
        app.run(client.trigger_workflow({}))
    with pytest.raises(InputValueError):
        app.run(client.track("u1", "$mine"))
    assert app.server.received == []


def test_missing_data_becomes_an_empty_object_and_the_body_given_stays_as_it_was() -> None:
    body = {k: v for k, v in BODY.items() if k != "data"}
    assert send(body)["data"] == {}
    assert "data" not in body


def test_data_that_is_no_dictionary_is_refused() -> None:
    with pytest.raises(InputValueError, match="data must be a dictionary"):
        send(BODY | {"data": ["x"]})


def test_a_body_that_is_no_dictionary_is_refused() -> None:
    with pytest.raises(InputValueError, match="workflow body must be a json/dictionary"):
        Workflow(["x"])  # type: ignore[arg-type]  # what an untyped program may do


def test_a_body_above_800_kilobytes_is_a_value_error_with_both_sizes() -> None:
    with pytest.raises(ValueError, match=r"workflow body too big - 819\d{3} Bytes, must not cross 800KB"):
        send(BODY | {"data": {"blob": "x" * (800 * 1024 - 200)}})
    assert send(BODY | {"data": {"blob": "x" * (799 * 1024)}})["data"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_lacks_is_refused(value: float) -> None:
    with pytest.raises(InputValueError, match="no JSON form"):
        send(BODY | {"data": {"amount": value}})


def test_a_body_that_holds_itself_is_refused() -> None:
    data: dict[str, Any] = {}
    data["again"] = data
    with pytest.raises(InputValueError, match="refers to itself"):
        send(BODY | {"data": data})


def test_a_value_without_json_form_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        send(BODY | {"data": {"when": object()}})


def test_a_workflow_shows_what_it_would_send() -> None:
    workflow = Workflow(deepcopy(BODY), idempotency_key="k", tenant_id="acme", brand_id="b")
    expected = BODY | {"$idempotency_key": "k", "tenant_id": "acme", "brand_id": "b"}
    assert workflow.as_json() == expected
    assert send(workflow.as_json()) == expected


def test_every_error_of_this_package_hangs_in_one_tree() -> None:
    assert issubclass(InputValueError, ValueError)
    assert issubclass(InputValueError, SuprsendError)
    assert issubclass(SuprsendValidationError, SuprsendError)


def attachments(workflow: Workflow) -> list[dict[str, Any]]:
    """Return the attachments that go out with a workflow."""
    found: list[dict[str, Any]] = send(workflow.as_json())["data"]["$attachments"]
    return found


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("bill.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("bill", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"),
        ("photo", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png"),
        ("notes", b"hello\n", "text/plain"),
        ("empty", b"", "text/plain"),
        ("noise", b"\x00\xff\xfe\x01\x02", "application/octet-stream"),
    ],
)
def test_the_type_of_an_attachment_is_found_by_name_or_content(
    tmp_path: Path, name: str, content: bytes, kind: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    workflow = Workflow(deepcopy(BODY))
    workflow.add_attachment(str(path))
    assert attachments(workflow)[0]["contentType"] == kind


def test_a_url_travels_as_it_is() -> None:
    workflow = Workflow(deepcopy(BODY))
    workflow.add_attachment("https://example.com/a.pdf", file_name="A.pdf", ignore_if_error=True)
    assert attachments(workflow) == [
        {
            "filename": "A.pdf",
            "contentType": None,
            "data": None,
            "url": "https://example.com/a.pdf",
            "ignore_if_error": True,
        }
    ]


def test_a_missing_file_is_an_error_unless_that_is_ignored(tmp_path: Path) -> None:
    workflow = Workflow(deepcopy(BODY))
    with pytest.raises(FileNotFoundError):
        workflow.add_attachment(str(tmp_path / "none.pdf"))
    workflow.add_attachment(str(tmp_path / "none.pdf"), ignore_if_error=True)
    assert send(workflow.as_json())["data"] == {}


def test_the_client_adds_an_attachment_to_a_plain_body(tmp_path: Path) -> None:
    path = tmp_path / "hello.txt"
    path.write_text("hello\n")
    client = Suprsend("key", "secret", transport=RecordingTransport())
    body = client.add_attachment({}, str(path))
    assert json.loads(json.dumps(body))["data"]["$attachments"][0]["data"] == "aGVsbG8K"
