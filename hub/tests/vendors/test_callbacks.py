"""The contract of all vendors that report: what their stand-in tells is understood, and nobody else is believed."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from suprsend_hub.domain.callback import Callback, Heard, Unheard
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted
from suprsend_hub.domain.receipt import STATE_AFTER, Happening
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.received import Post
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors.contract import reports as reports_afterwards
from suprsend_hub.vendors.listener import Listener
from suprsend_hub.vendors.registry import VENDORS
from suprsend_hub.vendors.sender import Sender

MakeAccount = Callable[..., VendorAccount]
MakeMessage = Callable[..., OutgoingMessage]

REPORTS_TO = "https://hub.example.com/v1/vendor_callback/1-abc/"
NOW = datetime(2026, 3, 1, 12, 31, tzinfo=UTC)
REPORTING = [name for name, vendor in VENDORS.items() if reports_afterwards(vendor)]


@pytest.fixture(params=REPORTING)
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener(allow_private_urls=True)
    yield listener
    await listener.close()


@pytest.fixture
async def reports(
    vendor: str, sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> dict[Happening, Post]:
    """What the stand-in posts after it took a message, by what happened to it."""
    simulation.reports_to[vendor] = REPORTS_TO
    message = make_message(vendor, reports_to=REPORTS_TO)
    outcome = await sender.send(make_account(vendor, simulation.vendor_settings()[vendor]), message)
    assert isinstance(outcome, Accepted), outcome
    [received] = simulation.received
    posts = {happening: received.report(happening, NOW) for happening in STATE_AFTER}
    return {happening: post for happening, post in posts.items() if post is not None}


def as_callback(post: Post) -> Callback:
    """A post as it comes in at the hub."""
    assert post.url.startswith(REPORTS_TO)
    return Callback("POST", post.url, {name.lower(): value for name, value in post.headers.items()}, post.body, NOW)


def account_of(vendor: str, simulation: Simulation, make_account: MakeAccount) -> VendorAccount:
    return make_account(vendor, simulation.vendor_settings()[vendor])


async def test_each_report_becomes_a_receipt_of_its_message(
    vendor: str,
    reports: dict[Happening, Post],
    listener: Listener,
    simulation: Simulation,
    make_account: MakeAccount,
    make_message: MakeMessage,
) -> None:
    assert "delivered" in reports or "failed" in reports
    for happening, post in reports.items():
        heard = await listener.listen(account_of(vendor, simulation, make_account), as_callback(post))
        assert isinstance(heard, Heard), heard
        [receipt] = heard.receipts
        assert (receipt.message_id, receipt.happening) == (make_message(vendor).id, happening)
        assert abs((receipt.happened_at - NOW).total_seconds()) < 1
        if happening == "failed":
            assert receipt.code
            assert receipt.detail
            assert receipt.detail.isprintable()


async def test_a_report_that_somebody_else_wrote_is_not_believed(
    vendor: str,
    reports: dict[Happening, Post],
    listener: Listener,
    simulation: Simulation,
    make_account: MakeAccount,
) -> None:
    account = account_of(vendor, simulation, make_account)
    for post in reports.values():
        callback = as_callback(post)
        strangers = [replace(callback, headers={"content-type": callback.headers["content-type"]})]
        strangers += [
            replace(callback, headers={**callback.headers, name: "x" + value[1:]})
            for name, value in callback.headers.items()
            if name != "content-type" and not name.startswith("x-amz-sns")
        ]
        for each in strangers:
            if each == callback or vendor in PROVEN_IN_THE_BODY:
                continue
            assert isinstance(await listener.listen(account, each), Unheard)
        changed = replace(callback, body=callback.body.replace(b"5", b"6").replace(b"e", b"f"))
        assert isinstance(await listener.listen(account, changed), Unheard)


# These carry their proof in the body, not in a header.
PROVEN_IN_THE_BODY = frozenset({"mailgun", "ses", "vonage"})


@pytest.mark.parametrize("body", [b"", b"\x00\xff", b"[]", b"{}", b"null", b'[{"a": 1}]', b"a=1&b=%00", b"<html>"])
async def test_garbage_is_refused_and_breaks_nothing(
    body: bytes,
    vendor: str,
    listener: Listener,
    simulation: Simulation,
    make_account: MakeAccount,
) -> None:
    for method in ("GET", "POST"):
        callback = Callback(method, REPORTS_TO, {"content-type": "application/json"}, body, NOW)
        heard: Any = await listener.listen(account_of(vendor, simulation, make_account), callback)
        assert isinstance(heard, Unheard)
        assert 400 <= heard.status < 500
