"""Services that Apprise knows: what reaches them, what they may not do, and that they hold up nobody."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from io import StringIO
from typing import Any

import msgspec
import pytest
from apprise import NotificationManager
from suprsend_hub.domain.attachment import Attachment
from suprsend_hub.domain.outcome import Accepted, Deferred, Rejected, Uncertain
from suprsend_hub.simulators.http_server import Answer, Handler, Request
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors.registry import read_settings
from suprsend_hub.vendors.sender import Sender

from .conftest import MakeAccount, MakeMessage

RunHttp = Callable[[Handler], Awaitable[str]]

TOKEN = "AbCdEf123456789"
HTML = {"subject": "Order 7", "body": {"type": "raw", "raw": {"html": "<p>Thank <b>you</b></p>"}}}


def place(url: str) -> str:
    return url.removeprefix("http://")


@pytest.mark.parametrize("address", ["+15005550009", "ann+news@example.org", "müller@example.org", "token:of-ann_1="])
async def test_a_message_reaches_the_address_in_the_accounts_url(
    address: str, simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("apprise", simulation.vendor_settings()["apprise"])
    message = make_message("apprise", address=address, content={"body": "Danke schön 🎉"})
    assert await sender.send(account, message) == Accepted()
    [received] = simulation.received
    assert (received.recipient, received.content["text"]) == (address, "Danke schön 🎉")


async def test_without_a_place_for_the_address_everything_goes_to_the_one_place(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    url = simulation.vendor_settings()["apprise"]["url"].replace("{address}", "everybody")
    account = make_account("apprise", {"url": url})
    for address in ("+15005550001", "an address / with anything?"):
        assert await sender.send(account, make_message("apprise", address=address)) == Accepted()
    assert [each.recipient for each in simulation.received] == ["everybody", "everybody"]


@pytest.mark.parametrize(("body_format", "text"), [("html", "<p>Thank <b>you</b></p>"), ("text", "Thank you\n")])
async def test_a_mail_goes_with_its_subject_in_the_format_of_the_account(
    body_format: str,
    text: str,
    simulation: Simulation,
    sender: Sender,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    account = make_account("apprise", simulation.vendor_settings()["apprise"] | {"body_format": body_format})
    assert await sender.send(account, make_message(content=HTML)) == Accepted()
    [received] = simulation.received
    assert (received.title, received.content["text"].strip()) == ("Order 7", text.strip())


async def test_attachments_are_left_out_whatever_they_are_called(
    simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("apprise", simulation.vendor_settings()["apprise"])
    attachment = Attachment("/etc/hostname", "text/plain", b"x", None, False)
    assert await sender.send(account, make_message(content=HTML, attachments=(attachment,))) == Accepted()
    [received] = simulation.received
    assert msgspec.json.decode(received.raw)["attachments"] == []


async def test_ntfy_gets_what_its_documentation_asks_for(
    run_http: RunHttp, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    asked: list[Request] = []

    async def answer(request: Request) -> Answer:
        asked.append(request)
        return Answer(200, b'{"id": "1"}')

    url = f"ntfy://hub:{TOKEN}@{place(await run_http(answer))}/{{address}}"
    account = make_account("apprise", {"url": url, "app_name": "Shop"})
    assert await sender.send(account, make_message("fcm", address="ann-1")) == Accepted()
    [request] = asked
    body = msgspec.json.decode(request.body)
    assert (body["topic"], body["title"], body["message"]) == ("ann-1", "Your order", "Thank you")
    assert request.headers["authorization"].startswith("Basic ")
    assert request.headers["user-agent"] == "Shop"


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (Answer(429, b'{"code": 42901, "http": 429, "error": "limit reached"}'), Deferred, "vendor_rate_limited"),
        (Answer(403, b'{"code": 40301, "http": 403, "error": "forbidden"}'), Deferred, "vendor_credentials"),
        (Answer(400, b'{"code": 40009, "http": 400, "error": "no topic"}'), Rejected, "vendor_refused"),
        (Answer(507, b'{"code": 50701, "http": 507, "error": "disk full"}'), Deferred, "vendor_unavailable"),
    ],
)
async def test_what_ntfy_answers_is_told_by_its_status_and_not_by_its_own_code(
    answer: Answer,
    kind: type[Deferred | Rejected],
    code: str,
    run_http: RunHttp,
    sender: Sender,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    async def refuse(_request: Request) -> Answer:
        return answer

    url = f"ntfy://hub:{TOKEN}@{place(await run_http(refuse))}/{{address}}"
    outcome = await sender.send(make_account("apprise", {"url": url}), make_message("fcm", address="ann-1"))
    assert isinstance(outcome, kind)
    assert outcome.code == code
    assert msgspec.json.decode(answer.body)["error"] in outcome.detail
    assert TOKEN not in outcome.detail


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """Whatever reaches the place where the hub's logs go, down to the least of it."""
    text, root = StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel("DEBUG")
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("url", [f"gotify://HOST/{TOKEN}", f"json://HOST/{TOKEN}/{{address}}?-key={TOKEN}"])
async def test_a_token_is_neither_logged_nor_part_of_a_reason(
    url: str,
    run_http: RunHttp,
    free_port: int,
    sender: Sender,
    make_account: MakeAccount,
    make_message: MakeMessage,
    logged: StringIO,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def answer(_request: Request) -> Answer:
        return Answer(500, TOKEN.encode())

    said: list[str] = []
    for number, host in enumerate((place(await run_http(answer)), f"127.0.0.1:{free_port}", "no-such-host.invalid")):
        account = make_account("apprise", {"url": url.replace("HOST", host)}, id=number)
        outcome = await sender.send(account, make_message("apprise"))
        assert isinstance(outcome, Deferred), outcome
        said += [repr(account), repr(outcome)]
    said += [logged.getvalue(), *capsys.readouterr()]
    assert TOKEN not in "".join(said)


async def test_a_service_that_does_not_speak_http_is_sent_to_as_well(
    simulation: Simulation, sender: Sender, free_port: int, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    def account(port: int) -> Any:
        url = f"mailto://127.0.0.1:{port}?mode=insecure&from=hub@example.com&to={{address}}"
        return make_account("apprise", {"url": url}, id=port)

    assert await sender.send(account(simulation.smtp_port), make_message(content=HTML)) == Accepted()
    [received] = simulation.received
    assert (received.recipient, received.title) == ("ann@example.org", "Order 7")
    outcome = await sender.send(account(free_port), make_message(content=HTML))
    assert isinstance(outcome, Deferred)
    assert outcome.code == "vendor_unreachable"


@pytest.mark.parametrize(
    "address", ["a/../b", "..", "a,b", "a b", "a%2Fb", "a?b", "a#b", "a;b", "o'brien@example.org", '{"user_id": "U1"}']
)
async def test_an_address_that_would_become_another_is_rejected(
    address: str, simulation: Simulation, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("apprise", simulation.vendor_settings()["apprise"])
    outcome = await sender.send(account, make_message("apprise", address=address))
    assert isinstance(outcome, Rejected)
    assert (outcome.code, len(simulation.received)) == ("address", 0)


async def test_an_address_that_the_service_leaves_out_is_rejected_lest_it_writes_to_the_sender(
    sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    url = f"twilio://AC{'1' * 32}:{'2' * 32}@15005550006/{{address}}"
    outcome = await sender.send(make_account("apprise", {"url": url}), make_message("apprise", address="+123"))
    assert outcome == Rejected("address", "Dropped invalid phone # (+123) specified.")


async def test_a_slow_service_holds_up_neither_the_process_nor_another_message(
    run_http: RunHttp, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    asked, answered = asyncio.Event(), asyncio.Event()

    async def answer(request: Request) -> Answer:
        if request.path.endswith("/slow"):
            asked.set()
            await answered.wait()
        return Answer(200)

    account = make_account("apprise", {"url": f"json://{place(await run_http(answer))}/{{address}}"})
    slow = asyncio.create_task(sender.send(account, make_message("apprise", address="slow")))
    await asked.wait()
    assert await sender.send(account, make_message("apprise", address="quick")) == Accepted()
    assert not slow.done()
    answered.set()
    assert await slow == Accepted()


async def test_a_message_whose_time_ran_out_keeps_its_place_until_its_service_is_done(
    run_http: RunHttp, sender: Sender, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    answered = asyncio.Event()

    async def answer(_request: Request) -> Answer:
        await answered.wait()
        return Answer(200)

    limits = {"max_connections": 1, "timeout_seconds": 0.3, "answer_seconds": 60}
    account = make_account("apprise", {"url": f"json://{place(await run_http(answer))}/{{address}}", **limits})
    assert await sender.send(account, make_message("apprise")) == Uncertain(
        "answer_lost", "the service was not done within 0.3 s"
    )
    outcome = await sender.send(account, make_message("apprise"))
    assert isinstance(outcome, Deferred)
    assert outcome.code == "vendor_busy"
    answered.set()
    while not isinstance(outcome, Accepted):
        outcome = await sender.send(account, make_message("apprise"))


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "must be an Apprise URL"),
        ("no url", "must be an Apprise URL"),
        ("json:///{address}", "must be an Apprise URL"),
        ("json:\\\\example.com", "must be an Apprise URL"),
        ("nonesuch://example.com", "knows no service nonesuch://"),
        ("https://example.com/hook", "can't read it as a URL of https://"),
        ("json://", "can't read it as a URL of json://"),
        ("dbus://", "reaches into the hub's own machine"),
        ("gnome://", "reaches into the hub's own machine"),
        ("windows://", "reaches into the hub's own machine"),
        ("MACOSX://", "reaches into the hub's own machine"),
        ("syslog://local0", "reaches into the hub's own machine"),
        ("blink1://", "reaches into the hub's own machine"),
        ("mqtt://example.com/topic", "it needs paho-mqtt"),
        ("json://{address}/", "whoever triggers would choose it"),
        ("json://example.com:{address}/", "whoever triggers would choose it"),
        ("json://a@{address}@example.com/", "whoever triggers would choose it"),
        ("mailto://{address}:password@", "whoever triggers would choose it"),
        ("mailto://me:password@example.com?smtp={address}", "can't be in the parameter 'smtp'"),
        ("mailto://me:password@example.com?a=1;smtp={address}", "can't be in the parameter 'smtp'"),
        ("json://example.com/?{address}=1", "can't be in the parameter"),
        ("json://example.com/?retry=3", "can't have the parameter retry: the hub tries again by itself"),
        ("json://example.com/?to=1;OPTI%4fNAL=yes", "can't have the parameter optional"),
        ("mailto://me:password@example.com?pgp=yes&wkd=yes", "can't have the parameter wkd"),
        (f"nostr://{'1' * 64}/{{address}}", "asks the host that an address names"),
        ("json://example.com/?redirect=yes", "can't have the parameter redirect"),
        ("tgram://123456789:abcdefg_hijklmnop/1?template=/etc/hostname", "does not take it: Could not load Telegram"),
        ("fcm://project/token?keyfile=/etc/hostname", "does not take it: Could not load Firebase"),
        (f"twilio://AC{'1' * 32}:{'2' * 32}@15005550006/+123", "does not take it: Dropped invalid phone"),
    ],
)
def test_an_url_that_can_not_be_used_is_refused_when_it_is_set(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=r"^url: ") as refusal:
        read_settings("apprise", {"url": url})
    assert problem in str(refusal.value)
    assert "password@" not in str(refusal.value)


def test_the_services_of_this_machine_are_these_and_no_others() -> None:
    refused: set[str] = set()
    for scheme in NotificationManager().schemas():
        try:
            read_settings("apprise", {"url": f"{scheme}://example.com"})
        except ValueError as fault:
            refused |= {scheme} if "own machine" in str(fault) else set()
    assert refused == {"blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"}


@pytest.mark.parametrize(
    "url",
    [
        "json://{address}@example.com/",
        "json://me:{address}@example.com/",
        "json://example.com/a/{address}/b?-person={address}&:person={address}",
        "mailto://me:password@gmail.com?to={address}",
        f"pover://{{address}}@{'a' * 30}",
        "tgram://123456789:abcdefg_hijklmnop/{address}",
        f"https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/{'a' * 24}",
    ],
)
def test_an_url_in_which_the_address_only_says_who_gets_it_is_taken(url: str) -> None:
    assert read_settings("apprise", {"url": url}).url.reveal() == url


def test_a_hub_without_the_library_runs_and_says_what_to_install() -> None:
    program = """
import sys
sys.modules["apprise"] = None
from suprsend_hub.vendors.registry import VENDORS, read_settings
from suprsend_hub.vendors.settings import describe_settings_of
assert [each.name for each in describe_settings_of(VENDORS["apprise"].settings)][0] == "url"
read_settings("webhook", {"base_url": "https://example.com", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
try:
    read_settings("apprise", {"url": "json://example.com"})
except ValueError as fault:
    print(fault)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "url: needs the Apprise library, which is not here: pip install 'suprsend-hub[apprise]'\n"


def test_a_hub_that_does_not_use_the_library_does_not_load_it() -> None:
    program = "import sys, suprsend_hub.vendors.sender; print('apprise' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
