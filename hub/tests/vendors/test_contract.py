"""The contract of all vendors: whatever the other side does, an outcome of the right class and never an exception."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Rejected, Uncertain
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators import oppo
from suprsend_hub.simulators.http_server import Answer, Disconnect, Handler, Request
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors.registry import VENDORS
from suprsend_hub.vendors.sender import Sender
from suprsend_hub.vendors.settings import describe_settings_of

MakeAccount = Callable[..., VendorAccount]
MakeMessage = Callable[..., OutgoingMessage]
RunSmtp = Callable[[dict[str, bytes | None]], Awaitable[tuple[int, object]]]
RunHttp = Callable[[Handler], Awaitable[str]]

PASSWORD = "correct-horse-battery"


@dataclass(frozen=True)
class Scenario:
    """What the vendor's side does, in HTTP and in SMTP, and the outcome."""

    name: str
    expected: type[Accepted | Rejected | Deferred | Uncertain]
    http: Answer | Disconnect | None
    smtp: dict[str, bytes | None]
    codes: tuple[str, ...] = ()


# What each vendor says when it takes a message.
TAKEN = {
    "apns": Answer(200, b"", {"apns-id": "1"}),
    "vapid": Answer(201, b"", {"Location": "https://push.example.net/m/1"}),
    "slack": Answer(200, b'{"ok": true, "ts": "1.1"}'),
    "ms_teams": Answer(201, b'{"id": "1"}'),
    "webhook": Answer(202, b'{"id": "1"}'),
    "apprise": Answer(200),
    "fcm": Answer(200, b'{"name": "projects/p/messages/1"}'),
    "xiaomi": Answer(200, b'{"result": "ok", "code": 0, "data": {"id": "1"}}'),
    "oppo": Answer(200, b'{"code": 0, "message": "Success", "data": {"messageId": "1"}}'),
    "ses": Answer(200, b'{"MessageId": "0102"}'),
    "sendgrid": Answer(202, b"", {"X-Message-Id": "1"}),
    "mailgun": Answer(200, b'{"id": "<1@mg.example.com>", "message": "Queued. Thank you."}'),
    "postmark": Answer(200, b'{"ErrorCode": 0, "Message": "OK", "MessageID": "1"}'),
    "resend": Answer(200, b'{"id": "1"}'),
    "vonage": Answer(200, b'{"messages": [{"status": "0", "message-id": "1"}]}'),
    "plivo": Answer(202, b'{"message_uuid": ["1"]}'),
    "msg91": Answer(200, b'{"type": "success", "message": "1"}'),
    "sns": Answer(200, b"<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"),
    "twilio": Answer(201, b'{"sid": "SM1", "status": "queued"}'),
    "twilio_whatsapp": Answer(201, b'{"sid": "SM1", "status": "queued"}'),
    "whatsapp_cloud": Answer(200, b'{"messaging_product": "whatsapp", "messages": [{"id": "wamid.1"}]}'),
}

# Whose tokens come from the same service that takes messages: there they are always given.
TOKENS = {oppo.AUTH_PATH: Answer(200, b'{"code": 0, "data": {"auth_token": "t"}}')}

