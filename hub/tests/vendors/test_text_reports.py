"""What Vonage, Plivo, MSG91 and Twilio report of texts: their signatures, and what their words mean."""

import hmac
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.vendors import msg91, plivo, twilio, vonage
from suprsend_hub.vendors.contract import HttpRequest
from suprsend_hub.vendors.settings import read_settings_as

from .conftest import MakeMessage

NOW = datetime(2016, 4, 25, 18, 10, tzinfo=UTC)
URL = "https://hub.example.com/v1/vendor_callback/1-abc/"
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json; charset=utf-8"}

VONAGE = read_settings_as(
    vonage.VonageSettings, {"api_key": "k", "api_secret": "s", "sender": "HUB", "signature_secret": "secret"}
)
PLIVO = read_settings_as(plivo.PlivoSettings, {"auth_id": "MA", "auth_token": "token", "from_number": "+1"})
MSG91 = read_settings_as(msg91.Msg91Settings, {"auth_key": "k", "sender": "HUBTXT"})

# The published example of Vonage's own client, and the same with fields that have to be rewritten.
EXAMPLE = {"a": "1", "b": "2", "timestamp": "1461605396"}
EXAMPLE_SIGNATURE = "a321e824b9b816be7c3f28859a31749a098713d39f613c80d455bbaffae1cd24"


def vonage_told(method: str, fields: dict[str, str], headers: dict[str, str], at: datetime = NOW) -> Heard | Unheard:
    in_json = "json" in headers.get("content-type", "")
    body = msgspec.json.encode(fields) if in_json else urlencode(fields).encode()
    is_get = method == "GET"
    callback = Callback(method, f"{URL}?{body.decode()}" if is_get else URL, headers, b"" if is_get else body, at)
    return vonage.read_report(VONAGE, callback, None)


def sign_for_vonage(fields: dict[str, str]) -> dict[str, str]:
    text = "".join(f"&{name}={fields[name].replace('&', '_').replace('=', '_')}" for name in sorted(fields))
    return {**fields, "sig": hmac.digest(b"secret", text.encode(), "sha256").hex()}


@pytest.mark.parametrize(("method", "headers"), [("GET", {}), ("POST", FORM), ("POST", JSON)])
@pytest.mark.parametrize("signature", [EXAMPLE_SIGNATURE, EXAMPLE_SIGNATURE.upper()])
def test_vonages_published_signature_is_right_however_the_report_comes(
    method: str, headers: dict[str, str], signature: str
) -> None:
    assert vonage_told(method, {**EXAMPLE, "sig": signature}, headers) == Heard()
    for wrong in ({"a": "2"}, {"c": "3"}, {"sig": "0" * 64}, {"timestamp": "1461605397"}, {"timestamp": "x"}):
        heard = vonage_told(method, {**EXAMPLE, "sig": signature, **wrong}, headers)
        assert isinstance(heard, Unheard)
        assert heard.status == 401
    assert isinstance(vonage_told(method, EXAMPLE, headers), Unheard)


def test_a_vonage_report_is_believed_for_two_days() -> None:
    fields = {**EXAMPLE, "sig": EXAMPLE_SIGNATURE}
    assert isinstance(vonage_told("POST", fields, FORM, NOW + timedelta(hours=25)), Heard)
    assert isinstance(vonage_told("POST", fields, FORM, NOW + timedelta(days=3)), Unheard)


def test_vonage_rewrites_what_would_look_like_another_field() -> None:
    fields = sign_for_vonage({**EXAMPLE, "to": "A&B=C", "client-ref": "01J", "status": "delivered"})
    assert vonage_told("POST", fields, FORM) == Heard((Receipt("01J", "delivered", NOW),))


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        ("failed", "3", "address"),
        ("failed", "4", "address"),
        ("rejected", "9", "unsubscribed"),
        ("expired", "2", "vendor_reported_failure"),
        ("failed", "", "vendor_reported_failure"),
        ("rejected", "6", "vendor_reported_failure"),
    ],
)
def test_what_vonage_could_not_deliver_failed_with_its_code(status: str, error: str, code: str) -> None:
    fields = {**EXAMPLE, "client-ref": "01J", "status": status, "err-code": error}
    heard = vonage_told("POST", sign_for_vonage({**fields, "message-timestamp": "2016-04-25 18:09:56"}), FORM)
    assert isinstance(heard, Heard)
    [receipt] = heard.receipts
    assert (receipt.happening, receipt.code, receipt.cause) == ("failed", code, None)
    assert receipt.happened_at == NOW - timedelta(seconds=4)
    assert receipt.detail == f"Vonage: {status}, error {error or 'unknown'}"


