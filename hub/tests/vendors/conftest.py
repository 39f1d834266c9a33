"""What the vendors' tests share: messages, accounts, a running simulation and a sender."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import structs
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Outcome, Rejected
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.certificate import make_certificate
from suprsend_hub.simulators.http_server import Answer, Handler, HttpServer, Request
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors.attachment_loading import LoadingLimits
from suprsend_hub.vendors.contract import HttpAnswer
from suprsend_hub.vendors.http_client import HttpLimits
from suprsend_hub.vendors.registry import VENDORS
from suprsend_hub.vendors.sender import Sender, SenderLimits

MakeMessage = Callable[..., OutgoingMessage]
MakeAccount = Callable[..., VendorAccount]

_MAIL = OutgoingMessage(
    id="01JABCDEF",
    channel="email",
    address="ann@example.org",
    content={"subject": "Your order", "body": {"type": "raw", "raw": {"html": "<p>Thank you</p>"}}},
    attachments=(),
    created_at=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
)
_PUSH = structs.replace(
    _MAIL,
    channel="androidpush",
    address="token-of-ann",
    content={"header": "Your order", "body": "Thank you"},
)

_TEXT = structs.replace(_MAIL, channel="sms", address="+15005550009", content={"body": "Thank you"})
_WHATSAPP = structs.replace(_TEXT, channel="whatsapp", content={"body": {"text": "Thank you"}})
_IOS = structs.replace(_PUSH, channel="iospush", address="a1b2c3d4" * 8, details={"bundle_id": "com.example.shop"})
# A browser's key from RFC 8291, appendix A.
_WEB = structs.replace(
    _PUSH,
    channel="webpush",
    address='{"endpoint": "https://push.example.net/x", "keys": {"auth": "BTBZMqHH6r4Tts7J_aSIgg", "p256dh":'
    ' "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"}}',
)
_SLACK = structs.replace(
    _MAIL,
    channel="slack",
    address='{"access_token": "xoxb-ann", "channel_id": "C024BE91L"}',
    content={"body_type": "text", "body_text": "Thank you"},
)
_TEAMS = structs.replace(
    _SLACK, channel="ms_teams", address='{"incoming_webhook": {"url": "https://teams.invalid/w/1"}}'
)
_SAMPLES = {each.channel: each for each in (_MAIL, _PUSH, _TEXT, _WHATSAPP, _IOS, _WEB, _SLACK, _TEAMS)}


def check_outcome(
    read: Callable[[HttpAnswer], Outcome], status: int, said: dict[str, Any], kind: type[Outcome], code: str | None
) -> None:
    """Check what a vendor means by an answer; the code is its id of the message where it took it."""
    outcome = read(HttpAnswer(status, {}, msgspec.json.encode(said)))
    assert isinstance(outcome, kind), outcome
    assert (outcome.vendor_message_id if isinstance(outcome, Accepted) else outcome.code) == code
    if isinstance(outcome, Rejected):
        # Only a device that is gone says something of the address.
        assert outcome.cause == ("unregistered" if code == "unregistered" else None)


@pytest.fixture
def make_message() -> MakeMessage:
    """A message of a vendor's channel; keyword arguments replace its fields."""

    def make(vendor: str = "smtp", **changes: Any) -> OutgoingMessage:
        return structs.replace(_SAMPLES[VENDORS[vendor].channel or "sms"], **changes)

    return make


@pytest.fixture
def make_account() -> MakeAccount:
    """An account of a vendor with these settings."""

    def make(vendor: str, settings: dict[str, Any], **changes: Any) -> VendorAccount:
        account = VendorAccount(
            id=1,
            revision=1,
            channel=VENDORS[vendor].channel or "sms",
            vendor=vendor,
            nickname=vendor,
            priority=0,
            notification_cost=0.0,
            settings=settings,
        )
        return replace(account, **changes)

    return make


@dataclass(slots=True)
class SmtpScript:
    """What a scripted server says, by verb; `greeting` and `content` are steps too.

    Empty bytes close the connection, None says nothing for ever.
    """

    replies: dict[str, bytes | None]
    replies_once: dict[str, bytes | None] = field(default_factory=dict)
    visits: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        try:
            step = "greeting"
            while await self._say(step, writer):
                receives = step == "DATA" and "DATA" not in self.replies
                line = await (reader.readuntil(b"\r\n.\r\n") if receives else reader.readline())
                if not line:
                    break
                step = "content" if receives else line[:4].decode().strip().upper()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.left.set()
            writer.transport.abort()

    async def _say(self, step: str, writer: asyncio.StreamWriter) -> bool:
        usual = {"greeting": b"220 hello\r\n", "DATA": b"354 go on\r\n"}
        standing = self.replies.get(step, usual.get(step, b"250 fine\r\n"))
        reply = self.replies_once.pop(step, standing)
        if reply is None:
            await asyncio.Event().wait()
        writer.write(reply or b"")
        await writer.drain()
        return bool(reply)


@pytest.fixture
async def run_smtp() -> AsyncIterator[Callable[[dict[str, bytes | None]], Awaitable[tuple[int, SmtpScript]]]]:
    """Starts scripted SMTP servers; gives the port and the script of each."""
    tasks: set[asyncio.Task[None]] = set()
    servers: list[asyncio.Server] = []

    async def run(replies: dict[str, bytes | None]) -> tuple[int, SmtpScript]:
        script = SmtpScript(replies)

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.add(asyncio.get_running_loop().create_task(script.serve(reader, writer)))

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        servers.append(server)
        return int(server.sockets[0].getsockname()[1]), script

    yield run
    for server in servers:
        server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def run_http() -> AsyncIterator[Callable[[Handler], Awaitable[str]]]:
    """Starts HTTP servers with a handler each; gives the address of each."""
    servers: list[HttpServer] = []

    async def run(handler: Handler) -> str:
        server = HttpServer(handler)
        await server.start()
        servers.append(server)
        return server.url

    yield run
    for server in servers:
        await server.stop()


@pytest.fixture
def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def simulation() -> AsyncIterator[Simulation]:
    """Both stand-ins, running."""
    async with Simulation() as running:
        yield running


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    """A sender with short limits, so that what must time out does so soon."""
    quick = HttpLimits(connect_timeout=timedelta(seconds=0.4), total_timeout=timedelta(seconds=1))
    limits = SenderLimits(
        http=quick,
        attachments=LoadingLimits(timeout=timedelta(seconds=1)),
        patience=timedelta(seconds=2),
    )
    sender = Sender(limits, allow_private_urls=True)
    yield sender
    await sender.close()


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue is full, so that connecting to it never ends."""
    with socket.socket() as listener, ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            visitor = waiting.enter_context(socket.socket())
            visitor.setblocking(False)
            visitor.connect_ex(listener.getsockname())
        yield int(listener.getsockname()[1])


@pytest.fixture
async def tls_port() -> AsyncIterator[int]:
    """A port that shows a certificate which nobody trusts."""

    async def answer(request: Request) -> Answer:
        return Answer(200)

    server = HttpServer(answer, make_certificate().server_context())
    await server.start()
    yield server.port
    await server.stop()
