"""The email services behind HTTP: what each is sent, what its errors mean, and what is particular to its reports."""

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import Any

import msgspec
import pytest
from suprsend_hub.domain.attachment import Attachment
from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.simulators.ses import SesSimulator
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors import postmark
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest, HttpVendor
from suprsend_hub.vendors.listener import Listener
from suprsend_hub.vendors.registry import VENDORS
from suprsend_hub.vendors.settings import Secret, read_settings_as

from .conftest import MakeAccount, MakeMessage

NOW = datetime(2026, 3, 1, 12, 31, tzinfo=UTC)
LOGIN = {
    "sendgrid": {"api_key": "SG.x"},
    "mailgun": {"api_key": "k", "domain": "mg.example.com"},
    "postmark": {"server_token": "t"},
    "resend": {"api_key": "re_x"},
}
CROWDED = {
    "subject": "Größe",
    "body": {"type": "raw", "raw": {"html": "<p>Hi</p>", "text": "Hi"}},
    "from_name": 'Ann "A" Shop, Ltd',
    "cc": "Bob <bob@example.org>",
    "bcc": ["secret@example.org", "ANN@example.org, ann@example.org"],
    "reply_to": "help@example.org",
}
FILE = Attachment("a.txt", "text/plain", b"hello", None, False)


def vendor_named(name: str) -> HttpVendor[Any]:
    vendor = VENDORS[name]
    assert isinstance(vendor, HttpVendor)
    return vendor


def written(name: str, message: OutgoingMessage) -> HttpRequest:
    vendor = vendor_named(name)
    settings = read_settings_as(vendor.settings, {**LOGIN[name], "from_address": "shop@example.com"})
    request = vendor.request(settings, message, None, NOW)
    assert isinstance(request, HttpRequest), request
    return request


@pytest.fixture
def message(make_message: MakeMessage) -> OutgoingMessage:
    url = "https://hub.example.com/v1/unsubscribe/x/"
    return make_message("smtp", content=CROWDED, attachments=(FILE,), unsubscribe_url=url)