@pytest.mark.parametrize("change", [{"status": "accepted"}, {"status": "buffered"}, {"status": "unknown"}, {}])
def test_what_vonage_knows_too_early_says_nothing(change: dict[str, str]) -> None:
    assert vonage_told("POST", sign_for_vonage({**EXAMPLE, "client-ref": "01J", **change}), FORM) == Heard()


def test_vonage_is_asked_for_reports_only_where_they_can_be_believed(make_message: MakeMessage) -> None:
    message = make_message("vonage", reports_to=URL)
    unsigned = read_settings_as(vonage.VonageSettings, {"api_key": "k", "api_secret": "s", "sender": "HUB"})
    signed, bare = [vonage.write_request(each, message, None, NOW) for each in (VONAGE, unsigned)]
    assert isinstance(signed, HttpRequest)
    assert isinstance(bare, HttpRequest)
    asked = urlencode({"callback": URL}).encode()
    assert asked in signed.body
    assert asked not in bare.body
    callback = Callback("POST", URL, FORM, urlencode({**EXAMPLE, "sig": EXAMPLE_SIGNATURE}).encode(), NOW)
    assert isinstance(vonage.read_report(unsigned, callback, None), Unheard)


# Made with the algorithm of Plivo's own client.
PLIVO_FIELDS = {"To": "15005550009", "From": "15005550006", "Status": "delivered", "MessageUUID": "u-1"}
WITH_QUERY = "ayKXXgPFOGPV690sgWgyKJKjvftKGV3pf1V+undFzqs="
WITHOUT_QUERY = "q/EGaRjnq9Fx/uf/z3KKeEr2VRX7lHAI5CRm2Yi+Rbw="
SECOND_VERSION = "TVA4zV8iK2kLGzJOpbyCZiH+B8ERE256Ufw5SB3/JVA="


def proven(message_id: str) -> str:
    proof = hmac.digest(b"token", f"report on {message_id}".encode(), "sha256").hex()[:32]
    return urlencode({"message_id": message_id, "proof": proof})


FOR_01J = proven("01J")


def plivo_told(url: str, headers: dict[str, str], **changes: str) -> Heard | Unheard:
    body = urlencode(PLIVO_FIELDS | changes).encode()
    return plivo.read_report(PLIVO, Callback("POST", url, FORM | headers, body, NOW), None)


@pytest.mark.parametrize("name", ["x-plivo-signature-v3", "x-plivo-signature-ma-v3"])
@pytest.mark.parametrize("given", ["{}", "other=,{}", "{},other="])
def test_plivos_third_signature_covers_the_url_and_every_field(name: str, given: str) -> None:
    url, delivered = f"{URL}?message_id=01J", Heard((Receipt("01J", "delivered", NOW),))
    headers = {name: given.format(WITH_QUERY), "x-plivo-signature-v3-nonce": "12345"}
    assert plivo_told(url, headers) == delivered
    assert isinstance(plivo_told(f"{URL}?message_id=01K", headers), Unheard)
    assert isinstance(plivo_told(url, headers, Status="failed"), Unheard)
    assert isinstance(plivo_told(url, headers | {"x-plivo-signature-v3-nonce": "12346"}), Unheard)
    assert plivo_told(URL, headers | {name: WITHOUT_QUERY}) == Heard()


def test_plivos_second_signature_counts_where_there_is_no_third() -> None:
    url, delivered = f"{URL}?{FOR_01J}", Heard((Receipt("01J", "delivered", NOW),))
    second = {"x-plivo-signature-v2": SECOND_VERSION, "x-plivo-signature-v2-nonce": "05429567804466091622"}
    assert plivo_told(url, second) == delivered
    assert isinstance(plivo_told(url.replace("/1-abc/", "/2-abc/"), second), Unheard)
    # It does not cover the query, so the hub's own proof there does.
    for another in ("message_id=01J", FOR_01J.replace("01J", "01K"), FOR_01J[:-1]):
        assert isinstance(plivo_told(f"{URL}?{another}", second), Unheard)
    third = {"x-plivo-signature-v3": "wrong", "x-plivo-signature-v3-nonce": "12345"}
    assert isinstance(plivo_told(url, second | third), Unheard)
    assert isinstance(plivo_told(url, {"x-plivo-signature-v2": SECOND_VERSION}), Unheard)


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        ("undelivered", "50", "address"),
        ("undelivered", "70", "address"),
        ("failed", "200", "unsubscribed"),
        ("failed", "20", "vendor_reported_failure"),
        ("rejected", "", "vendor_reported_failure"),
        ("queued", "", None),
        ("sent", "", None),
    ],
)
def test_what_plivo_could_not_deliver_failed_with_its_code(status: str, error: str, code: str | None) -> None:
    # The second signature covers no field, so it is right for every report.
    second = {"x-plivo-signature-v2": SECOND_VERSION, "x-plivo-signature-v2-nonce": "05429567804466091622"}
    heard = plivo_told(f"{URL}?{FOR_01J}", second, Status=status, ErrorCode=error)
    assert isinstance(heard, Heard)
    assert [(each.happening, each.code, each.cause) for each in heard.receipts] == (
        [("failed", code, None)] if code else []
    )