SCENARIOS = [
    Scenario("accepted", Accepted, Answer(200), {}),
    Scenario("refused for good", Rejected, Answer(400, b"{}"), {"RCPT": b"550 5.1.1 no\r\n"}),
    Scenario("not found", Rejected, Answer(404, b"<html>"), {"content": b"554 5.7.1 spam\r\n"}),
    Scenario(
        "a fault",
        Deferred,
        Answer(500, b"{}"),
        {"RCPT": b"451 4.3.0 oops\r\n"},
        ("vendor_unavailable", "recipient_deferred"),
    ),
    Scenario("away", Deferred, Answer(503, b"later"), {"MAIL": b"421 4.3.2 closing\r\n"}, ("vendor_unavailable",)),
    Scenario(
        "a gateway's fault",
        Deferred,
        Answer(502, b"<html>"),
        {"greeting": b"554 no service\r\n"},
        ("vendor_unavailable",),
    ),
    Scenario(
        "rate limited",
        Deferred,
        Answer(429, b"slow", {"Retry-After": "7"}),
        {"RCPT": b"450 4.7.1 slow down\r\n"},
        ("vendor_rate_limited",),
    ),
    Scenario("no login", Deferred, Answer(403, b"{}"), {"MAIL": b"530 5.7.0 log in\r\n"}, ("vendor_credentials",)),
    Scenario("a redirect", Deferred, Answer(302, b"", {"Location": "http://127.0.0.1/"}), {"DATA": b"451 no\r\n"}),
    Scenario("silence", Uncertain, None, {"content": None}, ("answer_lost",)),
    Scenario("dropped", Uncertain, Disconnect(), {"content": b""}, ("answer_lost",)),
    Scenario(
        "garbage", Uncertain, Answer(200, b"\x00\xff{"), {"content": b"\x00\xff garbage\r\n"}, ("answer_unreadable",)
    ),
    Scenario("an odd yes", Uncertain, Answer(204), {"content": b"354 more\r\n"}, ("answer_unreadable",)),
    Scenario("an empty yes", Uncertain, Answer(200), {"content": b"\r\n"}, ("answer_unreadable",)),
    Scenario("a page", Uncertain, Answer(200, b"<html>" + b"x" * 500_000), {"content": b"299" + b"x" * 90_000}),
    Scenario(
        "wrong shapes", Uncertain, Answer(200, b'{"name": 7}'), {"content": b"999 what\r\n"}, ("answer_unreadable",)
    ),
    Scenario("odd fault", Deferred, Answer(599, b'{"error": {"details": 1}}'), {"greeting": b"hello\r\n"}),
]

# Apprise does not pass on what its services answer: what they answer with 2xx it calls taken.
TAKEN_BY_APPRISE = ("garbage", "an odd yes", "an empty yes", "a page", "wrong shapes")


@pytest.fixture(params=SCENARIOS, ids=lambda scenario: scenario.name)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    chosen: Scenario = request.param
    return chosen


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass(frozen=True)
class Aim:
    """An account and a message that go to one server; what is secret in the settings is PASSWORD."""

    settings: dict[str, Any]
    changes: dict[str, Any]


def point_to(vendor: str, simulation: Simulation, url: str, port: int) -> Aim:
    """Settings of a vendor's account, and changes of a message, that lead to that server."""
    settings = simulation.vendor_settings()[vendor]
    if vendor == "smtp":
        return Aim({**settings, "port": port, "timeout_seconds": 0.5}, {})
    if vendor == "vapid":
        subscription = {**simulation.browser.subscription("ann"), "endpoint": f"{url}/push/ann"}
        return Aim(settings, {"address": msgspec.json.encode(subscription).decode()})
    if vendor == "apprise":
        scheme, _, place = url.partition("://")
        json = "jsons" if scheme == "https" else "json"
        return Aim({"url": f"{json}://hub:{PASSWORD}@{place}/sms/{{address}}", "answer_seconds": 0.5}, {})
    if vendor == "ms_teams":
        address = simulation.ms_teams.conversation("ann")
        return Aim({**settings, "base_url": url}, {"address": msgspec.json.encode(address).decode()})
    return Aim({**settings, "base_url": url}, {})


@pytest.fixture
def scripted(scenario: Scenario, vendor: str, simulation: Simulation, run_smtp: RunSmtp, run_http: RunHttp) -> Any:
    """Starts the other side of a scenario; gives what leads there."""

    async def answer(request: Request) -> Answer | Disconnect:
        if request.path in TOKENS:
            return TOKENS[request.path]
        if scenario.http is None:
            await asyncio.Event().wait()
        assert scenario.http is not None
        return TAKEN[vendor] if scenario.name == "accepted" else scenario.http

    async def start() -> Aim:
        port, _ = await run_smtp(scenario.smtp)
        return point_to(vendor, simulation, await run_http(answer), port)

    return start


