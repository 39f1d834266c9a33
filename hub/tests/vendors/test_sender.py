"""Lanes: one account's trouble stays its own, and whatever breaks comes out as an outcome."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected, Uncertain
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.behaviour import Delay
from suprsend_hub.simulators.http_server import Answer, Handler, Request
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors.contract import (
    AnyVendor,
    ConnectionVendor,
    HttpAnswer,
    HttpRequest,
    HttpVendor,
    Token,
)
from suprsend_hub.vendors.http_client import HttpLimits
from suprsend_hub.vendors.sender import Sender, SenderLimits

MakeAccount = Callable[..., VendorAccount]
MakeMessage = Callable[..., OutgoingMessage]
RunHttp = Callable[[Handler], Awaitable[str]]


class NoSettings(msgspec.Struct, frozen=True):
    """A vendor that needs to be told nothing."""

    secret: str = "hush"


@dataclass
class Recorder:
    """A connection that answers as told, and remembers."""

    answer: Callable[[], Awaitable[Outcome]]
    closed: bool = False
    sent: int = 0
    highest: int = field(default=0)
    under_way: int = 0

    async def send(self, message: OutgoingMessage) -> Outcome:
        self.sent += 1
        self.under_way += 1
        self.highest = max(self.highest, self.under_way)
        try:
            return await self.answer()
        finally:
            self.under_way -= 1

    async def close(self) -> None:
        self.closed = True


@dataclass
class Workshop:
    """Makes a vendor whose connections are recorders."""

    answer: Callable[[], Awaitable[Outcome]]
    made: list[Recorder] = field(default_factory=list)

    def vendor(self, places: int = 10) -> AnyVendor:
        return ConnectionVendor(
            name="smtp",
            title="",
            channel="email",
            documentation="",
            settings=NoSettings,
            connect=self.connect,
            places=lambda settings: places,
        )

    def connect(self, settings: NoSettings) -> Recorder:
        self.made.append(Recorder(self.answer))
        return self.made[-1]


def broken_request() -> HttpRequest:
    raise KeyError("missing")


async def accept() -> Outcome:
    return Accepted("1")


async def test_one_connection_serves_an_account_until_its_settings_change(
    make_account: MakeAccount, make_message: MakeMessage
) -> None:
    workshop = Workshop(accept)
    sender = Sender(vendors={"smtp": workshop.vendor()})
    account = make_account("smtp", {})
    for each in (account, account, replace(account, revision=2), replace(account, revision=2), replace(account, id=2)):
        assert isinstance(await sender.send(each, make_message()), Accepted)
    assert [recorder.sent for recorder in workshop.made] == [2, 2, 1]
    await sender.close()
    assert all(recorder.closed for recorder in workshop.made)


async def test_the_old_connection_closes_when_its_last_message_is_done(
    make_account: MakeAccount, make_message: MakeMessage
) -> None:
    gate = asyncio.Event()

    async def wait() -> Outcome:
        await gate.wait()
        return Accepted()

    workshop = Workshop(wait)
    sender = Sender(vendors={"smtp": workshop.vendor()})
    account = make_account("smtp", {})
    old = asyncio.create_task(sender.send(account, make_message()))
    await asyncio.sleep(0)
    new = asyncio.create_task(sender.send(replace(account, revision=2), make_message()))
    await asyncio.sleep(0)
    assert [recorder.closed for recorder in workshop.made] == [False, False]
    gate.set()
    assert isinstance(await old, Accepted)
    assert isinstance(await new, Accepted)
    await asyncio.sleep(0)
    assert [recorder.closed for recorder in workshop.made] == [True, False]
    await sender.send(account, make_message())
    await asyncio.sleep(0)
    assert [recorder.closed for recorder in workshop.made] == [True, False, True]
    await sender.close()


async def test_an_account_never_takes_more_than_its_places_and_waits_only_so_long(
    make_account: MakeAccount, make_message: MakeMessage
) -> None:
    gate = asyncio.Event()

    async def wait() -> Outcome:
        await gate.wait()
        return Accepted()

    workshop = Workshop(wait)
    limits = SenderLimits(patience=timedelta(seconds=0.05))
    sender = Sender(limits, {"smtp": workshop.vendor(places=2)})
    tasks = [asyncio.create_task(sender.send(make_account("smtp", {}), make_message())) for _ in range(5)]
    finished = asyncio.as_completed(tasks)
    impatient = [await next(finished) for _ in range(3)]
    assert [each.code for each in impatient if isinstance(each, Deferred)] == ["vendor_busy"] * 3
    gate.set()
    assert all(isinstance(outcome, Accepted) for outcome in [await each for each in finished])
    assert workshop.made[0].highest == 2
    await sender.close()


async def test_a_slow_account_does_not_hold_up_another(
    simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    simulation.behaviours.set("slow", Delay(seconds=60))
    limits = SenderLimits(http=HttpLimits(connections=8), requests_per_account=4)
    sender = Sender(limits)
    settings = simulation.vendor_settings()["fcm"]
    slow = [
        asyncio.create_task(sender.send(make_account("fcm", settings), make_message("fcm", address="slow")))
        for _ in range(20)
    ]
    await simulation.received.wait_for(4)
    async with asyncio.timeout(5):
        outcome = await sender.send(make_account("fcm", settings, id=2), make_message("fcm"))
    assert isinstance(outcome, Accepted)
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    await sender.close()


async def test_the_lanes_longest_unused_close_where_there_are_too_many(
    make_account: MakeAccount, make_message: MakeMessage
) -> None:
    workshop = Workshop(accept)
    sender = Sender(SenderLimits(lanes=3), {"smtp": workshop.vendor()})
    for number in range(6):
        await sender.send(make_account("smtp", {}, id=number), make_message())
    await asyncio.sleep(0)
    assert [recorder.closed for recorder in workshop.made] == [True, True, True, False, False, False]
    await sender.close()


async def test_a_fault_of_a_vendors_code_is_uncertain_and_logged_once_without_its_words(
    make_account: MakeAccount, make_message: MakeMessage
) -> None:
    async def fail() -> Outcome:
        raise RuntimeError("the secret is hush")

    sender = Sender(vendors={"smtp": Workshop(fail).vendor()})
    with capture_logs() as logs:
        outcome = await sender.send(make_account("smtp", {}), make_message())
    await sender.close()
    assert isinstance(outcome, Uncertain)
    assert outcome.code == "unexpected"
    [entry] = logs
    assert (entry["event"], entry["error"], entry["message_id"]) == (
        "send_failed_unexpectedly",
        "RuntimeError",
        "01JABCDEF",
    )
    assert "hush" not in f"{logs}{outcome}"


@pytest.mark.parametrize("broken", ["request", "outcome"])
async def test_a_fault_in_reading_or_writing_http_never_escapes(
    broken: str, run_http: RunHttp, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    async def answer(request: Request) -> Answer:
        return Answer(200)

    url = await run_http(answer)

    def write(settings: NoSettings, message: OutgoingMessage, token: Token | None, now: datetime) -> HttpRequest:
        return HttpRequest("POST", f"{url}/hook/hush", {}, b"") if broken == "outcome" else broken_request()

    def read(answer: HttpAnswer) -> Outcome:
        raise ValueError("unreadable hush")

    vendor: AnyVendor = HttpVendor(
        name="x", title="", channel="email", documentation="", settings=NoSettings, request=write, outcome=read
    )
    sender = Sender(vendors={"smtp": vendor})
    outcome = await sender.send(make_account("smtp", {}), make_message())
    await sender.close()
    assert isinstance(outcome, Uncertain)
    assert "hush" not in repr(outcome)


@pytest.mark.parametrize("url", ["nonsense", "ftp://x.org/hush", "http://"])
async def test_a_url_that_is_none_rejects(url: str, make_account: MakeAccount, make_message: MakeMessage) -> None:
    vendor: AnyVendor = HttpVendor(
        name="x",
        title="",
        channel="email",
        documentation="",
        settings=NoSettings,
        request=lambda settings, message, token, now: HttpRequest("POST", url, {}, b""),
        outcome=lambda answer: Accepted(),
    )
    sender = Sender(vendors={"smtp": vendor})
    outcome = await sender.send(make_account("smtp", {}), make_message())
    await sender.close()
    assert isinstance(outcome, Rejected)
    assert outcome.code == "vendor_settings"
    assert "hush" not in outcome.detail


async def test_an_address_that_is_a_credential_stays_out_of_the_outcome(
    free_port: int, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    def write(settings: NoSettings, message: OutgoingMessage, token: Token | None, now: datetime) -> HttpRequest:
        return HttpRequest("POST", f"http://127.0.0.1:{free_port}/services/hush", {}, b"")

    vendor: AnyVendor = HttpVendor(
        name="x",
        title="",
        channel="email",
        documentation="",
        settings=NoSettings,
        request=write,
        outcome=lambda answer: Accepted(),
    )
    sender = Sender(vendors={"smtp": vendor})
    outcome = await sender.send(make_account("smtp", {}), make_message())
    await sender.close()
    assert isinstance(outcome, Deferred)
    assert "hush" not in outcome.detail
    assert "hush" not in repr(write(NoSettings(), make_message(), None, datetime.now(UTC)))


async def test_an_unknown_vendor_rejects(sender: Sender, make_account: MakeAccount, make_message: MakeMessage) -> None:
    account: Any = replace(make_account("smtp", {}), vendor="carrier-pigeon")
    outcome = await sender.send(account, make_message())
    assert isinstance(outcome, Rejected)
    assert outcome.code == "vendor_settings"


async def test_a_closed_sender_defers(make_account: MakeAccount, make_message: MakeMessage) -> None:
    sender = Sender()
    await sender.close()
    assert isinstance(await sender.send(make_account("smtp", {}), make_message()), Deferred)