def test_sendgrid_gets_one_personalization_with_our_id(message: OutgoingMessage) -> None:
    request = written("sendgrid", message)
    assert request.url == "https://api.sendgrid.com/v3/mail/send"
    assert request.headers["Authorization"] == "Bearer SG.x"
    assert msgspec.json.decode(request.body) == {
        "personalizations": [
            {
                "to": [{"email": "ann@example.org"}],
                "cc": [{"email": "bob@example.org", "name": "Bob"}],
                "bcc": [{"email": "secret@example.org"}, {"email": "ANN@example.org"}],
                "custom_args": {"hub_message_id": "01JABCDEF"},
            }
        ],
        "from": {"email": "shop@example.com", "name": 'Ann "A" Shop, Ltd'},
        "reply_to_list": [{"email": "help@example.org"}],
        "subject": "Größe",
        "content": [{"type": "text/plain", "value": "Hi"}, {"type": "text/html", "value": "<p>Hi</p>"}],
        "headers": {
            "List-Unsubscribe": "<https://hub.example.com/v1/unsubscribe/x/>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        "attachments": [{"content": "aGVsbG8=", "type": "text/plain", "filename": "a.txt"}],
    }


def test_mailgun_gets_the_whole_mail_and_everybody_who_is_to_have_it(message: OutgoingMessage) -> None:
    request = written("mailgun", message)
    assert request.url == "https://api.mailgun.net/v3/mg.example.com/messages.mime"
    assert b64decode(request.headers["Authorization"].removeprefix("Basic ")) == b"api:k"
    form = message_from_bytes(f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode() + request.body)
    parts: Any = form.get_payload()
    named = [(part.get_param("name", header="content-disposition"), part) for part in parts]
    recipients = [part.get_payload() for name, part in named if name == "to"]
    assert recipients == ["ann@example.org", "bob@example.org", "secret@example.org", "ANN@example.org"]
    assert [part.get_payload() for name, part in named if name == "v:message_id"] == ["01JABCDEF"]
    [mail] = [part.get_payload(0) for name, part in named if name == "message"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Cc"] == "Bob <bob@example.org>"
    assert "secret@" not in mail.as_string()


def test_postmark_gets_its_own_names(message: OutgoingMessage) -> None:
    request = written("postmark", message)
    assert (request.url, request.headers["X-Postmark-Server-Token"]) == ("https://api.postmarkapp.com/email", "t")
    document = msgspec.json.decode(request.body)
    assert document["From"] == '"Ann \\"A\\" Shop, Ltd" <shop@example.com>'
    assert document["Bcc"] == "secret@example.org, ANN@example.org"
    assert document["Metadata"] == {"message_id": "01JABCDEF"}
    assert document["MessageStream"] == "outbound"
    assert document["Attachments"] == [{"Name": "a.txt", "Content": "aGVsbG8=", "ContentType": "text/plain"}]
    assert {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"} in document["Headers"]


def test_resend_is_told_that_a_second_try_is_the_same_mail(message: OutgoingMessage) -> None:
    request = written("resend", message)
    assert (request.url, request.headers["Idempotency-Key"]) == ("https://api.resend.com/emails", "01JABCDEF")
    document = msgspec.json.decode(request.body)
    assert document["to"] == ["ann@example.org"]
    assert document["reply_to"] == ["help@example.org"]
    assert document["tags"] == [{"name": "message_id", "value": "01JABCDEF"}]


def fault(name: str, status: int, said: dict[str, Any], headers: dict[str, str] | None = None) -> Outcome:
    return vendor_named(name).outcome(HttpAnswer(status, headers or {}, msgspec.json.encode(said)))


@pytest.mark.parametrize(
    ("name", "status", "said", "kind", "code"),
    [
        (
            "sendgrid",
            400,
            {"errors": [{"message": "bad", "field": "personalizations.0.to.0.email"}]},
            Rejected,
            "address",
        ),
        ("sendgrid", 400, {"errors": [{"message": "bad", "field": "subject"}]}, Rejected, "vendor_refused"),
        ("sendgrid", 401, {"errors": [{"message": "no"}]}, Deferred, "vendor_credentials"),
        ("sendgrid", 200, {}, Uncertain, "answer_unreadable"),
        ("mailgun", 400, {"message": "'to' parameter is not a valid address."}, Rejected, "address"),
        ("mailgun", 400, {"message": "'from' parameter is missing"}, Rejected, "vendor_refused"),
        ("mailgun", 401, {"message": "Forbidden"}, Deferred, "vendor_credentials"),
        ("postmark", 422, {"ErrorCode": 300, "Message": "Invalid 'To' address"}, Rejected, "address"),
        ("postmark", 422, {"ErrorCode": 405, "Message": "not allowed to send"}, Deferred, "vendor_credentials"),
        ("postmark", 429, {"ErrorCode": 429, "Message": "slow"}, Deferred, "vendor_rate_limited"),
        ("postmark", 200, {"ErrorCode": 0, "Message": "OK"}, Uncertain, "answer_unreadable"),
        ("resend", 429, {"name": "daily_quota_exceeded", "message": "x"}, Deferred, "vendor_rate_limited"),
        ("resend", 409, {"name": "concurrent_idempotent_requests", "message": "x"}, Deferred, "vendor_unavailable"),
        ("resend", 422, {"name": "validation_error", "message": "Invalid `to` field."}, Rejected, "address"),
        ("resend", 403, {"name": "invalid_api_key", "message": "x"}, Deferred, "vendor_credentials"),
    ],
)
def test_what_the_errors_mean(
    name: str, status: int, said: dict[str, Any], kind: type[Rejected | Deferred | Uncertain], code: str
) -> None:
    outcome = fault(name, status, said)
    assert isinstance(outcome, kind)
    assert outcome.code == code


def test_an_address_that_postmark_has_switched_off_may_be_alive() -> None:
    outcome = fault("postmark", 422, {"ErrorCode": 406, "Message": "inactive recipient"})
    assert outcome == Rejected("address", "406: inactive recipient")


async def test_resend_takes_a_mail_once_however_often_it_comes(
    simulation: Simulation, sender: Any, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("resend", simulation.vendor_settings()["resend"])
    first, second = [await sender.send(account, make_message("resend")) for _ in range(2)]
    assert first == second
    assert isinstance(first, Accepted)
    assert simulation.received.total == 1


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener()
    yield listener
    await listener.close()


def ses_of(simulation: Simulation) -> SesSimulator:
    service = simulation.services["ses"]
    assert isinstance(service, SesSimulator)
    return service


def posted(body: bytes) -> Callback:
    return Callback("POST", "https://hub.example.com/", {"content-type": "text/plain"}, body, NOW)


async def test_a_subscription_of_the_accounts_topic_is_confirmed(
    simulation: Simulation, listener: Listener, make_account: MakeAccount
) -> None:
    ses = ses_of(simulation)
    account = make_account("ses", ses.settings())
    assert isinstance(await listener.listen(account, posted(ses.ask_to_confirm(NOW))), Heard)
    assert ses.confirmations == 1
    another = make_account("ses", {**ses.settings(), "topic_arn": "arn:aws:sns:eu-west-1:1:other"})
    assert isinstance(await listener.listen(another, posted(ses.ask_to_confirm(NOW))), Unheard)
    assert ses.confirmations == 1


async def test_a_certificate_from_elsewhere_is_not_even_fetched(
    simulation: Simulation, listener: Listener, make_account: MakeAccount
) -> None:
    ses = ses_of(simulation)
    for sns_url in ("", "http://127.0.0.1:1/"):
        account = make_account("ses", {**ses.settings(), "sns_url": sns_url})
        heard = await listener.listen(account, posted(ses.notify("{}", NOW)))
        assert isinstance(heard, Unheard)
        assert heard.status == 401


async def test_the_text_with_which_sns_tests_a_topic_is_passed_over(
    simulation: Simulation, listener: Listener, make_account: MakeAccount
) -> None:
    ses = ses_of(simulation)
    notified = posted(ses.notify("Successfully validated SNS topic", NOW))
    assert await listener.listen(make_account("ses", ses.settings()), notified) == Heard()


@pytest.mark.parametrize(
    ("kind", "told", "cause"),
    [
        ({"bounceType": "Permanent", "bounceSubType": "General"}, {}, "hard_bounce"),
        ({"bounceType": "Undetermined", "bounceSubType": "Undetermined"}, {}, None),
        ({"bounceType": "Transient", "bounceSubType": "MailboxFull"}, {}, None),
        ({"bounceType": "Transient", "bounceSubType": "General"}, {"action": "failed", "status": "4.4.7"}, None),
    ],
)
async def test_a_bounce_is_an_end_and_only_a_permanent_one_is_that_of_the_address(
    simulation: Simulation,
    listener: Listener,
    make_account: MakeAccount,
    kind: dict[str, str],
    told: dict[str, str],
    cause: str | None,
) -> None:
    heard = await hear_bounce(simulation, listener, make_account, kind, told)
    assert isinstance(heard, Heard)
    [receipt] = heard.receipts
    assert (receipt.happening, receipt.cause, receipt.address) == ("failed", cause, "ann@example.org")


async def test_an_automatic_answer_is_no_failure(
    simulation: Simulation, listener: Listener, make_account: MakeAccount
) -> None:
    kind = {"bounceType": "Transient", "bounceSubType": "General"}
    assert await hear_bounce(simulation, listener, make_account, kind, {}) == Heard()


async def hear_bounce(
    simulation: Simulation,
    listener: Listener,
    make_account: MakeAccount,
    kind: dict[str, str],
    told: dict[str, str],
) -> Heard | Unheard:
    """What is heard of a bounce of this kind, with this told of its recipient."""
    ses = ses_of(simulation)
    event = {
        "eventType": "Bounce",
        "mail": {"timestamp": NOW.isoformat(), "tags": {"message_id": ["01J"]}},
        "bounce": {
            **kind,
            "bouncedRecipients": [{"emailAddress": "ann@example.org", **told}],
            "timestamp": NOW.isoformat(),
        },
    }
    notified = posted(ses.notify(msgspec.json.encode(event).decode(), NOW))
    return await listener.listen(make_account("ses", ses.settings()), notified)


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("HardBounce", "hard_bounce"),
        ("SoftBounce", None),
        ("Transient", None),
        ("DnsError", None),
        ("ManuallyDeactivated", None),
    ],
)
def test_only_a_hard_bounce_at_postmark_is_that_of_the_address(kind: str, cause: str | None) -> None:
    heard = bounce_at_postmark(kind)
    assert isinstance(heard, Heard)
    [receipt] = heard.receipts
    assert (receipt.happening, receipt.cause) == ("failed", cause)


def test_an_automatic_answer_at_postmark_is_no_failure() -> None:
    assert bounce_at_postmark("AutoResponder") == Heard()


def bounce_at_postmark(kind: str) -> Heard | Unheard:
    """What is heard of a bounce of this kind."""
    settings = postmark.PostmarkSettings(Secret("t"), "hub@example.com", webhook_login=Secret("a:b"))
    body = msgspec.json.encode({"RecordType": "Bounce", "Type": kind, "Metadata": {"message_id": "01J"}})
    headers = {"authorization": f"Basic {b64encode(b'a:b').decode()}"}
    return postmark.read_report(settings, Callback("POST", "https://hub.example.com/", headers, body, NOW), None)


@pytest.mark.parametrize("name", ["mailgun", "resend"])
async def test_an_old_report_is_not_believed(
    name: str,
    simulation: Simulation,
    listener: Listener,
    sender: Any,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    simulation.reports_to[name] = "https://hub.example.com/"
    account = make_account(name, simulation.vendor_settings()[name])
    await sender.send(account, make_message(name))
    [received] = simulation.received
    post = received.report("delivered", NOW)
    assert post is not None
    callback = Callback("POST", post.url, {key.lower(): text for key, text in post.headers.items()}, post.body, NOW)
    assert isinstance(await listener.listen(account, callback), Heard)
    later = replace(callback, received_at=NOW + timedelta(days=1))
    assert isinstance(await listener.listen(account, later), Unheard)


@pytest.mark.parametrize("name", ["sendgrid", "mailgun", "postmark", "resend", "ses"])
async def test_without_what_proves_them_reports_are_not_believed(
    name: str,
    simulation: Simulation,
    listener: Listener,
    sender: Any,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    proofs = ("webhook_public_key", "signing_key", "webhook_login", "webhook_secret", "topic_arn")
    simulation.reports_to[name] = "https://hub.example.com/"
    settings = simulation.vendor_settings()[name]
    await sender.send(make_account(name, settings), make_message(name))
    [received] = simulation.received
    post = received.report("delivered", NOW)
    assert post is not None
    bare = make_account(name, {key: value for key, value in settings.items() if key not in proofs})
    callback = Callback("POST", post.url, {key.lower(): text for key, text in post.headers.items()}, post.body, NOW)
    heard = await listener.listen(bare, callback)
    assert isinstance(heard, Unheard)
    assert heard.status == 401
