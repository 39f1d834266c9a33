"""Push messages: what Firebase is told, its tokens, and what its answers mean."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Rejected, Uncertain
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.behaviour import Behaviour, Delay, Drop, Fail, RateLimit, Refuse
from suprsend_hub.simulators.http_server import Answer, HttpServer, Request
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors.contract import HttpAnswer
from suprsend_hub.vendors.fcm import read_outcome
from suprsend_hub.vendors.oauth_token import read_oauth_token
from suprsend_hub.vendors.sender import Sender

MakeAccount = Callable[..., VendorAccount]
MakeMessage = Callable[..., OutgoingMessage]


@dataclass
class Clock:
    """A time that the test moves."""

    time: datetime = field(default_factory=lambda: datetime(2026, 3, 1, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def timed(clock: Clock) -> AsyncIterator[Simulation]:
    """A simulation whose clock the test moves."""
    async with Simulation(now=clock) as running:
        yield running


@pytest.fixture
async def timed_sender(clock: Clock) -> AsyncIterator[Sender]:
    """A sender with the same clock."""
    sender = Sender(now=clock)
    yield sender
    await sender.close()


async def test_one_token_serves_many_messages_at_once(
    timed: Simulation, timed_sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("fcm", timed.vendor_settings()["fcm"])
    messages = [make_message("fcm", id=f"m{number}") for number in range(50)]
    outcomes = await asyncio.gather(*(timed_sender.send(account, message) for message in messages))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert (timed.received.total, timed.fcm.tokens_issued) == (50, 1)


async def test_a_token_is_renewed_before_it_expires(
    clock: Clock, timed: Simulation, timed_sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("fcm", timed.vendor_settings()["fcm"])
    issued = []
    for minutes in (0, 30, 24, 2, 60):
        clock.time += timedelta(minutes=minutes)
        assert isinstance(await timed_sender.send(account, make_message("fcm")), Accepted)
        issued.append(timed.fcm.tokens_issued)
    assert issued == [1, 1, 1, 2, 3]


async def test_a_refused_token_is_dropped_and_the_message_sent_with_a_new_one(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("fcm", simulation.vendor_settings()["fcm"])
    await sender.send(account, make_message("fcm"))
    simulation.fcm.revoke_tokens()
    outcomes = await asyncio.gather(*(sender.send(account, make_message("fcm")) for _ in range(10)))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert (simulation.received.total, simulation.fcm.tokens_issued) == (11, 2)


async def test_an_account_whose_every_token_is_refused_defers_after_two(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    attempts = []

    async def answer(request: Request) -> Answer:
        attempts.append(request)
        return Answer(401, b'{"error": {"code": 401, "status": "UNAUTHENTICATED", "message": "no"}}')

    server = HttpServer(answer)
    await server.start()
    settings = {**simulation.vendor_settings()["fcm"], "base_url": server.url}
    outcome = await sender.send(make_account("fcm", settings), make_message("fcm"))
    await server.stop()
    assert isinstance(outcome, Deferred)
    assert (outcome.code, len(attempts), simulation.fcm.tokens_issued) == ("vendor_credentials", 2, 2)


async def test_a_key_that_is_not_the_accounts_defers(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    other = generate_private_key(public_exponent=65537, key_size=2048)
    settings = simulation.vendor_settings()["fcm"]
    private_key = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    settings["service_account"]["private_key"] = private_key.decode("ascii")
    outcome = await sender.send(make_account("fcm", settings), make_message("fcm"))
    assert isinstance(outcome, Deferred)
    assert outcome.code == "vendor_credentials"
    assert "invalid_grant" in outcome.detail


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (HttpAnswer(400, {}, b'{"error": "invalid_grant"}'), "vendor_credentials"),
        (HttpAnswer(401, {}, b"<html>"), "vendor_credentials"),
        (HttpAnswer(429, {"retry-after": "9"}, b""), "vendor_rate_limited"),
        (HttpAnswer(503, {}, b""), "vendor_unavailable"),
        (HttpAnswer(302, {}, b""), "vendor_unavailable"),
        (HttpAnswer(200, {}, b"<html>"), "vendor_unavailable"),
        (HttpAnswer(200, {}, b'{"access_token": null}'), "vendor_unavailable"),
    ],
)
def test_without_a_token_the_message_surely_did_not_go(answer: HttpAnswer, code: str) -> None:
    outcome = read_oauth_token(answer)
    assert isinstance(outcome, Deferred)
    assert outcome.code == code


async def test_a_token_service_that_cannot_be_reached_or_says_nothing_defers(
    sender: Sender, simulation: Simulation, free_port: int, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    async def hang(request: Request) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    server = HttpServer(hang)
    await server.start()
    codes = []
    for number, uri in enumerate((f"http://127.0.0.1:{free_port}/token", f"{server.url}/token")):
        settings = simulation.vendor_settings()["fcm"]
        settings["service_account"]["token_uri"] = uri
        outcome = await sender.send(make_account("fcm", settings, id=number), make_message("fcm"))
        assert isinstance(outcome, Deferred), outcome
        codes.append(outcome.code)
    await server.stop()
    assert codes == ["vendor_unreachable", "vendor_unavailable"]


def fault(status: int, name: str, code: str | None = None, **headers: str) -> HttpAnswer:
    """An error as Firebase writes it."""
    details = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}] if code else []
    body = {"error": {"code": status, "message": "why", "status": name, "details": details}}
    return HttpAnswer(status, headers, msgspec.json.encode(body))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (fault(404, "NOT_FOUND", "UNREGISTERED"), Rejected("unregistered", "UNREGISTERED: why", "unregistered")),
        (fault(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"), Rejected("invalid_argument", "INVALID_ARGUMENT: why")),
        (fault(400, "INVALID_ARGUMENT"), Rejected("invalid_argument", "INVALID_ARGUMENT: why")),
        (
            fault(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
            Rejected("sender_id_mismatch", "SENDER_ID_MISMATCH: why"),
        ),
        (fault(403, "PERMISSION_DENIED"), Deferred("vendor_credentials", "PERMISSION_DENIED: why")),
        (
            fault(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", **{"retry-after": "60"}),
            Deferred("vendor_rate_limited", "QUOTA_EXCEEDED: why", timedelta(seconds=60)),
        ),
        (
            fault(503, "UNAVAILABLE", "UNAVAILABLE", **{"retry-after": "5"}),
            Deferred("vendor_unavailable", "UNAVAILABLE: why", timedelta(seconds=5)),
        ),
        (fault(500, "INTERNAL"), Deferred("vendor_unavailable", "INTERNAL: why")),
        (fault(401, "UNAUTHENTICATED"), Deferred("vendor_credentials", "UNAUTHENTICATED: why")),
        (fault(404, "NOT_FOUND"), Rejected("vendor_refused", "HTTP 404 why")),
        (fault(418, "TEAPOT"), Rejected("vendor_refused", "HTTP 418 why")),
        (HttpAnswer(200, {}, b'{"name": "projects/p/messages/9"}'), Accepted("projects/p/messages/9")),
        (HttpAnswer(200, {}, b"[]"), Uncertain("answer_unreadable", "HTTP 200 without the name of the message")),
    ],
)
def test_each_answer_has_its_meaning(answer: HttpAnswer, outcome: object) -> None:
    assert read_outcome(answer) == outcome


@pytest.mark.parametrize(
    ("behaviour", "outcomes"),
    [
        (Refuse(), ["unregistered", "unregistered"]),
        (Fail(times=1), ["vendor_unavailable", "accepted"]),
        (RateLimit(times=1, retry_after=3), ["vendor_rate_limited", "accepted"]),
        (Drop(times=1), ["answer_lost", "accepted"]),
        (Delay(seconds=0.05), ["accepted"]),
    ],
)
async def test_the_stand_in_behaves_as_told(
    behaviour: Behaviour,
    outcomes: list[str],
    sender: Sender,
    simulation: Simulation,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    account = make_account("fcm", simulation.vendor_settings()["fcm"])
    simulation.behaviours.set("token-of-ann", behaviour)
    found = [await sender.send(account, make_message("fcm")) for _ in outcomes]
    assert ["accepted" if isinstance(each, Accepted) else each.code for each in found] == outcomes


async def deliver(content: dict[str, Any], *parts: Any) -> dict[str, Any]:
    """The message that the stand-in received."""
    simulation, sender, account, message = parts
    assert isinstance(await sender.send(account, message("fcm", content=content)), Accepted)
    return dict(list(simulation.received)[-1].content["message"])


async def test_every_field_of_a_template_reaches_the_device(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    content = {
        "header": "Überschrift", "body": "Text", "subtext": "sub", "icon_small": "bell", "icon_url": "https://x.org/i.png",
        "image_url": "https://x.org/p.png", "action_url": "app://order/1",
        "buttons": [{"id": "1", "text": "Open", "url": "app://1"}, {"text": "Later", "url": "app://2"}],
        "channel_sound": "ping", "channel_lock_screen_visibility": "PRIVATE", "channel_importance": "HIGH",
        "priority": "HIGH", "color": "#ff0000", "group": "orders", "timeout_sec": 60, "is_sticky": True,
        "local_only": False, "extra_payload": {"order": "1", "from": "x", "google.a": "x", "message_id": "x"},
        "templating_language": "handlebars",
    }  # fmt: skip
    account = make_account("fcm", simulation.vendor_settings()["fcm"])
    assert await deliver(content, simulation, sender, account, make_message) == {
        "token": "token-of-ann",
        "notification": {"title": "Überschrift", "body": "Text", "image": "https://x.org/p.png"},
        "data": {
            "order": "1",
            "action_url": "app://order/1",
            "subtext": "sub",
            "icon_url": "https://x.org/i.png",
            "buttons": '[{"text":"Open","url":"app://1","id":"1"},{"text":"Later","url":"app://2"}]',
            "message_id": "01JABCDEF",
        },
        "android": {
            "priority": "HIGH",
            "ttl": "60s",
            "notification": {
                "icon": "bell",
                "color": "#ff0000",
                "sound": "ping",
                "tag": "orders",
                "visibility": "PRIVATE",
                "notification_priority": "PRIORITY_HIGH",
                "sticky": True,
                "local_only": False,
            },
        },
    }


async def test_a_silent_message_carries_its_words_as_data_only(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("fcm", simulation.vendor_settings()["fcm"])
    content = {"header": "Hi", "body": "Text", "is_silent": True}
    assert await deliver(content, simulation, sender, account, make_message) == {
        "token": "token-of-ann",
        "data": {"title": "Hi", "body": "Text", "message_id": "01JABCDEF"},
        "android": {"priority": "NORMAL"},
    }
    assert list(simulation.received)[-1].title == "Hi"
