"""Twilio: what it is asked, and what its error codes mean."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from suprsend_hub.domain.message import OutgoingMessage
from suprsend_hub.domain.outcome import Accepted, Deferred, Outcome, Rejected
from suprsend_hub.domain.vendor import VendorAccount
from suprsend_hub.simulators.simulation import Simulation
from suprsend_hub.vendors.contract import HttpAnswer
from suprsend_hub.vendors.registry import read_settings
from suprsend_hub.vendors.sender import Sender
from suprsend_hub.vendors.twilio import read_outcome

MakeMessage = Callable[..., OutgoingMessage]
MakeAccount = Callable[..., VendorAccount]

RIGHT: dict[str, Any] = {"account_sid": "AC" + "a" * 32, "auth_token": "t", "from_number": "+15005550006"}


async def test_a_text_arrives_as_it_was_written(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("twilio", simulation.vendor_settings()["twilio"])
    outcome = await sender.send(account, make_message("twilio", content={"body": "Grüße & 100 % ☃"}))
    assert isinstance(outcome, Accepted)
    assert (outcome.vendor_message_id or "").startswith("SM")
    [received] = simulation.received
    assert (received.channel, received.recipient) == ("sms", "+15005550009")
    assert received.content["text"] == "Grüße & 100 % ☃"


async def test_a_wrong_token_waits_for_a_right_one(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    settings = simulation.vendor_settings()["twilio"] | {"auth_token": "wrong"}
    outcome = await sender.send(make_account("twilio", settings), make_message("twilio"))
    assert isinstance(outcome, Deferred)
    assert outcome.code == "vendor_credentials"


async def test_a_sender_that_is_not_ours_is_refused_by_name(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    settings = simulation.vendor_settings()["twilio"] | {"from_number": "+15005550001"}
    outcome = await sender.send(make_account("twilio", settings), make_message("twilio"))
    assert isinstance(outcome, Rejected)
    assert "From" in outcome.detail


async def test_a_text_that_is_too_long_is_never_sent(
    sender: Sender, simulation: Simulation, make_account: MakeAccount, make_message: MakeMessage
) -> None:
    account = make_account("twilio", simulation.vendor_settings()["twilio"])
    outcome = await sender.send(account, make_message("twilio", content={"body": "x" * 1601}))
    assert isinstance(outcome, Rejected)
    assert "1601" in outcome.detail
    assert not len(simulation.received)


@pytest.mark.parametrize(
    ("status", "code", "kind", "said"),
    [
        (400, 21211, Rejected, "address"),
        (400, 21614, Rejected, "address"),
        (400, 21610, Rejected, "unsubscribed"),
        (429, 20429, Deferred, "vendor_rate_limited"),
        (400, 21611, Deferred, "vendor_rate_limited"),
        (401, 20003, Deferred, "vendor_credentials"),
        (400, 99999, Rejected, "vendor_refused"),
        (500, 20500, Deferred, "vendor_unavailable"),
    ],
)
def test_error_codes_have_their_meaning(status: int, code: int, kind: type[Outcome], said: str) -> None:
    body = msgspec.json.encode({"code": code, "message": "why", "status": status})
    outcome = read_outcome(HttpAnswer(status, {}, body))
    assert isinstance(outcome, kind)
    assert isinstance(outcome, Rejected | Deferred)
    assert outcome.code == said
    assert "why" in outcome.detail


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"account_sid": "AC1"}, "account_sid"),
        ({"from_number": ""}, "from_number"),
        ({"base_url": "ftp://x"}, "base_url"),
    ],
)
def test_wrong_settings_are_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        read_settings("twilio", RIGHT | change)