async def test_every_answer_leads_to_the_right_outcome(
    scenario: Scenario,
    vendor: str,
    scripted: Callable[[], Awaitable[Aim]],
    sender: Sender,
    make_account: MakeAccount,
    make_message: MakeMessage,
    capsys: pytest.CaptureFixture[str],
) -> None:
    aim = await scripted()
    outcome = await sender.send(make_account(vendor, aim.settings), make_message(vendor, **aim.changes))
    is_taken = vendor == "apprise" and scenario.name in TAKEN_BY_APPRISE
    assert isinstance(outcome, Accepted if is_taken else scenario.expected), outcome
    if not isinstance(outcome, Accepted):
        assert not scenario.codes or outcome.code in scenario.codes
        assert 0 < len(outcome.detail) <= 400
        assert outcome.detail.isprintable()
    assert capsys.readouterr() == ("", "")


async def test_a_rate_limit_carries_the_time_that_the_vendor_asks_for(
    sender: Sender,
    simulation: Simulation,
    make_account: MakeAccount,
    make_message: MakeMessage,
    run_http: RunHttp,
    vendor: str,
) -> None:
    if vendor in ("smtp", "apprise"):
        return  # They pass on no such time.

    async def answer(request: Request) -> Answer:
        return Answer(429, b"", {"Retry-After": "7"})

    aim = point_to(vendor, simulation, await run_http(answer), 1)
    outcome = await sender.send(make_account(vendor, aim.settings), make_message(vendor, **aim.changes))
    assert isinstance(outcome, Deferred)
    assert outcome.retry_after == timedelta(seconds=7)


