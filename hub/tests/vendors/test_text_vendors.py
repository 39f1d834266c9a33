"""The vendors of texts: what arrives, and what they mean by what they say."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors import msg91, plivo, sns, vonage
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest
from suprsend_hub.vendors.registry import read_settings
from suprsend_hub.vendors.sender import Sender

MakeMessage = Callable[..., OutgoingMessage]
MakeAccount = Callable[..., VendorAccount]

CREDENTIALS = {
    "twilio": "auth_token",
    "vonage": "api_secret",
    "plivo": "auth_token",
    "msg91": "auth_key",
    "sns": "secret_access_key",
}


@pytest.mark.parametrize("vendor", CREDENTIALS)
@pytest.mark.parametrize("text", ["plain", "Grüße & 100 % ☃", "a" * 1600])
async def test_a_text_arrives_as_it_was_written(
    sender: Sender,
    simulation: Simulation,
    make_account: MakeAccount,
    make_message: MakeMessage,
    vendor: str,
    text: str,
) -> None:
    account = make_account(vendor, simulation.vendor_settings()[vendor])
    outcome = await sender.send(account, make_message(vendor, content={"body": text}))
    assert isinstance(outcome, Accepted), outcome
    assert outcome.vendor_message_id
    [received] = simulation.received.find("+15005550009", "sms")
    assert received.content["text"] == text


@pytest.mark.parametrize("vendor", CREDENTIALS)
async def test_wrong_credentials_wait_for_right_ones(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage, vendor: str
) -> None:
    settings = simulation.vendor_settings()[vendor] | {CREDENTIALS[vendor]: "wrong"}
    outcome = await sender.send(make_account(vendor, settings), make_message(vendor))
    assert isinstance(outcome, Deferred), outcome
    assert outcome.code == "vendor_credentials"


@pytest.mark.parametrize(
    ("statuses", "kind", "said"),
    [
        (["0"], Accepted, ""),
        (["0", "0"], Accepted, ""),
        (["1"], Deferred, "vendor_rate_limited"),
        (["4"], Deferred, "vendor_credentials"),
        (["9"], Deferred, "vendor_credentials"),
        (["5"], Deferred, "vendor_unavailable"),
        (["7"], Rejected, "address"),
        (["33"], Rejected, "address"),
        (["6"], Rejected, "vendor_refused"),
        (["0", "5"], Uncertain, "partly_taken"),
    ],
)
def test_what_vonage_says_of_each_part_decides(statuses: list[str], kind: type[Outcome], said: str) -> None:
    parts = [{"status": each, "message-id": "m", "error-text": "why"} for each in statuses]
    outcome = vonage.read_outcome(HttpAnswer(200, {}, msgspec.json.encode({"messages": parts})))
    assert isinstance(outcome, kind)
    assert isinstance(outcome, Accepted) or outcome.code == said


@pytest.mark.parametrize(
    ("status", "error", "kind", "said"),
    [
        (400, "+1 is not a valid dst", Rejected, "address"),
        (400, "src is missing", Rejected, "vendor_refused"),
        (401, "", Deferred, "vendor_credentials"),
        (429, "slow down", Deferred, "vendor_rate_limited"),
        (500, "oops", Deferred, "vendor_unavailable"),
    ],
)
def test_what_plivo_says_decides(status: int, error: str, kind: type[Outcome], said: str) -> None:
    outcome = plivo.read_outcome(HttpAnswer(status, {}, msgspec.json.encode({"error": error})))
    assert isinstance(outcome, kind)
    assert isinstance(outcome, Rejected | Deferred)
    assert outcome.code == said


NOW = datetime(2026, 3, 1, 12, 31, tzinfo=UTC)
REGISTERED = {"body": "Grüße", "type": "dlt", "header": "SHOPIN", "dlt_template_id": "1107160000000000001"}
TEXT_API = {
    "sender": "HUBTXT",
    "route": "4",
    "country": "0",
    "unicode": 0,
    "sms": [{"message": "Thank you", "to": ["15005550009"]}],
    "CRQID": "01JABCDEF",
}
FLOW_API = {
    "template_id": "65f0",
    "short_url": "0",
    "CRQID": "01JABCDEF",
    "recipients": [{"mobiles": "15005550009", "text": "Thank you", "CRQID": "01JABCDEF"}],
}


@pytest.mark.parametrize(
    ("settings", "content", "path", "document"),
    [
        ({"sender": "HUBTXT"}, {}, "/api/v2/sendsms", TEXT_API),
        ({"sender": "HUBTXT", "dlt_te_id": "11"}, {}, "/api/v2/sendsms", TEXT_API | {"DLT_TE_ID": "11"}),
        (
            {"sender": "HUBTXT", "dlt_te_id": "11", "route": "1"},
            REGISTERED,
            "/api/v2/sendsms",
            TEXT_API
            | {
                "sender": "SHOPIN",
                "route": "1",
                "unicode": 1,
                "sms": [{"message": "Grüße", "to": ["15005550009"]}],
                "DLT_TE_ID": "1107160000000000001",
            },
        ),
        ({"template_id": "65f0"}, {}, "/api/v5/flow", FLOW_API),
        (
            {"template_id": "65f0", "sender": "HUBTXT", "short_url": True, "text_variable": "VAR1"},
            {"body": "Thank you", "header": "SHOPIN"},
            "/api/v5/flow",
            FLOW_API
            | {
                "short_url": "1",
                "sender": "SHOPIN",
                "recipients": [{"mobiles": "15005550009", "VAR1": "Thank you", "CRQID": "01JABCDEF"}],
            },
        ),
        # A text that is registered goes whole, for its own template is not MSG91's.
        (
            {"template_id": "65f0"},
            {**REGISTERED, "body": "Thank you"},
            "/api/v2/sendsms",
            TEXT_API | {"sender": "SHOPIN", "DLT_TE_ID": "1107160000000000001"},
        ),
    ],
)
def test_msg91_gets_texts_whole_or_as_the_variable_of_its_template(
    make_message: MakeMessage, settings: dict[str, Any], content: dict[str, Any], path: str, document: dict[str, Any]
) -> None:
    message = make_message("msg91", **({"content": content} if content else {}))
    request = msg91.write_request(read_settings("msg91", {"auth_key": "k", **settings}), message, None, NOW)
    assert isinstance(request, HttpRequest), request
    assert (request.method, request.url) == ("POST", f"https://control.msg91.com{path}")
    assert request.headers["authkey"] == "k"
    assert msgspec.json.decode(request.body) == document


def test_a_registered_text_needs_its_sender(make_message: MakeMessage) -> None:
    message = make_message("msg91", content={"body": "Hi", "dlt_template_id": "11"})
    refused = msg91.write_request(read_settings("msg91", {"auth_key": "k", "template_id": "65f0"}), message, None, NOW)
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.detail.partition(":")[0]) == ("content", "header")


async def test_a_registered_text_reaches_msg91_under_its_own_header(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("msg91", simulation.vendor_settings()["msg91"])
    outcome = await sender.send(account, make_message("msg91", content=REGISTERED))
    assert isinstance(outcome, Accepted), outcome
    [received] = simulation.received
    assert received.content == {
        "title": "Grüße",
        "text": "Grüße",
        "from": "SHOPIN",
        "template": "1107160000000000001",
    }
    assert received.message_id == "01JABCDEF"


@pytest.mark.parametrize(
    ("status", "said", "kind", "code"),
    [
        (200, {"type": "error", "message": "Invalid mobile number", "code": "202"}, Rejected, "address"),
        (200, {"type": "error", "message": "Invalid authentication key", "code": 207}, Deferred, "vendor_credentials"),
        (200, {"type": "error", "message": "Insufficient balance", "code": "301"}, Deferred, "vendor_credentials"),
        (200, {"type": "error", "message": "IP not whitelisted", "code": "418"}, Deferred, "vendor_credentials"),
        (200, {"type": "error", "message": "same request", "code": "311"}, Deferred, "vendor_rate_limited"),
        (200, {"type": "error", "message": "template id missing"}, Rejected, "vendor_refused"),
        (400, {"type": "error", "message": "flow id missing", "code": "400"}, Rejected, "vendor_refused"),
        (401, {"status": "fail", "errors": "Unauthorized"}, Deferred, "vendor_credentials"),
        (500, {"type": "error", "message": "oops"}, Deferred, "vendor_unavailable"),
        (500, {"type": "success", "message": "1"}, Deferred, "vendor_unavailable"),
        (200, {"message": "1"}, Uncertain, "answer_unreadable"),
        (200, {"type": "queued", "message": "1"}, Uncertain, "answer_unreadable"),
    ],
)
def test_what_msg91_says_decides_also_where_it_says_200(
    status: int, said: dict[str, Any], kind: type[Rejected | Deferred | Uncertain], code: str
) -> None:
    outcome = msg91.read_outcome(HttpAnswer(status, {}, msgspec.json.encode(said)))
    assert isinstance(outcome, kind)
    assert outcome.code == code


@pytest.mark.parametrize("name", ["request_id", "message"])
def test_msg91_names_its_request_in_either_field(name: str) -> None:
    answer = HttpAnswer(200, {}, msgspec.json.encode({"type": "success", name: "3763646c"}))
    assert msg91.read_outcome(answer) == Accepted("3763646c")


@pytest.mark.parametrize(
    ("vendor", "change", "field"),
    [
        ("msg91", {"sender": "", "template_id": ""}, "sender"),
        ("msg91", {"text_variable": ""}, "text_variable"),
        ("msg91", {"base_url": "x"}, "base_url"),
        ("sns", {"sender_id": "A SHOP"}, "sender_id"),
        ("sns", {"sms_type": "Urgent"}, "sms_type"),
        ("sns", {"max_price": "a lot"}, "max_price"),
        ("sns", {"base_url": "x"}, "base_url"),
    ],
)
def test_wrong_settings_are_named(vendor: str, change: dict[str, Any], field: str) -> None:
    right: dict[str, dict[str, Any]] = {
        "msg91": {"auth_key": "k", "sender": "HUBTXT"},
        "sns": {"access_key_id": "A", "secret_access_key": "s", "region": "eu-west-1"},
    }
    read_settings(vendor, right[vendor])
    with pytest.raises(ValueError, match=field):
        read_settings(vendor, right[vendor] | change)


def test_sns_gets_one_attribute_for_each_setting(make_message: MakeMessage) -> None:
    document = {
        "access_key_id": "AKIA",
        "secret_access_key": "s",
        "region": "ap-south-1",
        "sender_id": "SHOP",
        "origination_number": "+15005550006",
        "sms_type": "Promotional",
        "max_price": "0.50",
        "entity_id": "1101",
    }
    message = make_message("sns", content=REGISTERED)
    request = sns.write_request(read_settings("sns", document), message, None, NOW)
    assert isinstance(request, HttpRequest), request
    assert request.url == "https://sns.ap-south-1.amazonaws.com/"
    assert "/20260301/ap-south-1/sns/aws4_request" in request.headers["Authorization"]
    given = {
        "AWS.SNS.SMS.SMSType": ("String", "Promotional"),
        "AWS.SNS.SMS.SenderID": ("String", "SHOPIN"),
        "AWS.MM.SMS.OriginationNumber": ("String", "+15005550006"),
        "AWS.SNS.SMS.MaxPrice": ("Number", "0.50"),
        "AWS.MM.SMS.EntityId": ("String", "1101"),
        "AWS.MM.SMS.TemplateId": ("String", "1107160000000000001"),
    }
    expected = {"Action": "Publish", "Version": "2010-03-31", "PhoneNumber": "+15005550009", "Message": "Grüße"}
    for number, (name, (kind, value)) in enumerate(given.items(), 1):
        entry = f"MessageAttributes.entry.{number}"
        expected |= {f"{entry}.Name": name, f"{entry}.Value.DataType": kind, f"{entry}.Value.StringValue": value}
    assert dict(parse_qsl(request.body.decode())) == expected


async def test_an_unset_attribute_of_sns_is_left_out(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    settings = {**simulation.vendor_settings()["sns"], "sender_id": ""}
    assert isinstance(await sender.send(make_account("sns", settings), make_message("sns")), Accepted)
    [received] = simulation.received
    assert received.content["attributes"] == {"AWS.SNS.SMS.SMSType": "Transactional"}


def xml_fault(status: int, code: str, said: str) -> HttpAnswer:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{said}</Message></Error>"
    return HttpAnswer(status, {}, f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>".encode())


@pytest.mark.parametrize(
    ("status", "error", "message", "kind", "code"),
    [
        (400, "InvalidParameter", "Invalid parameter: PhoneNumber Reason: +1", Rejected, "address"),
        (400, "InvalidParameter", "Invalid parameter: Message too long", Rejected, "vendor_refused"),
        (400, "OptedOut", "The number has opted out", Rejected, "unsubscribed"),
        (400, "Throttling", "Rate exceeded", Deferred, "vendor_rate_limited"),
        (429, "Throttled", "Rate exceeded", Deferred, "vendor_rate_limited"),
        (403, "AuthorizationError", "may not", Deferred, "vendor_credentials"),
        (400, "IncompleteSignature", "no", Deferred, "vendor_credentials"),
        (403, "InvalidClientTokenId", "who", Deferred, "vendor_credentials"),
        (500, "InternalError", "oops", Deferred, "vendor_unavailable"),
        (503, "ServiceUnavailable", "later", Deferred, "vendor_unavailable"),
    ],
)
def test_what_sns_says_decides(
    status: int, error: str, message: str, kind: type[Rejected | Deferred], code: str
) -> None:
    outcome = sns.read_outcome(xml_fault(status, error, message))
    assert isinstance(outcome, kind)
    assert outcome.code == code
    assert message in outcome.detail


def test_what_sns_says_is_read_without_building_a_document() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "&a;&a;">]><ErrorResponse><Error><Code>&a;</Code></Error></ErrorResponse>'
    outcome = sns.read_outcome(HttpAnswer(400, {}, bomb.encode()))
    assert isinstance(outcome, Rejected)
    outcome = sns.read_outcome(xml_fault(400, "InvalidParameter", "&lt;b&gt; &amp; &#x41;"))
    assert isinstance(outcome, Rejected)
    assert "<b> & A" in outcome.detail