def test_plivo_is_told_where_to_report_on_each_message(make_message: MakeMessage) -> None:
    told, untold = [plivo.write_request(PLIVO, make_message("plivo", reports_to=url), None, NOW) for url in (URL, "")]
    assert isinstance(told, HttpRequest)
    assert isinstance(untold, HttpRequest)
    plain = {"src": "+1", "dst": "+15005550009", "text": "Thank you"}
    assert msgspec.json.decode(told.body) == plain | {"url": f"{URL}?{proven('01JABCDEF')}", "method": "POST"}
    assert msgspec.json.decode(untold.body) == plain


def line(**changes: Any) -> dict[str, Any]:
    return {
        "date": "2016-04-25 23:40:00",
        "number": "919",
        "CRQID": "01J",
        "status": "1",
        "desc": "DELIVERED",
    } | changes


def msg91_told(document: Any, headers: dict[str, str], settings: msg91.Msg91Settings = MSG91) -> Heard | Unheard:
    encoded = msgspec.json.encode(document)
    body = encoded if headers is JSON else urlencode({"data": encoded}).encode()
    return msg91.read_report(settings, Callback("POST", URL, headers, body, NOW), None)


def test_msg91_reports_in_forms_and_in_json() -> None:
    delivered = Receipt("01J", "delivered", NOW)
    other = Receipt("01K", "delivered", NOW)
    batches = [{"requestId": "1", "report": [line(), line(CRQID="01K")]}, {"report": [line(status="0")]}]
    assert msg91_told(batches, FORM) == Heard((delivered, other))
    assert msg91_told(line(), JSON) == Heard((delivered,))
    assert msg91_told([line(status=1), line(status="Delivered", CRQID="01K")], JSON) == Heard((delivered, other))


@pytest.mark.parametrize("crqid", ["0", ""])
def test_what_msg91_tells_of_messages_that_are_not_ours_is_passed_over(crqid: str) -> None:
    assert msg91_told(line(CRQID=crqid), JSON) == Heard()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("2", "vendor_reported_failure"),
        ("16", "vendor_reported_failure"),
        ("17", "vendor_reported_failure"),
        ("9", "unsubscribed"),
        ("Failed", "vendor_reported_failure"),
    ],
)
def test_what_msg91_could_not_deliver_failed_with_its_reason(status: str, code: str) -> None:
    said = line(status=status, desc="FAILED", failedReason="absent\nsubscriber")
    heard = msg91_told([{"report": [said]}], FORM)
    detail = f"MSG91 status {status.lower()}: FAILED absent subscriber"
    assert heard == Heard((Receipt("01J", "failed", NOW, code, detail),))


def test_msg91_is_believed_by_the_secret_in_its_url_where_one_is_set() -> None:
    settings = read_settings_as(msg91.Msg91Settings, {"auth_key": "k", "sender": "HUBTXT", "callback_secret": "s&cret"})
    body = msgspec.json.encode(line())
    for query, kind in (("", Unheard), ("?secret=other", Unheard), ("?secret=s%26cret", Heard)):
        heard = msg91.read_report(settings, Callback("POST", URL + query, JSON, body, NOW), None)
        assert isinstance(heard, kind)


@pytest.mark.parametrize(
    ("error", "code"), [("30005", "address"), ("30006", "address"), ("21610", "unsubscribed"), ("30003", None)]
)
def test_numbers_that_twilio_proves_dead_have_their_code(error: str, code: str | None) -> None:
    settings = read_settings_as(
        twilio.TwilioSettings, {"account_sid": "AC" + "a" * 32, "auth_token": "t", "from_number": "+1"}
    )
    url, fields = f"{URL}?message_id=01J", {"MessageStatus": "undelivered", "ErrorCode": error}
    text = url + "".join(name + fields[name] for name in sorted(fields))
    signature = b64encode(hmac.digest(b"t", text.encode(), "sha1")).decode()
    callback = Callback("POST", url, FORM | {"x-twilio-signature": signature}, urlencode(fields).encode(), NOW)
    heard = twilio.read_report(settings, callback, None)
    assert isinstance(heard, Heard)
    assert [each.code for each in heard.receipts] == [code or "vendor_reported_failure"]
