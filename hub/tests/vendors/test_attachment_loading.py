"""Files behind a URL: from the public network only, within their limits, and what becomes of failures."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from suprsend_hub.domain.attachment import Attachment
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Rejected
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.http_server import Answer, Disconnect, Handler, Request
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors.attachment_loading import AttachmentLoader, LoadingLimits
from suprsend_hub.vendors.sender import Sender

MakeAccount = Callable[..., VendorAccount]
MakeMessage = Callable[..., OutgoingMessage]
RunHttp = Callable[[Handler], Awaitable[str]]

LIMITS = LoadingLimits(most_bytes=1000, timeout=timedelta(seconds=0.5))
PDF = b"%PDF-1.7\n" + bytes(100)


def behind(url: str, **fields: Any) -> Attachment:
    """An attachment that has to be fetched."""
    given = {"filename": "file", "content_type": None, "data": None, "ignore_if_error": False, **fields}
    return Attachment(url=url, **given)


@pytest.fixture
def inside() -> AttachmentLoader:
    """A loader that may fetch from this machine."""
    return AttachmentLoader(LIMITS, allow_private_urls=True)


@pytest.fixture
async def site(run_http: RunHttp) -> str:
    """A site with a page for each case; a number is a page with that status."""
    pages: dict[str, Answer | Disconnect] = {
        "/invoice": Answer(200, PDF, {"Content-Type": "application/pdf; charset=x"}),
        "/untold": Answer(200, PDF, {"Content-Type": "application/octet-stream"}),
        "/injected": Answer(200, PDF, {"Content-Type": "text/x y; evil"}),
        "/large": Answer(200, bytes(1001)),
        "/moved": Answer(302, b"", {"Location": "/invoice"}),
        "/round": Answer(302, b"", {"Location": "/round"}),
        "/lost": Answer(302, b"", {"Location": "http://["}),
        "/inwards": Answer(302, b"", {"Location": "file:///etc/passwd"}),
        "/drop": Disconnect(),
    }

    async def answer(request: Request) -> Answer | Disconnect:
        if request.path == "/hang":
            await asyncio.Event().wait()
        page = pages.get(request.path)
        return page or Answer(int(request.path.removeprefix("/")))

    return await run_http(answer)


async def test_a_file_is_fetched_with_its_type(inside: AttachmentLoader, site: str) -> None:
    loaded = await inside.load([behind(f"{site}/invoice"), behind(f"{site}/moved", content_type="text/x")])
    assert isinstance(loaded, tuple)
    assert [(each.data, each.content_type) for each in loaded] == [(PDF, "application/pdf"), (PDF, "text/x")]


@pytest.mark.parametrize("path", ["untold", "injected"])
async def test_a_type_that_says_nothing_is_left_open(path: str, inside: AttachmentLoader, site: str) -> None:
    loaded = await inside.load([behind(f"{site}/{path}")])
    assert isinstance(loaded, tuple)
    assert loaded[0].content_type is None


async def test_a_host_by_name_is_fetched_from_the_address_that_was_checked(inside: AttachmentLoader, site: str) -> None:
    port = site.rpartition(":")[2]
    loaded = await inside.load([behind(f"http://localhost:{port}/invoice")])
    assert isinstance(loaded, tuple), loaded


async def test_files_that_came_with_the_message_stay_as_they_are(inside: AttachmentLoader) -> None:
    given = Attachment("a.txt", None, b"a", None, False)
    assert await inside.load([given]) == (given,)


@pytest.mark.parametrize("path", ["404", "403", "410", "304", "large", "round", "lost", "inwards"])
async def test_a_lasting_failure_rejects(path: str, inside: AttachmentLoader, site: str) -> None:
    outcome = await inside.load([behind(f"{site}/{path}")])
    assert isinstance(outcome, Rejected), outcome
    assert outcome.code == "attachment"
    assert outcome.detail.startswith("'file' ")


@pytest.mark.parametrize("path", ["500", "503", "429", "hang", "drop"])
async def test_a_passing_failure_defers(path: str, inside: AttachmentLoader, site: str) -> None:
    outcome = await inside.load([behind(f"{site}/{path}")])
    assert isinstance(outcome, Deferred), outcome
    assert outcome.code == "attachment"


@pytest.mark.parametrize("path", ["404", "500", "large", "hang", "drop", "inwards"])
async def test_a_failure_that_may_be_ignored_leaves_the_file_out(
    path: str, inside: AttachmentLoader, site: str
) -> None:
    loaded = await inside.load([behind(f"{site}/{path}", ignore_if_error=True), behind(f"{site}/invoice")])
    assert isinstance(loaded, tuple)
    assert [each.url for each in loaded] == [f"{site}/invoice"]


async def test_the_size_limit_is_for_all_files_together(inside: AttachmentLoader) -> None:
    half = Attachment("a", None, bytes(600), None, False)
    outcome = await inside.load([half, half])
    assert isinstance(outcome, Rejected)
    assert "1000 bytes" in outcome.detail


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://0x7f.0.0.1/", "http://2130706433/", "http://017700000001/",
        "http://①②⑦.0.0.1/", "http://localhost/", "http://LOCALHOST/", "http://[::1]/", "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://0.0.0.0/", "http://0/", "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/", "https://192.168.0.1/", "http://user:pass@127.0.0.1/",
        "http://example.com@127.0.0.1/", "http://127.0.0.1\\@example.com/", "http://[fe80::1]/", "http://224.0.0.1/",
        "file:///etc/passwd", "ftp://example.com/x", "gopher://127.0.0.1/", "data:text/plain,x", "//127.0.0.1/x",
        "http:", "http://", "javascript:1", "mailto:a@x.org", "unix:/run/x.sock", "", "nonsense",
        "http://exa mple.com/",
    ],
)  # fmt: skip
async def test_nothing_inside_can_be_reached(url: str) -> None:
    outcome = await AttachmentLoader(LIMITS).load([behind(url)])
    assert isinstance(outcome, Rejected), outcome
    assert outcome.code == "attachment"


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["2606:4700::1", "::1"], []])
async def test_a_name_with_a_private_address_among_its_addresses_is_refused(addresses: list[str]) -> None:
    async def resolve(host: str) -> list[str]:
        return addresses

    outcome = await AttachmentLoader(LIMITS, resolve=resolve).load([behind("http://rebinding.example/")])
    assert isinstance(outcome, Rejected)
    assert "not public" in outcome.detail


async def test_a_name_is_resolved_once_and_a_redirect_checked_anew(site: str) -> None:
    asked: list[str] = []

    async def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    inside = AttachmentLoader(LIMITS, allow_private_urls=True, resolve=resolve)
    port = site.rpartition(":")[2]
    loaded = await inside.load([behind(f"http://files.example:{port}/moved")])
    assert isinstance(loaded, tuple), loaded
    assert asked == ["files.example", "files.example"]


async def test_an_unknown_host_defers(inside: AttachmentLoader) -> None:
    assert isinstance(await inside.load([behind("http://no-such-host.invalid/")]), Deferred)


async def test_a_mail_carries_what_was_fetched(
    sender: Sender, simulation: Simulation, site: str, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("smtp", simulation.vendor_settings()["smtp"])
    message = make_message(attachments=(behind(f"{site}/untold", filename="invoice"),))
    assert isinstance(await sender.send(account, message), Accepted)
    [received] = simulation.received
    assert received.content["attachments"] == [
        {"filename": "invoice", "content_type": "application/pdf", "bytes": len(PDF)}
    ]


async def test_a_sender_left_to_itself_reaches_nothing_inside(
    simulation: Simulation, site: str, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    strict = Sender()
    account = make_account("smtp", simulation.vendor_settings()["smtp"])
    outcome = await strict.send(account, make_message(attachments=(behind(f"{site}/invoice"),)))
    await strict.close()
    assert isinstance(outcome, Rejected)
    assert not len(simulation.received)


async def test_a_channel_without_attachments_fetches_none(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("fcm", simulation.vendor_settings()["fcm"])
    message = make_message("fcm", attachments=(behind("http://no-such-host.invalid/"),))
    assert isinstance(await sender.send(account, message), Accepted)
