"""Push to Apple devices and to browsers: what is sent, what the answers mean, and the published test vectors."""

import asyncio
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Rejected
from suprsend_hub.simulators.http_server import Answer, Request
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors import apns, vapid
from suprsend_hub.vendors.contract import HttpAnswer
from suprsend_hub.vendors.sender import Sender
from suprsend_hub.vendors.settings import read_settings_as
from suprsend_hub.vendors.web_push_encryption import encrypt

from .conftest import MakeAccount, MakeMessage

NOW = datetime(2026, 3, 1, 12, 31, tzinfo=UTC)


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_example_of_rfc_8291_comes_out_to_the_byte() -> None:
    key = derive_private_key(int.from_bytes(decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), SECP256R1())
    body = encrypt(
        b"When I grow up, I want to be a watermelon",
        decode("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        decode("BTBZMqHH6r4Tts7J_aSIgg"),
        key,
        decode("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert body == decode(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru"
        "3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


WHOLE: dict[str, Any] = {
    "header": "Hello",
    "body": "There",
    "icon_url": "https://x/i.png",
    "action_url": "https://x/",
    "group": "g",
    "is_sticky": True,
    "buttons": [{"text": "Yes", "url": "https://x/yes", "id": "yes"}, {"text": "No", "url": "https://x/no"}],
    "extra_payload": {"order": 7},
}


async def test_a_browser_opens_what_was_sent_to_it(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    address = msgspec.json.encode(simulation.browser.subscription("ann")).decode()
    account = make_account("vapid", simulation.vendor_settings()["vapid"])
    outcome = await sender.send(account, make_message("vapid", address=address, content=WHOLE))
    assert isinstance(outcome, Accepted), outcome
    [received] = simulation.received
    assert (received.recipient, received.message_id) == ("ann", "01JABCDEF")
    assert msgspec.json.decode(received.raw) == {
        "title": "Hello",
        "body": "There",
        "icon": "https://x/i.png",
        "tag": "g",
        "requireInteraction": True,
        "actions": [{"action": "yes", "title": "Yes"}, {"action": "action_2", "title": "No"}],
        "data": {
            "order": 7,
            "notification_id": "01JABCDEF",
            "launch_urls": {"default": "https://x/", "yes": "https://x/yes", "action_2": "https://x/no"},
        },
    }


@pytest.mark.parametrize("address", ["{}", "token", '{"endpoint": "https://x", "keys": {"auth": "", "p256dh": "AA"}}'])
async def test_an_address_that_is_no_subscription_is_rejected(
    address: str, simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("vapid", simulation.vendor_settings()["vapid"])
    outcome = await sender.send(account, make_message("vapid", address=address))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "address"


async def test_a_browser_that_is_gone_is_left_alone_for_good(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    subscription = {**simulation.browser.subscription("ann"), "endpoint": f"{simulation.browser.server.url}/elsewhere"}
    account = make_account("vapid", simulation.vendor_settings()["vapid"])
    address = msgspec.json.encode(subscription).decode()
    outcome = await sender.send(account, make_message("vapid", address=address))
    assert isinstance(outcome, Rejected)
    assert outcome.cause == "unregistered"


async def test_a_push_service_inside_is_not_asked(
    simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    closed = Sender()
    address = msgspec.json.encode(simulation.browser.subscription("ann")).decode()
    account = make_account("vapid", simulation.vendor_settings()["vapid"])
    outcome = await closed.send(account, make_message("vapid", address=address))
    await closed.close()
    assert isinstance(outcome, Rejected)
    assert "not public" in outcome.detail
    assert simulation.received.total == 0


@pytest.mark.parametrize(
    "settings",
    [
        {"private_key": "c2hvcnQ", "subject": "mailto:a@b.c"},
        {"private_key": "A" * 43, "subject": "mailto:a@b.c"},
        {"private_key": "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw", "subject": "ann"},
        {"private_key": "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw", "subject": "mailto:a@b.c", "public_key": "BA"},
    ],
)
def test_keys_that_do_not_fit_are_refused_without_being_shown(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"(private_key|public_key|subject): ") as refusal:
        read_settings_as(vapid.VapidSettings, settings)
    assert settings["private_key"] not in str(refusal.value)


async def sent_to_apple(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, run_http: Any, message: OutgoingMessage
) -> Request:
    seen: list[Request] = []

    async def answer(request: Request) -> Answer:
        seen.append(request)
        return Answer(200, b"", {"apns-id": request.headers["apns-id"]})

    settings = {**simulation.vendor_settings()["apns"], "base_url": await run_http(answer)}
    assert isinstance(await sender.send(make_account("apns", settings), message), Accepted)
    return seen[0]


async def test_apple_gets_an_alert(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage, run_http: Any
) -> None:
    content = {
        "header": "Hello",
        "body": "There",
        "image_url": "https://x/i.png",
        "action_url": "https://x/",
        "badge": 3,
        "thread_identifier": "t",
    }
    message = make_message("apns", content=content, details={"bundle_id": "com.example.other"})
    request = await sent_to_apple(simulation, sender, make_account, run_http, message)
    assert request.path == f"/3/device/{message.address}"
    assert request.headers["apns-topic"] == "com.example.other"
    assert (request.headers["apns-push-type"], request.headers["apns-priority"]) == ("alert", "10")
    assert msgspec.json.decode(request.body) == {
        "aps": {
            "alert": {"title": "Hello", "body": "There"},
            "badge": 3,
            "sound": "default",
            "mutable-content": 1,
            "thread-id": "t",
        },
        "nid": "01JABCDEF",
        "via_suprsend": True,
        "global_action_url": "https://x/",
        "image_url": "https://x/i.png",
    }


async def test_a_silent_notification_is_in_the_background(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage, run_http: Any
) -> None:
    message = make_message("apns", content={"content_available": 1})
    request = await sent_to_apple(simulation, sender, make_account, run_http, message)
    assert (request.headers["apns-push-type"], request.headers["apns-priority"]) == ("background", "5")
    assert msgspec.json.decode(request.body)["aps"] == {"content-available": 1}


async def test_one_token_serves_for_most_of_an_hour(
    simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage, run_http: Any
) -> None:
    times, seen = [NOW], []

    async def answer(request: Request) -> Answer:
        seen.append(request.headers["authorization"])
        return Answer(200, b"", {"apns-id": "1"})

    settings = {**simulation.vendor_settings()["apns"], "base_url": await run_http(answer)}
    sender = Sender(now=lambda: times[-1])
    for minutes in (0, 1, 40, 46, 50):
        times.append(NOW + timedelta(minutes=minutes))
        await sender.send(make_account("apns", settings), make_message("apns"))
    await sender.close()
    assert [seen.index(each) for each in seen] == [0, 0, 0, 3, 3]


@pytest.mark.parametrize(
    ("status", "reason", "kind", "code"),
    [
        (410, "Unregistered", Rejected, "unregistered"),
        (410, "ExpiredToken", Rejected, "unregistered"),
        (400, "BadDeviceToken", Rejected, "address"),
        (400, "DeviceTokenNotForTopic", Deferred, "vendor_credentials"),
        (403, "ExpiredProviderToken", Deferred, "vendor_credentials"),
        (413, "PayloadTooLarge", Rejected, "content"),
        (429, "TooManyRequests", Deferred, "vendor_rate_limited"),
        (503, "Shutdown", Deferred, "vendor_unavailable"),
    ],
)
def test_what_apples_reasons_mean(status: int, reason: str, kind: type[Rejected | Deferred], code: str) -> None:
    outcome = apns.read_outcome(HttpAnswer(status, {}, msgspec.json.encode({"reason": reason})))
    assert isinstance(outcome, kind)
    assert outcome.code == code
    if isinstance(outcome, Rejected):
        assert (outcome.cause == "unregistered") is (code == "unregistered")


async def test_a_notification_that_is_too_large_is_rejected(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    for vendor in ("apns", "vapid"):
        account = make_account(vendor, simulation.vendor_settings()[vendor])
        outcome = await sender.send(account, make_message(vendor, content={"header": "x", "body": "x" * 4000}))
        assert isinstance(outcome, Rejected)
        assert (outcome.code, simulation.received.total) == ("content", 0)


@given(st.integers(0, 2**128 - 1))
def test_a_message_and_its_apns_id_are_the_same_number(number: int) -> None:
    digits, left = "", number
    for _ in range(26):
        left, digit = divmod(left, 32)
        digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[digit] + digits
    assert UUID(apns.as_apns_id(digits)).int == number
    assert apns.as_apns_id(digits.lower() + "x") == apns.as_apns_id(digits.lower() + "x")


async def test_http_2_is_offered_as_apple_demands(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    greeting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeting.set_result(await reader.read(4096))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    settings = {**simulation.vendor_settings()["apns"], "base_url": url}
    await sender.send(make_account("apns", settings), make_message("apns"))
    server.close()
    # The list of protocols in the first message of the TLS handshake (RFC 7301).
    assert b"\x02h2" in await greeting