async def test_a_refused_connection_defers(
    vendor: str,
    sender: Sender,
    simulation: Simulation,
    free_port: int,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    aim = point_to(vendor, simulation, f"http://127.0.0.1:{free_port}", free_port)
    settings = aim.settings
    outcome = await sender.send(make_account(vendor, settings), make_message(vendor, **aim.changes))
    assert isinstance(outcome, Deferred)
    assert outcome.code == "vendor_unreachable"


async def test_an_unknown_host_defers(
    vendor: str, sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    aim = point_to(vendor, simulation, "http://no-such-host.invalid", 25)
    settings = aim.settings | ({"host": "no-such-host.invalid"} if vendor == "smtp" else {})
    outcome = await sender.send(make_account(vendor, settings), make_message(vendor, **aim.changes))
    assert isinstance(outcome, Deferred)
    assert outcome.code == "vendor_unreachable"


async def test_a_server_that_never_accepts_the_connection_defers(
    vendor: str,
    sender: Sender,
    simulation: Simulation,
    full_port: int,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    aim = point_to(vendor, simulation, f"http://127.0.0.1:{full_port}", full_port)
    settings = aim.settings
    outcome = await sender.send(make_account(vendor, settings), make_message(vendor, **aim.changes))
    assert isinstance(outcome, Deferred), outcome
    assert outcome.code == "vendor_unreachable"


async def test_a_server_whose_certificate_is_not_trusted_defers(
    vendor: str,
    sender: Sender,
    simulation: Simulation,
    tls_port: int,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    aim = point_to(vendor, simulation, f"https://127.0.0.1:{tls_port}", tls_port)
    settings = aim.settings | ({"security": "tls"} if vendor == "smtp" else {})
    outcome = await sender.send(make_account(vendor, settings), make_message(vendor, **aim.changes))
    assert isinstance(outcome, Deferred)
    assert outcome.code == "vendor_tls"


async def test_a_server_without_tls_defers_where_tls_is_wanted(
    vendor: str,
    sender: Sender,
    simulation: Simulation,
    run_smtp: RunSmtp,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    port, _ = await run_smtp({"greeting": b"\x00\x01\x02 no handshake\r\n"})
    aim = point_to(vendor, simulation, f"https://127.0.0.1:{port}", port)
    settings = aim.settings | ({"security": "tls"} if vendor == "smtp" else {})
    outcome = await sender.send(make_account(vendor, settings), make_message(vendor, **aim.changes))
    assert isinstance(outcome, Deferred), outcome


@pytest.mark.parametrize("content", [{"subject": 7, "header": 7}, {"body": ["x"]}, {"body": None, "header": None}])
async def test_content_of_the_wrong_shape_is_rejected(
    content: dict[str, Any],
    vendor: str,
    sender: Sender,
    simulation: Simulation,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    account = make_account(vendor, simulation.vendor_settings()[vendor])
    outcome = await sender.send(account, make_message(vendor, content=content))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "content"
    assert not len(simulation.received)


@pytest.mark.parametrize("settings", [{}, {"surprise": 1}, {"host": 5, "service_account": "text"}])
async def test_wrong_settings_reject_and_name_the_field(
    settings: dict[str, Any], vendor: str, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    outcome = await sender.send(make_account(vendor, settings), make_message(vendor))
    if not settings and all(each.default is not None for each in describe_settings_of(VENDORS[vendor].settings)):
        assert getattr(outcome, "code", "") != "vendor_settings"
        return
    assert isinstance(outcome, Rejected)
    assert outcome.code == "vendor_settings"
    assert ":" in outcome.detail


# What of each vendor's settings nobody may see.
SECRETS: dict[str, Callable[[Any], list[str]]] = {
    "smtp": lambda _settings: [PASSWORD],
    "fcm": lambda settings: settings["service_account"]["private_key"].splitlines()[1:-1],
    "apns": lambda settings: settings["private_key"].splitlines()[1:-1],
    "vapid": lambda settings: [settings["private_key"]],
    "slack": lambda _settings: [],
    "ms_teams": lambda settings: [settings["app_password"]],
    "xiaomi": lambda settings: [settings["app_secret"]],
    "oppo": lambda settings: [settings["master_secret"]],
    "webhook": lambda settings: [settings["secret"]],
    "apprise": lambda settings: [settings["url"].split(":")[2].partition("@")[0]],
    "ses": lambda settings: [settings["secret_access_key"]],
    "sendgrid": lambda settings: [settings["api_key"]],
    "mailgun": lambda settings: [settings["api_key"], settings["signing_key"]],
    "postmark": lambda settings: [settings["server_token"], settings["webhook_login"]],
    "resend": lambda settings: [settings["api_key"], settings["webhook_secret"]],
    "twilio": lambda settings: [settings["auth_token"]],
    "twilio_whatsapp": lambda settings: [settings["auth_token"]],
    "whatsapp_cloud": lambda settings: [settings[name] for name in ("access_token", "app_secret", "verify_token")],
    "vonage": lambda settings: [settings["api_secret"], settings["signature_secret"]],
    "plivo": lambda settings: [settings["auth_token"]],
    "msg91": lambda settings: [settings["auth_key"], settings["callback_secret"]],
    "sns": lambda settings: [settings["secret_access_key"]],
}


async def test_no_secret_is_printed_or_logged(
    vendor: str,
    sender: Sender,
    simulation: Simulation,
    free_port: int,
    make_account: MakeAccount,
    make_message: MakeMessage,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    right = simulation.vendor_settings()[vendor]
    secrets = SECRETS[vendor](right)
    if vendor == "smtp":
        right |= {"username": "ann", "password": PASSWORD}
    account = make_account(vendor, right)
    said = [repr(account), repr(msgspec.convert(right, VENDORS[vendor].settings, dec_hook=_as_secret))]
    wrong = [right, {**right, "surprise": PASSWORD}, {**right, "port": PASSWORD}, {**right, "base_url": PASSWORD}]
    for number, settings in enumerate(wrong):
        said.append(repr(await sender.send(make_account(vendor, settings, id=number), make_message(vendor))))
    said += [caplog.text, *capsys.readouterr()]
    assert not [secret for secret in secrets if secret in "".join(said)]
    assert PASSWORD not in "".join(said)


def _as_secret(kind: type, value: object) -> object:
    return kind(value)


def test_every_setting_says_what_it_means(vendor: str) -> None:
    described = describe_settings_of(VENDORS[vendor].settings)
    assert [each.name for each in described] == list(VENDORS[vendor].settings.__struct_encode_fields__)
    assert all(each.meaning for each in described)
    assert any(each.is_secret for each in described)


def test_the_registry_knows_each_vendor_by_its_own_name() -> None:
    assert {name: vendor.name for name, vendor in VENDORS.items()} == {name: name for name in VENDORS}
