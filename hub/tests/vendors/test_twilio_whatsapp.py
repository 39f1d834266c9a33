"""WhatsApp by Twilio: what it is asked, what its error codes mean, and what it tells."""

from base64 import b64encode
from datetime import UTC, datetime
from hmac import digest
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
import pytest
from suprsend_hub.domain.callback import Callback, Heard
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest
from suprsend_hub.vendors.registry import read_settings
from suprsend_hub.vendors.sender import Sender
from suprsend_hub.vendors.twilio_whatsapp import read_outcome, read_report, write_request

from .conftest import MakeAccount, MakeMessage

NOW = datetime(2026, 3, 1, 12, 31, tzinfo=UTC)
RIGHT: dict[str, Any] = {"account_sid": "AC" + "a" * 32, "auth_token": "t", "from_number": "+15005550006"}
CONTENT_SID = "HX" + "b" * 32
IMAGE = {"format": "IMAGE", "media_url": "https://example.com/a.png"}


def written(message: OutgoingMessage, **settings: Any) -> HttpRequest | Outcome:
    return write_request(read_settings("twilio_whatsapp", RIGHT | settings), message, None, NOW)


def fields_of(message: OutgoingMessage, **settings: Any) -> dict[str, str]:
    request = written(message, **settings)
    assert isinstance(request, HttpRequest), request
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def test_numbers_are_those_of_whatsapp(make_message: MakeMessage) -> None:
    message = make_message("twilio_whatsapp", reports_to="https://hub.example.com/x/")
    request = written(message)
    assert isinstance(request, HttpRequest)
    assert request.url == f"https://api.twilio.com/2010-04-01/Accounts/{RIGHT['account_sid']}/Messages.json"
    assert request.body == (
        b"To=whatsapp%3A%2B15005550009&From=whatsapp%3A%2B15005550006&Body=Thank+you"
        b"&StatusCallback=https%3A%2F%2Fhub.example.com%2Fx%2F%3Fmessage_id%3D01JABCDEF"
    )
    by_service = fields_of(message, from_number="", messaging_service_sid="MG1")
    assert (by_service["MessagingServiceSid"], "From" in by_service) == ("MG1", False)


def test_a_file_goes_by_its_address_with_all_that_is_written(make_message: MakeMessage) -> None:
    whole = {"body": {"text": "Grüße ☃"}, "header": IMAGE, "footer": {"text": "The shop"}}
    fields = fields_of(make_message("twilio_whatsapp", content=whole))
    assert (fields["MediaUrl"], fields["Body"]) == (IMAGE["media_url"], "Grüße ☃\n\nThe shop")


async def test_an_approved_template_gets_the_body_on_one_line(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    settings = {**simulation.vendor_settings()["twilio_whatsapp"], "content_sid": CONTENT_SID}
    whole = {"body": {"text": 'Say "hi",\n\n\tAnn      ☃'}, "buttons": [{"type": "QUICK_REPLY", "text": "Yes"}]}
    message = make_message("twilio_whatsapp", content=whole)
    assert fields_of(message, content_sid=CONTENT_SID)["ContentVariables"] == '{"1":"Say \\"hi\\", Ann ☃"}'
    outcome = await sender.send(make_account("twilio_whatsapp", settings), message)
    assert isinstance(outcome, Accepted), outcome
    [received] = simulation.received.find("+15005550009", "whatsapp")
    assert (received.content["template"], received.content["text"]) == (CONTENT_SID, 'Say "hi", Ann ☃')


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"buttons": [{"type": "QUICK_REPLY", "text": "Yes"}]}, "buttons"),
        ({"header": {**IMAGE, "format": "DOCUMENT"}}, "header.format"),
        ({"body": {"text": "x" * 1601}}, "body.text"),
        ({"body": {"text": "x" * 1025}, "header": IMAGE}, "body.text"),
    ],
)
def test_what_would_not_arrive_whole_is_refused_by_name(
    wrong: dict[str, Any], field: str, make_message: MakeMessage
) -> None:
    outcome = written(make_message("twilio_whatsapp", content={"body": {"text": "Thank you"}, **wrong}))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "content"
    assert outcome.detail.startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"from_number": "whatsapp:+15005550006"}, "from_number"),
        ({"from_number": ""}, "from_number"),
        ({"content_sid": "HX1"}, "content_sid"),
    ],
)
def test_wrong_settings_are_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        read_settings("twilio_whatsapp", RIGHT | change)


MEANINGS: list[tuple[int, type[Outcome], str, str | None]] = [
    (63016, Rejected, "outside_window", None),
    (63003, Rejected, "address", "hard_bounce"),
    (63024, Rejected, "address", "hard_bounce"),
    (63014, Rejected, "unsubscribed", "complaint"),
    (21610, Rejected, "unsubscribed", "complaint"),
    (21211, Rejected, "address", None),
    (63017, Deferred, "vendor_rate_limited", None),
    (63018, Deferred, "vendor_rate_limited", None),
    (63012, Deferred, "vendor_unavailable", None),
    (63007, Rejected, "vendor_settings", None),
    (63028, Rejected, "template_refused", None),
    (63019, Rejected, "content", None),
]


@pytest.mark.parametrize(("code", "kind", "said", "cause"), MEANINGS)
def test_error_codes_mean_the_same_in_answers_and_in_reports(
    code: int, kind: type[Outcome], said: str, cause: str | None
) -> None:
    outcome = read_outcome(HttpAnswer(400, {}, msgspec.json.encode({"code": code, "message": "why"})))
    assert isinstance(outcome, kind)
    assert isinstance(outcome, Rejected | Deferred)
    assert (outcome.code, getattr(outcome, "cause", None)) == (said, cause)
    [receipt] = told({"MessageStatus": "undelivered", "ErrorCode": str(code)})
    assert (receipt.happening, receipt.code, receipt.cause) == ("failed", said, cause)


def test_reading_is_told_and_what_is_unknown_is_no_more_than_a_failure() -> None:
    assert told({"MessageStatus": "sent"}) == ()
    [read] = told({"MessageStatus": "read"})
    assert (read.message_id, read.happening) == ("01JA", "seen")
    for code in ({}, {"ErrorCode": "63049"}, {"ErrorCode": "odd"}):
        [failed] = told({"MessageStatus": "failed", **code})
        assert (failed.code, failed.cause) == ("vendor_reported_failure", None)


def told(fields: dict[str, str]) -> tuple[Receipt, ...]:
    """What is heard of a message 01JA, signed as Twilio signs."""
    url = "https://hub.example.com/x/?message_id=01JA"
    signed = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    headers = {"x-twilio-signature": b64encode(digest(b"t", signed.encode(), "sha1")).decode()}
    callback = Callback("POST", url, headers, urlencode(fields).encode(), NOW)
    heard = read_report(read_settings("twilio_whatsapp", RIGHT), callback, None)
    assert isinstance(heard, Heard)
    return heard.receipts
