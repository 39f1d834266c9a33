"""WhatsApp's Cloud API: what it is asked, what its error codes mean, and what it tells."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.received import Post
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.simulators.whatsapp_cloud import WhatsappCloudSimulator
from suprsend_hub.vendors.contract import HttpAnswer, HttpRequest
from suprsend_hub.vendors.listener import Listener
from suprsend_hub.vendors.registry import read_settings
from suprsend_hub.vendors.sender import Sender
from suprsend_hub.vendors.whatsapp_cloud import read_outcome, write_request

from .conftest import MakeAccount, MakeMessage

NOW = datetime(2026, 3, 1, 12, 31, tzinfo=UTC)
URL = "https://hub.example.com/v1/vendor_callback/1-abc/"
RIGHT: dict[str, Any] = {"phone_number_id": "1065", "access_token": "EAAx"}
TEMPLATE = {"template_name": "from_the_shop", "template_language": "en_US"}
IMAGE = {"format": "IMAGE", "media_url": "https://example.com/a.png"}


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener()
    yield listener
    await listener.close()


@pytest.fixture
def cloud(simulation: Simulation) -> WhatsappCloudSimulator:
    service = simulation.services["whatsapp_cloud"]
    assert isinstance(service, WhatsappCloudSimulator)
    return service


@pytest.fixture
def account(cloud: WhatsappCloudSimulator, make_account: MakeAccount) -> VendorAccount:
    return make_account("whatsapp_cloud", cloud.settings())


def content(text: str = "Thank you", **more: Any) -> dict[str, Any]:
    return {"body": {"text": text}, **more}


def written(message: OutgoingMessage, **settings: Any) -> HttpRequest | Outcome:
    return write_request(read_settings("whatsapp_cloud", RIGHT | settings), message, None, NOW)


def form_of(message: OutgoingMessage, **settings: Any) -> dict[str, Any]:
    """What is sent beside what every message has."""
    request = written(message, **settings)
    assert isinstance(request, HttpRequest), request
    form = msgspec.json.decode(request.body, type=dict[str, Any])
    return {name: form[name] for name in form if name in (form["type"], "type")}


def as_callback(post: Post) -> Callback:
    return Callback("POST", post.url, {name.lower(): value for name, value in post.headers.items()}, post.body, NOW)


def strangers(account: VendorAccount, secret: str) -> list[VendorAccount]:
    """The account without one of its secrets, and with another one in its place."""
    others = {name: value for name, value in account.settings.items() if name != secret}
    return [replace(account, settings=each) for each in (others, {**others, secret: "another"})]


def status(message_id: str, state: str, **more: Any) -> dict[str, Any]:
    return {"id": "wamid.1", "status": state, "timestamp": "1772368200", "biz_opaque_callback_data": message_id, **more}


def test_a_text_is_asked_for_to_the_byte(make_message: MakeMessage) -> None:
    request = written(make_message("whatsapp_cloud", content=content("Grüße & 100 % ☃")))
    assert isinstance(request, HttpRequest)
    assert request.url == "https://graph.facebook.com/v25.0/1065/messages"
    assert request.headers == {"Content-Type": "application/json", "Authorization": "Bearer EAAx"}
    assert request.body.decode() == (
        '{"messaging_product":"whatsapp","recipient_type":"individual","to":"+15005550009",'
        '"biz_opaque_callback_data":"01JABCDEF","type":"text","text":{"body":"Grüße & 100 % ☃"}}'
    )


def test_without_buttons_a_line_above_and_one_below_are_part_of_the_text(make_message: MakeMessage) -> None:
    whole = content("Hello\n\nAnn", header={"format": "TEXT", "text": "Order"}, footer={"text": "The shop"})
    form = form_of(make_message("whatsapp_cloud", content=whole))
    assert form["text"] == {"body": "Order\n\nHello\n\nAnn\n\nThe shop"}


def test_a_line_above_that_came_out_empty_is_left_out(make_message: MakeMessage) -> None:
    form = form_of(make_message("whatsapp_cloud", content=content(header={"format": "TEXT", "text": " "})))
    assert form["text"] == {"body": "Thank you"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (IMAGE, {"link": IMAGE["media_url"]}),
        ({**IMAGE, "format": "VIDEO"}, {"link": IMAGE["media_url"]}),
        ({**IMAGE, "format": "DOCUMENT", "filename": "a.pdf"}, {"link": IMAGE["media_url"], "filename": "a.pdf"}),
    ],
)
def test_a_file_has_the_text_below_it(
    header: dict[str, Any], expected: dict[str, Any], make_message: MakeMessage
) -> None:
    kind = header["format"].lower()
    form = form_of(make_message("whatsapp_cloud", content=content(header=header)))
    assert form == {"type": kind, kind: {**expected, "caption": "Thank you"}}


def test_quick_replies_come_with_what_stands_around_them(make_message: MakeMessage) -> None:
    buttons = [{"type": "QUICK_REPLY", "text": each} for each in ("Yes", "No", "Später ☃")]
    whole = content(button_type="QUICK_REPLY", buttons=buttons, header=IMAGE, footer={"text": "The shop"})
    assert form_of(make_message("whatsapp_cloud", content=whole))["interactive"] == {
        "type": "button",
        "header": {"type": "image", "image": {"link": IMAGE["media_url"]}},
        "body": {"text": "Thank you"},
        "footer": {"text": "The shop"},
        "action": {
            "buttons": [{"type": "reply", "reply": {"id": each, "title": each}} for each in ("Yes", "No", "Später ☃")]
        },
    }


def test_a_link_is_a_button(make_message: MakeMessage) -> None:
    button = {
        "type": "URL",
        "text": "Track",
        "url_type": "dynamic",
        "url_static_part": "https://example.com/",
        "url_dynamic_part": "o/1",
    }
    whole = content(button_type="CALL_TO_ACTION", buttons=[button], header={"format": "TEXT", "text": "Order"})
    assert form_of(make_message("whatsapp_cloud", content=whole))["interactive"] == {
        "type": "cta_url",
        "header": {"type": "text", "text": "Order"},
        "body": {"text": "Thank you"},
        "action": {"name": "cta_url", "parameters": {"display_text": "Track", "url": "https://example.com/o/1"}},
    }


def test_an_approved_template_gets_the_body_on_one_line_and_nothing_else(make_message: MakeMessage) -> None:
    reply = [{"type": "QUICK_REPLY", "text": "Yes"}]
    whole = content(" Hello\n\n\tAnn,      bye ", header=IMAGE, footer={"text": "x"}, buttons=reply)
    assert form_of(make_message("whatsapp_cloud", content=whole), **TEMPLATE)["template"] == {
        "name": "from_the_shop",
        "language": {"code": "en_US"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Hello Ann, bye"}]}],
    }


async def test_what_is_sent_within_a_template_is_taken(
    sender: Sender, simulation: Simulation, account: VendorAccount, make_message: MakeMessage
) -> None:
    wrapped = replace(account, settings={**account.settings, **TEMPLATE})
    outcome = await sender.send(wrapped, make_message("whatsapp_cloud", content=content("Hello\n\n\t Ann")))
    assert isinstance(outcome, Accepted), outcome
    [received] = simulation.received
    assert (received.content["template"], received.content["text"]) == ("from_the_shop", "Hello Ann")


URL_BUTTON = {"type": "URL", "text": "Track", "url_static_part": "https://example.com/"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (content(" "), "body.text"),
        (content("x" * 4097), "body.text"),
        (content("x" * 1025, header=IMAGE), "body.text"),
        (content("x" * 1025, buttons=[URL_BUTTON]), "body.text"),
        (content(header={"format": "IMAGE", "media_url": ""}), "header.media_url"),
        (content(header={"format": "IMAGE", "media_url": "file:///etc/passwd"}), "header.media_url"),
        (content(header={"format": "TEXT", "text": "x" * 61}, buttons=[URL_BUTTON]), "header.text"),
        (content(footer={"text": "x" * 61}, buttons=[URL_BUTTON]), "footer.text"),
        (content(buttons=[URL_BUTTON, URL_BUTTON]), "buttons"),
        (content(buttons=[URL_BUTTON, {"type": "QUICK_REPLY", "text": "Yes"}]), "buttons"),
        (content(buttons=[{"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15005550006"}]), "buttons"),
        (content(buttons=[{"type": "QUICK_REPLY", "text": str(each)} for each in range(4)]), "buttons"),
        (content(buttons=[{"type": "QUICK_REPLY", "text": "Yes"}] * 2), "buttons"),
        (content(buttons=[{"type": "QUICK_REPLY", "text": "x" * 21}]), "buttons[0].text"),
        (content(buttons=[{**URL_BUTTON, "text": " "}]), "buttons[0].text"),
    ],
)
def test_what_whatsapp_would_not_take_is_refused_by_name(
    wrong: dict[str, Any], field: str, make_message: MakeMessage
) -> None:
    outcome = written(make_message("whatsapp_cloud", content=wrong))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "content"
    assert outcome.detail.startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"phone_number_id": "+1 500"}, "phone_number_id"),
        ({"template_name": "x"}, "template_language"),
        ({"template_language": "en"}, "template_language"),
        ({"api_version": "25"}, "api_version"),
        ({"base_url": "ftp://x"}, "base_url"),
    ],
)
def test_wrong_settings_are_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        read_settings("whatsapp_cloud", RIGHT | change)


@pytest.mark.parametrize(
    ("http", "code", "expected"),
    [
        (401, 190, (Deferred, "vendor_credentials")),
        (401, 0, (Deferred, "vendor_credentials")),
        (403, 200, (Deferred, "vendor_credentials")),
        (403, 131031, (Deferred, "vendor_credentials")),
        (403, 368, (Deferred, "vendor_credentials")),
        (400, 4, (Deferred, "vendor_rate_limited")),
        (400, 80007, (Deferred, "vendor_rate_limited")),
        (400, 130429, (Deferred, "vendor_rate_limited")),
        (400, 131048, (Deferred, "vendor_rate_limited")),
        (400, 131056, (Deferred, "vendor_rate_limited")),
        (400, 1, (Deferred, "vendor_unavailable")),
        (503, 2, (Deferred, "vendor_unavailable")),
        (500, 131000, (Deferred, "vendor_unavailable")),
        (500, 131016, (Deferred, "vendor_unavailable")),
        (400, 131047, (Rejected, "outside_window")),
        (404, 132001, (Rejected, "template_refused")),
        (400, 132015, (Rejected, "template_refused")),
        (400, 131026, (Rejected, "address")),
        (400, 131021, (Rejected, "address")),
        (400, 131050, (Rejected, "unsubscribed")),
        (400, 131030, (Rejected, "vendor_refused")),
        (400, 131049, (Rejected, "vendor_refused")),
        (403, 130497, (Rejected, "vendor_refused")),
        (400, 131053, (Rejected, "content")),
        (400, 100, (Rejected, "vendor_refused")),
        (400, 999999, (Rejected, "vendor_refused")),
    ],
)
def test_error_codes_have_their_meaning(http: int, code: int, expected: tuple[type[Outcome], str]) -> None:
    error = {"message": "why", "type": "OAuthException", "code": code, "error_data": {"details": "because"}}
    outcome = read_outcome(HttpAnswer(http, {}, msgspec.json.encode({"error": error})))
    assert isinstance(outcome, Rejected | Deferred)
    assert (type(outcome), outcome.code) == expected
    assert "why because" in outcome.detail
    causes = {131026: "hard_bounce", 131050: "unsubscribed"}
    assert getattr(outcome, "cause", None) == causes.get(code)


async def test_a_number_id_that_is_not_the_accounts_is_a_fault_of_the_settings(
    sender: Sender, account: VendorAccount, make_message: MakeMessage
) -> None:
    another = replace(account, settings={**account.settings, "phone_number_id": "1"})
    outcome = await sender.send(another, make_message("whatsapp_cloud"))
    assert isinstance(outcome, Rejected), outcome
    assert outcome.code == "vendor_settings"


async def test_a_wrong_token_waits_for_a_right_one(
    sender: Sender, account: VendorAccount, make_message: MakeMessage
) -> None:
    another = replace(account, settings={**account.settings, "access_token": "EAAwrong"})
    outcome = await sender.send(another, make_message("whatsapp_cloud"))
    assert isinstance(outcome, Deferred), outcome
    assert outcome.code == "vendor_credentials"


async def test_meta_is_told_that_the_hub_listens_once_it_shows_the_verify_token(
    cloud: WhatsappCloudSimulator, listener: Listener, account: VendorAccount
) -> None:
    asked = Callback("GET", cloud.ask_to_confirm(URL, "1158201444"), {}, b"", NOW)
    assert await listener.listen(account, asked) == Heard(reply="1158201444")
    for stranger in strangers(account, "verify_token"):
        heard = await listener.listen(stranger, asked)
        assert isinstance(heard, Unheard)
        assert heard.status == 403


async def test_several_things_are_told_at_a_time_and_what_is_not_ours_is_passed_over(
    cloud: WhatsappCloudSimulator, listener: Listener, account: VendorAccount
) -> None:
    window = {"code": 131047, "title": "Re-engagement message", "error_data": {"details": "24 hours"}}
    post = cloud.notify(
        URL,
        {"statuses": [status("01JA", "sent"), status("01JA", "delivered"), status("01JB", "read")]},
        {"messages": [{"from": "15005550009", "type": "text", "text": {"body": "Hello"}}], "contacts": []},
        {"statuses": [status("", "delivered"), status("order 7\x00", "read"), {"id": "wamid.2", "status": "read"}]},
        {"statuses": [status("01JC", "failed", errors=[window]), status("01JD", "failed")]},
        {"statuses": [status("01JE", "delivered", timestamp="soon")]},
    )
    at = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    assert await listener.listen(account, as_callback(post)) == Heard(
        (
            Receipt("01JA", "delivered", at),
            Receipt("01JB", "seen", at),
            Receipt("01JC", "failed", at, "outside_window", "131047: Re-engagement message 24 hours"),
            Receipt("01JD", "failed", at, "vendor_reported_failure", "Meta does not say why"),
            Receipt("01JE", "delivered", NOW),
        )
    )


@pytest.mark.parametrize(
    ("code", "said", "cause"),
    [
        (131026, "address", "hard_bounce"),
        (131050, "unsubscribed", "unsubscribed"),
        (131049, "vendor_refused", None),
        (999999, "vendor_reported_failure", None),
        (131042, "vendor_credentials", None),
        (131053, "content", None),
    ],
)
async def test_only_what_lies_with_the_recipient_is_held_against_the_number(
    code: int,
    said: str,
    cause: str | None,
    cloud: WhatsappCloudSimulator,
    listener: Listener,
    account: VendorAccount,
) -> None:
    post = cloud.notify(URL, {"statuses": [status("01JA", "failed", errors=[{"code": code, "title": "why"}])]})
    heard = await listener.listen(account, as_callback(post))
    assert isinstance(heard, Heard)
    [receipt] = heard.receipts
    assert (receipt.code, receipt.detail, receipt.cause) == (said, f"{code}: why", cause)


async def test_what_is_told_twice_is_heard_twice_and_nothing_without_the_apps_secret(
    cloud: WhatsappCloudSimulator, listener: Listener, account: VendorAccount
) -> None:
    callback = as_callback(cloud.notify(URL, {"statuses": [status("01JA", "delivered")]}))
    first, second = [await listener.listen(account, callback) for _ in range(2)]
    assert isinstance(first, Heard)
    assert first == second
    for stranger in strangers(account, "app_secret"):
        heard = await listener.listen(stranger, callback)
        assert isinstance(heard, Unheard)
        assert heard.status == 401


async def test_other_fields_of_the_webhook_are_passed_over_and_a_broken_one_is_not_understood(
    cloud: WhatsappCloudSimulator, listener: Listener, account: VendorAccount
) -> None:
    other = cloud.notify(URL)
    assert await listener.listen(account, as_callback(other)) == Heard()
    broken = await listener.listen(account, as_callback(cloud.notify(URL, {"statuses": 7})))
    assert isinstance(broken, Unheard)
    assert broken.status == 400
