"""Xiaomi and OPPO: what arrives, what they don't take, and what they report."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.outcome import Accepted, Deferred, Rejected
from suprsend_hub.domain.receipt import Receipt
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors import oppo, xiaomi
from suprsend_hub.vendors.android_push import shorten
from suprsend_hub.vendors.contract import Listen
from suprsend_hub.vendors.registry import read_settings
from suprsend_hub.vendors.sender import Sender

from .conftest import MakeAccount, MakeMessage

NOW = datetime(2026, 3, 1, 12, 31, tzinfo=UTC)
REPORTS_TO = "https://hub.example.com/v1/vendor_callback/1-abc/"
WHOLE: dict[str, Any] = {
    "header": "Überschrift ☃",
    "body": "Text",
    "subtext": "sub",
    "action_url": "app://order/1",
    "channel_sound": "ping",
    "group": "orders",
    "timeout_sec": 60,
    "extra_payload": {"order": "1", "message_id": "x"},
}
DATA = {"order": "1", "action_url": "app://order/1", "subtext": "sub", "message_id": "01JABCDEF"}
ULID = "01JQ7R8V0H2C4N6P8S0T2W4Y6Z"


def content_of(simulation: Simulation) -> dict[str, Any]:
    """What the newest message holds as its vendor got it."""
    return dict(list(simulation.received)[-1].content)


async def test_xiaomi_gets_a_notification(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("xiaomi", simulation.vendor_settings()["xiaomi"])
    message = make_message("xiaomi", content=WHOLE, id=ULID, reports_to=REPORTS_TO)
    outcome = await sender.send(account, message)
    assert isinstance(outcome, Accepted), outcome
    assert (outcome.vendor_message_id or "").startswith("scm")
    content = content_of(simulation)
    assert content["payload"] == {**DATA, "message_id": ULID}
    form = {name: value for name, value in content["form"].items() if name != "payload"}
    assert form == {
        "registration_id": "token-of-ann",
        "restricted_package_name": "com.example.shop",
        "title": "Überschrift ☃",
        "description": "Text",
        "pass_through": "0",
        "notify_type": "-1",
        "notify_id": "1697644014",
        "time_to_live": "60000",
        "extra.jobkey": ULID[6:],
        "extra.notify_effect": "2",
        "extra.intent_uri": "app://order/1",
        "extra.sound_uri": "android.resource://com.example.shop/raw/ping",
        "extra.channel_id": "orders",
        "extra.callback": REPORTS_TO,
        "extra.callback.param": ULID,
        "extra.callback.type": "243",
    }


async def test_oppo_gets_a_notification(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("oppo", simulation.vendor_settings()["oppo"])
    outcome = await sender.send(account, make_message("oppo", content=WHOLE, reports_to=REPORTS_TO))
    assert isinstance(outcome, Accepted), outcome
    assert (outcome.vendor_message_id or "").startswith("app-1-1-")
    message = content_of(simulation)["message"]
    assert msgspec.json.decode(message["notification"].pop("action_parameters")) == DATA
    assert message == {
        "target_type": 2,
        "target_value": "token-of-ann",
        "notification": {
            "app_message_id": "01JABCDEF",
            "title": "Überschrift ☃",
            "sub_title": "sub",
            "content": "Text",
            "style": 1,
            "off_line": True,
            "off_line_ttl": 60,
            "notify_id": 1697644014,
            "channel_id": "orders",
            "click_action_type": 5,
            "click_action_url": "app://order/1",
            "call_back_url": REPORTS_TO,
            "call_back_parameter": "01JABCDEF",
        },
    }


async def test_a_web_page_is_opened_and_told_nothing_that_is_for_the_app(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    content = {**WHOLE, "action_url": "HTTPS://example.com/a?b=c"}
    for number, vendor in enumerate(("xiaomi", "oppo")):
        account = make_account(vendor, simulation.vendor_settings()[vendor], id=number)
        assert isinstance(await sender.send(account, make_message(vendor, content=content)), Accepted)
    form, notification = (
        each.content.get("form") or each.content["message"]["notification"] for each in simulation.received
    )
    assert (form["extra.notify_effect"], form["extra.web_uri"]) == ("3", "HTTPS://example.com/a?b=c")
    assert (notification["click_action_type"], notification["click_action_url"]) == (2, "HTTPS://example.com/a?b=c")
    assert "action_parameters" not in notification


@pytest.mark.parametrize("vendor", ["xiaomi", "oppo"])
@pytest.mark.parametrize("letter", ["a", "长", "😀"])
async def test_long_texts_are_cut_to_what_the_vendor_takes(
    vendor: str,
    letter: str,
    simulation: Simulation,
    sender: Sender,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    account = make_account(vendor, simulation.vendor_settings()[vendor])
    content = {"header": letter * 500, "body": letter * 4000}
    outcome = await sender.send(account, make_message(vendor, content=content))
    assert isinstance(outcome, Accepted), outcome
    received = content_of(simulation)
    assert received["title"].endswith(f"{letter}…")
    assert received["text"].endswith(f"{letter}…")


@given(st.text(), st.integers(1, 200))
def test_a_cut_text_is_a_beginning_with_an_ellipsis_and_never_too_long(text: str, most: int) -> None:
    short = shorten(text, most)
    assert len(short.encode("utf-16-le")) // 2 <= most
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


async def test_a_silent_message_is_for_the_app_alone_and_oppo_has_none(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    content = {"header": "Hi", "body": "Text", "is_silent": True}
    account = make_account("xiaomi", simulation.vendor_settings()["xiaomi"])
    assert isinstance(await sender.send(account, make_message("xiaomi", content=content)), Accepted)
    received = content_of(simulation)
    assert received["payload"] == {"title": "Hi", "body": "Text", "message_id": "01JABCDEF"}
    assert (received["form"]["pass_through"], "title" in received["form"]) == ("1", False)
    outcome = await sender.send(
        make_account("oppo", simulation.vendor_settings()["oppo"], id=2), make_message("oppo", content=content)
    )
    assert isinstance(outcome, Rejected)
    assert outcome.code == "content"
    assert "is_silent" in outcome.detail


@pytest.mark.parametrize("vendor", ["xiaomi", "oppo"])
async def test_data_that_is_too_large_is_never_sent(
    vendor: str, simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account(vendor, simulation.vendor_settings()[vendor])
    content = {**WHOLE, "extra_payload": {"all": "x" * 4100}}
    outcome = await sender.send(account, make_message(vendor, content=content))
    assert isinstance(outcome, Rejected)
    assert (outcome.code, simulation.received.total) == ("content", 0)


@pytest.mark.parametrize(("vendor", "most"), [("xiaomi", 128), ("oppo", 200)])
async def test_an_address_for_reports_that_is_too_long_is_left_out(
    vendor: str,
    most: int,
    simulation: Simulation,
    sender: Sender,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    account = make_account(vendor, simulation.vendor_settings()[vendor])
    longest = REPORTS_TO + "x" * (most - len(REPORTS_TO))
    for url in (longest, longest + "x", ""):
        assert isinstance(await sender.send(account, make_message(vendor, reports_to=url)), Accepted)
    posts = [each.report("delivered", NOW) for each in simulation.received]
    assert [post.url if post else None for post in posts] == [longest, None, None]


@pytest.mark.parametrize(
    ("vendor", "field"), [("xiaomi", "app_secret"), ("oppo", "master_secret"), ("oppo", "app_key")]
)
async def test_wrong_credentials_wait_for_right_ones(
    vendor: str,
    field: str,
    simulation: Simulation,
    sender: Sender,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    settings = {**simulation.vendor_settings()[vendor], field: "wrong"}
    outcome = await sender.send(make_account(vendor, settings), make_message(vendor))
    assert isinstance(outcome, Deferred), outcome
    assert outcome.code == "vendor_credentials"


def xiaomi_report(**event: Any) -> bytes:
    return urlencode({"data": msgspec.json.encode({"scm1": event}).decode()}).encode()


def oppo_report(**event: Any) -> bytes:
    return msgspec.json.encode([event])


LISTEN: dict[str, Listen[Any]] = {"xiaomi": xiaomi.read_report, "oppo": oppo.read_report}
SETTINGS = {
    "xiaomi": read_settings("xiaomi", {"app_secret": "s", "package_name": "p"}),
    "oppo": read_settings("oppo", {"app_key": "k", "master_secret": "s"}),
}


def hear(vendor: str, body: bytes) -> Any:
    """What a vendor's own file reads from a callback with this body."""
    return LISTEN[vendor](SETTINGS[vendor], Callback("POST", REPORTS_TO, {}, body, NOW), None)


