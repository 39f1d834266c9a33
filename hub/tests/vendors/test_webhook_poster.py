"""Posting webhooks: what an endpoint answers, and where the hub does not go."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.webhook import Answer
from suprsend_hub.simulators.http_server import Answer as Reply
from suprsend_hub.simulators.http_server import Disconnect, Handler, Request
from suprsend_hub.vendors.http_client import HttpLimits
from suprsend_hub.vendors.webhook_poster import WebhookPoster

RunHttp = Callable[[Handler], Awaitable[str]]

QUICK = HttpLimits(total_timeout=timedelta(seconds=0.5))


async def post(url: str, poster: WebhookPoster | None = None) -> Answer:
    """Post once."""
    async with (poster or WebhookPoster(QUICK, allow_private_urls=True)).visit(url) as post:
        return await post({"webhook-id": "1"}, b'{"version": "1.0"}')


@pytest.fixture
async def site(run_http: RunHttp) -> str:
    """A site with a page for each case; a number is a page with that status."""
    pages: dict[str, Reply | Disconnect] = {
        "/moved": Reply(302, b"", {"Location": "/200"}),
        "/busy": Reply(429, b"slow\x00 down\r\n" + b"x" * 1000, {"Retry-After": "7"}),
        "/drop": Disconnect(),
    }

    async def answer(request: Request) -> Reply | Disconnect:
        assert (request.method, request.body) == ("POST", b'{"version": "1.0"}')
        if request.path == "/hang":
            await asyncio.Event().wait()
        return pages.get(request.path) or Reply(int(request.path.removeprefix("/")), b"{}")

    return await run_http(answer)


@pytest.mark.parametrize(("status", "is_success"), [(200, True), (204, True), (400, False), (410, False), (500, False)])
async def test_only_a_2xx_means_that_it_was_taken(site: str, status: int, is_success: bool) -> None:
    answer = await post(f"{site}/{status}")
    assert (answer.status, answer.is_success) == (status, is_success)
    assert answer.said.startswith(f"HTTP {status}")


async def test_a_redirect_is_not_followed(site: str) -> None:
    answer = await post(f"{site}/moved")
    assert (answer.status, answer.is_success) == (302, False)


async def test_what_is_said_is_short_and_printable(site: str) -> None:
    answer = await post(f"{site}/busy")
    assert answer.said.startswith("HTTP 429 slow down xxx")
    assert len(answer.said) < 320
    assert answer.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("path", ["/hang", "/drop"])
async def test_no_answer_is_an_answer_too(site: str, path: str) -> None:
    answer = await post(site + path)
    assert (answer.status, answer.is_success) == (None, False)
    assert answer.said


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1/", "client error"),
        ("http://nowhere.invalid/", "host that could not be found"),
        ("ftp://example.com/", "neither http nor https"),
    ],
)
async def test_what_can_not_be_reached_is_said(url: str, said: str) -> None:
    answer = await post(url)
    assert answer.status is None
    assert said in answer.said or "refused" in answer.said


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1"])
async def test_a_private_address_is_refused(host: str) -> None:
    answer = await post(f"http://{host}:1/latest/meta-data/", WebhookPoster(QUICK))
    assert answer == Answer(None, "the address is at an address that is not public")


async def test_a_name_that_leads_inside_is_refused_and_one_is_asked_for_only_once_a_visit(
    run_http: RunHttp,
) -> None:
    asked: list[str] = []

    async def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.255.255.1"]

    async def answer(request: Request) -> Reply:
        return Reply(200, request.headers["host"].encode())

    port = (await run_http(answer)).rpartition(":")[2]
    poster = WebhookPoster(QUICK, allow_private_urls=True, resolve=resolve)
    async with poster.visit(f"http://hooks.example:{port}/") as tell:
        for _ in range(2):
            assert (await tell({}, b"")).said == f"HTTP 200 hooks.example:{port}"
    assert asked == ["hooks.example"]
    assert not (await post("http://hooks.example/", WebhookPoster(QUICK, resolve=resolve))).is_success


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://[::1]:8080/x", "https://169.254.169.254/latest"])
async def test_a_url_that_will_never_be_asked_is_refused_before_anything_is_told(url: str) -> None:
    with pytest.raises(Invalid, match="at an address that is not public"):
        await WebhookPoster().check(url)
    await WebhookPoster(allow_private_urls=True).check(url)


async def test_a_name_that_can_not_be_found_now_may_be_found_later() -> None:
    async def resolve(_: str) -> list[str]:
        raise OSError

    await WebhookPoster(resolve=resolve).check("https://shop.example.com/")