@pytest.mark.parametrize(
    ("vendor", "body", "receipt"),
    [
        (
            "xiaomi",
            xiaomi_report(param=ULID, type=1, targets="t", timestamp=1772368200000),
            Receipt(ULID, "delivered", NOW - timedelta(minutes=1)),
        ),
        ("xiaomi", xiaomi_report(param=ULID, type=2, targets="t"), Receipt(ULID, "clicked", NOW)),
        (
            "xiaomi",
            xiaomi_report(param=ULID, type=16, errorCode=1, timestamp=10**30),
            Receipt(
                ULID,
                "failed",
                NOW,
                "unregistered",
                "Xiaomi: the device is not registered any more",
                "unregistered",
            ),
        ),
        (
            "xiaomi",
            xiaomi_report(param=ULID, type=32),
            Receipt(
                ULID, "failed", NOW, "vendor_reported_failure", "Xiaomi: the app has switched its notifications off"
            ),
        ),
        ("xiaomi", xiaomi_report(param=ULID, type=4096), None),
        (
            "oppo",
            oppo_report(param=ULID, eventType="push_arrive", eventTime="1772368200000"),
            Receipt(ULID, "delivered", NOW - timedelta(minutes=1)),
        ),
        (
            "oppo",
            oppo_report(param=ULID, eventType="regid_invalid", eventTime="soon"),
            Receipt(ULID, "failed", NOW, "unregistered", "OPPO: the device is not registered any more", "unregistered"),
        ),
        (
            "oppo",
            oppo_report(param=ULID, eventType="user_daily_limit"),
            Receipt(
                ULID,
                "failed",
                NOW,
                "vendor_reported_failure",
                "OPPO: the device has had its daily number of messages",
            ),
        ),
        ("oppo", oppo_report(param=ULID, eventType="push_shown"), None),
    ],
)
def test_what_they_report_becomes_a_receipt(vendor: str, body: bytes, receipt: Receipt | None) -> None:
    assert hear(vendor, body) == Heard((receipt,) if receipt else ())


def test_several_reports_come_at_once() -> None:
    events = {name: {"param": name, "type": kind} for name, kind in (("M1", 1), ("M2", 2), ("M3", 4096))}
    heard = hear("xiaomi", urlencode({"data": msgspec.json.encode(events).decode()}).encode())
    assert isinstance(heard, Heard)
    assert [(each.message_id, each.happening) for each in heard.receipts] == [("M1", "delivered"), ("M2", "clicked")]
    heard = hear("oppo", msgspec.json.encode([{"param": name, "eventType": "push_arrive"} for name in ("M1", "M2")]))
    assert isinstance(heard, Heard)
    assert [each.message_id for each in heard.receipts] == ["M1", "M2"]


@pytest.mark.parametrize("param", ["", "a b", "\x00", "x" * 65, "01J\n", "'; --"])
def test_a_report_of_what_can_be_no_message_is_refused(param: str) -> None:
    for heard in (
        hear("xiaomi", xiaomi_report(param=param, type=1)),
        hear("oppo", oppo_report(param=param, eventType="push_arrive")),
    ):
        assert isinstance(heard, Unheard)
        assert heard.status == 400
